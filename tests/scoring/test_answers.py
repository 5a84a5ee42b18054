"""Every way of writing an answer in `tests/answers.yaml`, and what is read from it."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from test_scoring import EXPRESSION, HOSTILE, INTEGER, ITEMS, LETTERS, SHORT, TEXT, prompt

from pytest_rest import prompts, safe_yaml, scoring
from pytest_rest.scoring import fields, lists
from pytest_rest.terms import (
    ANSWER_KINDS,
    MODES,
    Choice,
    Completion,
    Form,
    Item,
    ItemField,
    Prompt,
    Status,
)

FILE = Path(__file__).parents[1] / "answers.yaml"
FASTEST = 5  # of so many tries the fastest is measured, for a test may have to wait
LONGEST_CPU_SECONDS = 0.05


Section = dict[str, Any]
SECTIONS: list[Section] = safe_yaml.load(FILE.read_text(encoding="utf-8"))
OF_ITEM = ("tolerance", "day_first")  # what a section may say of its item, as an item has it


def item_of(section: Section) -> Item:
    """The item that a section's rows answer."""
    listed = tuple(Choice(str(k), v) for k, v in section.get("choices", {}).items())
    question, key = section.get("question", "Which?"), written(section["key"])
    own = {name: section[name] for name in OF_ITEM if name in section}
    if section["kind"] == "fields":
        each = [
            ItemField(name, str(written(field["answer"])), field["kind"])
            for name, field in section["key"].items()
        ]
        key, own["fields"] = fields.write({field.name: field.answer for field in each}), tuple(each)
    return Item("i", question, str(key), "", listed, section["kind"], **own)


def written(value: object) -> object:
    """A value as it is read, where the file has it as a list."""
    if isinstance(value, dict):
        return fields.write({name: str(written(each)) for name, each in value.items()})
    return lists.write(list(map(str, value))) if isinstance(value, list) else value


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section["name"])
def test_an_answer_is_read_for_sure_or_not_at_all(section: Section) -> None:
    """The value that a row has, and none where a text can be read in two ways."""
    item, lead_in = item_of(section), "" if section.get("whole") else "Answer: "
    expected = {text: written(value) for text, value in section["rows"]}
    assert expected == {text: scoring.extract(f"{lead_in}{text}", item) for text in expected}


def test_the_rows_are_many_and_each_is_there_once() -> None:
    """Every kind that has a value of its own is tried."""
    assert {*ANSWER_KINDS} == {section["kind"] for section in SECTIONS}
    for section in SECTIONS:
        assert len(section["rows"]) == len({text for text, _ in section["rows"]}), section["name"]


# Several right answers


def test_any_of_several_answers_is_right() -> None:
    """Each of them, and nothing else."""
    item = replace(SHORT, answer="Ada", also_right=("Ada Lovelace", "A. Lovelace"))
    texts = ["Answer: ada", "Answer: Ada Lovelace.", "Answer: A. Lovelace", "Answer: Lovelace"]
    found = [scoring.answer(prompt(item), Completion(text)).correct for text in texts]
    assert [True, True, True, False] == found


def test_two_right_answers_do_not_agree() -> None:
    """Consistency compares what was said, never through being right."""
    item = replace(SHORT, answer="Ada", also_right=("Lovelace",))
    said = zip(MODES, ("Answer: Ada", "Answer: Lovelace", "Answer: Ada"), strict=True)
    found = [scoring.answer(prompt(item, mode), Completion(text)) for mode, text in said]
    assert all(answer.correct for answer in found)
    assert "inconsistent" == scoring.judge(found).outcome


def test_a_number_near_one_of_several_answers_has_that_ones_value() -> None:
    """The tolerance is each answer's own."""
    item = Item("n", "?", "7.5", answer_kind="number", tolerance="0.1", also_right=("9",))
    assert ["7.5", "9", "8"] == [scoring.parse(text, item) for text in ("7.45", "8.95", "8")]


# What says that there is no answer


