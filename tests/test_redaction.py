from __future__ import annotations

import html
import json
import re
import time
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokens import credential, make

from jupyter_mlsecops.redaction import SHORTEST, Redactor

TEXTS = st.text(st.characters(codec="utf-8"), max_size=60)
SECRETS = st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=40), max_size=4)


def test_a_token_shows_its_public_prefix_and_its_length():
    token = make("github")
    assert Redactor([token])(f'token = "{token}"') == f'token = "{token[:4]}…(40)"'


def test_a_long_public_prefix_is_cut():
    token = make("anthropic")
    assert Redactor([token])(token) == f"sk-a…({len(token)})"


def test_a_secret_without_a_provider_shows_nothing():
    secret = credential("secret")
    assert Redactor([secret])(f"x={secret};") == f"x=…({len(secret)});"


def test_the_public_prefix_alone_is_no_secret():
    assert Redactor([make("github-fine-grained")])("github_pat_ is the prefix") == "github_pat_ is the prefix"


@pytest.mark.parametrize(
    "escape",
    [
        lambda text: json.dumps(text)[1:-1],
        lambda text: json.dumps(json.dumps(text))[3:-3],
        lambda text: quote(text, safe=""),
        lambda text: re.sub("%..", lambda match: match.group().lower(), quote(text, safe="")),
        quote_plus,
        lambda text: repr(text)[1:-1],
        html.escape,
    ],
)
def test_escaped_forms_are_found(escape):
    secret = "aé\"b'c\\d/e f&g<h\n" + credential("password")
    hidden = Redactor([secret])(f"<{escape(secret)}>")
    assert not surviving(escape(secret), hidden)


@pytest.mark.parametrize("cut", range(0, 40 - SHORTEST, 3))
def test_fragments_are_found_wherever_the_string_was_cut(cut):
    token = make("github")
    text = "0123"[: cut % 4] + token[cut : cut + SHORTEST + 4]
    assert not surviving(token[4:], Redactor([token])(text))


def test_every_line_of_a_multi_line_secret_is_hidden():
    pem = credential("pem")
    lines = pem.splitlines()[1:-1]
    redact = Redactor(["\n".join(lines)])
    for line in lines:
        assert line not in redact(f'    "{line}\\n",')
    assert not surviving("\n".join(lines), redact(json.dumps(pem)))


def test_short_secrets_are_hidden_as_words_only():
    assert Redactor(["hunter2"])("hunter2 hunter22 'hunter2'") == "…(7) hunter22 '…(7)'"


def test_ordinary_words_of_a_password_stay_readable():
    secret = "password" + "9x!"
    assert Redactor([secret])("a password in clear") == "a password in clear"
    assert secret not in Redactor([secret])(f"it is {secret}")


def test_nothing_to_hide_changes_nothing():
    text = "any text … (40)"
    assert Redactor([])(text) is text
    assert Redactor(["", "  "])(text) == text


@given(SECRETS, TEXTS, TEXTS)
@settings(max_examples=150, deadline=None)
def test_twice_is_once_and_no_secret_survives(secrets, before, after):
    redact = Redactor(secrets)
    for secret in secrets:
        once = redact(before + secret + after)
        assert redact(once) == once
        if len(secret) >= SHORTEST and "…" not in secret:
            assert secret not in once


def test_linear_in_the_text():
    redact = Redactor([make("github"), credential("secret")])
    text = (make("github")[:9] + "x") * 20_000
    start = time.process_time()
    redact(text)
    assert time.process_time() - start < 3


def surviving(secret: str, text: str) -> list[str]:
    """The runs of a secret that a text still holds."""
    runs = (secret[at : at + SHORTEST] for at in range(len(secret) - SHORTEST + 1))
    return [run for run in runs if run in text]
