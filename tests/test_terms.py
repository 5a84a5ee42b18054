"""The nouns of REST: their digests, their names, and the one line a record travels as."""

import copy
import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import get_args

import pytest
from hypothesis import given
from strategies import items, records, styles, texts

from pytest_rest import terms
from pytest_rest.terms import (
    Answer,
    Choice,
    Code,
    Completion,
    DataTable,
    Form,
    Home,
    Image,
    Item,
    ItemField,
    Model,
    Outcome,
    Prompt,
    Record,
    StoredStyle,
    Style,
    Transcription,
    Verdict,
    to_item,
)
from pytest_rest.terms.quick import quick

ITEM = Item("i-1", "What is A?", "3", context="A = 3", answer_kind="integer", suite="soebench")
HEX = set("0123456789abcdef")


def record(text: str = "Answer: 3", transcription: Transcription | None = None) -> Record:
    """A record with one answer of that text."""
    answer = Answer("text", "parsed", text, "3", correct=True)
    return Record("s", "i", "t", "d", "3", Verdict("consistent", {"text": answer}, transcription))


@pytest.mark.parametrize(
    ("listed", "declared"),
    [
        ((*terms.COMPARED, *terms.OCR_MODES), terms.Mode),
        (terms.OCRS, terms.Ocr),
        ((*terms.ANSWER_KINDS, "open"), terms.AnswerKind),
        (terms.CONTROLS, terms.Control),
    ],
)
def test_every_word_is_listed(listed: tuple[str, ...], declared: object) -> None:
    """The tuples that code walks over hold the words that the types allow."""
    assert get_args(declared) == listed


@pytest.mark.parametrize(
    "noun",
    [
        *(Choice, Item, Style, Form, Image, Prompt, Completion),
        *(Answer, Transcription, Verdict, Record, terms.Rate),
    ],
)
def test_nouns_do_not_change(noun: type) -> None:
    """A noun is shared by caches and threads: it is frozen and takes no further fields."""
    assert dataclasses.is_dataclass(noun)
    parameters = getattr(noun, "__dataclass_params__")  # noqa: B009 (not in the type)
    assert parameters.frozen
    with pytest.raises(dataclasses.FrozenInstanceError):
        Style().further = 1  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "change",
    [
        {"question": "What is B?"},
        {"answer": "4"},
        {"context": "A = 4"},
        {"choices": (Choice("A", "3"),)},
        {"answer_kind": "number"},
        {"suite": "own"},
        {"tolerance": "1%"},
        {"image_digest": "d"},
        {"also_right": ("three",)},
        {"day_first": False},
        {"day_first": True},
        {"fields": (ItemField("a", "3"),)},
        {"code": Code("A = 3")},
        {"layout": "columns"},
        {"equivalence": "judge"},
    ],
)
def test_an_items_digest_is_of_its_content(change: Mapping[str, object]) -> None:
    """Whatever differs in the content changes the digest."""
    assert ITEM.digest != dataclasses.replace(ITEM, **change).digest  # type: ignore[arg-type]


def test_an_items_digest_leaves_its_id_out() -> None:
    """Ids repeat over seeds, and the same content may have two."""
    assert ITEM.digest == dataclasses.replace(ITEM, id="i-2").digest


def test_an_items_digest_stays() -> None:
    """The digest is stored in reports: it must be the same in every release and process."""
    assert "6973e9f801686e71" == ITEM.digest


def test_an_items_digest_leaves_a_pictures_place_out() -> None:
    """The pixels count, wherever the file lies."""
    one, other = (
        dataclasses.replace(ITEM, image=path, image_digest="d") for path in ("/a.png", "/b.png")
    )
    assert one.digest == other.digest


def test_choices_count_with_their_labels_and_order() -> None:
    """The same options under other labels, or in another order, are another item."""
    a, b = Choice("A", "x"), Choice("B", "y")
    swapped = (Choice("B", "x"), Choice("A", "y"))
    found = {dataclasses.replace(ITEM, choices=each).digest for each in [(a, b), (b, a), swapped]}
    assert 3 == len(found)


@given(items())
def test_a_digest_is_sixteen_hex_digits(item: Item) -> None:
    """Every digest has one length and one alphabet."""
    assert (16, True) == (len(item.digest), set(item.digest) <= HEX)


