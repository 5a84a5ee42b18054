"""Questions of one's own, made in Python and asked as text, as an image, and mixed."""

import pytest

from pytest_rest import Choice, Item, Rest

INVOICE = "Invoice 2031\n3 lamps at $12.50\n2 chairs at $41.00\nDelivery: $5.00"

TOTAL = Item(
    id="invoice-total",
    context=INVOICE,
    question="What is the total of this invoice, in dollars?",
    answer="124.50",
    answer_kind="number",
    suite="invoices",
)
DEAREST = Item(
    id="invoice-dearest",
    context=INVOICE,
    question="Which position costs most?",
    choices=(Choice("A", "the lamps"), Choice("B", "the chairs"), Choice("C", "delivery")),
    answer="B",
    answer_kind="choice",
    suite="invoices",
)


@pytest.mark.rest(TOTAL, DEAREST, styles=["dejavu-100dpi-black", "courier-100dpi-black"])
def test_invoice(rest: Rest) -> None:
    """The forms agree, and the answer is right even where the invoice is a picture."""
    verdict = rest()
    assert verdict.consistent
    assert verdict.answers["image"].correct
