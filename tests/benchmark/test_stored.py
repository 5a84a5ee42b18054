"""Stored answers: which rows make a whole set, what is wrong with others, and where."""

import csv
import io
import json
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_rest.benchmark import stored
from pytest_rest.benchmark.stored import StoredAnswers, cells, exported, logs
from pytest_rest.benchmark.stored.cells import KINDS
from pytest_rest.benchmark.suites.rows import RowError
from pytest_rest.errors import AnswersError, BenchmarkError, RestError
from pytest_rest.evaluate import stored_record
from pytest_rest.terms import Record

Row = dict[str, Any]
TEXT: Row = {"item": "a", "form": "text", "answer": "7", "expected": "7"}
IMAGE: Row = {**TEXT, "form": "image"}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def written(*rows: Row, name: str = "answers.jsonl") -> str:
    """A file of rows."""
    Path(name).write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
    return name


def loaded(*rows: Row, mapping: str = "", sources: tuple[str, ...] = ()) -> StoredAnswers:
    """What the rows hold."""
    if mapping:
        Path("mapping.yaml").write_text(mapping, "utf-8")
    return stored.load(sources or [written(*rows)], Path("mapping.yaml") if mapping else None)


def records(*rows: Row, mapping: str = "") -> list[Record]:
    """The rows, judged."""
    return [*map(stored_record, loaded(*rows, mapping=mapping).cases)]


def faults(*rows: Row, mapping: str = "") -> list[str]:
    """The lines that say what is wrong."""
    with pytest.raises(RestError) as caught:
        loaded(*rows, mapping=mapping)
    return str(caught.value).splitlines()


# What a set holds


def test_a_row_is_an_answer() -> None:
    """Of an item in a form; what is right, and which kind it is, may be in any of its rows."""
    (record,) = records({**TEXT, "expected": ""}, {**IMAGE, "answer": "Answer: 7.0"})
    answers = record.verdict.answers
    assert ("answers", "a", "unknown", "7") == (*record.key, record.truth)
    assert {"text": "7", "image": "7"} == {mode: answers[mode].value for mode in answers}
    assert ("consistent", True) == (record.verdict.outcome, answers["image"].correct)


def test_long_answers_stay_on_the_disk() -> None:
    """A file of them takes a fraction of its size in memory, and each is read when it is judged."""
    rows = [
        {**each, "item": f"{number:02}", "answer": f"{number} " * 15_000}
        for number in range(30)
        for each in (TEXT, IMAGE)
    ]
    size = Path(written(*rows)).stat().st_size
    tracemalloc.start()
    answers = stored.load(["answers.jsonl"])
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < size / 2
    read = [call.text for case in answers.cases for call in case.calls]
    assert [row["answer"] for row in rows] == read


def test_a_number_of_json_is_what_is_written(tmp_path: Path) -> None:
    """To its last digit; one that is not finite is no answer."""
    texts = ("12345678901234567.89", "12345678901234567.11", "1.10", "NaN", "1e999")
    rows = (
        f'{{"item": "{number}", "form": "{form}", "answer": {text}, "kind": "number"}}'
        for number, text in enumerate(texts)
        for form in ("text", "image")
    )
    (tmp_path / "answers.jsonl").write_text("\n".join(rows), "utf-8")
    read = [
        stored_record(case).verdict.answers["text"].value
        for case in stored.load(["answers.jsonl"]).cases
    ]
    assert [*texts[:2], "1.1", None, None] == read


def test_a_table_says_the_same_as_json_lines() -> None:
    """But for its numbers, which are texts there; a list of answers is JSON."""
    rows = [{**TEXT, "expected": ["7", "seven"]}, {**IMAGE, "expected": ["7", "seven"]}]
    table = io.StringIO()
    writer = csv.DictWriter(table, [*TEXT])
    writer.writeheader()
    writer.writerows({**row, "expected": json.dumps(row["expected"])} for row in rows)
    Path("answers.csv").write_text(table.getvalue(), "utf-8")
    (one,), (other,) = loaded(*rows).cases, loaded(sources=("answers.csv",)).cases
    assert one.item == other.item
    assert ("7", ("seven",)) == (one.item.answer, one.item.also_right)


@pytest.mark.parametrize("nothing", [None, "", "   "])
def test_nothing_is_no_answer(nothing: str | None) -> None:
    """It agrees with nothing, not with nothing either, and is right nowhere."""
    (record,) = records({**TEXT, "answer": nothing}, {**IMAGE, "answer": nothing})
    assert "inconsistent" == record.verdict.outcome
    assert {(None, False)} == {(a.value, a.correct) for a in record.verdict.answers.values()}


