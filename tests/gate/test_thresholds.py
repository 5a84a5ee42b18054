"""From a threshold's text to a checked one, and which tests it is for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_rest.errors import OptionError
from pytest_rest.gate.thresholds import METRICS, Threshold, checked, covers, parse, unusual
from pytest_rest.metrics import SUBSETS


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rer>=0.9", Threshold("rer", ">=", 0.9)),
        ("rer>0.9", Threshold("rer", ">", 0.9)),
        ("cfr<=0.1", Threshold("cfr", "<=", 0.1)),
        ("cfr<.1", Threshold("cfr", "<", 0.1)),
        ("cfr@ocr_correct<=0.1", Threshold("cfr", "<=", 0.1, "ocr_correct")),
        ("rer@all>=1", Threshold("rer", ">=", 1.0, "all")),
        ("mmc >= 0", Threshold("mmc", ">=", 0.0)),
        (
            "  all_correct @ ocr_correct >= 5e-1 ",
            Threshold("all_correct", ">=", 0.5, "ocr_correct"),
        ),
        ("accuracy.image>=0.8", Threshold("accuracy.image", ">=", 0.8)),
        ("accuracy.mixed@ocr_correct<1", Threshold("accuracy.mixed", "<", 1.0, "ocr_correct")),
        ("ocr_correct_rate>=0.95", Threshold("ocr_correct_rate", ">=", 0.95)),
        ("cer<=1.5", Threshold("cer", "<=", 1.5)),
        ("rer@arc>=0.9", Threshold("rer", ">=", 0.9, part="arc")),
        ("rer @ arc @ ocr_correct >= 0.9", Threshold("rer", ">=", 0.9, "ocr_correct", part="arc")),
        (
            "accuracy.ocr-first@dejavu-100dpi-black-rotation=2<=0.5",
            Threshold("accuracy.ocr-first", "<=", 0.5, part="dejavu-100dpi-black-rotation=2"),
        ),
        ("noise_floor>=0.98", Threshold("noise_floor", ">=", 0.98)),
    ],
)
def test_a_threshold_is_parsed_into_its_parts(text: str, expected: Threshold) -> None:
    """A metric, perhaps a subset, an operator and a share, blanks between them or not."""
    assert expected == parse(text)


FORM = "write METRIC[@SUBSET][@PART]>=VALUE, as in 'rer>=0.9' or 'accuracy.image@ocr_correct>=0.8'"
KNOWN = (
    "metrics are rer, cfr, mmc, all_correct, ocr_correct_rate, cer, "
    "noise_floor, between_forms, excess_inconsistency, format_floor, modality_excess, "
    "accuracy.text, accuracy.image, accuracy.mixed, accuracy.file, "
    "accuracy.ocr-first, accuracy.ocr-then-solve, "
    "rh_auc.raw, rh_auc.normalised"
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", f"threshold '' cannot be read; {FORM}"),
        ("rer", f"threshold 'rer' cannot be read; {FORM}"),
        ("rer>", f"threshold 'rer>' cannot be read; {FORM}"),
        (">=0.9", f"threshold '>=0.9' cannot be read; {FORM}"),
        ("rer=0.9", f"threshold 'rer=0.9' cannot be read; {FORM}"),
        ("rer>=0.9 0.8", f"threshold 'rer>=0.9 0.8' cannot be read; {FORM}"),
        ("rer@@all>=0.9", f"threshold 'rer@@all>=0.9' cannot be read; {FORM}"),
        ("x\n>=0.9;", f"threshold 'x\\n>=0.9;': unknown metric 'x'; {KNOWN}"),
        ("rar>=0.9", f"threshold 'rar>=0.9': unknown metric 'rar'; did you mean 'rer'?; {KNOWN}"),
        (
            "accuracy>=0.9",
            "threshold 'accuracy>=0.9': unknown metric 'accuracy'; did you mean 'accuracy.text' or "
            f"'accuracy.file' or 'accuracy.mixed'?; {KNOWN}",
        ),
        (
            "RER>=0.9",
            f"threshold 'RER>=0.9': unknown metric 'RER'; did you mean 'rer' or 'cer'?; {KNOWN}",
        ),
        (
            "rer@ocr_corect>=0.9",
            "threshold 'rer@ocr_corect>=0.9': unknown subset 'ocr_corect'; did you mean "
            "'ocr_correct'?",
        ),
        (
            "rer@all@ocr_correct>=0.9",
            "threshold 'rer@all@ocr_correct>=0.9' names two subsets; name one of all, ocr_correct, "
            "and one suite, style, tag.NAME or field.NAME",
        ),
        (
            "rer@arc@mmlu>=0.9",
            "threshold 'rer@arc@mmlu>=0.9' names two parts; name one of all, ocr_correct, and one "
            "suite, style, tag.NAME or field.NAME",
        ),
        ("rer>=90", "threshold rer>=90: the value is a share from 0 to 1; did you mean 0.9?"),
        ("cfr<=1.5", "threshold cfr<=1.5: the value is a share from 0 to 1; did you mean 0.015?"),
        ("rer>=101", "threshold rer>=101: the value is a share from 0 to 1"),
        ("rer>=-0.1", "threshold rer>=-0.1: the value is a share from 0 to 1"),
        ("rer>=nan", "threshold rer>=nan: the value is a share from 0 to 1"),
        ("rer>=inf", "threshold rer>=inf: the value is a share from 0 to 1"),
        ("rer>=x", "threshold rer>=x: the value is a share from 0 to 1"),
        ("rer>=", "threshold rer>=: the value is a share from 0 to 1"),
        ("rer>==0.9", "threshold rer>==0.9: the value is a share from 0 to 1"),
        ("cer<=nan", "threshold cer<=nan: the value is a share from 0 to 1"),
    ],
)
def test_thresholds_that_cannot_be_understood(text: str, expected: str) -> None:
    """The message quotes the threshold and says the mend."""
    with pytest.raises(OptionError) as caught:
        parse(text)
    assert expected == str(caught.value)


def test_an_infinite_bound_is_refused() -> None:
    """A threshold that every rate meets guards nothing."""
    with pytest.raises(OptionError):
        parse("cer<=inf")


@pytest.mark.parametrize("bound", [None, True, False, "", "0,9", [], object(), float("nan"), -1, 2])
def test_a_fixtures_bound_is_checked(bound: object) -> None:
    """What a fixture returns may be anything; only a share is a bound."""
    with pytest.raises(OptionError, match="the value is a share from 0 to 1"):
        checked("rer", ">=", bound)


@pytest.mark.parametrize(("bound", "expected"), [(0, 0.0), (1, 1.0), (0.9, 0.9), ("0.9", 0.9)])
def test_a_fixtures_bound_may_be_any_number(bound: object, expected: float) -> None:
    """A whole number and a text are as good as a float."""
    assert Threshold("rer", ">=", expected, "all", "a") == checked("rer", ">=", bound, scope="a")


@pytest.mark.parametrize(
    ("threshold", "expected"),
    [
        (Threshold("rer", ">=", 0.9), "rer>=0.9"),
        (Threshold("rer", ">=", 1.0), "rer>=1"),
        (Threshold("cfr", "<=", 0.1, "ocr_correct"), "cfr@ocr_correct<=0.1"),
        (Threshold("rer", ">=", 0.9, "all", "benchmarks/ocr"), "rer>=0.9 [benchmarks/ocr]"),
    ],
)
def test_a_thresholds_id(threshold: Threshold, expected: str) -> None:
    """The id is what the gate's own test is called."""
    assert expected == threshold.id


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("rer<=0.9", "rer>=0.9"),
        ("mmc<0.9", "mmc>0.9"),
        ("rer@arc<=0.9", "rer@arc>=0.9"),
        ("accuracy.image@ocr_correct<0.5", "accuracy.image@ocr_correct>0.5"),
        ("noise_floor<=0.9", "noise_floor>=0.9"),
        ("rh_auc.raw<=0.5", "rh_auc.raw>=0.5"),
        ("cer>=0.1", "cer<=0.1"),
        ("cfr>0.1", "cfr<0.1"),
        ("excess_inconsistency>=0.1", "excess_inconsistency<=0.1"),
        ("modality_excess>=0.05", "modality_excess<=0.05"),
        ("format_floor>=0.1", "format_floor<=0.1"),
    ],
)
def test_a_threshold_that_points_the_unusual_way_names_the_usual_one(text: str, meant: str) -> None:
    """Each metric has a better end; a typing error in the sign would pass what is bad."""
    said = unusual(parse(text))
    assert said.startswith(f"threshold {text!r} is met by worse models, for a ")
    assert said.endswith(f"did you mean {meant!r}?")
    assert "" == unusual(parse(meant))


