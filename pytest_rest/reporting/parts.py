"""Turns the figures of tags and of fields into report.json's, where there are any."""

from collections.abc import Mapping
from typing import Any

from pytest_rest.metrics import Metrics
from pytest_rest.metrics.by_field import FieldFigures


def to_builtins(tags: Mapping[str, Metrics], fields: Mapping[str, FieldFigures]) -> dict[str, Any]:
    """Both by name; a key without any is absent."""
    of_tags = {tag: metrics.to_builtins() for tag, metrics in tags.items()}
    of_fields = {name: figures.to_builtins() for name, figures in fields.items()}
    listed = {"fields": of_fields, "tags": of_tags}
    return {key: by_name for key, by_name in listed.items() if by_name}
