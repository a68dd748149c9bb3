"""From decoded text to the file's text and back, to the character."""

from __future__ import annotations

import json
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_mlsecops.notebook.formats import json_spans
from jupyter_mlsecops.notebook.model import Location, Place
from jupyter_mlsecops.notebook.reader import read
from jupyter_mlsecops.notebook.source_map import LineIndex, SourceMap

EMOJI = "\N{PILE OF POO}"


def place(part: str, start: int, end: int, cell: int | None = 0) -> Place:
    return Place(cell=cell, at=Location(part=part, start=start, end=end))


def document(cell: str, before: str = "", after: str = "") -> str:
    return f'{{"cells": [{before}{cell}{after}], "metadata": {{}}, "nbformat": 4, "nbformat_minor": 5}}'


def found(file_text: str, part: str, start: int, end: int, cell: int | None = 0) -> str | None:
    span = SourceMap(file_text).span(place(part, start, end, cell))
    return None if span is None else file_text[slice(*span)]


@pytest.mark.parametrize(
    ("json_text", "start", "end", "spelled"),
    [
        ('"abc"', 1, 2, "b"),
        ('"abc"', 0, 3, "abc"),
        (r'"a\"b\\c\/d"', 1, 2, r"\""),
        (r'"a\"b\\c\/d"', 2, 5, r"b\\c"),
        (r'"a\n\tb"', 2, 4, r"\tb"),
        (r'"\u00e9\u0041x"', 1, 2, r"\u0041"),
        (r'"a\ud83d\udca9b"', 1, 2, r"\ud83d\udca9"),
        (r'"a\ud83d\udca9b"', 2, 3, "b"),
        (r'"a\ud83db"', 1, 2, r"\ud83d"),
        (r'"\udca9\ud83d\ud83d\udca9x"', 2, 3, r"\ud83d\udca9"),
        (r'"\\ud83d\udca9x"', 6, 7, r"\udca9"),
        (f'"{EMOJI}b"', 1, 2, "b"),
        (r'["ab\n", "cd"]', 1, 4, r'b\n", "c'),
        (r'["ab\n", "cd"]', 1, 3, r"b\n"),
        (r'["ab\n", "cd"]', 3, 5, "cd"),
        ('["a", "", "b"]', 0, 2, 'a", "", "b'),
        ('["\\"[]{}", "b"]', 1, 5, "[]{}"),
    ],
)
def test_spans(json_text: str, start: int, end: int, spelled: str) -> None:
    assert found(document(f'{{"source": {json_text}}}'), "/source", start, end) == spelled


@pytest.mark.parametrize(
    ("json_text", "offset", "before"),
    [
        ('"ab"', 0, '"'), ('"ab"', 1, '"a'), ('"ab"', 2, '"ab'), ('""', 0, '"'), ("[]", 0, "["),
        (r'["a\n", "b"]', 2, r'["a\n", "'), (r'["a\n", "b"]', 3, r'["a\n", "b'), (r'"\n"', 1, r'"\n'),
        ('"ab"', 99, '"ab'), ('"ab"', -1, '"'),
    ],
)  # fmt: skip
def test_an_empty_span_is_a_position(json_text: str, offset: int, before: str) -> None:
    text = document(f'{{"source": {json_text}}}')
    at = text.index(json_text) + len(before)
    assert SourceMap(text).span(place("/source", offset, offset)) == (at, at)


def test_items_joined_by_newlines() -> None:
    text = document('{"outputs": [{"traceback": ["ab", "cd"]}]}')
    assert found(text, "/outputs/0/traceback", 1, 4) == 'b", "c'
    assert found(text, "/outputs/0/traceback", 2, 3) == '", "'
    assert found(text, "/outputs/0/traceback", 3, 4) == "c"


def test_parts() -> None:
    cell = {
        "source": "s",
        "metadata": {"tags": ["t", "u"], "a/b": {"~": "m"}},
        "attachments": {"x.svg": {"image/svg+xml": ["<s", "vg>"]}},
        "outputs": [1, {"data": {"application/json": {"a": ["j", 0]}, "text/html": ["h", "i"]}}],
    }
    text = json.dumps({"metadata": {"k": ["n"]}, "cells": ["no cell", {}, cell], "nbformat": 4})
    assert found(text, "/source", 0, 1, 2) == "s"
    assert found(text, "/metadata/tags", 0, 3, 2) == 't", "u'
    assert found(text, "/metadata/a~1b/~0", 0, 1, 2) == "m"
    assert found(text, "/attachments/x.svg/image~1svg+xml", 1, 3, 2) == 's", "v'
    assert found(text, "/outputs/1/data/application~1json/a/0", 0, 1, 2) == "j"
    assert found(text, "/outputs/1/data/text~1html", 0, 2, 2) == 'h", "i'
    assert found(text, "/metadata/k", 0, 1, None) == "n"