def test_nobody_knows_which_end_of_an_own_metric_is_better() -> None:
    """Another package's metric is never unusual."""
    for op in (">=", "<="):
        assert "" == unusual(Threshold("own.brevity", op, 0.5))


@given(
    st.sampled_from(METRICS),
    st.sampled_from([">=", "<=", ">", "<"]),
    st.integers(0, 10_000),
    st.sampled_from([*SUBSETS, "ocr_correct@arc", "all@courier-50dpi-red", "x=2"]),
)
def test_an_id_reads_as_its_threshold(metric: str, op: str, share: int, of: str) -> None:
    """A threshold survives its own id."""
    threshold = parse(f"{metric}@{of}{op}{share / 10_000}")
    assert threshold == parse(threshold.id)


def test_near_bounds_have_ids_of_their_own() -> None:
    """Two thresholds are two tests, however near their bounds are."""
    one, other = checked("rer", ">=", 0.9999999), checked("rer", ">=", 1)
    assert one.id != other.id


@pytest.mark.parametrize(
    ("scope", "nodeid", "expected"),
    [
        ("", "tests/test_x.py::test_a", True),
        ("", "", True),
        ("tests", "tests/test_x.py::test_a", True),
        ("tests/test_x.py", "tests/test_x.py::test_a", True),
        ("tests/test_x.py::TestA", "tests/test_x.py::TestA::test_a[b]", True),
        ("tests/ocr", "tests/ocr_extra/test_x.py::test_a", False),
        ("tests/test_x.py", "tests/test_x.py2/test_y.py::test_a", False),
        ("ocr", "tests/ocr/test_x.py::test_a", False),
        ("tests/ocr", "tests/test_x.py::test_a", False),
    ],
)
def test_a_scope_covers_what_lies_below_it(scope: str, nodeid: str, expected: bool) -> None:
    """A folder holds what lies below it, and no neighbour whose name begins alike."""
    assert expected == covers(scope, nodeid)
