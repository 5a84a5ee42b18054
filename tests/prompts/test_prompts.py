"""From an item and a form to what a model is shown, and the protocol file that says it."""

import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Picture
from strategies import items, lines

from pytest_rest import prompts, rendering
from pytest_rest.errors import BenchmarkError, OptionError, RenderingError
from pytest_rest.prompts import Protocol, templates
from pytest_rest.rendering import pictures
from pytest_rest.terms import (
    ANSWER_KINDS,
    MODES,
    AnswerKind,
    Choice,
    Form,
    Image,
    Item,
    ItemField,
    Mode,
    Prompt,
    Style,
    Task,
)

OWN = Path(prompts.__file__).with_name("protocol.yaml")
STYLE = Style(dpi=50)
TEXT, IMAGE, MIXED = Form("text"), Form("image", STYLE), Form("mixed", STYLE)

SYSTEM = Item(
    id="i-1",
    question="What is the value of A?",
    answer="3",
    context="A + B = 4\nA - B = 2",
    answer_kind="integer",
    suite="soebench",
)
CHOICE = Item(
    id="i-2",
    question="Which one barks?",
    answer="2",
    choices=(Choice("1", "a cat"), Choice("2", "a dog"), Choice("10", "a cow")),
    answer_kind="choice",
    suite="arc",
)
STORY = dataclasses.replace(CHOICE, context="There are three animals.")
BARE = Item("i-3", "Who wrote it?", "Ada", suite="own")

SMALL: dict[str, Any] = {
    "version": "small-2",
    "max_tokens": {"default": 10, "arc": 20},
    "prompts": {
        "transcribe": [{"image": "{whole}"}, {"text": "Read."}],
        "transcribe-picture": [{"image": "{whole}"}, {"text": "Read below."}],
        "text": [{"text": "T[{whole}] {answer_format}"}],
        "image": [{"text": "before"}, {"image": "{whole}"}, {"text": "{answer_format}"}],
        "mixed": [{"image": "{context}"}, {"text": "M[{question}] {answer_format}"}],
        "mixed-choice": [{"image": "{stem}"}, {"text": "C[{choices}] {answer_format}"}],
        "ocr-first": [{"image": "{whole}"}, {"text": "F {answer_format}"}],
        "ocr-then-solve": [{"text": "S[{transcription}] {answer_format}"}],
    },
    "answer_format": {
        "integer": "(integer)",
        "number": "(number)",
        "choice": "(one of {labels})",
        "text": "(text)",
        "expression": "(expression)",
    },
}


def written(folder: Path, **changes: object) -> Path:
    """A protocol file: the small one, with these keys changed, or left out where None."""
    data = {key: value for key, value in (SMALL | changes).items() if value is not None}
    path = folder / "protocol.yaml"
    path.write_text(yaml.safe_dump(data, sort_keys=False), "utf-8")
    return path


@pytest.fixture
def small(tmp_path: Path) -> Protocol:
    """The small protocol, whose wording is easy to recognise."""
    return prompts.load_protocol(written(tmp_path))


@pytest.fixture(scope="module")
def own() -> Protocol:
    """The project's own protocol."""
    return prompts.load_protocol()


def seen(prompt: Prompt) -> list[str]:
    """What a model is shown, the text of a picture between bars."""
    return [part if isinstance(part, str) else f"|{part.text}|" for part in prompt.parts]


# What each form shows

WHOLE_SYSTEM = "A + B = 4\nA - B = 2\nWhat is the value of A?"
OPTIONS = "1. a cat\n2. a dog\n10. a cow"
WHOLE_CHOICE = f"Which one barks?\n{OPTIONS}"
LABELS = "(one of 1, 2, 10)"