@pytest.mark.parametrize(
    ("cell", "part"),
    [
        (9, "/source"),
        (-1, "/source"),
        (0, "/none"),
        (0, "/source/0/1"),
        (0, "/outputs/1"),
        (0, "/outputs/x"),
        (0, "/outputs/-1"),
        (0, "/outputs/99999999999999999999"),
        (None, "/none/x"),
        (None, ""),
        (0, "/outputs/²"),
    ],
)
def test_what_the_file_has_not_is_nowhere(cell: int | None, part: str) -> None:
    assert found(document('{"source": "x", "outputs": [{}]}'), part, 0, 0, cell) is None


@pytest.mark.parametrize("json_text", ["5", "null", '["a", 1]', '["a", ["b"]]', '{"a": "b"}'])
def test_what_is_no_text_is_given_whole(json_text: str) -> None:
    assert found(document(f'{{"source": {json_text}}}'), "/source", 0, 1) == json_text


def test_the_last_of_duplicate_keys_counts() -> None:
    text = '{"cells": [{"source": "1"}, {}], "cells": [{"source": "2", "so\\u0075rce": "3"}], "metadata": {"a": "x", "a": "y"}}'
    assert found(text, "/source", 0, 1) == "3"
    assert found(text, "/source", 0, 1, 1) is None
    assert found(text, "/a", 0, 1, None) is None
    assert found(text, "/metadata/a", 0, 1, None) == "y"


def test_cells_elsewhere_are_not_the_cells() -> None:
    text = '{"metadata": {"cells": [{"source": "no"}]}, "x": [{"source": "no"}], "cells": [{"source": "yes"}]}'
    assert found(text, "/source", 0, 3) == "yes"


def test_value_span() -> None:
    text = document('{"source": ["a"], "outputs": [{"text": "t"}, {"a": {}}]}')
    positions = SourceMap(text)
    assert [text[slice(*positions.value_span(0, part) or ())] for part in ("/source", "/outputs/1", "/outputs/0/text")] == [
        '["a"]', '{"a": {}}', '"t"',
    ]  # fmt: skip
    assert positions.value_span(0, "/outputs/2") is None


CHARACTERS = st.text(
    st.sampled_from(["a", "\n", "\r", "\t", '"', "\\", "/", "\0", "é", "\u2028", EMOJI, "\x7f", "{", "]"])
)
TEXTS = st.text(max_size=20) | CHARACTERS


@given(TEXTS, st.lists(TEXTS, max_size=4), st.booleans(), st.booleans(), st.sampled_from([None, 1]), st.data())
@settings(deadline=None, max_examples=300)
def test_what_is_found_spells_the_text(single, lines, as_list, ensure_ascii, indent, data) -> None:
    value = lines if as_list else single
    text = "".join(lines) if as_list else single
    cells = [{"source": ["no\n"], "cell_type": "raw"}, {"source": value}, {"source": "no"}]
    file_text = json.dumps({"cells": cells}, ensure_ascii=ensure_ascii, indent=indent)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    span = SourceMap(file_text).span(place("/source", start, end, 1))
    assert span is not None
    spelled = file_text[slice(*span)]
    # Quotes that are not escaped end one item and begin the next.
    assert re.sub(r'\\.|"[\s,]*"', lambda cut: "" if cut[0][0] == '"' else cut[0], spelled) == "".join(
        json.dumps(character, ensure_ascii=ensure_ascii)[1:-1] for character in text[start:end]
    )


