"""Hostile and broken files: read as far as can be, or refused with the cause, never with the content, never a crash."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_mlsecops.notebook.formats.duplicate_keys import duplicate_keys
from jupyter_mlsecops.notebook.model import Location, Notebook, Place
from jupyter_mlsecops.notebook.reader import MAX_CELLS, Unreadable, read

SOURCE = "x = 1"
GOOD = json.dumps(
    {
        "cells": [{"cell_type": "code", "id": "a", "metadata": {}, "source": [SOURCE], "outputs": []}],
        "metadata": {},
        "nbformat": 4,
        "nbformat_minor": 5,
    },
    indent=1,
)
EMOJI = "\N{PILE OF POO}"


def with_source(json_text: str) -> bytes:
    return GOOD.replace(f'[\n    "{SOURCE}"\n   ]', json_text).encode()


def refused(content: bytes, **limits: int) -> str:
    with pytest.raises(Unreadable) as caught:
        read(content, **limits)
    assert caught.value.kind == "unreadable"
    return caught.value.message


def repaired(content: bytes) -> tuple[Notebook, str]:
    result = read(content)
    return result, " ".join(result.repairs)


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"", "The file is empty."),
        (b" \r\n\t\n", "The file holds nothing but blanks."),
        (b"\xef\xbb\xbf", "Not JSON: the file is cut off; it ends at line 1, column 1 before the JSON is complete."),
        (GOOD.encode("utf-16"), "The file is UTF-16; a notebook is UTF-8."),
        (GOOD.encode("utf-16-le"), "The file is UTF-16; a notebook is UTF-8."),
        (GOOD.encode("utf-16-be"), "The file is UTF-16; a notebook is UTF-8."),
        (GOOD.encode("utf-32"), "The file is UTF-32; a notebook is UTF-8."),
        (GOOD.encode("utf-32-le"), "The file is UTF-32; a notebook is UTF-8."),
        (GOOD.encode("utf-32-be"), "The file is UTF-32; a notebook is UTF-8."),
        (b'{"cells": [],\n "a": "\xff"}', "Not UTF-8: invalid byte 21 (line 2)."),
        (b'{"a": "\xed\xa0\x80"}', "Not UTF-8: invalid byte 7 (line 1)."),
        (b"[]", "The JSON is a list, not an object: this is no notebook."),
        (b'"cells"', "The JSON is a string, not an object: this is no notebook."),
        (b"null", "The JSON is null, not an object: this is no notebook."),
        (b"4", "The JSON is a number, not an object: this is no notebook."),
        (b"{}", 'Not a notebook: it has no "cells".'),
        (b'{"nbformat": 4, "worksheets": []}', 'Not a notebook: it has no "cells".'),
        (b'{"cells": {}, "nbformat": 4}', 'Not a notebook: "cells" is an object, not a list.'),
        (b'{"cells": null, "nbformat": 4}', 'Not a notebook: "cells" is null, not a list.'),
        (b'{"cells": [], "nbformat": 5}', "The notebook is of nbformat 5; 4 is the newest that is known."),
        (b"import os\n", "Not JSON: expecting value (line 1, column 1)."),
        (b'{"cells": []} {"cells": []}', "Not JSON: more follows after the end of the JSON value (line 1, column 15)."),
        (b'{"cells": [] "a": 1}', "Not JSON: expecting ',' delimiter (line 1, column 14)."),
        (b'{"a": "\\x"}', "Not JSON: invalid \\escape (line 1, column 8)."),
        (b'{"a": "\x00"}', "Not JSON: invalid control character (line 1, column 8)."),
        (b'{"a": 1}\x00', "Not JSON: more follows after the end of the JSON value (line 1, column 9)."),
        (b'{"cells": [\r\n\r{"a": tru}]}', "Not JSON: expecting value (line 3, column 7)."),
    ],
)  # fmt: skip
def test_the_cause_is_named(content: bytes, cause: str) -> None:
    assert refused(content) == cause


def test_trailing_comma() -> None:
    assert refused(b'{"cells": [],}').startswith("Not JSON: ")  # its place and words depend on the version of Python


def test_truncated_anywhere() -> None:
    for length in range(1, len(GOOD)):
        message = refused(GOOD[:length].encode())
        assert message.startswith("Not JSON: the file is cut off"), length


def test_merge_conflict() -> None:
    lines = GOOD.splitlines()
    conflict = "\n".join([*lines[:3], "<<<<<<< HEAD", *lines[3:5], "=======", *lines[3:5], ">>>>>>> other", *lines[5:]])
    cause = "Not JSON: a merge-conflict marker stands in line 4; the conflict was never resolved."
    assert refused(conflict.encode()) == cause
    assert "line 4" in refused(conflict.replace("\n", "\r\n").encode())


def test_merge_conflict_in_a_source_is_fine() -> None:
    assert read(with_source(r'"<<<<<<< HEAD\n"')).cells[0].source == "<<<<<<< HEAD\n"


def test_too_large() -> None:
    with pytest.raises(Unreadable) as caught:
        read(GOOD.encode(), max_bytes=100)
    assert caught.value.kind == "too-large"
    assert caught.value.message == f"The file has {len(GOOD)} bytes; the limit is 100."
    assert read(GOOD.encode(), max_bytes=len(GOOD))


@pytest.mark.parametrize("depth", [10_000, 1_000_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}"), ('[{"a":[', "]}]")])
def test_nested_too_deeply(depth: int, opening: str, closing: str) -> None:
    cause = "The JSON is nested more than 500 levels deep."
    deep = opening * depth + "1" + closing * depth
    assert refused(deep.encode()) == cause
    assert refused(GOOD.replace('"metadata": {}', f'"metadata": {{"x": {deep}}}', 1).encode()) == cause
    assert refused((opening * depth).encode()) == cause


@pytest.mark.parametrize("depth", [100, 400, 600, 900])
def test_deep_enough_to_matter_is_read_or_refused(depth: int) -> None:
    deep = '{"a":' * depth + '"leaf"' + "}" * depth
    content = GOOD.replace('"metadata": {}', f'"metadata": {{"x": {deep}}}', 1).encode()
    result = outcome(content)
    if isinstance(result, Notebook):
        assert any("leaf" in text.text for text in result.texts())
    else:
        assert depth > 500
        assert "nested" in result


def test_texts_that_are_loaded_deeper_in_the_stack() -> None:
    def below(frames: int) -> list[str]:
        return below(frames - 1) if frames else [text.text for text in result.texts()]

    deep = "[" * 700 + '"leaf"' + "]" * 700
    result = read(GOOD.replace('"metadata": {}', f'"metadata": {{"x": {deep}}}', 1).encode())
    assert any("leaf" in text for text in below(250))


@pytest.mark.parametrize("filler", ["[],", "{},", '"é",', "1.5,"])
def test_values_out_of_all_proportion(filler: str) -> None:
    many = f"[{filler * 5_100_000}0]"
    with pytest.raises(Unreadable) as caught:
        read(f'{{"nbformat": 4, "cells": {many}}}'.encode())
    assert caught.value.kind == "too-large"


def test_outputs_out_of_all_proportion_are_one_text() -> None:
    content = GOOD.replace('"outputs": []', '"outputs": [' + "[]," * 5_100_000 + '{"text": "leaf"}]').encode()
    [_, text] = read(content).cells[0].texts
    assert text.part == "/outputs"
    assert text.text.endswith('"leaf"}]')


def test_too_many_cells() -> None:
    cell = '{"cell_type":"raw","source":"","metadata":{}}'
    with pytest.raises(Unreadable) as caught:
        read(f'{{"nbformat":4,"metadata":{{}},"cells":[{",".join([cell] * (MAX_CELLS + 1))}]}}'.encode())
    assert caught.value.kind == "too-large"


def test_byte_order_mark() -> None:
    result, repairs = repaired(b"\xef\xbb\xbf" + GOOD.encode())
    assert result.cells[0].source == SOURCE
    assert result.file_text == GOOD
    assert repairs == "The file begins with a byte-order mark."


@pytest.mark.parametrize("escape", [r"\ud83d", r"\udca9", r"\udca9\ud83d", r"\ud83dx", r"\uD83D\n"])
def test_lone_surrogates(escape: str) -> None:
    result, repairs = repaired(with_source(f'"a{escape}"'))
    assert result.cells[0].source == json.loads(f'"a{escape}"')
    assert "surrogate" in repairs


def test_a_pair_of_surrogates_is_a_character() -> None:
    result, repairs = repaired(with_source(r'"\ud83d\udca9"'))
    assert result.cells[0].source == EMOJI
    assert repairs == ""


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_not_a_number(number: str) -> None:
    result, repairs = repaired(GOOD.replace('"metadata": {}', f'"metadata": {{"x": {number}, "y": "z"}}', 1).encode())
    assert [text.text for text in result.cells[0].texts] == [SOURCE, "z"]
    assert "NaN or Infinity" in repairs


def test_huge_integer_where_a_number_counts() -> None:
    result, repairs = repaired(GOOD.replace('"nbformat_minor": 5', f'"nbformat_minor": {"9" * 5000}').encode())
    assert result.cells[0].source == SOURCE
    assert "thousands of digits" in repairs
    assert read(GOOD.replace('"outputs"', f'"execution_count": {"9" * 5000}, "outputs"').encode()).cells


def test_duplicate_keys_the_last_counts() -> None:
    content = with_source('"hidden", "source": "shown"')
    assert read(content).cells[0].source == "shown"
    twice = GOOD[:-1].rstrip() + ', "cells": [{"cell_type": "raw", "source": "last", "metadata": {}}]}'
    [cell] = read(twice.encode()).cells
    assert cell.source == "last"
    assert read(b"\xef\xbb\xbf" + content).cells[0].source == "shown"
    assert read(content.replace(b"4", b"NaN", 1)).cells[0].source == "shown"


def test_duplicate_keys_are_told() -> None:
    assert duplicate_keys(GOOD) == ()
    assert duplicate_keys(with_source('"hidden", "source": "shown"').decode()) == ("/cells/0/source",)
    assert duplicate_keys('{"a":[{},{"b/c":1,"b\\u002fc":[]}],"a":{"a":"a"}}') == ("/a/1/b~1c", "/a")
    assert len(duplicate_keys('{"a":1' + ',"a":1' * 1000 + "}")) == 100
    assert duplicate_keys("not json") == ()
    assert duplicate_keys("[" * 2000 + '{"a":1,"a":2}' + "]" * 2000)
    assert duplicate_keys("[" * 2000 + r'"\"' * 200_000) == ()


def test_nul_is_a_character() -> None:
    assert read(with_source(r'"a\u0000b"')).cells[0].source == "a\0b"


@pytest.mark.parametrize(
    ("json_text", "source"),
    [
        ("null", ""), ("5", "5"), ("[]", ""), ('["a", ["b", ["c"]], null, 1]', "abc1"), ('{"a": ["b"]}', "b"),
        ("true", "True"),
    ],
)  # fmt: skip
def test_sources_that_are_no_text(json_text: str, source: str) -> None:
    result, repairs = repaired(with_source(json_text))
    assert result.cells[0].source == source
    assert ("Cell 1 has a source that is not text." in repairs) is (json_text != "[]")


def test_no_source() -> None:
    result, repairs = repaired(b'{"nbformat": 4, "metadata": {}, "cells": [{"cell_type": "raw", "metadata": {}}]}')
    assert result.cells[0].source == ""
    assert repairs == "Cell 1 has a source that is not text."


@pytest.mark.parametrize(
    ("json_text", "own", "repair"),
    [
        ('"id": 7,', None, "id that is not text"),
        ('"id": null,', None, "no id"),
        ("", None, "no id"),
        ('"id": "",', "", ""),
    ],
)
def test_odd_ids(json_text: str, own: str | None, repair: str) -> None:
    result, repairs = repaired(GOOD.replace('"id": "a",', json_text).encode())
    assert result.cells[0].id == own
    assert repair in repairs


def test_repeated_ids_name_the_first_cell_alone() -> None:
    cell = {"cell_type": "raw", "id": "a", "source": "", "metadata": {}}
    result, repairs = repaired(
        json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell] * 3}).encode()
    )
    assert [each.id for each in result.cells] == ["a", None, None]
    assert repairs == "Cell 2 (and 1 more) has the id of an earlier cell."


def test_odd_cells() -> None:
    cells = [None, "text", 3, [1], {}, {"cell_type": "heading", "source": "h"}, {"cell_type": ["code"], "source": "x"}]
    result, repairs = repaired(json.dumps({"nbformat": 4, "metadata": {}, "cells": cells}).encode())
    assert [(cell.type, cell.source) for cell in result.cells] == [
        ("raw", ""), ("raw", "text"), ("raw", "3"), ("raw", "1"), ("raw", ""), ("raw", "h"), ("raw", "x"),
    ]  # fmt: skip
    assert "Cell 1 is null, not an object." in repairs
    assert "unknown type" in repairs
    assert result.source_map
    assert result.source_map.span(result.cells[5].place(0, 1)) is not None
    assert result.source_map.span(result.cells[0].place(0, 0)) is None


@pytest.mark.parametrize("metadata", ["", '"metadata": null,', '"metadata": [],', '"metadata": "x",'])
def test_odd_metadata(metadata: str) -> None:
    result, repairs = repaired(GOOD.replace('"metadata": {},', metadata, 1).encode())
    assert result.cells[0].source == SOURCE
    assert repairs == "Cell 1 has no metadata."
    at_the_end = GOOD.rpartition('"metadata": {},')
    result, _ = repaired((at_the_end[0] + metadata + at_the_end[2]).encode())
    assert result.language == "python"


@pytest.mark.parametrize("version", ["4.0", '"4"', "null", "true", "{}"])
def test_odd_versions(version: str) -> None:
    result = read(GOOD.replace('"nbformat": 4', f'"nbformat": {version}').encode())
    assert result.cells[0].source == SOURCE
    assert result.file_text == GOOD.replace('"nbformat": 4', f'"nbformat": {version}')


def test_messages_hold_nothing_of_the_file() -> None:
    secret = "sesame" * 5
    for content in (
        f'{{"{secret}": {secret}}}', f"{secret}", f'["{secret}"]', f'{{"a": "{secret}', f"<<<<<<< {secret}",
        f'{{"nbformat": "{secret}"}}', f'{{"cells": "{secret}", "nbformat": 4}}', f'{{"a": "\\{secret}"}}',
    ):  # fmt: skip
        assert "sesame" not in refused(content.encode())


@given(st.binary(max_size=200))
@settings(deadline=None)
def test_any_bytes(content: bytes) -> None:
    read_all_or_refuse(content)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=5), children, max_size=4),
    max_leaves=12,
)
KNOWN = st.sampled_from(
    ["cell_type", "id", "source", "metadata", "outputs", "attachments", "execution_count", "input", "language", "level"]
)
OUTPUT = st.dictionaries(
    st.sampled_from(["output_type", "name", "text", "data", "metadata", "traceback", "evalue"]), JSON
)
CELL = JSON | st.dictionaries(KNOWN, JSON | st.lists(OUTPUT, max_size=3))
DOCUMENT = st.fixed_dictionaries(
    {},
    optional={
        "cells": JSON | st.lists(CELL, max_size=4),
        "metadata": JSON,
        "nbformat": st.integers(-1, 5) | JSON,
        "nbformat_minor": JSON,
        "worksheets": JSON | st.lists(st.dictionaries(st.just("cells"), st.lists(CELL, max_size=3))),
    },
)


@given(JSON | DOCUMENT, st.booleans())
@settings(deadline=None, max_examples=200)
def test_any_json(document: object, ensure_ascii: bool) -> None:
    try:
        content = json.dumps(document, ensure_ascii=ensure_ascii).encode()
    except UnicodeEncodeError:
        content = json.dumps(document).encode()
    read_all_or_refuse(content)


@given(st.integers(0, len(GOOD)), st.text(alphabet='{}[]",:\\nu0d8a1 \n\0', max_size=6), st.integers(0, 4))
@settings(deadline=None, max_examples=300)
def test_damaged_notebooks(at: int, inserted: str, removed: int) -> None:
    read_all_or_refuse((GOOD[:at] + inserted + GOOD[at + removed :]).encode())


def outcome(content: bytes) -> Notebook | str:
    try:
        return read(content)
    except Unreadable as error:
        return error.message


def read_all_or_refuse(content: bytes) -> None:
    result = outcome(content)
    if not isinstance(result, Notebook):
        assert result.endswith(".")
        return
    for text in result.texts():
        if result.source_map:
            result.source_map.span(text.place(0, len(text.text)))
    if result.source_map:
        result.source_map.span(Place(cell=len(result.cells), at=Location(part="/source", start=0, end=1)))
    duplicate_keys(result.file_text or "")


@pytest.mark.parametrize(
    "hostile",
    ['"' * 2_000_000, "\\" * 2_000_000, '"\\' * 1_000_000, "{" * 400 + '"a",' * 500_000, "\n" * 2_000_000 + "<<<<<<"],
    ids=["quotes", "backslashes", "escapes", "members", "lines"],
)
def test_cost_is_linear(hostile: str) -> None:
    start = time.process_time()
    for content in (hostile, '{"nbformat": 4, "cells": [' + hostile, '{"cells": [{"source": "' + hostile + '"}]}'):
        read_all_or_refuse(content.encode())
    assert time.process_time() - start < 5