@pytest.mark.parametrize("item", [TEXT, INTEGER, LETTERS, EXPRESSION], ids=lambda i: i.answer_kind)
@pytest.mark.parametrize(
    "text",
    [
        "Answer: I don't know",
        "Answer: N/A",
        "Answer: unknown",
        "Let me see.\nAnswer: **Cannot be determined.**",
        "I don't know.",
    ],
)
def test_an_abstention_has_a_status_of_its_own(item: Item, text: str) -> None:
    """It is not a value, so it is right nowhere and agrees with nothing."""
    found = [scoring.answer(prompt(item, mode), Completion(text)) for mode in MODES]
    assert {("abstained", None, False)} == {(a.status, a.value, a.correct) for a in found}
    assert "inconsistent" == scoring.judge(found).outcome


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Answer: none of that", "unparseable"),
        ("I'm sorry, I don't know that.", "refused"),
        ("Answer: 7", "parsed"),
        ("It is unknown to me who wrote it.", "unparseable"),
    ],
)
def test_only_a_plain_abstention_is_one(text: str, expected: Status) -> None:
    """What only begins like one is what it was."""
    assert expected == scoring.answer(prompt(INTEGER), Completion(text)).status


def test_a_choice_may_say_that_it_is_unknown() -> None:
    """What stands among the choices is an answer."""
    listed = (Choice("A", "Paris"), Choice("B", "Cannot be determined"))
    item = Item("i", "Which?", "A", "", listed, "choice")
    found = scoring.answer(prompt(item), Completion("Answer: Cannot be determined"))
    assert ("parsed", "B", False) == (found.status, found.value, found.correct)


# An echo of the prompt


def asked(item: Item, text: str) -> Prompt:
    """A prompt that shows this text."""
    return Prompt(item, Form("text"), "solve", (text,), 100)


@pytest.mark.parametrize("kind", list(ITEMS))
@pytest.mark.parametrize("written", ["{}", "> {}", '"{}"', "The task:\n{}\n", "{}\nI will try."])
def test_an_echo_of_the_prompt_is_not_an_answer(kind: str, written: str) -> None:
    """The whole prompt, repeated or quoted, has no value."""
    shown = prompts.build(ITEMS[kind], Form("text"), "solve", prompts.load_protocol())
    text = "\n".join(part for part in shown.parts if isinstance(part, str))
    found = scoring.answer(shown, Completion(written.format(text)))
    assert ("unparseable", None) == (found.status, found.value)
    after = scoring.answer(shown, Completion(f"{text}\nAnswer: {ITEMS[kind].answer}"))
    assert after.correct


OWN_WORDING = "Who was it?\n\nEnd with a line such as\n\nAnswer: {}\n\nand nothing else."


@pytest.mark.parametrize(
    ("item", "example", "text", "expected"),
    [
        (INTEGER, "7", "End with a line such as\n\nAnswer: 7", None),
        (INTEGER, "7", OWN_WORDING.format(7), None),
        (INTEGER, "7", "> End with a line such as\n>\n> Answer: 7", None),
        (INTEGER, "7", "I have counted.\nAnswer: 7", "7"),
        (INTEGER, "7", OWN_WORDING.format(7) + "\nI have counted.\nAnswer: 7", "7"),
        (LETTERS, "B", OWN_WORDING.format("B"), None),
        (LETTERS, "B", "It is B.\nAnswer: B", "B"),
        (TEXT, "T", "Answer: T", None),
        (TEXT, "T", 'Answer: "T"', None),
        (TEXT, "<answer>", "Answer: <answer>", None),
        (TEXT, "[your answer]", "Answer: [your answer]", None),
        (TEXT, "...", "Answer: ...", None),
        (TEXT, "T", "Answer: Tom", "Tom"),
        (TEXT, "Tom", "I think so.\nAnswer: Tom", "Tom"),
        (EXPRESSION, "E", "Answer: E", None),
    ],
)
def test_what_the_prompt_has_in_the_answers_place(
    item: Item, example: str, text: str, expected: str | None
) -> None:
    """A placeholder is not an answer, nor an example that is repeated with the line before it."""
    shown = OWN_WORDING.format(example)
    assert expected == scoring.answer(asked(item, shown), Completion(text)).value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("T, where T is the answer and nothing else.", None),
        ("the answer and nothing else", None),
        ("Think step by step.", None),
        ("<T>", None),
        ("[T]", None),
        ("Answer: T", None),
        ("Who wrote it, Ada or Grace?", None),
        ("Grace", "Grace"),
        ("Ada or Grace", "Ada or Grace"),
        ("T. S. Eliot", "T. S. Eliot"),
    ],
)
def test_words_of_the_instruction_are_not_an_answer(text: str, expected: str | None) -> None:
    """Nor is the question; but words of the question may be."""
    item = Item("t", "Who wrote it, Ada or Grace?", "Ada Lovelace")
    shown = prompts.build(item, Form("text"), "solve", prompts.load_protocol())
    assert expected == scoring.answer(shown, Completion(f"Answer: {text}")).value