@given(TEXTS, st.data())
def test_lines_and_columns_round_trip(text: str, data: st.DataObject) -> None:
    lines = LineIndex(text)
    offset = data.draw(st.integers(0, len(text)))
    line, column = lines.line_column(offset)
    assert lines.offset(line, column) == offset
    before = re.split(r"\r\n|\r|\n", text[:offset])
    if text[offset - 1 : offset + 1] != "\r\n":
        assert (line, column) == (len(before), len(before[-1]) + 1)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends(end: str) -> None:
    text = end.join(["a\x0b\x0c\x1c\x85\u2028b", "", f"{EMOJI}c"])
    lines = LineIndex(text)
    assert lines.line_column(text.index("b")) == (1, 7)
    assert lines.line_column(text.index("c")) == (3, 2)
    assert lines.offset(3, 2) == text.index("c")
    assert lines.line_column(len(text)) == (3, 3)


def test_lines_that_are_not_there() -> None:
    lines = LineIndex("ab\ncd")
    assert lines.line_column(99) == (2, 3)
    assert lines.line_column(-1) == (1, 1)
    assert lines.offset(1, 99) == 2
    assert lines.offset(9, 1) == 5
    assert lines.offset(0, 1) == 0
    assert lines.offset(2, -5) == 3
    assert LineIndex("").line_column(0) == (1, 1)
    assert LineIndex("").offset(1, 1) == 0


def test_line_column_in_the_file() -> None:
    text = json.dumps({"cells": [{"source": ["a\n", "é = b\n"]}]}, indent=1, ensure_ascii=False)
    positions = SourceMap(text)
    span = positions.span(place("/source", 6, 7))
    assert span is not None
    assert positions.line_column(span[0]) == (6, 10)


@given(st.text('{}[]",:\\nu0d8a1 \n', max_size=60), st.integers(-1, 2))
def test_any_text_at_all(text: str, cell: int) -> None:
    positions = SourceMap('{"cells": [' + text)
    positions.span(place("/source", 0, 1, cell))
    positions.value_span(None, "/metadata/a")


@pytest.mark.parametrize(
    "inner",
    [
        "[" * 300000,
        '{"a":[' * 200000,
        '"a",' * 500000 + "0",
        r'"\"' * 500000,
        "\\" * 1000000,
        '"' + r"\"" * 500000,
        "[1,[2,[3," * 100000,
        "[],{}," * 300000,
    ],
    ids=["lists", "mixed", "strings", "escapes", "backslashes", "one string", "prefixed", "empty"],
)
def test_cost_is_linear(inner: str) -> None:
    start = time.process_time()
    for text in (inner, '{"cells": [' + inner, '{"cells": [{"source": "x", "outputs": [' + inner + "]}]}"):
        positions = SourceMap(text)
        positions.span(place("/source", 0, 1))
        positions.span(place("/outputs/0/a/0/a", 0, 1))
        positions.line_column(len(text))
    assert time.process_time() - start < 6


def test_many_lookups_in_one_cell() -> None:
    outputs = [{"text": f"leaf {number}\n"} for number in range(30_000)]
    content = json.dumps(
        {"cells": [{"cell_type": "code", "source": "", "metadata": {}, "outputs": outputs}], "nbformat": 4}
    )
    notebook = read(content.encode())
    positions = SourceMap(content)
    start = time.process_time()
    for text in notebook.cells[0].texts[1:]:
        assert positions.span(text.place(0, 4)) is not None
    assert time.process_time() - start < 6


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text('a"\\\\[]{},:é\U0001f4a9'),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab\\\\", max_size=2), inner, max_size=3),
    max_leaves=8,
)
_MEMBERS = st.lists(
    st.tuples(st.sampled_from(["cells", "metadata", "a", 'é"']), _VALUES | st.lists(_VALUES)), max_size=4
)


@given(_MEMBERS, st.booleans(), st.sampled_from([None, 1]))
def test_the_fast_way_to_the_cells_and_the_lenient_one_agree(members, ascii_only, indent):
    """Also where a key stands twice, and where the fast one gives up."""
    spelled = (
        f"{json.dumps(key)} : {json.dumps(value, ensure_ascii=ascii_only, indent=indent)}" for key, value in members
    )
    text = f" {{{', '.join(spelled)}}} "
    fast, slow = outline_of(json_spans.outline(text)), outline_of(json_spans._lenient_outline(text))
    if isinstance(json.loads(text).get("cells"), list):
        assert fast == slow
    else:
        assert fast[0] == slow[0]


def outline_of(found):
    members, cells = found
    while cells and cells[-1] is json_spans.NOWHERE:
        cells = cells[:-1]
    return members, cells