def test_a_value_is_taken_as_it_is_and_an_answer_is_read() -> None:
    """What somebody read before is the answer alone; a text's may be after a marker."""
    rows = {**TEXT, "kind": "number", "answer": "I count.\nAnswer: 7"}, {**IMAGE, "kind": "number"}
    (record,) = records(rows[0], {**rows[1], "answer": "six", "value": "7"})
    assert "consistent" == record.verdict.outcome
    (record,) = records(rows[0], {**rows[1], "answer": "It may be 7, or 8."})
    assert None is record.verdict.answers["image"].value


@pytest.mark.parametrize(
    ("kind", "expected", "text", "image", "value"),
    [
        ("list", ["Ada", "Ben"], "Ada and Ben", ["Ada", "Ben"], '["ada", "ben"]'),
        ("set", '["Ada", "Ben"]', "Ben, Ada", "- Ada\n- Ben", '["ada", "ben"]'),
        ("set", [["x"], ["Ada", "Ben"]], "Ben, Ada", "Ada; Ben", '["ada", "ben"]'),
        ("date", "2031-03-15", "15 March 2031", "Answer: 2031年3月15日", "2031-03-15"),
        ("quantity", "2.5 kg", "2500 g", "2.5 kg", "2.5 kg"),
        ("fields", {"a": 7, "b": "x"}, {"b": "x", "a": 7}, "a: 7\nb: x", '{"a": "7", "b": "x"}'),
        ("fields", '{"a": 7}', '{"a": 7.0}', '```json\n{"a": 7}\n```', '{"a": "7"}'),
    ],
)
def test_kinds_with_parts_are_judged_too(
    kind: str, expected: object, text: object, image: object, value: str
) -> None:
    """A list or a mapping may be one as JSON Lines have it, or its JSON."""
    told = {"kind": kind, "expected": expected}
    (record,) = records({**TEXT, **told, "answer": text}, {**IMAGE, **told, "answer": image})
    answers = record.verdict.answers.values()
    assert [(value, True)] * 2 == [(answer.value, answer.correct) for answer in answers]
    fields = {"a", "b"} & set(expected) if isinstance(expected, dict) else set()
    assert all(fields <= set(answer.fields) for answer in answers)


def test_a_column_says_that_the_day_comes_first() -> None:
    """Without it `03/04/2031` is not a date."""
    told = {"kind": "date", "expected": "2031-04-03", "answer": "03/04/2031"}
    (record,) = records({**TEXT, **told, "day_first": True}, {**IMAGE, **told, "day_first": "true"})
    assert all(answer.correct for answer in record.verdict.answers.values())
    (record,) = records({**TEXT, **told}, {**IMAGE, **told})
    assert {None} == {answer.value for answer in record.verdict.answers.values()}


def test_an_error_loses_the_item() -> None:
    """An outage is never an answer."""
    (record,) = records(TEXT, {**IMAGE, "answer": "", "error": "HTTP 500"})
    assert ("lost", "image: HTTP 500") == (record.verdict.outcome, record.verdict.reason)


@pytest.mark.parametrize("tags", ["b; é", ["b", "é"], '["b", "é", "b"]'])
def test_tags_are_words_or_a_list(tags: object) -> None:
    """An item has those of all its rows."""
    (record,) = records({**TEXT, "tags": tags}, {**IMAGE, "tags": "é;c.d"})
    assert ("b", "é", "c.d") == record.tags


def test_without_what_is_right_another_judge_counts() -> None:
    """And without one nothing is known; whoever says what is right overrules the other."""
    rows = {**TEXT, "expected": None}, {**IMAGE, "expected": None, "answer": "8"}
    (unknown,) = records(*rows)
    assert [None, None] == [a.correct for a in unknown.verdict.answers.values()]
    assert not loaded(*rows).is_judged
    (judged,) = records({**rows[0], "correct": True}, {**rows[1], "correct": 0})
    assert {"text": True, "image": False} == {
        mode: a.correct for mode, a in judged.verdict.answers.items()
    }
    (own,) = records({**TEXT, "correct": False}, IMAGE)
    assert own.verdict.answers["text"].correct


