"""Turns what is told of parts of a run into report.json: of tags, fields and styles."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from pytest_rest.metrics import Metrics
from pytest_rest.metrics.by_field import FieldFigures
from pytest_rest.models.seen import SeenStyle
from pytest_rest.models.vision_rules import VisionRule


def to_builtins(tags: Mapping[str, Metrics], fields: Mapping[str, FieldFigures]) -> dict[str, Any]:
    """Tags and fields by name; a key without any is absent."""
    of_tags = {tag: metrics.to_builtins() for tag, metrics in tags.items()}
    of_fields = {name: figures.to_builtins() for name, figures in fields.items()}
    listed = {"fields": of_fields, "tags": of_tags}
    return {key: by_name for key, by_name in listed.items() if by_name}


def seen_to_builtins(rule: VisionRule, styles: Sequence[SeenStyle]) -> dict[str, Any]:
    """Which rule says what the model saw, and what it saw of each style."""
    published = {"provider": rule.provider, "source": rule.source, "date": rule.date}
    return {
        "rule": published if rule.is_known and rule.source else None,
        "styles": [
            {**asdict(s), "worst": {"item": w.item, "sent": list(w.sent), "seen": w.seen}}
            for s in styles
            for w in [s.worst]
        ],
    }
