"""What cannot be asked is told before a call is paid, or left out and counted."""

import json
import os
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from endpoint import Endpoint, Reply
from PIL import Image as Picture
from runs import Finished, RunRest, without_times

from pytest_rest.reporting import merge

SERIAL = "-pno:xdist"
MODEL = "--rest-model=simulated"
SKIP = "--rest-skip-unaskable"
REST = "dejavu-200dpi-black"
MORE = "; to go on without what cannot be asked: --rest-skip-unaskable"
GOOD = "- {id: good, context: 2 + 2, question: How much?, answer: 4}\n"
LINES = json.dumps("The quick brown fox jumps over the lazy dog.\n" * 400)
ITEMS = {
    "zh": "- {id: zh, context: 法国的首都, question: 是哪里？, answer: 巴黎}\n",
    "long": f"- {{id: long, context: {LINES}, question: Who jumps?, answer: fox}}\n",
    "scan": "- {id: scan, context: The total, question: How much?, answer: 7, image: scan.png}\n",
    "bare": "- {id: bare, question: How much is 2 + 2?, answer: 4}\n",
}
WHY = {
    "zh": (
        "font 'dejavu' has no glyph for '国' (U+56FD CJK UNIFIED IDEOGRAPH-56FD), ",
        "; use a style whose font has them, or leave them out of the text",
        " (/fonts/NotoSansCJK-Regular.ttc has them: font: [dejavu, /fonts/NotoSansCJK-Regular.ttc]"
        " in a style file)",
    ),
    "long": (
        f"style '{REST}': the page would have ",
        " pixels, which Anthropic refuses: more than 8,000 pixels a side; use a lower dpi, a "
        "smaller size or a shorter text",
        " (8",
        " dpi is low enough)",
    ),
    "scan": ("scan.png' has more than 40,000,000 pixels; make it smaller",),
    "bare": (
        "it has neither context nor choices, so there is nothing to show as a picture beside its "
        "question; give it a context, or ask --rest-modes=text,image",
    ),
}