def test_a_file_is_a_form_that_an_item_may_lack() -> None:
    """A document's own file is compared with the other forms, and needs no style."""
    file = {**TEXT, "form": "file", "answer": "8"}
    styled = [{**IMAGE, "style": name} for name in ("dejavu", "courier")]
    other = [{**row, "item": "b"} for row in (TEXT, *styled)]
    listed = records(TEXT, file, *styled, *other)
    assert ("text", "image", "file") == loaded(TEXT, file, *styled, *other).modes
    told = {(r.item, r.style): {*r.verdict.answers} for r in listed}
    assert {"text", "image", "file"} == told["a", "courier"] == told["a", "dejavu"]
    assert {"text", "image"} == told["b", "courier"]
    assert {"a": "inconsistent", "b": "consistent"} == {r.item: r.verdict.outcome for r in listed}


def test_a_format_is_a_record_of_its_own() -> None:
    """As a style is, and both together."""
    rows = [{**row, "format": name} for name in ("html", "md") for row in (TEXT, IMAGE)]
    assert ["html", "md"] == [record.format for record in records(*rows)]
    assert ["html", "md"] == [record.style for record in records(*rows)]
    styled = records(*({**row, "style": "courier-50dpi-red"} for row in rows))
    assert ["html-courier-50dpi-red", "md-courier-50dpi-red"] == [r.style for r in styled]


def test_a_text_without_a_style_is_that_of_every_style() -> None:
    """A text has no style, and is not asked again for each."""
    styles = ("dejavu-200dpi-black", "courier-50dpi-red", "our own")
    with pytest.raises(AnswersError, match="is not a word"):
        loaded(TEXT, *({**IMAGE, "style": style} for style in styles))
    answers = loaded(TEXT, *({**IMAGE, "style": style} for style in styles[:2]))
    assert [2, 2] == [len(case.calls) for case in answers.cases]
    assert {"dejavu-200dpi-black", "courier-50dpi-red"} == set(answers.known_styles)
    assert "styles" not in answers.unseen


def test_repeats_are_told_apart() -> None:
    """The first is the answer, whatever the order in the file."""
    rows = [{**row, "repeat": n} for n in (1, 0) for row in (TEXT, IMAGE)]
    rows[0]["answer"] = "8"
    (record,) = records(*rows)
    assert ("7", ["8"]) == (
        record.verdict.answers["text"].value,
        [each.value for each in record.verdict.repeats["text"]],
    )
    assert 2 == loaded(*rows).repeats


def test_wide_rows_hold_several_answers() -> None:
    """A column a form, as it is or as a mapping says; a dot goes into what is nested."""
    (record,) = records({"item": "a", "text": "7", "image": "8", "expected": 7})
    assert {"text": "7", "image": "8"} == {m: a.value for m, a in record.verdict.answers.items()}
    mapping = """
columns: {item: Id, expected: labels}
set: {suite: tables, kind: short}
forms:
  - {form: text, format: html, value: answers.text.html}
  - {form: image, format: html, value: pictured}
ignore: [note]
"""
    row = {"Id": "a", "answers": {"text": {"html": "X"}}, "pictured": "x", "labels": [], "note": 1}
    (record,) = records(row, mapping=mapping)
    assert ("tables", "html", "consistent") == (
        record.suite,
        record.format,
        record.verdict.outcome,
    )


def test_a_file_may_be_of_one_form() -> None:
    """Then whoever names it says which, and which format."""
    rows = {"item": "a", "answer": "7"}
    sources = [f"{form}:html={written(rows, name=form + '.jsonl')}" for form in ("text", "image")]
    (case,) = loaded(sources=tuple(sources)).cases
    assert ("html", ["text", "image"]) == (case.format, [call.mode for call in case.calls])
    with pytest.raises(AnswersError, match="form is 'text' here, and image on the command line"):
        loaded(sources=(f"image={written(TEXT)}",))


# What is wrong


