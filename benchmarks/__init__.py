"""Measures the product against floors written here, in one run on one machine. `python -m benchmarks --help`."""