@pytest.mark.parametrize(
    ("item", "form", "task", "expected"),
    [
        (SYSTEM, TEXT, "solve", [f"T[{WHOLE_SYSTEM}] (integer)"]),
        (SYSTEM, IMAGE, "solve", ["before", f"|{WHOLE_SYSTEM}|", "(integer)"]),
        (
            SYSTEM,
            MIXED,
            "solve",
            ["|A + B = 4\nA - B = 2|", "M[What is the value of A?] (integer)"],
        ),
        (SYSTEM, IMAGE, "transcribe", [f"|{WHOLE_SYSTEM}|", "Read."]),
        (SYSTEM, TEXT, "transcribe", [f"|{WHOLE_SYSTEM}|", "Read."]),
        (CHOICE, TEXT, "solve", [f"T[{WHOLE_CHOICE}] {LABELS}"]),
        (CHOICE, IMAGE, "solve", ["before", f"|{WHOLE_CHOICE}|", LABELS]),
        (CHOICE, MIXED, "solve", ["|Which one barks?|", f"C[{OPTIONS}] {LABELS}"]),
        (
            STORY,
            MIXED,
            "solve",
            ["|There are three animals.\nWhich one barks?|", f"C[{OPTIONS}] {LABELS}"],
        ),
        (BARE, TEXT, "solve", ["T[Who wrote it?] (text)"]),
        (BARE, IMAGE, "solve", ["before", "|Who wrote it?|", "(text)"]),
        (
            dataclasses.replace(BARE, answer_kind="number"),
            TEXT,
            "solve",
            ["T[Who wrote it?] (number)"],
        ),
    ],
)
def test_each_form_shows_its_parts(
    small: Protocol, item: Item, form: Form, task: Task, expected: list[str]
) -> None:
    """Text as text, image as one picture, mixed as a picture of the context or the stem."""
    assert expected == seen(prompts.build(item, form, task, small))


def test_a_picture_is_drawn_in_the_forms_style(small: Protocol) -> None:
    """The part is the picture that drawing the text gives, in REST's style where none is named."""
    for form, style in (
        (IMAGE, STYLE),
        (Form("image", Style("courier", 50)), Style("courier", 50)),
    ):
        expected = rendering.draw(WHOLE_SYSTEM, style)
        assert (expected,) == prompts.build(SYSTEM, form, "solve", small).images
    expected = rendering.draw(WHOLE_SYSTEM, Style())
    assert (expected,) == prompts.build(SYSTEM, Form("image"), "solve", small).images


def test_the_transcription_is_of_the_image_forms_picture(own: Protocol) -> None:
    """What is read is what is solved, pixel for pixel."""
    solved = prompts.build(SYSTEM, IMAGE, "solve", own).images
    assert solved == prompts.build(SYSTEM, IMAGE, "transcribe", own).images
    assert solved != prompts.build(SYSTEM, MIXED, "solve", own).images


def test_a_prompt_knows_what_it_is_of(small: Protocol) -> None:
    """The item, the form and the task stay with the parts."""
    prompt = prompts.build(SYSTEM, IMAGE, "transcribe", small)
    assert (SYSTEM, IMAGE, "transcribe") == (prompt.item, prompt.form, prompt.task)


@pytest.mark.parametrize(("item", "expected"), [(SYSTEM, 10), (CHOICE, 20), (BARE, 10)])
def test_a_suite_may_have_its_own_limit(small: Protocol, item: Item, expected: int) -> None:
    """The suite's number of output tokens, or the default."""
    assert expected == prompts.build(item, TEXT, "solve", small).max_tokens


@pytest.mark.parametrize(
    ("item", "expected"), [(SYSTEM, WHOLE_SYSTEM), (CHOICE, WHOLE_CHOICE), (BARE, "Who wrote it?")]
)
def test_whole_joins_context_question_and_choices(item: Item, expected: str) -> None:
    """Context, question and choices, each on lines of its own, without a blank one."""
    assert expected == prompts.whole(item)


def test_a_mixed_form_needs_something_to_show(small: Protocol) -> None:
    """With neither context nor choices the question cannot be split, and the mend is said."""
    with pytest.raises(BenchmarkError) as caught:
        prompts.build(BARE, MIXED, "solve", small)
    expected = (
        "item 'i-3' of 'own' has neither context nor choices, so there is nothing to show as a "
        "picture beside its question; give it a context, or ask --rest-modes=text,image"
    )
    assert expected == str(caught.value)


def test_what_cannot_be_drawn_is_reported(small: Protocol) -> None:
    """A picture that lacks a glyph is an error of the item; the text form is asked all the same."""
    thai = dataclasses.replace(BARE, question="กี่ตัว")
    with pytest.raises(RenderingError, match=r"no glyph for 'ก' \(U\+0E01"):
        prompts.build(thai, IMAGE, "solve", small)
    assert ["T[กี่ตัว] (text)"] == seen(prompts.build(thai, TEXT, "solve", small))


