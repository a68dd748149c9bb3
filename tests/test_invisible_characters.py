"""Invisible characters: every listed one is found where it should be, and no text that people write is."""

from __future__ import annotations

import json
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from notebooks import code, display, markdown, notebook, stream

from examples import findings
from jupyter_mlsecops.detection.invisible import invisible_runs
from jupyter_mlsecops.findings import ReplaceText, Safety, Severity
from jupyter_mlsecops.knowledge import table
from jupyter_mlsecops.notebook.edits import Replace, apply
from jupyter_mlsecops.rules import all_rules

RULE = all_rules()["invisible-characters"]
ZERO_WIDTH = "zero-width"
JOINER, NON_JOINER, STYLE, KEYCAP = "\u200d", "\u200c", "\ufe0f", "\u20e3"


def characters_of(kind: str) -> list[str]:
    row = next(row for row in table("characters")["kind"] if row["name"] == kind)
    pairs = [piece.split("-") for piece in row["ranges"]]
    return [chr(number) for pair in pairs for number in range(int(pair[0], 16), int(pair[-1], 16) + 1)]


LISTED = {row["name"]: characters_of(row["name"]) for row in table("characters")["kind"]}
EVERY_CHARACTER = [pytest.param(kind, each, id=f"{ord(each):04X}") for kind, all_ in LISTED.items() for each in all_]
LOUD_CHARACTERS = [parameter for parameter in EVERY_CHARACTER if parameter.values[0] != ZERO_WIDTH]


def found_in(text: str, *, is_code: bool) -> list[tuple[str, str]]:
    return [(run.kind, text[run.start : run.end]) for run in invisible_runs(text, is_code=is_code)]


# -- what must be found ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "character"), EVERY_CHARACTER)
def test_each_one_is_found_in_code(kind: str, character: str):
    assert found_in(f"name{character}s = 1", is_code=True) == [(kind, character)]


@pytest.mark.parametrize(("kind", "character"), LOUD_CHARACTERS)
def test_each_one_is_found_in_text_but_what_texts_need(kind: str, character: str):
    found = found_in(f"some{character}text", is_code=False)
    assert found == ([] if character in "\ufe0e\ufe0f" else [(kind, character)])


@given(st.sampled_from([each for kind in ("bidi", "tags") for each in LISTED[kind]]), st.text(), st.text())
def test_controls_and_tags_are_found_wherever_they_stand(character: str, before: str, after: str):
    text = f"{before}x{character}x{after}"
    assert any(character in found for _, found in found_in(text, is_code=False))


@given(st.binary(min_size=2, max_size=40))
def test_bytes_in_variation_selectors_are_found(payload: bytes):
    hidden = "".join(chr(0xFE00 + byte if byte < 16 else 0xE0100 + byte - 16) for byte in payload)
    found = found_in(f"😀{hidden}", is_code=False)
    assert found == [("selectors", hidden)] or set(payload) <= {14, 15}


@given(st.binary(min_size=4, max_size=40))
def test_bits_in_zero_width_characters_are_found(payload: bytes):
    bits = "".join(f"{byte:08b}" for byte in (*payload, 0b0101_0101, 0b0011_0011))
    for hidden in (bits, "o".join(bits)):
        text = hidden.replace("0", "\u200b").replace("1", "\u200c")
        assert {kind for kind, _ in found_in(f"see {text} here", is_code=False)} == {ZERO_WIDTH}


# -- what must not be found --------------------------------------------------------------------------------------------

HIDDEN = {character for characters in LISTED.values() for character in characters}
letters = st.characters(categories=["L", "M", "N", "P", "S", "Z"], exclude_characters=HIDDEN)
faces = st.sampled_from("😀👨👩👧🔥❤⚠✔☎🏳🏴🔬🎓⬛↔♂♀™©")
skins = st.sampled_from(["", "🏻", "🏽", "🏿"])
one = st.builds(lambda face, skin, style: face + skin + style, faces, skins, st.sampled_from(["", STYLE]))
emoji = st.one_of(
    st.lists(one, min_size=1, max_size=4).map(JOINER.join),
    st.sampled_from("0123456789#*").map(lambda base: base + STYLE + KEYCAP),
    st.sampled_from(["gbeng", "gbsct", "gbwls", "usca"]).map(
        lambda region: "🏴" + "".join(chr(0xE0000 + ord(letter)) for letter in region) + "\U000e007f"
    ),
)
persian = st.lists(st.text("ابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی", min_size=1), min_size=1, max_size=6).map(NON_JOINER.join)
indic = st.lists(st.text("कखगघचजटतदनपबमयरलवशसहािी", min_size=1), min_size=1).map(f"\u094d{JOINER}".join)
hebrew = st.text("אבגדהוזחטיכלמנסעפצקרשת ,.-()0123456789abc", min_size=1).map(lambda text: f"ש{text}\u200f ")
words = st.one_of(st.text(letters), emoji, persian, indic, hebrew, st.sampled_from([" ", "\n", "x = 1", "é", "ﷺ"]))
prose = st.lists(words, max_size=20).map(" ".join)


