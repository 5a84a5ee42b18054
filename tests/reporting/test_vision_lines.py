"""What a person reads of vision tokens and of advice: lines in 80 columns, and a plot."""

import random
from collections.abc import Sequence
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from endpoint import Endpoint, Reply, Request
from runs import RunRest
from test_findings import simulated
from test_plus_over_http import Plan
from test_vision_tokens import HIGH, LOW, MIDDLE, QWEN, asked, known

from pytest_rest import benchmark
from pytest_rest.metrics import vision_tokens
from pytest_rest.metrics.vision_tokens import Vision
from pytest_rest.models import tokens
from pytest_rest.reporting.page import tokens as drawn
from pytest_rest.reporting.terminal import findings
from pytest_rest.reporting.terminal import vision_tokens as reporting
from pytest_rest.terms import Style

MODEL = "Qwen2.5-VL-7B-Instruct"
SVG = "{http://www.w3.org/2000/svg}"


def measured(*styles: Style, n: int = 30, sent: dict[int, int] | None = None) -> Vision:
    """Items in these styles, whose pictures are wrong at times."""
    draws = random.Random(1)
    right = {(item, style.dpi): draws.random() < 0.8 for item in range(n) for style in styles}
    found = vision_tokens.measure(asked(styles, n, right, sent), known(*styles), QWEN)
    assert found is not None
    return found


def test_lines_show_styles_equality_and_answer() -> None:
    """A row for each style, the cheapest first; where tokens are equal; and the answer."""
    found = measured(HIGH, LOW, MIDDLE, sent={0: 60, 50: 37, 100: 72, 200: 200})
    head, *rows = reporting.lines(found)
    assert "tokens a question    items text image accuracy less text     RER" == head
    assert [LOW.id, MIDDLE.id, HIGH.id] == [row.split()[0] for row in rows[:3]]
    assert ["30", "40", "17"] == rows[0].split()[1:4]
    assert rows[3].startswith("  equal at: dejavu-black ")
    assert rows[4].startswith("  there, dejavu-black: -")
    assert rows[4].endswith(", n = 30")
    assert "a picture saves: 0.62 x the text form's input tokens" == rows[5]
    assert rows[6].startswith(f"  in {LOW.id}, image: accuracy -")
    assert 7 == len(rows)


def test_a_picture_that_saves_nothing_is_said() -> None:
    """And what counted where no call said."""
    *_, answer, _ = reporting.lines(measured(MIDDLE, HIGH))
    assert answer.startswith("a picture saves nothing: 2.00 x")
    assert answer.endswith("the text form's input tokens, by the formula")


def test_one_style_has_no_lines() -> None:
    """Nothing to choose from; the report has it."""
    assert [] == [*reporting.lines(measured(HIGH)), *reporting.lines(None)]


def test_at_most_twelve_lines_of_eighty_columns() -> None:
    """Fifteen styles of long names and wide intervals, with prices."""
    styles = [
        Style(font, dpi, color)
        for font in ("dejavu", "courier", "cursive")
        for dpi, color in ((50, "black"), (100, "lightgoldenrodyellow"), (200, "black"))
    ]
    records = [
        replace(
            record,
            verdict=replace(
                record.verdict,
                answers={
                    mode: replace(answer, cost=random.Random(n).random() * 100)
                    for mode, answer in record.verdict.answers.items()
                },
            ),
        )
        for n, record in enumerate(asked(styles, 3, {(0, 50): False, (1, 200): False}))
    ]
    lines = [*reporting.lines(vision_tokens.measure(records, known(*styles), QWEN))]
    assert 12 == len(lines)
    assert all(len(line) <= 80 for line in lines), max(lines, key=len)
    assert lines[6] == "  and 4 more, in report.json"
    assert lines[-1].startswith("  dollars for 1,000: ")