@given(texts())
def test_any_text_has_a_digest(text: str) -> None:
    """A lone surrogate in an item or a prompt is no crash."""
    item = dataclasses.replace(ITEM, question=text)
    prompt = Prompt(item, Form("text"), "solve", (text,), 10)
    assert (16, 16) == (len(item.digest), len(prompt.digest))


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        (Style(), "dejavu-200dpi-black"),
        (Style("courier", 50, "red"), "courier-50dpi-red"),
        (Style(background="navy"), "dejavu-200dpi-black-on-navy"),
        (Style(size_pt=14.0), "dejavu-200dpi-black-size=14"),
        (Style(size_pt=10.5), "dejavu-200dpi-black-size=10.5"),
        (Style(line_spacing=2.0), "dejavu-200dpi-black-line_spacing=2"),
        (Style(page_width_pt=300.0), "dejavu-200dpi-black-page_width=300"),
        (Style(margin_pt=9.0), "dejavu-200dpi-black-margin=9"),
        (
            Style("cursive", 100, "#00ff00", "#111111", 9.0, 1.5, 200.0, 5.0),
            "cursive-100dpi-#00ff00-on-#111111-size=9-line_spacing=1.5-page_width=200-margin=5",
        ),
    ],
)
def test_a_styles_id(style: Style, expected: str) -> None:
    """Font, dpi and colour always; the rest where it differs from REST's style."""
    assert expected == style.id


def test_a_styles_id_takes_whole_numbers() -> None:
    """A length given as 14 is the length 14.0, and both styles are one."""
    assert Style(size_pt=14.0).id == Style(size_pt=14).id


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Style(size_pt=12.0), Style(size_pt=12.0001)),
        (Style(size_pt=12.34561), Style(size_pt=12.34562)),
        (Style(page_width_pt=1000.125), Style(page_width_pt=1000.126)),
    ],
)
def test_different_styles_have_different_ids(one: Style, other: Style) -> None:
    """Records are counted by the style's id: two styles never share one."""
    assert one.id != other.id


def test_of_a_stored_style_only_its_name_is_known() -> None:
    """So it is equal to none of another name, and not to the style that is REST's."""
    html, other = StoredStyle(name="html"), StoredStyle(name="markdown")
    assert html == StoredStyle(name="html")
    assert 3 == len({html, other, Style(name="html")})
    assert html != other


@given(styles(), styles())
def test_an_id_is_one_styles(one: Style, other: Style) -> None:
    """Equal ids mean equal styles, and equal styles equal ids."""
    assert (one == other) == (one.id == other.id)


@given(styles())
def test_a_styles_id_fits_a_test_id(style: Style) -> None:
    """The id stands in test names and options: no blank, no bracket, no separator of either."""
    assert not set(style.id) & set(" []:,/\\")


def test_an_images_bytes_do_not_show() -> None:
    """A failing assert prints an image's digest, not its file."""
    assert "Image(digest='d', text='t')" == repr(Image(b"x" * 99, "d", "t"))


def prompt(*parts: str | Image, max_tokens: int = 10, item: Item = ITEM) -> Prompt:
    """A prompt of these parts."""
    return Prompt(item, Form("image", Style()), "solve", parts, max_tokens)


def test_a_prompts_images() -> None:
    """The pictures in their order, the texts left out."""
    one, two = Image(b"1", "d1"), Image(b"2", "d2")
    assert (one, two) == prompt(one, "x", two).images
    assert () == prompt("x").images


@pytest.mark.parametrize(
    "other",
    [
        prompt("x", Image(b"1", "d2")),
        prompt(Image(b"1", "d1"), "x"),
        prompt("y", Image(b"1", "d1")),
        prompt("x"),
        prompt("x", "d1"),
        prompt("x", '{"image": "d1"}'),
        prompt("x", Image(b"1", "d1"), max_tokens=11),
    ],
)
def test_a_prompts_digest_is_of_what_is_seen(other: Prompt) -> None:
    """Another text, picture, order or limit is another prompt."""
    assert prompt("x", Image(b"1", "d1")).digest != other.digest


