"""The rooms of benchmarks/foreign.py: other people's programs, their runs, and what differs between them."""
