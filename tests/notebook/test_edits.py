"""Edits change what they say and not one byte more."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_mlsecops.notebook.edits import RemoveOutput, Replace, apply
from jupyter_mlsecops.notebook.model import Location, Place

TAIL = '\n ],\n "metadata": {},\n "nbformat": 4,\n "nbformat_minor": 5\n}\n'


def file_with(source: str, outputs: str = "[]") -> str:
    return (
        f'{{\n "cells": [\n  {{\n   "cell_type": "code",\n   "outputs": {outputs},\n   "source": {source}\n  }}{TAIL}'
    )


def replace(start: int, end: int, text: str, part: str = "/source", cell: int | None = 0) -> Replace:
    return Replace(place=Place(cell=cell, at=Location(part=part, start=start, end=end)), text=text)


def lines(*strings: str) -> str:
    return "[\n" + ",\n".join(f'    "{string}"' for string in strings) + "\n   ]" if strings else "[]"


@pytest.mark.parametrize(
    ("source", "edit", "result"),
    [
        # one string
        ('"abc"', replace(1, 2, "X"), '"aXc"'),
        (r'"a\nb\u0041"', replace(0, 1, 'say "x"\n'), r'"say \"x\"\n\nb\u0041"'),
        ('"abc"', replace(3, 3, "!"), '"abc!"'),
        ('""', replace(0, 0, "x\n"), r'"x\n"'),
        # a list, within a line
        (lines(r"ab\n", "cd"), replace(0, 1, "X"), lines(r"Xb\n", "cd")),
        (lines(r"ab\n", "cd"), replace(3, 4, ""), lines(r"ab\n", "d")),
        # new lines
        (lines(r"ab\n", "cd"), replace(0, 0, "import os\n"), lines(r"import os\n", r"ab\n", "cd")),
        (lines(r"ab\n", "cd"), replace(1, 1, "1\n2\n3"), lines(r"a1\n", r"2\n", r"3b\n", "cd")),
        (lines(r"ab\n", "cd"), replace(3, 3, "x\n"), lines(r"ab\n", r"x\n", "cd")),
        (lines(r"ab\n", "cd"), replace(5, 5, "\nef"), lines(r"ab\n", r"cd\n", "ef")),
        (lines(r"ab\n", "cd"), replace(2, 3, "\n\n"), lines(r"ab\n", r"\n", "cd")),
        (lines(r"ab\n"), replace(3, 3, "cd"), lines(r"ab\n", "cd")),
        (lines("ab"), replace(1, 1, "\n"), lines(r"a\n", "b")),
        (lines("ab"), replace(0, 2, "x\ny"), lines(r"x\n", "y")),
        # lines go
        (lines(r"ab\n", r"cd\n", "ef"), replace(0, 3, ""), lines(r"cd\n", "ef")),
        (lines(r"ab\n", r"cd\n", "ef"), replace(3, 6, ""), lines(r"ab\n", "ef")),
        (lines(r"ab\n", r"cd\n", "ef"), replace(6, 8, ""), lines(r"ab\n", r"cd\n")),
        (lines(r"ab\n", "cd"), replace(0, 5, ""), "[]"),
        (lines(r"ab\n", r"cd\n", "ef"), replace(1, 7, "-"), lines("a-f")),
        (lines(r"ab\n", r"cd\n", "ef"), replace(2, 3, ""), lines(r"abcd\n", "ef")),
        (lines(r"ab\n", r"cd\n", "ef"), replace(0, 3, "x"), lines(r"xcd\n", "ef")),
        (lines(r"ab\n", r"cd\n", "ef"), replace(0, 3, "x\n"), lines(r"x\n", r"cd\n", "ef")),
        # odd layouts stay as they are
        ('["ab" , "cd"]', replace(1, 2, "X"), '["aX" , "cd"]'),
        ('["ab\\n" ,  "cd"]', replace(0, 0, "x\n"), '["x\\n" ,  "ab\\n" ,  "cd"]'),
        ("[]", replace(0, 0, "a\nb"), r'["a\n", "b"]'),
        ("[ ]", replace(0, 0, ""), "[ ]"),
        ('["a\\nb\\nc"]', replace(2, 3, "X"), '["a\\nX\\nc"]'),
    ],
)
def test_replace(source: str, edit: Replace, result: str) -> None:
    assert apply(file_with(source), [edit]) == file_with(result)


def test_line_ends_of_the_file_stay() -> None:
    text = file_with(lines(r"ab\r\n", "cd")).replace("\n", "\r\n")
    assert apply(text, [replace(0, 0, "x\r\n")]) == file_with(lines(r"x\r\n", r"ab\r\n", "cd")).replace("\n", "\r\n")


@pytest.mark.parametrize(
    ("file_text", "written"),
    [
        (file_with(r'"x\u00e9"'), r"\u00fc\ud83d\udca9"),
        (file_with('"xé"'), "ü\N{PILE OF POO}"),
        (file_with('"x"'), "ü\N{PILE OF POO}"),
        (file_with(r'"x\\u00e9"'), "ü\N{PILE OF POO}"),
        (file_with(r'"x\\\u00e9"'), r"\u00fc\ud83d\udca9"),
        (file_with(r'"x\u001b"'), "ü\N{PILE OF POO}"),
    ],
)
def test_escapes_are_those_of_the_file(file_text: str, written: str) -> None:
    result = apply(file_text, [replace(0, 1, "ü\N{PILE OF POO}")])
    assert result == file_text.replace('"source": "x', f'"source": "{written}')


def test_half_a_surrogate_pair_is_always_escaped() -> None:
    assert r"\ud83d" in apply(file_with('"é"'), [replace(0, 0, "\ud83d")])


def test_several_edits() -> None:
    source = lines(r"ab\n", r"cd\n", "ef")
    edits = [replace(6, 8, "Z"), replace(0, 1, "X"), replace(3, 3, "1\n"), replace(4, 5, "Y"), replace(3, 3, "2\n")]
    assert apply(file_with(source), edits) == file_with(lines(r"Xb\n", r"1\n", r"2\n", r"cY\n", "Z"))
    touching = [replace(0, 3, ""), replace(3, 6, ""), replace(6, 6, "g\n")]
    assert apply(file_with(source), touching) == file_with(lines(r"g\n", "ef"))


@pytest.mark.parametrize(
    "edits",
    [
        [replace(0, 2, ""), replace(1, 3, "")],
        [replace(0, 2, "x"), replace(0, 2, "x")],
        [replace(1, 1, "x"), replace(0, 2, "")],
        [replace(0, 1, "", "/outputs/0/text"), RemoveOutput(cell=0, part="/outputs/0")],
        [replace(0, 9, "")],
        [replace(-1, 1, "")],
        [replace(0, 0, "", "/nothing")],
        [replace(0, 0, "", cell=1)],
        [replace(0, 0, "", "/outputs/0")],
        [RemoveOutput(cell=0, part="/outputs/1")],
        [RemoveOutput(cell=0, part="/outputs")],
        [RemoveOutput(cell=0, part="/source/0")],
        [RemoveOutput(cell=3, part="/outputs/0")],
    ],
)
def test_edits_that_cannot_be_made(edits: list[Replace | RemoveOutput]) -> None:
    with pytest.raises(ValueError, match=r"overlap|no text|no output|outside"):
        apply(file_with('"abc"', '[{"text": "x"}]'), edits)


OUTPUTS = '[\n    {"text": "0"},\n    {"text": "1"} ,\n    {"text": "2"}\n   ]'


@pytest.mark.parametrize(
    ("removed", "left"),
    [
        ([0], '[\n    {"text": "1"} ,\n    {"text": "2"}\n   ]'),
        ([1], '[\n    {"text": "0"} ,\n    {"text": "2"}\n   ]'),
        ([2], '[\n    {"text": "0"},\n    {"text": "1"}\n   ]'),
        ([0, 1], '[\n    {"text": "2"}\n   ]'),
        ([2, 1], '[\n    {"text": "0"}\n   ]'),
        ([0, 2, 0], '[\n    {"text": "1"}\n   ]'),
        ([0, 1, 2], "[]"),
    ],
)
def test_remove_outputs(removed: list[int], left: str) -> None:
    edits = [RemoveOutput(cell=0, part=f"/outputs/{number}") for number in removed]
    result = apply(file_with('"x"', OUTPUTS), edits)
    assert json.loads(result) == json.loads(file_with('"x"', left))
    assert "".join(result.split()) == "".join(file_with('"x"', left).split())
    if len(removed) == 1:
        kept = [number for number in range(3) if number != removed[0]]
        assert all(f'    {{"text": "{number}"}}' in result for number in kept)


def test_parts_beside_the_source() -> None:
    text = json.dumps(
        {
            "cells": [
                {
                    "metadata": {"tags": ["ab", "cd"]},
                    "outputs": [{"traceback": ["ab", "cd"], "data": {"a/b": ["e", "f"]}}],
                }
            ],
            "metadata": {"k": {"x": "abc"}},
        }
    )
    edits = [
        replace(0, 1, "X", "/metadata/k/x", None), replace(1, 4, "\n", "/metadata/tags"),
        replace(2, 3, "-", "/outputs/0/traceback"), replace(1, 2, "g", "/outputs/0/data/a~1b"),
    ]  # fmt: skip
    assert json.loads(apply(text, edits)) == {
        "cells": [{"metadata": {"tags": ["a\nd"]}, "outputs": [{"traceback": ["ab-cd"], "data": {"a/b": ["e", "g"]}}]}],
        "metadata": {"k": {"x": "Xbc"}},
    }


PIECE = st.text(st.characters(codec="utf-8") | st.sampled_from('\n\r\t"\\é[]{},'), max_size=8)
SOURCE = PIECE | st.lists(PIECE, max_size=5) | PIECE.map(lambda text: text.splitlines(keepends=True))


@given(st.lists(SOURCE, min_size=1, max_size=3), st.booleans(), st.sampled_from([None, 1]), st.data())
@settings(deadline=None, max_examples=300)
def test_exactly_this_change(sources, ensure_ascii, indent, data) -> None:
    document = {
        "cells": [{"source": source, "outputs": [{"text": text} for text in "abc"]} for source in sources],
        "metadata": {"é": 1},
    }
    file_text = json.dumps(document, ensure_ascii=ensure_ascii, indent=indent)
    expected = copy.deepcopy(document)
    edits: list[Replace | RemoveOutput] = []
    for index, source in enumerate(sources):
        text = "".join(source)
        cuts = sorted(
            data.draw(st.lists(st.integers(0, len(text)), max_size=6).filter(lambda cuts: len(cuts) % 2 == 0))
        )
        changes = [(start, end, data.draw(PIECE)) for start, end in zip(cuts[::2], cuts[1::2], strict=True)]
        for start, end, new in reversed(changes):
            text = text[:start] + new + text[end:]
        edits += data.draw(st.permutations([replace(start, end, new, cell=index) for start, end, new in changes]))
        removed = data.draw(st.sets(st.integers(0, 2)))
        edits += [RemoveOutput(cell=index, part=f"/outputs/{number}") for number in removed]
        expected["cells"][index]["source"] = text
        expected["cells"][index]["outputs"] = [{"text": letter} for n, letter in enumerate("abc") if n not in removed]
    if len({edit.place for edit in edits if isinstance(edit, Replace)}) < sum(isinstance(e, Replace) for e in edits):
        return  # several insertions at one place: their order is the order given, which was shuffled
    result = json.loads(apply(file_text, edits))
    for cell in result["cells"]:
        cell["source"] = "".join(cell["source"])
    assert result == expected
    assert apply(file_text, []) == file_text