@pytest.mark.parametrize(
    "question",
    ["{answer_format}", "{whole}", "{labels} {question}", "{0} {} {{x}}", "%s $x \\1", "{unknown}"],
)
def test_an_items_braces_are_text(small: Protocol, question: str) -> None:
    """Nothing that an item says is filled in a second time."""
    item = dataclasses.replace(BARE, question=question)
    assert [f"T[{question}] (text)"] == seen(prompts.build(item, TEXT, "solve", small))
    assert ["before", f"|{question}|", "(text)"] == seen(prompts.build(item, IMAGE, "solve", small))


@given(items(), st.sampled_from(["text", "image"]))
@settings(max_examples=50)
def test_text_and_image_show_the_same(own: Protocol, item: Item, mode: Mode) -> None:
    """The whole item stands in the text, or in the picture and nowhere else."""
    prompt = prompts.build(item, Form(mode, STYLE), "solve", own)
    texts = [part for part in prompt.parts if isinstance(part, str)]
    if mode == "text":
        assert () == prompt.images
        assert [prompts.whole(item)] == [text.partition("\n\n")[0] for text in texts]
    else:
        assert [prompts.whole(item)] == [image.text for image in prompt.images]


@given(items(context=True))
@settings(max_examples=50)
def test_mixed_shows_everything_once(own: Protocol, item: Item) -> None:
    """Picture and text together hold the whole item, each line of it in one of the two."""
    prompt = prompts.build(item, MIXED, "solve", own)
    image, text = prompt.parts
    assert isinstance(image, Image)
    assert isinstance(text, str)
    if item.choices:
        assert "\n".join(filter(None, (item.context, item.question))) == image.text
        options = "\n".join(f"{choice.label}. {choice.text}" for choice in item.choices)
        assert f"\n\n{options}\n\n" in text
    else:
        assert item.context == image.text
        assert f"\n\n{item.question}\n\n" in text


@given(items(context=True), st.sampled_from(MODES), st.sampled_from(["solve", "transcribe"]))
@settings(max_examples=50)
def test_no_placeholder_is_left(own: Protocol, item: Item, mode: Mode, task: Task) -> None:
    """Every placeholder of the protocol is filled, and building twice gives equal prompts."""
    plain = dataclasses.replace(item, question="Q", context="C", choices=())
    prompt = prompts.build(plain, Form(mode, STYLE), task, own)
    assert not any(re.search(r"[{}]", part) for part in prompt.parts if isinstance(part, str))
    assert prompt == prompts.build(plain, Form(mode, STYLE), task, own)


@given(lines(), lines())
def test_different_questions_are_different_prompts(one: str, other: str) -> None:
    """Stored answers are found by what a model sees, and by nothing less."""
    protocol = prompts.load_protocol()
    a, b = (dataclasses.replace(BARE, question=question) for question in (one, other))
    found = [prompts.build(item, TEXT, "solve", protocol).digest for item in (a, b)]
    assert (one == other) == (found[0] == found[1])


# A picture of one's own