def test_a_prompts_digest_is_of_nothing_else() -> None:
    """The item's name, the form, the task and the file's bytes are not seen by a model."""
    one = prompt("x", Image(b"1", "d1", "text"))
    item = dataclasses.replace(ITEM, id="other", answer="9")
    other = Prompt(item, Form("mixed"), "transcribe", ("x", Image(b"2", "d1", "other")), 10)
    assert one.digest == other.digest


def test_a_prompts_digest_stays() -> None:
    """The digest finds stored answers again: it must be the same in every release and process."""
    assert "4bb7bf6c78de2be0" == prompt("x", Image(b"1", "d1")).digest


@pytest.mark.parametrize(
    ("outcome", "consistent", "lost"),
    [("consistent", True, False), ("inconsistent", False, False), ("lost", False, True)],
)
def test_a_verdicts_outcome(outcome: Outcome, consistent: bool, lost: bool) -> None:
    """Three outcomes, and a lost item is neither consistent nor inconsistent."""
    verdict = Verdict(outcome, {})
    assert (consistent, lost) == (verdict.consistent, verdict.lost)


def test_a_records_key() -> None:
    """Records are counted by suite, item and style, whatever was answered."""
    assert ("s", "i", "t") == record().key == record("Answer: 4").key


@given(records(failing=True))
def test_records_survive_the_wire(record: Record) -> None:
    """What one process writes another one reads, equal in every field."""
    assert record == Record.from_json(record.to_json())


@given(records(failing=True))
def test_a_record_travels_as_one_line_of_ascii(record: Record) -> None:
    """Whatever a model wrote, the wire sees printable ASCII, and plain values only."""
    line = record.to_json()
    assert (True, True) == (line.isascii(), line.isprintable())
    assert json.loads(json.dumps(record.to_builtins())) == json.loads(line)


@pytest.mark.parametrize(
    "text",
    [
        "\ud800",
        "\udfff\ud800",
        "a\udc80b",
        "\x00\x1b[31m\n\r\u2028",
        "\U0001f642",
        "</script><!-- ' \" \\",
        "\u202e",
        "x" * 100_000,
    ],
)
def test_odd_texts_survive_the_wire(text: str) -> None:
    """Lone surrogates, control characters, quotes and long texts come back as they were."""
    read = Transcription("parsed", text, text, cer=0.0, correct=True)
    assert record(text, read) == Record.from_json(record(text, read).to_json())


def test_a_split_pair_of_surrogates_becomes_its_character() -> None:
    """Two surrogates that were joined from two pieces of a stream are one character to JSON."""
    text = "\ud83d" + "\ude42"
    assert record("\U0001f642") == Record.from_json(record(text).to_json())


def test_numbers_survive_the_wire() -> None:
    """A price, a time and a rate come back to the last bit."""
    answer = Answer("text", "parsed", "", "1", cost=0.1 + 0.2, seconds=1e-9, output_tokens=2**60)
    read = Transcription("parsed", "", "", cer=1 / 3)
    given = Record("s", "i", "t", "d", "1", Verdict("consistent", {"text": answer}, read))
    assert given == Record.from_json(given.to_json())


def test_what_a_record_lacks_stays_absent() -> None:
    """Without a transcription there is none afterwards, and a reason is kept."""
    lost = Record("s", "i", "t", "d", "1", Verdict("lost", {}, reason="text: 500"))
    found = Record.from_json(lost.to_json()).verdict
    assert (None, "text: 500", {}) == (found.transcription, found.reason, found.answers)


def test_records_share_what_most_lack() -> None:
    """No record that is read takes memory for repeats, fields and metrics that it has not."""
    read = [Record.from_json(record(text).to_json()) for text in ("Answer: 3", "Answer: 4")]
    for lacking in (
        [each.own for each in read],
        [each.verdict.repeats for each in read],
        [answer.fields for each in read for answer in each.verdict.answers.values()],
    ):
        assert all(other is lacking[0] and not other for other in lacking)


class Silent:
    """A model that is complete in form and says nothing."""

    name = "silent"
    description = "says nothing"
    home: Home = "cpu"
    batch_size = 1
    parameters: Mapping[str, object] = {}

    async def open(self) -> None:
        """Nothing to get ready."""

    async def ask(self, prompts: Sequence[Prompt]) -> Sequence[Completion]:
        """One empty completion for each prompt."""
        return [Completion() for _ in prompts]

    async def close(self) -> None:
        """Nothing to let go of."""


