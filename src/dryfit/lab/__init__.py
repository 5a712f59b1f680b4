"""Runs trials: collects the suite once, forks runners, repeats tests in process, ends what hangs."""
