"""Turns report.json's content and its prompts into report.html, one file that needs no network.

What is text of a model or of a user is escaped by the templates, or goes into the page as JSON, of
which the script makes text and never markup.
"""

import base64
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain
from pathlib import Path

from pytest_rest.errors import OptionError
from pytest_rest.fuzzing.flip import Flip
from pytest_rest.metrics.advice import Advised
from pytest_rest.metrics.by_budget import Budgeted
from pytest_rest.metrics.failure_causes import WORDS
from pytest_rest.metrics.reading import Explained
from pytest_rest.metrics.vision_tokens import Vision
from pytest_rest.reporting import stored_pictures
from pytest_rest.reporting.atomic_file import save
from pytest_rest.reporting.page import (
    cards,
    changes,
    heat_map,
    items,
    layout,
    plots,
    releases,
    summary,
    thinking,
    tokens,
)
from pytest_rest.reporting.page.items import Builtins, Content, Prompts
from pytest_rest.reporting.terminal import findings as advice_words
from pytest_rest.reporting.terminal import flips as flip_words
from pytest_rest.reporting.terminal import seen as seen_words
from pytest_rest.reporting.terminal import thinking as budget_words
from pytest_rest.safe_text import shown
from pytest_rest.terms import to_rate

NAME = "report.html"
_DATA = "<!-- data -->"  # nothing escaped can hold it

_PICTURES = 8_000_000  # bytes of the pictures in a copy, all together
_FLIPS = 50
_BESIDE = 2  # plots beside the matrix, where there is no heat map
_WHOLE = 32_000  # bytes of a picture that goes into a copy as it is


def write(report: Builtins, prompts: Prompts, folder: Path, path: Path) -> None:
    """Write the page of a run whose pictures are in `folder`; elsewhere a copy carries its own.

    Raises `OptionError` for a report that cannot be read, and OSError for a path that cannot be
    written. In one step, so that no reader sees half of it.
    """
    try:
        content = items.data(report, prompts)
        is_copy = path.absolute().parent != folder.absolute()
        source = partial(_source, folder / "images", is_copy)
        before, after = _assembled(report, content, source).split(_DATA)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise OptionError(
            f"the report cannot be read: {type(error).__name__} {shown(str(error))}; name the "
            "report.json of a run"
        ) from None
    within = {
        "names": {
            path.stem: path.name
            for path in stored_pictures.listed(folder / "images")
            if path.suffix != ".png" and items.is_digest(path.stem)
        },
        "folder": f"{folder.absolute().name}/images" if is_copy else "images",
        "pictures": dict(_embedded(content.pictures, folder)) if is_copy else None,
    }
    save(chain([before], content.json(**within), [after]), path)


def _assembled(report: Builtins, content: Content, source: Callable[[str], str]) -> str:
    advice, vision, measured = map(report.get, ("advice", "vision_tokens", "rh_auc"))
    explained = (report.get("reading") or {}).get("pooled")
    suites = (report.get("budgets") or {}).get("suites") or {}
    findings = (report.get("fuzz") or {}).get("findings", ())
    mapped = heat_map.heat_map(report, content.examples, source)
    scope, shown_plots = summary.headline(report), [*plots.of(report)]
    beside = [plot for plot in shown_plots if not (mapped or plot.is_folded)][:_BESIDE]
    return layout.render(
        "report.html",
        kind="REST report",
        heading=report["provenance"]["model"],
        report=report,
        content=content,
        about=[*summary.about(report)],
        decision=summary.decided(report),
        held=cards.held(report["gate"]),
        cards=[*cards.cards(report, scope)],
        scope=scope,
        rates=summary.rates(report),
        heat_map=mapped,
        since=changes.changes(report, source),
        beside=beside,
        releases=releases.releases(report),
        plots=[plot for plot in shown_plots if plot not in beside],
        advice=Advised.from_builtins(advice) if advice else None,
        flips=[Flip.from_builtins(flip) for flip in findings[:_FLIPS]],
        budgets={name: [*map(Budgeted.from_builtins, budgets)] for name, budgets in suites.items()},
        rh_auc=thinking.rh_auc(measured) if measured else None,
        tokens=tokens.tokens(Vision.from_builtins(vision)) if vision else None,
        suites=summary.suites(report),
        formats=summary.formats(report),
        answer_pages=summary.answer_pages(report),
        differing=summary.differing_formats(report),
        tags=summary.tags(report),
        fields=summary.fields(report),
        unjudged=summary.unjudged(report),
        self_agreement=to_rate((report.get("judge") or {}).get("self_agreement")),
        explained=Explained(**explained) if explained else None,
        words={
            "causes": WORDS,
            "advice": advice_words,
            "flips": flip_words,
            "seen": seen_words,
            "thinking": budget_words,
        },
        pictures=partial(_pictures, source),
    )


def _pictures(source: Callable[[str], str], flip: Flip) -> list[tuple[str, str]]:
    """A flip's pictures that are there, each with its title."""
    return [
        (title, place)
        for title, name in flip_words.PICTURED.items()
        if (place := source(str(flip.pictures.get(name, ""))))
    ]


def _embedded(digests: Iterable[str], folder: Path) -> Iterator[tuple[str, str]]:
    """Pictures as data URIs, the inconsistent items' first, as many as there is room for."""
    room = _PICTURES
    for digest in digests:
        picture = _picture(stored_pictures.find(folder / "images", digest))
        if picture is not None:
            room -= len(picture[1])
            if room < 0:
                return
            yield digest, _uri(*picture)


def _source(images: Path, is_copy: bool, digest: str) -> str:
    """Where the page finds a flip's picture: beside it, or inside a copy; empty if nowhere."""
    path = stored_pictures.find(images, digest)
    if not items.is_digest(digest) or not path.is_file():
        return ""
    if not is_copy:
        return f"images/{path.name}"
    picture = _picture(path)
    return "" if picture is None else _uri(*picture)


def _uri(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _picture(path: Path) -> tuple[str, bytes] | None:
    """A picture's media type and bytes: as it is, or as much of it as goes into a copy."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    if len(content) <= _WHOLE:
        return stored_pictures.media_type(path), content
    from pytest_rest.rendering import pictures  # Pillow, which a replay has not loaded

    small = pictures.thumbnail(path)
    return None if small is None else ("image/png", small)
