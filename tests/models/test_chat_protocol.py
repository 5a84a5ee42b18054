"""The body of a chat as JSON: pictures that are put in afterwards."""

import json

from hypothesis import given
from hypothesis import strategies as st

from pytest_rest.models.chat_protocol import BodyWriter, request_body
from pytest_rest.models.overrides import Overrides
from pytest_rest.terms import File, Form, Image, Item, Prompt

PICTURES = st.builds(
    lambda content, kind: Image(content, "0" * 16, "", f"image/{kind}"),
    st.binary(max_size=40),
    st.sampled_from(["png", "jpeg", "webp"]),
)
FILES = st.builds(lambda content: File(content, "0" * 16), st.binary(max_size=40))
PARTS = st.lists(st.text(max_size=20) | PICTURES | FILES, min_size=1, max_size=6)


@given(PARTS, st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=2))
def test_a_body_is_written_as_json_writes_it(
    parts: list[str | Image | File], body: dict[str, object]
) -> None:
    """To the byte, whatever is between pictures, before and after them, and in their bytes.

    So are those that are written after it, with another limit, another key or another value.
    """
    parameters, overrides = {"temperature": 0}, Overrides(body=body)
    writer = BodyWriter("a model", parameters, overrides)
    again: dict[str, object] = {"cache": {}}
    other: dict[str, object] = {"cache": {"no-cache": True}}
    for limit, more in ((64, again), (64, again), (64, other), (64, {}), (128, {})):
        prompt = Prompt(Item("i", "q", "a"), Form("text"), "solve", (*parts, str(limit)), limit)
        expected = json.dumps(request_body("a model", prompt, parameters, overrides, more))
        assert expected.encode("ascii") == writer.write(prompt, more)
