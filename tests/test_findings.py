"""What a person reads behind the rates, in 80 columns."""

from test_text import record, report

from pytest_rest.reporting import findings


def test_where_items_failed() -> None:
    """One line: how many of how many, and each cause that there is."""
    found = report(
        record("i1", text="2", image="2", mixed="2"),
        record("i2", text="2", image="3", mixed="2"),
        record("i3", read="3A = 8", text="2", image="3", mixed="2"),
        record("i4", text="2", image=None, mixed="2"),
    )
    expected = "3 of 4 items inconsistent: 1 misread, 1 without an answer, 1 misreasoned"
    assert [expected] == list(findings.failed_at(found))
    assert [] == list(findings.failed_at(report(record(text="2", image="2", mixed="2"))))
    assert [] == list(findings.failed_at(report()))