@pytest.fixture(scope="module")
def chart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a picture."""
    path = tmp_path_factory.mktemp("chart") / "chart.png"
    Picture.new("RGB", (60, 40), "steelblue").save(path)
    return path


OWN_PICTURE = "||"  # it has no text


@pytest.mark.parametrize(
    ("item", "form", "task", "expected"),
    [
        (SYSTEM, TEXT, "solve", [OWN_PICTURE, f"T[{WHOLE_SYSTEM}] (integer)"]),
        (SYSTEM, IMAGE, "solve", ["before", f"|{WHOLE_SYSTEM}|", "(integer)"]),
        (
            SYSTEM,
            MIXED,
            "solve",
            ["|A + B = 4\nA - B = 2|", "M[What is the value of A?] (integer)"],
        ),
        (SYSTEM, IMAGE, "transcribe", [f"|{WHOLE_SYSTEM}|", "Read below."]),
        (CHOICE, TEXT, "solve", [OWN_PICTURE, f"T[{WHOLE_CHOICE}] {LABELS}"]),
        (CHOICE, MIXED, "solve", ["|Which one barks?|", f"C[{OPTIONS}] {LABELS}"]),
        (BARE, TEXT, "solve", [OWN_PICTURE, "T[Who wrote it?] (text)"]),
        (BARE, IMAGE, "solve", ["before", "|Who wrote it?|", "(text)"]),
    ],
)
def test_each_form_shows_the_items_picture(
    small: Protocol, chart: Path, item: Item, form: Form, task: Task, expected: list[str]
) -> None:
    """Before the text, or above what is drawn in one picture with it; never twice."""
    item = pictures.beside(item, chart)
    prompt = prompts.build(item, form, task, small)
    assert expected == seen(prompt)
    (shown,) = prompt.images
    own = pictures.read(item.image, item.image_digest)
    if shown.text:
        page = rendering.draw(shown.text, STYLE)
        assert shown == pictures.place_under(own, page, STYLE)
    else:
        assert shown == own


def test_the_transcription_is_of_the_picture_that_is_solved(own: Protocol, chart: Path) -> None:
    """With a picture of its own too; the words say which part of it is meant."""
    item = pictures.beside(SYSTEM, chart)
    read = prompts.build(item, IMAGE, "transcribe", own)
    assert prompts.build(item, IMAGE, "solve", own).images == read.images
    plain = prompts.build(SYSTEM, IMAGE, "transcribe", own)
    assert (False, True) == ("below" in str(plain.parts[-1]), "below a line" in str(read.parts[-1]))


def test_another_picture_is_another_prompt(own: Protocol, chart: Path, tmp_path: Path) -> None:
    """In every form: what a model sees decides which stored answer is used."""
    path = tmp_path / "other.png"
    Picture.new("RGB", (60, 40), "red").save(path)
    for form in (TEXT, IMAGE, MIXED):
        made = [SYSTEM, pictures.beside(SYSTEM, chart), pictures.beside(SYSTEM, path)]
        found = {prompts.build(item, form, "solve", own).digest for item in made}
        assert 3 == len(found)


def test_a_picture_and_a_question_have_no_mixed_form(small: Protocol, chart: Path) -> None:
    """It would be the text form again, and agree with it for nothing."""
    with pytest.raises(BenchmarkError) as caught:
        prompts.build(pictures.beside(BARE, chart), MIXED, "solve", small)
    expected = (
        "item 'i-3' of 'own' has neither context nor choices, so its mixed form would be its text "
        "form; give it a context, or ask --rest-modes=text,image"
    )
    assert expected == str(caught.value)


def test_a_picture_that_changed_is_not_shown(small: Protocol, tmp_path: Path) -> None:
    """The item's digest is that of the pixels it was collected with."""
    path = tmp_path / "chart.png"
    Picture.new("RGB", (60, 40), "red").save(path)
    item = pictures.beside(BARE, path)
    Picture.new("RGB", (60, 40), "blue").save(path)
    for form in (TEXT, IMAGE):
        with pytest.raises(BenchmarkError, match="is not the one that its item was made with"):
            prompts.build(item, form, "solve", small)


# The project's own protocol


def test_the_own_protocol_has_its_version_and_limits(own: Protocol) -> None:
    """Its version, REST's limits, and a template for every kind of answer."""
    assert "rest-1" == own.version
    assert {"default": 1024, "soebench": 2048} == own.max_tokens
    assert set(ANSWER_KINDS) == set(own.answer_format)
    assert f"rest-1 ({own.digest[:8]})" == own.id


def test_the_own_wording_keeps_its_digest(own: Protocol) -> None:
    """A word that changes needs a version of its own: reports are compared by it."""
    assert "rest-1 (36675e09)" == own.id


@pytest.mark.parametrize("kind", ANSWER_KINDS)
def test_every_question_says_how_to_answer(own: Protocol, kind: AnswerKind) -> None:
    """Each form but the transcription ends with how the answer is to be written."""
    choices = CHOICE.choices if kind == "choice" else ()
    item = dataclasses.replace(SYSTEM, answer_kind=kind, choices=choices)
    for form in (TEXT, IMAGE, MIXED):
        last = prompts.build(item, form, "solve", own).parts[-1]
        assert isinstance(last, str)
        tail = last.rpartition("\n\n")[2]
        assert "Think step by step." in tail
        assert '"Answer: ' in tail
        assert ("1, 2, 10" in tail) == (kind == "choice")
    read = prompts.build(item, IMAGE, "transcribe", own).parts[-1]
    assert isinstance(read, str)
    assert "Answer" not in read


