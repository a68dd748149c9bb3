"""What is sought before outputs are decoded must never miss: rules find the same where every text is decoded."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from notebooks import code, display, markdown, stream, traceback
from tokens import credential, make

from jupyter_mlsecops.check import check
from jupyter_mlsecops.notebook.marks import Marks
from jupyter_mlsecops.notebook.reader import read
from jupyter_mlsecops.rules import all_rules
from jupyter_mlsecops.secrets.shapes.token_table import token_table
from jupyter_mlsecops.secrets.shapes.tokens import find_tokens

RULES = [
    all_rules()[name]
    for name in (
        "provider-token", "private-key", "credential-in-url", "signed-url", "hardcoded-credential", "command-link",
        "invisible-characters",
    )
]  # fmt: skip
WORDS = {"kaggle-key": "kaggle_key = '{}'", "ngc": "NGC_API_KEY={}", "wandb": "wandb.login(key='{}')"}
BAITS = [
    *(WORDS.get(kind.id, "{}").format(make(kind.id)) for kind in token_table().kinds),
    f"postgresql://analyst:{credential('password')}@db.acme.io/sales",
    f"AccountName=acme;AccountKey={credential('azure-key')};EndpointSuffix=core.windows.net",
    f"https://acme.io/a?b=1&token={credential('hex')}{credential('hex', 2)[:16]}",
    f"https://acme.blob.core.windows.net/d?sv=2022&sr=c&se=2124-01-01T00:00:00Z&sp=rl&sig={credential('base64')}",
    credential("jwt"),
    credential("pem"),
    '<button data-commandlinker-command="notebook:run-all-cells">x</button>',
    "a\u202eb",
    "soft\u00adhyphen\u200b" + "\u200c\u200b" * 12,
    "tag\U000e0068\U000e0069",
]


def spelled(value: object, draw: random.Random, rate: float) -> str:
    """JSON in which any character of a string may be an escape that need not be."""
    if isinstance(value, dict):
        members = (f"{spelled(key, draw, rate)}: {spelled(each, draw, rate)}" for key, each in value.items())
        return "{" + ", ".join(members) + "}"
    if isinstance(value, list):
        return "[" + ",\n  ".join(spelled(each, draw, rate) for each in value) + "]"
    if not isinstance(value, str):
        return json.dumps(value)
    return '"' + "".join(character(each, draw, rate) for each in value) + '"'


def character(one: str, draw: random.Random, rate: float) -> str:
    if draw.random() >= rate:
        return json.dumps(one, ensure_ascii=False)[1:-1]
    if one == "/":
        return "\\/"
    units = one.encode("utf-16-be")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def cut(text: str, draw: random.Random) -> str | list[str]:
    """The text as a string, as lines, or in pieces that end anywhere."""
    match draw.randrange(3):
        case 0:
            return text
        case 1:
            return text.splitlines(keepends=True)
    at = sorted(draw.randrange(len(text) + 1) for _ in range(3))
    return [text[start:end] for start, end in zip([0, *at], [*at, len(text)], strict=True)]


def place(text: str, draw: random.Random) -> tuple[dict[str, object], dict[str, object]]:
    """A cell with the text somewhere, and the metadata of the notebook."""
    pieces = cut(text, draw)
    match draw.randrange(9):
        case 0:
            return markdown(pieces), {}
        case 1:
            return code("x", outputs=[stream(pieces)]), {}
        case 2:
            return code("x", outputs=[display({"text/html": pieces})]), {}
        case 3:
            return code("x", outputs=[display({"application/json": {"a": [1, {"password": text}]}})]), {}
        case 4:
            return code("x", outputs=[traceback(*text.splitlines(), evalue=text)]), {}
        case 5:
            return markdown("x", attachments={"a.txt": {"text/plain": pieces}}), {}
        case 6:
            return code("x", metadata={"papermill": {"parameters": {"db_password": text}}}), {}
        case 7:
            return code("x"), {"widgets": {"state": {"m": {"model_name": "PasswordModel", "value": text}}}}
        case _:
            return code(
                "x", outputs=[{"output_type": "stream", "name": "stdout", "text": [pieces, 1, {"a": text}]}]
            ), {}


def hits(content: bytes) -> list[object]:
    return sorted(
        ((result.rule.id, hit) for result in check(read(content), RULES).results for hit in result.hits), key=repr
    )


def everything(marks: Marks, notebook) -> list[object]:
    looks = [(marks._anything, cell, is_source) for cell in notebook.cells for is_source in (True, False)]
    return [*looks, (marks._anything, None, False)]


def hits_without_marks(content: bytes) -> list[object]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Marks, "_look", everything)
        return hits(content)


@given(st.sampled_from(BAITS), st.integers(), st.sampled_from((0, 0.02, 0.3, 1)))
@example(BAITS[0], 3, 0.02)
def test_nothing_is_lost(bait: str, seed: int, rate: float):
    draw = random.Random(seed)
    cell, metadata = place(f"before\n{bait}\nbehind", draw)
    document = {"cells": [{"id": "a"} | cell], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    content = spelled(document, draw, rate).encode()
    assert hits(content) == hits_without_marks(content)


@pytest.mark.parametrize("bait", BAITS)
@pytest.mark.parametrize("rate", [0, 1])
def test_each_bait_is_found(bait: str, rate: float):
    cell = code("x", outputs=[display({"text/html": bait})])
    document = {"cells": [{"id": "a"} | cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    content = spelled(document, random.Random(1), rate).encode()
    assert hits(content) == hits_without_marks(content)


def test_a_quiet_notebook_is_not_decoded():
    cell = code("print(1)", outputs=[stream("1\n"), display({"text/html": "<b>1</b>", "image/png": "AAAA"})])
    document = {"cells": [{"id": "a"} | cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    book = read(json.dumps(document).encode())
    assert not check(book, RULES).results
    assert "other_texts" not in vars(book.cells[0])


@pytest.mark.parametrize("keyword", ["\u212aaggle", "\u212aAGGLE", "deep\u017fram"])
def test_letters_that_only_fold_to_ascii_are_no_crash(keyword: str):
    assert find_tokens(f"{keyword}_key = '{credential('hex')}'") is not None


@pytest.mark.parametrize("run", ["a", "a1", " ", "a: ", "a=", "'", "\\\\", "sk-", "eyJ", "://a:", "%2"])
def test_long_runs_beside_a_secret_cost_what_they_weigh(run: str):
    """No timed assertion: what is tried again from every character would not end."""
    text = f"password = '{credential('secret')}'\n# " + run * (100_000 // len(run))
    document = {"cells": [code(text, outputs=[stream(text)])], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    assert hits(json.dumps(document).encode())