HERE = "answers.jsonl, line"
NAMED = "item 'a' of 'answers'"


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([TEXT, IMAGE, TEXT], [f"{HERE} 3: {NAMED} as text is already in {HERE} 1"]),
        (
            [TEXT, IMAGE, {**TEXT, "item": "b"}],
            [f"{HERE} 3: item 'b' of 'answers' has no answer as image"],
        ),
        (
            [TEXT, IMAGE, {**TEXT, "repeat": 1}, {**TEXT, "item": "b"}, {**IMAGE, "item": "b"}],
            [f"{HERE} 4: item 'b' of 'answers' has no answer as text (repeat 1)"],
        ),
        (
            [{**TEXT, "model": "x"}, {**IMAGE, "model": "y"}],
            [
                f"{HERE} 2: answered by 'y', and what is above by 'x'; name them alike: "
                "--rest-allow-models"
            ],
        ),
        (
            [{**TEXT, "anser": "1"}, {**IMAGE, "anser": "1"}],
            [f"{HERE} 1: unknown column 'anser'; did you mean 'answer'?"],
        ),
        (
            [{**TEXT, "note": "1"}, IMAGE],
            [f"{HERE} 1: unknown column 'note'; name it in a mapping, or ignore it there"],
        ),
        (
            [TEXT, {**IMAGE, "expected": "8"}],
            [f"{HERE} 2: expected of {NAMED} is another in {HERE} 1"],
        ),
        (
            [TEXT],
            ["agreement needs at least two forms of text, image, mixed, file; here is only text"],
        ),
        ([], ["agreement needs at least two forms of text, image, mixed, file; here is none"]),
        (
            [TEXT, {**IMAGE, "form": "picture"}],
            [f"{HERE} 2: form 'picture' is not one of text, image, mixed, file"],
        ),
        (
            [TEXT, {**IMAGE, "form": ""}],
            [f"{HERE} 2: form is missing: one of text, image, mixed, file"],
        ),
        ([TEXT, {**IMAGE, "item": ""}], [f"{HERE} 2: item is missing"]),
        ([TEXT, {**IMAGE, "item": "a\u202eb"}], None),
        (
            [{**TEXT, "suite": "mean"}, IMAGE],
            [f"{HERE} 1: suite 'mean' is a word of the report; choose another"],
        ),
        ([TEXT, {**IMAGE, "kind": "shrt"}], None),
        (
            [{**TEXT, "kind": "choice"}, IMAGE],
            [
                f"{HERE} 1: kind 'choice' is not one of {', '.join(KINDS)}; "
                "say short, and give labels"
            ],
        ),
        (
            [{**TEXT, "kind": "fields"}, {**IMAGE, "kind": "fields"}],
            [
                f"{HERE} 1: expected fields has 1 to 100 names with their answers, such as "
                "{total: 119.50}"
            ],
        ),
        (
            [{**row, "kind": "date", "expected": "03/04/2031"} for row in (TEXT, IMAGE)],
            None,
        ),
        (
            [TEXT, {**IMAGE, "correct": "perhaps"}],
            [f"{HERE} 2: correct 'perhaps' is neither true nor false"],
        ),
        (
            [{**TEXT, "tags": "a;b c"}, {**IMAGE, "tags": ";".join("abcdefghijklmnopqrstu")}],
            [
                f"{HERE} 1: tag 'b c' is not a short word; use at most 60 letters, digits, - _ "
                "and .",
                f"{HERE} 2: the item has 21 tags; use at most 20",
            ],
        ),
        ([TEXT, {**IMAGE, "repeat": "-1"}], [f"{HERE} 2: repeat '-1' is not a whole number"]),
        (
            [TEXT, {**IMAGE, "answer": ["7"]}],
            [f"{HERE} 2: answer is a list or a mapping; write one text"],
        ),
        (
            [{**row, "kind": "number", "expected": "x"} for row in (TEXT, IMAGE)],
            [
                f"{HERE} 1: {NAMED}: its answer 'x' is not a valid number; give a number, such as "
                "12.5 or 1/3"
            ],
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_line(rows: list[Row], expected: list[str] | None) -> None:
    """One line for each fault, and every one of them."""
    told = faults(*rows)
    assert expected is None or expected == told
    assert all(line.isprintable() for line in told)


@pytest.mark.parametrize("broken", ["{broken", '{"item": "a", "item": "b"}'])
def test_a_broken_line_is_told_and_not_what_lacks_for_it(broken: str) -> None:
    """Of a row that cannot be read, or says a name twice, the answer is not missing."""
    Path("answers.jsonl").write_text(f"{json.dumps(TEXT)}\n{broken}\n", "utf-8")
    with pytest.raises(AnswersError) as caught:
        stored.load(["answers.jsonl"])
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"{HERE} 2: it is not JSON")


def test_two_spellings_are_one_model() -> None:
    """As in a run that was asked; the fullest is the name."""
    named = {**TEXT, "model": "gpt-x"}, {**IMAGE, "model": "openai/gpt-x"}
    assert "openai/gpt-x" == loaded(*named).model


def test_few_of_many_faults_are_told() -> None:
    """And how many more there are."""
    told = faults(*({**TEXT, "item": f"i-{n}", "form": "x"} for n in range(100)))
    assert (21, "and 80 more") == (len(told), told[-1])


