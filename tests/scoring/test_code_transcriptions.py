"""Transcriptions of code: fences and the marks of wrapped lines are no misreading."""

from pytest_rest import scoring
from pytest_rest.scoring.transcriptions import character_error_rates
from pytest_rest.terms import Code, Completion, Form, Image, Item, Prompt

DRAWN = "A function.\nif x:\n    return 'not code'\nWhat is it?"
WRITTEN = "A function.\n```python\nif x:\n  return 'not\n» code'\n```\nWhat is it?"
ITEM = Item("i", "What is it?", "1", code=Code("if x:\n    return 'not code'", "python"))


def test_fences_and_marks_are_no_misreading() -> None:
    """Nor is indentation; a letter is, and of running text the marks are."""
    rate, raw = character_error_rates(DRAWN, WRITTEN, is_code=True)
    assert 0 == rate < raw
    assert 0 < character_error_rates(DRAWN, WRITTEN.replace("not", "net"), is_code=True)[0]
    assert 0 < character_error_rates(DRAWN, WRITTEN)[0]
    prompt = Prompt(ITEM, Form("image"), "transcribe", (Image(b"", "d", DRAWN),), 9)
    assert scoring.transcription(prompt, Completion(WRITTEN)).correct


def test_marks_that_were_drawn_count() -> None:
    """Where the code has them itself, it is compared with them."""
    assert 0 == character_error_rates("```\n» x", "```\n» x", is_code=True)[0]
    assert 0 < character_error_rates("```\n» x", "x", is_code=True)[0]