# Time


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("kind", list(ITEMS))
def test_a_megabyte_is_scored_in_a_twentieth_of_a_second(kind: str, name: str) -> None:
    """Of the processor's time, whatever it holds."""
    shown = prompts.build(ITEMS[kind], Form("text"), "solve", prompts.load_protocol())
    seconds = []
    for _ in range(FASTEST):
        start = time.process_time()
        scoring.answer(shown, Completion(HOSTILE[name]))
        seconds.append(time.process_time() - start)
        if seconds[-1] < LONGEST_CPU_SECONDS:
            break
    assert min(seconds) < LONGEST_CPU_SECONDS


@pytest.mark.parametrize("name", HOSTILE)
def test_a_megabyte_is_compared_in_a_twentieth_of_a_second(name: str) -> None:
    """As a transcription of a page of text."""
    shown = prompt(INTEGER, "image", "transcribe", "How many apples are left? " * 30)
    seconds = []
    for _ in range(FASTEST):
        start = time.process_time()
        scoring.transcription(shown, Completion(HOSTILE[name]))
        seconds.append(time.process_time() - start)
        if seconds[-1] < LONGEST_CPU_SECONDS:
            break
    assert min(seconds) < LONGEST_CPU_SECONDS


# Transcriptions


@pytest.mark.parametrize(
    "written",
    [
        "{}",
        "Here is the text:\n{}",
        "Here is the text:\n\n{}",
        "Sure! Here's the transcription of the picture:\n{}",
        "The text in the image is:\n{}",
        "**Transcription:**\n{}",
        "**{}**",
        '"{}"',
        "“{}”",
        "«{}»",
        "```\n{}\n```",
        "Here is the text:\n```\n{}\n```",
        'Here is the text:\n\n**"{}"**',
        'The text in the picture reads: "{}"',
        "Here is the text: **{}**",
        "# Transcription\n\n{}",
        "**Transcribed text**\n{}",
        "Hier ist der Text:\n{}",
        "Voici le texte :\n{}",
        "以下是图片中的文字：\n{}",
        "`{}`",
        "*{}*",
        "「{}」",
    ],
)
def test_what_is_put_around_a_transcription_is_not_an_error(written: str) -> None:
    """The headline leaves it out; the raw rate counts its characters."""
    drawn = "How many apples are left?"
    shown = prompt(INTEGER, "image", "transcribe", drawn)
    found = scoring.transcription(shown, Completion(written.format(drawn)))
    assert (0.0, True) == (found.cer, found.correct)
    assert found.cer_raw is not None
    assert (found.cer_raw > 0) == (written != "{}")


@pytest.mark.parametrize(
    ("drawn", "written"),
    [
        ("Note: it rains.", "it rains."),
        ("A: 3", "A:\n\n3 "),
        ("She said no", '"She said no'),
        ("She said no", '"She said no.'),
        ("Here is the text:\nA = 3", "A = 3"),
        ("A = 3", "I see this here:\nA = 4"),
        ("**A** and **B**", "A** and **B"),
        ("this is 3: x", "x"),
        ("Text\nA = 3", "A = 3"),
        ("`x` and y", "x` and y"),
    ],
)
def test_no_more_than_that_is_left_out(drawn: str, written: str) -> None:
    """What is missing, or stands on one side alone, is counted."""
    rate = scoring.character_error_rate(drawn, written)
    assert (rate > 0) == (drawn != "A: 3")


@pytest.mark.parametrize(
    "drawn", ['"quoted"', "**bold**", "Here is the text:\nA = 3", "```\nx\n```"]
)
def test_what_was_drawn_may_have_it_too(drawn: str) -> None:
    """A drawn text that is itself in quotes is read rightly with them."""
    assert 0.0 == scoring.character_error_rate(drawn, drawn)