@pytest.mark.parametrize(
    ("mapping", "expected"),
    [
        ("- a", "mapping.yaml:1: does not begin with a key; write columns: and those below it"),
        ("colums: {}", "mapping.yaml:1: unknown key 'colums'; did you mean 'columns'?"),
        ("columns:\n  itm: id", "mapping.yaml:2: unknown key 'itm'; did you mean 'item'?"),
        ("columns: [item]", "mapping.yaml:1: columns is a mapping, such as columns: {item: id}"),
        ("set:\n  kind:", "mapping.yaml:2: 'kind' is empty; write a text, or drop it"),
        ("forms: {form: text}", "mapping.yaml:1: forms is a list; begin each entry with a dash"),
        ("forms:\n- {form: text}", "mapping.yaml:2: a form names the column of its answer"),
        (
            "columns: {item: id}",
            "answers.jsonl, line 1: unknown column 'item'; the mapping",
        ),
    ],
)
def test_what_is_wrong_in_a_mapping_is_told_with_its_line(mapping: str, expected: str) -> None:
    """As in every file of a user's."""
    assert faults(TEXT, IMAGE, mapping=mapping)[0].startswith(expected)


@pytest.mark.parametrize("name", ["answers.txt", "missing.jsonl", "folder.jsonl"])
def test_other_files_are_refused(name: str) -> None:
    """In one line that names them."""
    Path("answers.txt").write_text("")
    Path("folder.jsonl").mkdir()
    with pytest.raises(BenchmarkError, match=name):
        stored.load([name])


@given(
    st.dictionaries(
        st.sampled_from(cells.COLUMNS),
        st.text(max_size=9) | st.integers() | st.none() | st.booleans() | st.lists(st.integers()),
    )
)
def test_any_row_is_a_call_or_a_fault(row: Row) -> None:
    """Nothing else comes of it."""
    try:
        assert "here" == cells.call(row, "here").place
    except RowError as error:
        assert str(error)


EXPORTED = ("form", "task", "status", "style", "format", "budget", "cer", "input_tokens", "seconds")


@given(
    st.dictionaries(
        st.sampled_from((*EXPORTED, *cells.COLUMNS)),
        st.sampled_from(["text", "transcription", "parsed", "nan", "1e999", "-1", "'=a", "0.5"])
        | st.text(max_size=9)
        | st.none(),
    )
)
def test_any_row_of_an_export_is_a_call_or_a_fault(row: Row) -> None:
    """Also one that somebody has changed."""
    try:
        found = exported.read({"form": "image", "status": "parsed", **row}, "here", is_csv=True)
    except RowError as error:
        assert str(error)
    else:
        assert found is None or found.status


def test_what_csv_has_with_an_apostrophe_is_without() -> None:
    """As a spreadsheet shows it; JSON Lines has none."""
    row = {"item": "a", "suite": "s", "form": "text", "status": "parsed"}
    for written, meant in (("'=1+1", "=1+1"), ("''=1", "'=1"), ("'quoted'", "'quoted'")):
        found = [exported.read({**row, "answer": written}, "", is_csv=c) for c in (True, False)]
        assert [meant, written] == [each.text for each in found if each]


# Logs


def inspect_log(samples: dict[str, Any], header: object = None) -> str:
    """A log as inspect_ai's documentation has it."""
    with zipfile.ZipFile("log.eval", "w") as archive:
        told = {"eval": {"task": "ours/sums", "model": "openai/gpt-x"}}
        archive.writestr("header.json", json.dumps(told if header is None else header))
        for name, sample in samples.items():
            archive.writestr(f"samples/{name}.json", json.dumps(sample))
    return "log.eval"


def sample(epoch: int, form: str, **keys: Any) -> dict[str, Any]:
    """One sample's answer."""
    message = {"role": "assistant", "content": [{"type": "text", "text": f"Answer: {epoch + 6}"}]}
    output = {"model": "gpt-x", "choices": [{"message": message}], "usage": {"output_tokens": 3}}
    told = {"id": 1, "epoch": epoch, "input": "How many?", "target": "7", "output": output}
    scores = {"match": {"value": "C" if epoch == 1 else "I"}}
    return {**told, "scores": scores, "metadata": {"form": form}, **keys}