@given(prose, st.booleans())
def test_what_people_write_is_not_found(text: str, is_code: bool):
    assert found_in(text, is_code=is_code) == []


@given(prose, st.booleans())
def test_a_byte_order_mark_at_the_beginning_is_not_found(text: str, is_code: bool):
    assert found_in(f"\ufeff{text}x", is_code=is_code) == []


@given(st.text(letters), st.sampled_from(LISTED[ZERO_WIDTH]), st.integers(1, 3))
def test_a_few_zero_width_characters_in_text_are_not_found(text: str, character: str, times: int):
    assert found_in((text[:5] + character) * times, is_code=False) == []


# -- findings ----------------------------------------------------------------------------------------------------------


def test_outputs_attachments_and_metadata_are_read():
    content = notebook(
        code(
            "x",
            outputs=[display({"text/html": "<b>\u202e</b>", "application/json": {"a": ["\u2066"]}}), stream("\u202e")],
        ),
        markdown("![a](attachment:a)", attachments={"a": {"text/plain": "\u202e"}}, metadata={"title": "\u2067"}),
        metadata={"authors": [{"name": "\U000e0041"}]},
    )
    _, found = findings(content, RULE)
    assert [(each.place.cell, len(each.related), each.severity) for each in found] == [
        (0, 2, Severity.MEDIUM),
        (1, 1, Severity.MEDIUM),
        (None, 0, Severity.MEDIUM),
    ]


def test_code_and_its_output_are_two_findings():
    _, found = findings(notebook(code("x = '\u202e'", outputs=[stream("\u202e")])), RULE)
    assert [each.severity for each in found] == [Severity.CRITICAL, Severity.MEDIUM]


def test_messages_name_the_characters_and_never_hold_them():
    _, found = findings(notebook("x = 'a\u202eb\u2066c'"), RULE)
    [finding] = found
    assert "U+202E, U+2066" in finding.message
    assert all(each.message.isascii() for each in (finding, *finding.related))


@given(st.lists(st.one_of(st.sampled_from(sorted(HIDDEN)), st.text(letters, max_size=3), st.just('"\n')), max_size=30))
def test_the_fixes_remove_the_characters_that_are_found_and_nothing_else(pieces: list[str]):
    source = "x" + "".join(pieces)
    content = notebook(source)
    _, found = findings(content, RULE)
    fixes = [fix for each in found for fix in (*each.fixes, *(one for other in each.related for one in other.fixes))]
    edits = [edit for fix in fixes for edit in fix.edits if isinstance(edit, ReplaceText)]
    assert all(fix.safety is Safety.SAFE for fix in fixes)
    assert all(edit.place.at.start < edit.place.at.end and edit.text == "" for edit in edits)
    removed = {at for edit in edits for at in range(edit.place.at.start, edit.place.at.end)}
    assert all(source[at] in HIDDEN for at in removed)
    mended = json.loads(apply(content.decode(), [Replace(place=edit.place, text="") for edit in edits]))
    assert "".join(mended["cells"][0]["source"]) == "".join(
        character for at, character in enumerate(source) if at not in removed
    )


def test_millions_of_characters_are_counted_and_not_listed():
    started = time.process_time()
    _, found = findings(notebook("a\u202e" * 300_000 + "b\u200b\u200e" * 100_000), RULE)
    assert time.process_time() - started < 20
    assert [len(each.related) for each in found] == [999, 999]
    assert found[0].message.startswith("300000 invisible")


def test_the_table_lists_only_what_is_invisible():
    for kind, characters in LISTED.items():
        named = [character for character in characters if unicodedata.category(character) not in ("Cf", "Mn", "Cn")]
        assert kind == "fillers" or not named