def test_the_own_forms_say_what_is_where(own: Protocol) -> None:
    """A picture is announced, and stands before the words that speak of it."""
    assert isinstance(prompts.build(SYSTEM, TEXT, "solve", own).parts[0], str)
    for form in (IMAGE, MIXED):
        picture, words = prompts.build(SYSTEM, form, "solve", own).parts
        assert isinstance(picture, Image)
        assert "picture" in str(words)


# Protocol files


def test_a_protocol_file_is_read(small: Protocol) -> None:
    """Version, limits, parts and formats are those of the file."""
    assert "small-2" == small.version
    assert {"default": 10, "arc": 20} == small.max_tokens
    assert (("image", "{context}"), ("text", "M[{question}] {answer_format}")) == (
        small.parts["mixed"]
    )
    assert "(one of {labels})" == small.answer_format["choice"]
    assert f"small-2 ({small.digest[:8]})" == small.id


@pytest.mark.parametrize(
    "changes",
    [
        {"version": "small-3"},
        {"max_tokens": {"default": 11, "arc": 20}},
        {"prompts": SMALL["prompts"] | {"text": [{"text": "{whole}"}]}},
        {"answer_format": SMALL["answer_format"] | {"text": "(words)"}},
    ],
)
def test_an_edited_file_has_another_digest(
    tmp_path: Path, small: Protocol, changes: dict[str, object]
) -> None:
    """A change is seen, with the version changed or not."""
    assert small.digest != prompts.load_protocol(written(tmp_path, **changes)).digest


def test_a_file_may_lack_the_kinds_that_came_later(small: Protocol, tmp_path: Path) -> None:
    """They are asked for in the project's own words, and only other words are in the digest."""
    own = prompts.load_protocol().answer_format
    late = {kind: own[kind] for kind in templates.LATE_KINDS}
    assert late.items() <= small.answer_format.items()
    formats = SMALL["answer_format"] | late
    assert small.digest == prompts.load_protocol(written(tmp_path, answer_format=formats)).digest
    changed = written(tmp_path, answer_format=formats | {"date": "(a date)"})
    assert "(a date)" == prompts.load_protocol(changed).answer_format["date"]
    assert small.digest != prompts.load_protocol(changed).digest


def test_the_names_of_fields_are_asked_for_with_their_kinds(own: Protocol) -> None:
    """As the line in the answer's place has it."""
    fields = ItemField("total", "7", "number"), ItemField("due", "2031-03-15", "date")
    item = dataclasses.replace(SYSTEM, answer_kind="fields", fields=fields)
    asked = str(prompts.build(item, TEXT, "solve", own).parts[-1])
    assert asked.endswith("each with its value: total (a number), due (a date, YYYY-MM-DD).")


def test_a_comment_leaves_the_digest(tmp_path: Path, small: Protocol) -> None:
    """What no prompt is made of plays no part, nor does the order of the file's sections."""
    path = tmp_path / "other.yaml"
    turned = dict(reversed(SMALL.items()))
    path.write_text("# a comment\n" + yaml.safe_dump(turned, sort_keys=False), "utf-8")
    assert small.digest == prompts.load_protocol(path).digest


