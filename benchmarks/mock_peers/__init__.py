"""The rooms of benchmarks/bench_mocks.py: pairs of programs, the tools that look at them, and the table."""