@pytest.fixture
def server(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    """A gateway before Claude, and a machine with a font for Chinese."""
    Picture.new("1", (8000, 8750)).save(pytester.path / "scan.png")
    fc_list = pytester.path / "bin" / "fc-list"
    fc_list.parent.mkdir()
    fc_list.write_text(
        "#!/bin/sh\necho /fonts/NotoSansCJK-Bold.ttc\necho /fonts/NotoSansCJK-Regular.ttc\n"
        "echo /fonts/a.pcf\n"
    )
    fc_list.chmod(0o755)
    monkeypatch.setenv("PATH", f"{fc_list.parent}{os.pathsep}{os.environ['PATH']}")
    with Endpoint(lambda _: Reply("Answer: 4")) as endpoint:
        yield endpoint


@pytest.fixture
def claude(server: Endpoint, run_rest: RunRest) -> Any:
    """Run pytest with a model whose provider has limits."""
    model = ("--rest-model=claude-haiku-4.5", f"--rest-api-base={server.openai_base}")

    def run(*args: str) -> Finished:
        return run_rest(*model, *args)

    return run


def write(*kinds: str) -> str:
    """A benchmark file with one good item and the odd ones; its name."""
    Path("odd.rest.yaml").write_text(f"items:\n{GOOD}{''.join(ITEMS[k] for k in kinds)}", "utf-8")
    return "odd.rest.yaml"


def told(run: Finished) -> str:
    """The one line that says what is wrong; nothing is left of the run."""
    assert pytest.ExitCode.USAGE_ERROR == run.status, run.out
    before, _, said = run.out.partition("ERROR: REST: ")
    assert "cannot be asked" not in before
    assert "Traceback" not in run.out
    assert not Path("run").exists()
    (line,) = said.splitlines()
    return line


# Told before


@pytest.mark.parametrize("kind", ITEMS)
def test_it_is_told_whole_before_any_call(server: Endpoint, claude: Any, kind: str) -> None:
    """The item, its file and line, the style, why, and the mend."""
    name = write(kind)
    start = f"{name}:3: item '{kind}' of 'odd' cannot be asked in style '{REST}': "
    line = told(claude(name, SERIAL))
    assert line.startswith(start)
    assert line.endswith(MORE)
    for part in WHY[kind]:
        assert part in line, line
    assert () == server.requests


def test_it_is_told_however_it_is_asked(server: Endpoint, claude: Any) -> None:
    """Before there are tests or among those that were selected, as a file or a suite; by a plan."""
    name = write("bare")
    line = told(claude(name, SERIAL))
    assert line == told(claude(f"--rest-suite={name}", SERIAL, "-k", "odd"))
    assert line == told(claude(f"--rest-suite={name}", "--rest-plan"))
    assert () == server.requests


@pytest.mark.costly
def test_a_marker_s_items_are_told_by_workers_too(server: Endpoint, claude: Any) -> None:
    """With two workers and without: each collects it, and one line says it."""
    Path("test_own.py").write_text(
        "import pytest\nfrom pytest_rest import Item\n"
        "@pytest.mark.rest(Item('a', 'How much?', '4', '2 + 2'), \n"
        "                  Item('b', '多少？', '4', '2 + 2'))\n"
        "def test_own(rest): rest()\n",
        "utf-8",
    )
    options = ("test_own.py", "--rest-suite=soebench:3", "--rest-min-rer=0.1")
    line = told(claude(*options, SERIAL))
    assert line.startswith(f"item 'b' of 'own' cannot be asked in style '{REST}': font 'dejavu' ")
    assert line == told(claude(*options, "-n2"))
    assert () == server.requests


@pytest.mark.slow
def test_workers_check_without_the_model(run_rest: RunRest) -> None:
    """It may take minutes to load: they know its name from the main process, which asks."""
    Path("mine.py").write_text(
        "from pytest_rest.models.providers.simulated import SimulatedModel\n"
        "class Mine(SimulatedModel): home = 'loaded'\n"
        "def make():\n"
        "    with open('made.txt', 'a') as file: file.write('once')\n"
        "    return Mine('', 0)\n"
    )
    Path("test_own.py").write_text(
        "import pytest\n@pytest.mark.rest('soebench:3')\ndef test_own(rest): rest()\n"
    )
    run = run_rest("--rest-model=python:mine:make", "test_own.py", "-n2", subprocess=True)
    assert 3 == run.outcomes["passed"], run.out
    assert "once" == Path("made.txt").read_text()


def test_several_are_counted_and_named(claude: Any) -> None:
    """The first one's sentence, and the names and places of some."""
    line = told(claude(write(*ITEMS), SERIAL))
    others = "odd.rest.yaml:4 long, odd.rest.yaml:5 scan, odd.rest.yaml:6 bare"
    assert f" in a style file); nor can 3 items more: {others}{MORE}" in line


def test_what_is_not_selected_does_not_matter(claude: Any) -> None:
    """Whoever chooses the others asks them."""
    run = claude(write(*ITEMS), SERIAL, "-k", "good")
    assert {"passed": 1, "deselected": 4} == run.outcomes, run.out


# Left out


def test_it_is_left_out_and_counted(server: Endpoint, claude: Any) -> None:
    """In the header, the summary, the gate's line and the report; the rates are of the others."""
    run = claude(f"--rest-suite={write('zh', 'long')}", SERIAL, SKIP, "--rest-min-rer=0.5")
    assert {"passed": 3, "deselected": 2} == run.outcomes, run.out
    said = "2 items left out, which cannot be asked: long, zh (--rest-skip-unaskable)"
    head, _, rest = run.out.partition("collected")
    assert "2 items left out, which cannot be asked: zh, long (--rest-skip-unaskable)" in head
    assert said in rest
    assert f"  odd.rest.yaml:3: zh-{REST}: font 'dejavu' has no glyph for " in rest
    assert "gate passed: every threshold passed; 2 items left out, which cannot be asked" in rest
    reasons = {each.pop("item"): each.pop("reason") for each in run.report["unaskable"]}
    assert ["long", "zh"] == [*reasons]
    assert "has no glyph for" in reasons["zh"]
    where = [{"suite": "odd", "style": REST, "place": f"odd.rest.yaml:{n}"} for n in (4, 3)]
    assert where == run.report["unaskable"]
    assert [] == run.report["lost"]
    assert 1 == run.report["metrics"]["odd"]["all"]["rer"]["n"]
    assert 4 == len(server.requests)
    assert "pictures reach the model smaller" not in head
    assert "2 left out, which cannot be asked" in Path("run/report.html").read_text("utf-8")


def test_it_is_not_asked_ahead(run_rest: RunRest) -> None:
    """Though the suite's items are asked before there are tests."""
    Picture.linear_gradient("L").resize((8001, 20)).save("scan.png")
    Path("odd.rest.yaml").write_text(f"items:\n{ITEMS['scan']}{GOOD}", "utf-8")
    with Endpoint(lambda _: Reply("Answer: 4", delay=0.2)) as slow:
        model = ("--rest-model=claude-haiku-4.5", f"--rest-api-base={slow.openai_base}")
        run = run_rest(
            *model, "--rest-suite=odd.rest.yaml", SERIAL, SKIP, "--rest-style=dejavu-50dpi"
        )
        assert 4 == len(slow.requests)
    assert ["scan"] == [each["item"] for each in run.report["unaskable"]]
    assert "Anthropic refuses: more than 8,000 pixels a side" in run.out
    assert 4 == run.report["usage"]["calls"]


def test_a_plan_leaves_it_out(claude: Any) -> None:
    """And says so, once collected and with the figures."""
    run = claude(write("zh"), "--rest-plan", SKIP, "-k", "odd")
    assert pytest.ExitCode.OK == run.status
    assert 2 == run.out.count("1 item left out, which cannot be asked: zh (--rest-skip-unaskable)")
    assert "calls       4: 1 tests" in run.out


@pytest.mark.parametrize("workers", [SERIAL, "-n2"])
def test_an_item_is_left_out_in_all_its_styles(run_rest: RunRest, workers: str) -> None:
    """What one of ten styles cannot show is compared in none of them; workers say it, too."""
    Path("test_own.py").write_text(
        "import pytest\nfrom pytest_rest import Item\n"
        "@pytest.mark.rest(Item('a', 'How much?', '4', '2 + 2'), Item('b', '∀?', '4', '2 + 2'),\n"
        "                  styles=['dejavu', 'courier'])\n"
        "def test_own(rest): rest()\n",
        "utf-8",
    )
    run = run_rest(MODEL, "test_own.py", SKIP, workers)
    assert 2 == run.outcomes["passed"], run.out
    assert ["a", "a"] == [each["id"] for each in run.report["items"]]
    (left_out,) = run.report["unaskable"]
    assert ("own", "b", "courier-200dpi-black", "") == tuple(left_out.values())[:4]
    assert "1 item left out, which cannot be asked: b (--rest-skip-unaskable)" in run.out


def test_where_nothing_is_left_it_is_wrong_usage(run_rest: RunRest) -> None:
    """A run of nothing must not look as if it had been one."""
    Path("odd.rest.yaml").write_text(f"items:\n{ITEMS['bare']}", "utf-8")
    line = told(run_rest(MODEL, "odd.rest.yaml", SKIP, SERIAL))
    assert line.startswith("nothing is left to ask: odd.rest.yaml:2: item 'bare' of 'odd' cannot ")


@pytest.mark.slow
def test_it_is_left_out_of_each_shard(server: Endpoint, run_rest: RunRest) -> None:
    """The others are dealt; merged, they are the run that was asked at once."""
    items = "".join(GOOD.replace("good", f"good-{n}").replace("2 +", f"{n} +") for n in range(5))
    Path("odd.rest.yaml").write_text(f"items:\n{items}{ITEMS['zh']}", "utf-8")
    options = (MODEL, "--rest-suite=odd.rest.yaml", SKIP, SERIAL, "--rest-min-rer=0.5")
    whole = run_rest(*options).report
    shards = {n: run_rest(*options, f"--rest-shard={n}/2").report for n in ("1", "2")}
    assert [3, 2] == [len(report["items"]) for report in shards.values()]
    names = random.Random(0).sample([*shards], 2)
    found = merge.merge({name: shards[name] for name in names}).report.to_builtins()
    assert without_times(whole) == without_times(json.loads(json.dumps(found)))


@pytest.mark.costly
def test_a_baseline_is_compared_with_what_both_asked(claude: Any, run_rest: RunRest) -> None:
    """Another provider's limits, other items: those of both are compared, and the others named."""
    name = f"--rest-suite={write('long')}"
    assert 2 == len(run_rest(MODEL, name, SERIAL, "--rest-json=old.json").report["items"])
    run = claude(name, SERIAL, SKIP, "--rest-baseline=old.json")
    check = run.report["gate"]["baseline"]["checks"][0]
    assert (1, "undecided") == (check["n"], check["outcome"]), run.out
    assert "1 item not compared, which either run left out: odd/long" in run.out
    Path("run").rename("old")
    back = run_rest(MODEL, name, SERIAL, "--rest-baseline=old")
    assert "1 item not compared, which either run left out: odd/long" in back.out


# Told while the tests run


def test_what_a_test_makes_is_told_whole_and_once(server: Endpoint, run_rest: RunRest) -> None:
    """Its test fails, though it would let a lost item pass; there is nothing to resume."""
    Path("test_own.py").write_text(
        "from pytest_rest import Item\n"
        "def test_own(rest_ask): assert rest_ask(Item('b', '多少？', '4', '2 + 2')).lost\n",
        "utf-8",
    )
    run = run_rest(MODEL, "test_own.py", SERIAL)
    assert {"failed": 1} == run.outcomes
    line = f"REST: item 'b' of 'own' cannot be asked in style '{REST}': font 'dejavu' has no glyph "
    assert 1 == run.out.count(line), run.out
    assert WHY["zh"][2] in run.out
    assert "--rest-resume" not in run.out


@pytest.mark.parametrize(("check", "is_advised"), [("True", False), ("False", True)])
def test_to_resume_is_advised_where_it_helps(
    run_rest: RunRest, check: str, *, is_advised: bool
) -> None:
    """Not after answers of one test where the others cannot be asked."""
    Path("test_own.py").write_text(
        "from pytest_rest import Item\n"
        "def test_good(rest_ask):\n"
        f"    assert rest_ask(Item('a', 'How much?', '4', '2 + 2')) and {check}\n"
        "def test_odd(rest_ask): rest_ask(Item('b', '多少？', '4', '2 + 2'))\n",
        "utf-8",
    )
    run = run_rest(MODEL, "test_own.py", SERIAL)
    assert "cannot be asked in style" in run.out
    assert is_advised == ("--rest-resume" in run.out), run.out


def test_a_picture_that_becomes_another_one(run_rest: RunRest) -> None:
    """Its item is lost with the whole reason, and to go on with the run is not advised."""
    Picture.linear_gradient("L").save("scan.png")
    Path("conftest.py").write_text(
        "import pytest\nfrom PIL import Image\n"
        "@pytest.hookimpl(tryfirst=True)\n"
        "def pytest_collection_finish(): Image.radial_gradient('L').save('scan.png')\n"
    )
    run = run_rest(MODEL, write("scan"), SERIAL)
    (lost,) = run.report["lost"]
    reason = lost["reason"]
    assert re.fullmatch(
        r"cannot be asked: picture '.{1,300}scan\.png' is not the one that its item was made with; "
        r"run again, or make the item with pytest_rest\.pictures\.beside",
        reason,
    )
    assert f"  scan-{REST}: {reason}" in run.out
    assert "--rest-resume" not in run.out
