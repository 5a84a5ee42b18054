"""Bounds, tests and intervals, which know nothing of REST."""
