"""Benchmarks: ours beside the peers, in one run. Not part of the package."""
