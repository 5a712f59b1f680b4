"""The checks: pure functions from what stands in the source and what was seen to findings; no input, no output."""
