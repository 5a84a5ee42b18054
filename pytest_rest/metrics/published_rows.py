"""Turns a run's metrics into its place among REST's published rows.

Source of the rows: van Sprang et al., arXiv 2512.08923, the CVPR 2026 version (the first version
has other figures): RER, CFR and OCR-correct, the average of MMLU, ARC, GSM-Symbolic and SoEBench,
RER and CFR on the OCR-correct subset. It holds only the rows whose figures we know.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pytest_rest import metrics
from pytest_rest.metrics import Table, chance
from pytest_rest.terms import MODES, Rate, Record

SOURCE = "arXiv 2512.08923, CVPR 2026 version"
DATA_SETS = frozenset({"mmlu", "arc", "gsm-symbolic", "soebench"})


@dataclass(frozen=True, slots=True)
class PublishedRow:
    """A model's figures as shares; None where they are undefined for this run."""

    model: str
    rer: float | None
    cfr: float | None
    ocr_correct_rate: float | None
    this_run: bool = False


ROWS = tuple(
    PublishedRow(model, rer / 1000, cfr / 1000, read / 1000)
    for model, rer, cfr, read in (
        ("GPT-5-mini", 907, 87, 990),
        ("Claude Haiku 4.5", 903, 89, 982),
        ("Qwen2.5-VL 32B", 847, 136, 975),
        ("InternVL3 14B", 784, 196, 953),
        ("GPT-4o-mini", 713, 260, 988),
        ("Gemini 2.5 Flash Lite", 543, 403, 983),
        ("Phi-4", 149, 823, 940),
        ("DeepSeek Tiny", 66, 980, 703),
    )
)


@dataclass(frozen=True)
class Standing:
    """The published rows by RER with this run among them, and how this run differs."""

    rows: tuple[PublishedRow, ...]
    rer: Rate | None
    cfr: Rate | None
    ocr_correct_rate: Rate | None
    differs: str

    def to_builtins(self) -> dict[str, Any]:
        """As in report.json; `this_run` has this run's rates with their intervals and n."""
        rates = {name: getattr(self, name) for name in ("rer", "cfr", "ocr_correct_rate")}
        return {
            "source": SOURCE,
            "subset": "ocr_correct",
            "scope": "mean",
            "differs": self.differs,
            "rows": [asdict(row) for row in self.rows],
            "this_run": {name: rate and asdict(rate) for name, rate in rates.items()},
        }


def standing(
    records: Sequence[Record], model: str, protocol: str, table: Table | None = None
) -> Standing | None:
    """Where these records stand; None unless they are of REST's data sets and modes.

    None too for fewer than twenty items, and where agreement says nothing of the model (see
    `chance`).

    The records are in REST's own style, of items without a lost record; `table` is theirs, where
    it is known. A run without an OCR-correct item has no RER and comes last.
    """
    suites = {record.suite for record in records}
    whole = all(set(MODES) <= set(record.verdict.answers) for record in records)
    items = {(record.suite, record.item) for record in records}
    if (
        len(items) < chance.FEWEST
        or not suites <= DATA_SETS
        or not whole
        or chance.trivial(records)
    ):
        return None
    mean = (table or metrics.table(records))["mean"]
    read, rate = mean["ocr_correct"], mean["all"].ocr_correct_rate
    own = PublishedRow(model, _value(read.rer), _value(read.cfr), _value(rate), this_run=True)
    rows = sorted((*ROWS, own), key=lambda row: -1.0 if row.rer is None else row.rer, reverse=True)
    differs = f"prompts (here {protocol})"
    if suites != DATA_SETS:
        differs = f"data (here {', '.join(sorted(suites))}), {differs}"
    return Standing(tuple(rows), read.rer, read.cfr, rate, differs)


def _value(rate: Rate | None) -> float | None:
    return rate.value if rate else None
