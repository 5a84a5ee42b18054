"""Hypothesis looks for the smallest change of style that flips an answer."""
