"""The words that the nouns are made of: modes, tasks, kinds of answers, outcomes."""

from typing import Literal

Mode = Literal["text", "image", "mixed", "file", "ocr-first", "ocr-then-solve"]
MODES: tuple[Mode, ...] = ("text", "image", "mixed")  # which every item may be asked in
FILE: Mode = "file"  # which an item with a document may be asked in, too
COMPARED: tuple[Mode, ...] = (*MODES, FILE)  # whose answers must agree
WITHOUT_STYLE: tuple[Mode, ...] = ("text", FILE)  # which are the same in every style
TWO_PASSES: Mode = "ocr-then-solve"
OCR_MODES: tuple[Mode, ...] = ("ocr-first", TWO_PASSES)  # in one pass, and in two

Ocr = Literal["image", "each", "off"]  # which pictures are transcribed
OCRS: tuple[Ocr, ...] = ("image", "each", "off")

Task = Literal["solve", "transcribe", "think", "rate", "compare"]
JUDGES_TASKS: tuple[Task, ...] = ("rate", "compare")  # which the judge is asked, not the model
AnswerKind = Literal[
    "integer",
    "number",
    "choice",
    "text",
    "expression",
    "short",
    "list",
    "set",
    "date",
    "quantity",
    "fields",
    "open",
]
ANSWER_KINDS: tuple[AnswerKind, ...] = (
    *("integer", "number", "choice", "text", "expression", "short"),
    *("list", "set", "date", "quantity", "fields"),
)

Layout = Literal["", "columns"]  # of a context
LAYOUTS: tuple[Layout, ...] = ("columns",)

Equivalence = Literal["", "judge"]  # who says whether two answers are the same
Said = Literal["same", "different"]
Likeness = Literal["same", "different", "unsure"]
Pair = tuple[str, str]  # of answers

Status = Literal["parsed", "unparseable", "abstained", "refused", "truncated", "failed"]
Outcome = Literal["consistent", "inconsistent", "lost"]
Home = Literal["endpoint", "loaded", "cpu"]

RULED = "ruled"  # the format of a table that is drawn with rules, and is Markdown as text
RH_BENCH = "rh-bench"  # the suite, whose items are of two halves
Half = Literal["reasoning", "perception"]
HALVES: tuple[Half, ...] = ("reasoning", "perception")

Amount = int | str  # tokens of thinking, or an endpoint's own word for an effort
Control = Literal["forced", "native"]
CONTROLS: tuple[Control, ...] = ("forced", "native")


def half_of(item: str) -> Half:
    """The half of RH-Bench that an item's id belongs to."""
    return "reasoning" if item.startswith(f"{RH_BENCH}-reasoning-") else "perception"
