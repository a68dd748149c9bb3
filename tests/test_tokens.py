from __future__ import annotations

import random
import string
import time

import pytest
from tokens import credential, fill, make

from jupyter_mlsecops.findings import Confidence, Severity
from jupyter_mlsecops.knowledge import table
from jupyter_mlsecops.secrets.shapes.checks import CHECKS, base62_crc32
from jupyter_mlsecops.secrets.shapes.made_up import made_up
from jupyter_mlsecops.secrets.shapes.token_table import TokenKind, token_table
from jupyter_mlsecops.secrets.shapes.tokens import find_tokens, public_prefix

KINDS = [pytest.param(kind, id=kind.id) for kind in token_table().kinds]
ESCAPE = "\x1b"


def standing(kind: TokenKind, token: str) -> str:
    """A line of code in which a token of this kind is one."""
    if kind.keywords:
        keyword = kind.keywords[0]
        if not keyword.isalpha():
            return f'{keyword}(api_key="{token}")' if keyword.endswith("login") else f'{keyword}api_key = "{token}"'
        return f'{keyword.upper()}_API_KEY = "{token}"'
    return f'{kind.near[0] if kind.near else "x"} = "{token}"' if not kind.open else f"see {token}"


@pytest.mark.parametrize("kind", KINDS)
def test_every_row_is_found_by_its_own_shape(kind):
    for number in range(1, 6):
        token = make(kind.id, number)
        text = standing(kind, token)
        (found,) = find_tokens(text)
        assert found.kind is kind
        assert text[found.start : found.end] in token


@pytest.mark.parametrize("kind", [param for param in KINDS if not param.values[0].open])
def test_a_token_does_not_stand_in_a_longer_word(kind):
    token = make(kind.id)
    assert all(found.kind is not kind for found in find_tokens(standing(kind, "x9" + token)) if found.severity)
    if "," not in kind.pattern.pattern:  # of a fixed length
        assert all(found.kind is not kind for found in find_tokens(standing(kind, token + "x9x9x9")) if found.severity)


@pytest.mark.parametrize("kind", KINDS)
def test_rows_are_complete(kind):
    assert kind.starts or kind.begins or kind.holds or kind.keywords
    assert kind.check in {"", "aws", *CHECKS}
    assert kind.revoke.startswith("https://")
    assert kind.variable.replace("_", "").isalnum()
    token = make(kind.id)
    assert not kind.starts or any(start in token for start in kind.starts)


def test_ids_are_unique():
    ids = [row["id"] for row in table("tokens")["token"]]
    assert len(ids) == len(set(ids))


def test_what_is_known_from_memory_is_never_critical():
    unconfirmed = {"aws-bedrock", "google-vertex", "azure-ai", "wandb-v1", "kaggle-token", "runpod"}
    for kind in token_table().kinds:
        if kind.id in unconfirmed:
            assert kind.severity < Severity.CRITICAL
            assert kind.confidence < Confidence.HIGH


def test_made_tokens_are_the_same_in_every_run():
    assert make("github") == make("github")
    assert make("github") != make("github", 2)
    assert fill("{{token:github[0:4]}}") == make("github")[:4]
    assert fill("{{token:github!}}") == make("github", broken=True)


def test_checksum_is_left_padded():
    body = next(text for text in map(str, range(100_000)) if base62_crc32(text).startswith("0"))
    assert len(base62_crc32(body)) == 6


@pytest.mark.parametrize("provider", ["github", "npm"])
def test_a_wrong_checksum_is_only_mentioned(provider):
    (found,) = find_tokens(make(provider, broken=True))
    assert (found.severity, found.confidence) == (Severity.INFO, Confidence.LOW)
    assert "checksum" in found.remark


@pytest.mark.parametrize(
    "before",
    [
        "",
        " ",
        '"',
        "=",
        "/",
        ":",
        "\\n",
        "\\t",
        "\\x22",
        "\\u0027",
        "%22",
        "%3D",
        f"{ESCAPE}[31m",
        f"{ESCAPE}[0;38;5;241m",
        "é",
        "😀",
    ],
)
def test_what_may_stand_before_a_token(before):
    token = make("hugging-face")
    (found,) = find_tokens(f"{before}{token}\\n")
    assert found.start == len(before)


@pytest.mark.parametrize("before", ["a", "_", "-", "9", "\\\\n", "%2", "m", "\\xg1"])
def test_what_continues_a_word(before):
    assert not find_tokens(f"{before}{make('hugging-face')}")


def test_positions_count_code_points():
    token = make("github")
    text = f"ÄÖ 😀 \ud800 {token} é {token}"
    assert [text[found.start : found.end] for found in find_tokens(text)] == [token, token]


def test_an_aws_pair_is_found_on_either_side():
    key_id, secret = make("aws"), credential("aws-secret")
    for text in (
        f"{key_id}\n{secret}",
        f"{secret}\n\n\n{key_id}",
        f"[default]\naws_access_key_id = {key_id}\naws_secret_access_key={secret}\n",
    ):
        (found,) = find_tokens(text)
        assert found.severity is Severity.CRITICAL
        assert text[slice(*found.partner)] == secret


def test_an_aws_id_alone_or_beside_a_hash_is_low():
    for text in (make("aws"), f"{make('aws')}\n{'0123456789abcdef' * 2}01234567"):
        assert [found.severity for found in find_tokens(text)] == [Severity.LOW]


def test_payloads_hold_tokens_by_chance():
    draw = random.Random(1)
    noise = "".join(draw.choices(string.ascii_letters + string.digits, k=400))
    key_id = make("aws")
    assert not find_tokens(f"data:image/png;base64,{noise[:200]}/{key_id}+{noise[200:]}")
    assert not find_tokens(f"{noise[:76]}\n{key_id}/{noise[:55]}\n{noise[100:176]}\n")
    assert find_tokens(f"https://example.org/a/b/{key_id}/c")


@pytest.mark.parametrize(
    "body", ["x" * 36, "0123456789abcdefghijklmnopqrstuvwxyz", "abc" * 12, "EXAMPLE" + "a9B" * 9, "YOURTOKENHEREYOURTOKENHEREYOURTOKENHE", "ab" * 18, "z" * 30 + "9aB8c7"]
)  # fmt: skip
def test_made_up_bodies(body):
    assert made_up(body)
    assert not find_tokens("ghp_" + body)


def test_random_bodies_are_hardly_ever_taken_for_made_up():
    draw = random.Random(7)
    for alphabet in (string.ascii_letters + string.digits, string.ascii_letters, "0123456789abcdef"):
        rejected = sum(made_up("".join(draw.choices(alphabet, k=34))) for _ in range(2_000))
        assert rejected <= 4


def test_public_prefixes():
    assert public_prefix(make("github")).startswith("gh")
    assert public_prefix(make("openrouter")) == "sk-or-v1-"
    assert public_prefix(credential("secret")) == ""


@pytest.mark.parametrize(
    "piece", ["ghp_", "AKIA", "sk-", "wandb", "a:AA", "MT", "azure_", "\\n", "%3D", "wandb_api_key='", '"username":"']
)
def test_linear_in_hostile_text(piece):
    text = piece * (100_000 // len(piece))
    start = time.process_time()
    find_tokens(text)
    assert time.process_time() - start < 6