def test_a_log_of_inspect_is_read() -> None:
    """A sample and an epoch is an answer; its form stands in its metadata, or is told."""
    forms = ("text", "image")
    log = inspect_log({f"{f}_epoch_{n}": sample(n, f) for n in (1, 2) for f in forms})
    answers = loaded(sources=(log,))
    (case,) = answers.cases
    assert ("sums", "1", "7", "How many?", "gpt-x", 2) == (
        *(case.item.suite, case.item.id, case.item.answer, case.item.question),
        *(answers.model, answers.repeats),
    )
    record = stored_record(case)
    assert ("consistent", "7", 3) == (
        record.verdict.outcome,
        record.verdict.answers["image"].value,
        record.verdict.answers["image"].output_tokens,
    )
    assert "8" == record.verdict.repeats["text"][0].value


def test_a_sample_that_failed_is_lost() -> None:
    """Whatever it has for an answer."""
    failed = sample(1, "image", error={"message": "timeout"})
    log = inspect_log({"1_epoch_1": sample(1, "text"), "2_epoch_1": failed})
    (case,) = loaded(sources=(log,)).cases
    assert "image: timeout" == stored_record(case).verdict.reason


@pytest.mark.parametrize(
    ("samples", "header", "expected"),
    [
        ({}, None, "has no samples"),
        ({"1_epoch_1": []}, None, "log.eval, samples/1_epoch_1.json: it is not an object"),
        (
            {"1_epoch_1": {"output": 3}},
            None,
            "log.eval, samples/1_epoch_1.json: it is not a sample",
        ),
        ({"1_epoch_1": sample(1, "text")}, [], "is not a log of Inspect's"),
    ],
)
def test_a_log_that_is_not_one_is_refused(
    samples: dict[str, Any], header: object, expected: str
) -> None:
    """In one line, with the sample."""
    with pytest.raises(RestError, match=expected):
        loaded(sources=(inspect_log(samples, header),))
    Path("other.eval").write_text("not a ZIP file")
    with pytest.raises(BenchmarkError, match="is not a log of Inspect's"):
        stored.load(["other.eval"])


def test_a_log_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """By what its directory says of all, and of one sample by what comes out of it."""
    log = inspect_log({"1_epoch_1": sample(1, "text", note="x" * 5_000)})
    with monkeypatch.context() as patch:
        patch.setattr(logs, "_MOST_ROOM", 5_000)
        with pytest.raises(BenchmarkError, match="unpacks to more than"):
            stored.load([log])
    monkeypatch.setattr(logs, "_MOST_BYTES", 5_000)
    with pytest.raises(AnswersError, match="it has more than"):
        stored.load([log])


def logged(number: int, filtered: object, **keys: Any) -> Row:
    """A line of lm-evaluation-harness, and of lmms-eval."""
    told = {"doc_id": number, "doc": {"question": "How many?"}, "target": "7", "arguments": []}
    metrics = {"metrics": ["exact_match"], "exact_match": 1.0, "filter": "none"}
    return {**told, "resps": [["x"]], "filtered_resps": filtered, **metrics, **keys}


NAMES = ["samples_sums_2026-01-01T00-00-00.123.jsonl", "20260101_000000_samples_sums.jsonl"]


@pytest.mark.parametrize("name", NAMES)
def test_a_log_of_lm_eval_is_read(name: str) -> None:
    """A line is an answer; the task is in the file's name, the form is told."""
    Path("image").mkdir()
    text = written(logged(0, ["7"]), name=name)
    image = written(logged(0, [["Answer: 8"]]), name=f"image/{name}")
    (case,) = loaded(sources=(f"text={text}", f"image={image}")).cases
    record = stored_record(case)
    assert ("sums", "0") == (record.suite, record.item)
    assert {"text": "7", "image": "8"} == {m: a.value for m, a in record.verdict.answers.items()}


def test_rows_of_several_filters_are_chosen_from() -> None:
    """Never guessed; a mapping names one."""
    rows = [logged(0, ["7"]), logged(0, ["8"], filter="strict")]
    names = [written(*rows, name=f"{form}_{NAMES[1]}") for form in ("text", "image")]
    sources = tuple(f"{name.partition('_')[0]}={name}" for name in names)
    with pytest.raises(AnswersError, match="rows of the filters none, strict; choose one"):
        loaded(sources=sources)
    (case,) = loaded(mapping="filter: strict", sources=sources).cases
    assert ["8", "8"] == [call.text for call in case.calls]


def test_likelihoods_are_not_answers() -> None:
    """What a model was never asked to write has no text."""
    with pytest.raises(AnswersError, match="are likelihoods"):
        loaded(sources=(f"text={written(logged(0, [[-3.0, False]]), name=NAMES[0])}",))
