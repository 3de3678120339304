"""Benchmarks, run by hand: python -m tests.benchmarks.bench_<name>."""