def test_the_plot_is_an_element_of_its_own() -> None:
    """A point with its interval for each style, a line for each look, names escaped."""
    hostile = Style(dpi=50, color="red", name='<b onload="x">&')
    found = measured(LOW, MIDDLE, HIGH, hostile)
    plot = ElementTree.fromstring(drawn.plot(found))  # noqa: S314 (our own)
    assert f"{SVG}svg" == plot.tag
    points = plot.findall(f"{SVG}circle[{SVG}title]")
    assert 4 == len(points)
    assert 2 == len(plot.findall(f"{SVG}polyline"))
    titles = [point.findtext(f"{SVG}title", "") for point in points]
    assert any(title.startswith('<b onload="x">&: ') for title in titles)
    xs = [float(point.get("cx", "")) for point in points if point.get("fill") == "#0072b2"]
    assert sorted(set(xs)) == xs
    for point in points:
        assert 0 <= float(point.get("cx", "")) <= 460
        assert 0 <= float(point.get("cy", "")) <= 360


def test_a_plot_of_many_looks_stays_within_its_frame() -> None:
    """Twelve of fifteen are drawn, no two alike."""
    plot = ElementTree.fromstring(  # noqa: S314 (our own)
        drawn.plot(measured(*(Style(size_pt=9.0 + n) for n in range(15))))
    )
    points = plot.findall(f"{SVG}circle[{SVG}title]")
    looks = {(point.get("fill"), point.get("stroke")) for point in points}
    assert 12 == len(points) == len(looks)
    height = float(plot.get("viewBox", "").split()[3])
    assert all(float(each.get("y", "")) <= height for each in plot.findall(f"{SVG}text"))


def test_advice_in_eighty_columns() -> None:
    """What is worse at 50 DPI is told, with its n and interval; one style has nothing to say."""
    lines = list(findings.advice(simulated(150, 3).advice))
    assert lines[0].startswith("advice, of ")
    assert any(line.startswith("avoid 50 DPI") and "  150 +" in line for line in lines)
    assert all(len(line) <= 80 for line in lines), max(lines, key=len)
    assert [] == list(findings.advice(simulated(2, 3).advice))


class Billing(Plan):
    """Bills as the model's formula does, and is wrong at 50 DPI half of the time."""

    def reply(self, request: Request) -> Reply:
        """The planned answer."""
        prompt = self.prompt(request)
        sent = tokens.estimate(prompt, MODEL).total + 17
        style = prompt.form.style
        if prompt.task == "transcribe":
            return Reply(prompt.images[0].text, input_tokens=sent)
        wrong = style is not None and style.dpi == 50 and int(prompt.item.digest, 16) % 2
        return Reply(f"Answer: {prompt.item.answer}{'1' * bool(wrong)}", input_tokens=sent)


@pytest.mark.costly
@pytest.mark.parametrize("workers", [("-pno:xdist",), ("-n2",)], ids=" ".join)
def test_a_run_says_what_its_pictures_took(run_rest: RunRest, workers: Sequence[str]) -> None:
    """What was billed is the formula's, and the picture's size came with the answer."""
    items = benchmark.load("soebench:20")
    plan = Billing(items)
    with Endpoint(plan.reply) as endpoint:
        run = run_rest(
            *(f"--rest-model={MODEL}", f"--rest-api-base={endpoint.openai_base}"),
            *("--rest-suite=soebench:20", "--rest-style=dejavu-50dpi,dejavu"),
            *("--rest-min-rer=0", *workers),
        )
    found = run.report["vision_tokens"]
    assert "Alibaba" in found["rule"]
    assert {"image", "mixed"} == {use["mode"] for use in found["styles"]}
    assert 4 == len(found["styles"])
    for use in found["styles"]:
        assert ("reported", 20) == (use["source"], use["n"])
        assert use["formula"]["value"] == pytest.approx(use["vision"]["value"])
    assert found["cheapest"]["saves"]
    assert "a picture saves: 0." in run.out
    given = {each["about"]: each["text"] for each in run.report["advice"]["given"]}
    assert {"dpi 50": "avoid 50 DPI"} == given
    assert "\navoid 50 DPI" in run.out
    shown = run.out.partition("tokens a question")[2].partition("published")[0]
    assert all(len(line) <= 80 for line in shown.splitlines())