def test_a_model_is_known_by_its_form() -> None:
    """Any object with the right names is a model; one that lacks a name is not."""
    assert isinstance(Silent(), Model)
    assert not isinstance(object(), Model)


# Ids of models


@pytest.mark.parametrize(
    ("ids", "number"),
    [
        ((), 0),
        (("gpt-4o", "openai/gpt-4o", "OpenAI/GPT-4o"), 1),
        (("gpt-4o", "gpt-4o-mini"), 2),
        (("mini/gpt-4o", "gpt-4o-mini/gpt-4o"), 2),
        (("a/b/m", "b/m", "m"), 1),
        (("a/m", "b/m", "m"), 2),
        (("m", "xm"), 2),
    ],
)
def test_ids_of_one_model(ids: tuple[str, ...], number: int) -> None:
    """A provider or a folder before an id makes no other model of it; the fullest one is used."""
    spelled = terms.one_spelling(ids)
    assert ({*ids}, number) == ({*spelled}, len({*spelled.values()}))
    assert spelled == terms.one_spelling(ids[::-1])
    assert all(full == spelled[full] for full in spelled.values())


def test_an_item_is_read_from_json_as_it_was() -> None:
    """With choices, other right answers and a table, as another process gets it."""
    table = DataTable(("Name", "Price"), (("Lamp", "12"), ("Desk", "41")))
    item = Item("i", "q", "A", choices=(Choice("A", "x"), Choice("B", "y")), also_right=("B",))
    field = ItemField("a", "1", "date", also_right=("2",), day_first=False)
    fields = dataclasses.replace(item, day_first=True, fields=(field,))
    for each in (item, fields, dataclasses.replace(item, choices=(), table=table)):
        assert each == to_item(json.loads(json.dumps(dataclasses.asdict(each))))
    assert dataclasses.replace(item, table=table).digest != item.digest


def test_a_format_is_named_before_its_style() -> None:
    """It is part of what is asked; where there is none, nothing says so."""
    plain, html = Style(dpi=50), Style(dpi=50, format="html")
    assert f"html-{plain.id}" == html.id
    assert "html-mine" == Style(name="mine", format="html").id
    assert plain.digest != html.digest
    assert "format" not in terms.to_builtins(plain)
    assert html == Style(**terms.to_builtins(html))


def test_a_quick_noun_is_made_as_any_dataclass() -> None:
    """With its defaults, and those that are made, and with an error for what is missing."""

    @dataclasses.dataclass(frozen=True, slots=True)
    class Plain:
        name: str
        number: int = 3
        more: list[str] = dataclasses.field(default_factory=list)

    one, two = quick(Plain)("a"), Plain("a", more=["b"], number=4)
    assert (("a", 3, []), ("a", 4, ["b"])) == (dataclasses.astuple(one), dataclasses.astuple(two))
    assert dataclasses.replace(one, number=4, more=["b"]) == two
    assert one.more is not Plain("a").more
    assert (Plain, ("a", 3, [])) == one.__reduce__()  # by which it is pickled
    assert (one, two) == (copy.copy(one), copy.deepcopy(two))
    with pytest.raises(TypeError, match="'name'"):
        Plain()  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("fields", "namespace"),
    [
        ([("number", int)], {"__post_init__": lambda self: None}),
        ([("number", int, dataclasses.field(default=3, init=False))], {}),
        ([("number", int, dataclasses.field(kw_only=True))], {}),
        ([("number", dataclasses.InitVar[int])], {}),
    ],
    ids=["post_init", "init", "kw_only", "InitVar"],
)
def test_a_noun_that_is_made_in_another_way_cannot_be_quick(
    fields: list[str], namespace: dict[str, object]
) -> None:
    """It would silently be another one."""
    odd = dataclasses.make_dataclass("Odd", fields, namespace=namespace, frozen=True, slots=True)
    with pytest.raises(TypeError, match="Odd has"):
        quick(odd)


@dataclasses.dataclass(frozen=True)
class Noted(Completion):
    """A completion of somebody else's, with a field more."""

    note: str = ""


def test_a_noun_with_more_fields_is_copied_whole() -> None:
    """By what pickles it, too."""
    noted = Noted("3", note="by hand")
    assert noted == copy.copy(noted)