def test_a_copy_is_the_same_protocol(tmp_path: Path, own: Protocol) -> None:
    """The place of a file plays no part."""
    path = tmp_path / "copy.yaml"
    path.write_bytes(OWN.read_bytes())
    assert own == prompts.load_protocol(path)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"version": None}, "lacks the key 'version'"),
        ({"max_tokens": None}, "lacks the key 'max_tokens'"),
        ({"max_tokens": {"arc": 1}}, "lacks the key 'default'"),
        ({"prompts": None}, "lacks the key 'prompts'"),
        ({"prompts": {}}, "lacks the key 'transcribe'"),
        ({"answer_format": {}}, "lacks the key 'integer'"),
        (
            {"max_tokens": {"default": "many"}},
            ": invalid literal for int() with base 10: 'many'",
        ),
        (
            {"prompts": SMALL["prompts"] | {"text": [{"video": "{whole}"}]}},
            ": a part is 'text' or 'image', not 'video'",
        ),
        (
            {"prompts": SMALL["prompts"] | {"text": [{"text": "{hole}"}]}},
            ": unknown placeholder {hole}; did you mean 'whole'?",
        ),
        (
            {"max_tokens": {"default": 5, "arc": 0}},
            ": max_tokens of 'arc' is 0; give at least 1",
        ),
        (
            {"prompts": SMALL["prompts"] | {"mixed": [{"text": "{whole}"}]}},
            ": prompt 'mixed' has no image part",
        ),
        (
            {"prompts": SMALL["prompts"] | {"text": [{"image": "{whole}"}]}},
            ": prompt 'text' has no text part",
        ),
        (
            {"answer_format": SMALL["answer_format"] | {"text": "{answer_format}"}},
            ": unknown placeholder {answer_format}",
        ),
        (
            {"answer_format": SMALL["answer_format"] | {"text": "{xyz}"}},
            ": unknown placeholder {xyz}",
        ),
    ],
)
def test_an_incomplete_protocol_is_refused(
    tmp_path: Path, changes: dict[str, object], expected: str
) -> None:
    """The message names the file and the odd key, part or placeholder."""
    path = written(tmp_path, **changes)
    with pytest.raises(OptionError) as caught:
        prompts.load_protocol(path)
    assert f"protocol file {str(path)!r}{' ' if expected[0] == 'l' else ''}{expected}" == str(
        caught.value
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"max_tokens": []},
        {"max_tokens": 5},
        {"max_tokens": {"default": float("inf")}},
        {"max_tokens": {"default": [1]}},
        {"max_tokens": {"default": 0}},
        {"max_tokens": {"default": -1}},
        {"prompts": "text"},
        {"prompts": SMALL["prompts"] | {"text": "{whole}"}},
        {"prompts": SMALL["prompts"] | {"text": [{"text": "a", "image": "b"}]}},
        {"prompts": SMALL["prompts"] | {"text": [{"text": 5}]}},
        {"prompts": SMALL["prompts"] | {"text": [{"text": None}]}},
        {"prompts": SMALL["prompts"] | {"text": []}},
        {"prompts": SMALL["prompts"] | {"transcribe": [{"text": "{whole}"}]}},
        {"answer_format": SMALL["answer_format"] | {"text": "{answer_format}"}},
        {"answer_format": ["integer"]},
    ],
)
def test_an_invalid_protocol_is_refused(tmp_path: Path, changes: dict[str, object]) -> None:
    """Whatever stands in a file, it can be asked from, or it is refused when it is read."""
    path = written(tmp_path, **changes)
    with pytest.raises(OptionError, match="protocol file"):
        prompts.load_protocol(path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[1, 2]",
        b"text",
        b"a: [",
        b"\xff\xfe",
        b"a: \x00",
        b"!!python/object:os.system {}",
        b"[" * 5000,
    ],
)
def test_a_file_that_is_not_a_protocol_is_refused(tmp_path: Path, content: bytes) -> None:
    """Empty, no mapping, no YAML, no UTF-8, or an object: one line that names the file."""
    path = tmp_path / "protocol.yaml"
    path.write_bytes(content)
    with pytest.raises(OptionError) as caught:
        prompts.load_protocol(path)
    assert str(caught.value).startswith(f"protocol file {str(path)!r}")
    assert 1 == len(str(caught.value).splitlines())


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """No file, or a folder in its place."""
    for path in (tmp_path / "none.yaml", tmp_path):
        with pytest.raises(OptionError, match="cannot be read") as caught:
            prompts.load_protocol(path)
        assert repr(str(path)) in str(caught.value)


def test_nothing_in_a_protocol_is_run(tmp_path: Path) -> None:
    """Placeholders are names, not expressions."""
    attack = [{"text": "{whole.__class__}"}]
    path = written(tmp_path, prompts=SMALL["prompts"] | {"text": attack})
    with pytest.raises(OptionError, match=r"unknown placeholder \{whole\.__class__\}"):
        prompts.load_protocol(path)
