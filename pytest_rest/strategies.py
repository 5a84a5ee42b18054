"""The public name of Hypothesis's strategies for what REST asks: see `fuzzing.strategies`."""

from pytest_rest.fuzzing.strategies import BACKGROUNDS, COLORS, forms, items, styles, systems

__all__ = ["BACKGROUNDS", "COLORS", "forms", "items", "styles", "systems"]
