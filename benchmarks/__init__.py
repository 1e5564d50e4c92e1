"""Figures and pictures: `python -m benchmarks`, `python -m benchmarks.shots`."""
