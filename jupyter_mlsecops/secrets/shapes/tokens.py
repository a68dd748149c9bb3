"""Finds provider tokens in any text: literals first, over the whole text at once; then shape, surroundings and checks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import re2

from jupyter_mlsecops.findings import Confidence, Severity
from jupyter_mlsecops.secrets.shapes.aws import nucleic, secret_near
from jupyter_mlsecops.secrets.shapes.checks import CHECKS, Verdict
from jupyter_mlsecops.secrets.shapes.keyword_position import key_after
from jupyter_mlsecops.secrets.shapes.made_up import made_up
from jupyter_mlsecops.secrets.shapes.surroundings import in_payload, stands_alone
from jupyter_mlsecops.secrets.shapes.token_table import TokenKind, token_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_REACH = 120  # how far a token goes on after a literal inside it
_NEAR = 80
# The key id inside a presigned URL is public; the signature decides (rule signed-url).
_SIGNED_URL = re.compile(r"(?:X-Amz-Credential|AWSAccessKeyId)(?:=|%3D)\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A provider token at a span of a text. `partner` is the span of the other half of a pair."""

    kind: TokenKind
    start: int
    end: int
    severity: Severity
    confidence: Confidence
    remark: str = ""
    partner: tuple[int, int] | None = None


def find_tokens(text: str) -> tuple[Token, ...]:
    """The provider tokens of a text, in order, none overlapping another."""
    data = text.encode("utf-8", "surrogatepass")
    if _gate().search(data) is None:
        return ()
    return tuple(_without_overlaps(_candidates(text, data)))


def public_prefix(secret: str) -> str:
    """What a provider puts before every token of its kind; empty where that is not known."""
    found = _prefixes().match(secret)
    return found.group() if found else ""


@cache
def _prefixes() -> re.Pattern[str]:
    starts = {start for kind in token_table().kinds for start in kind.starts}
    return re.compile("|".join(map(re.escape, sorted(starts, key=len, reverse=True))))


@cache
def mark() -> str:
    """A pattern of RE2 that finds every literal and keyword of the table."""
    known = token_table()
    begins = [kind.begins.pattern for kind in known.beginnings if kind.begins]
    keywords = "|".join(map(re2.escape, known.keywords))
    return "|".join([*map(re2.escape, known.literals), f"(?i:{keywords})", *begins])


@cache
def _gate() -> re2._Regexp:
    return re2.compile(mark().encode())


def _candidates(text: str, data: bytes) -> Iterator[Token]:
    known = token_table()
    for position, literal in _literals(text, data):
        for kind in known.begun_by(literal):
            for start, end in _spans(kind, text, position):
                if (token := _judged(kind, text, start, end)) is not None:
                    yield token
        for kind in known.by_keyword.get(literal.lower(), ()):
            span = key_after(literal, kind.expression, text, position + len(literal))
            if span and stands_alone(text, *span) and (token := _judged(kind, text, *span)) is not None:
                yield token


def _literals(text: str, data: bytes) -> Iterator[tuple[int, str]]:
    """Each literal of the table in the text with its position in code points."""
    ascii_only = len(data) == len(text)
    position = passed = 0
    for match in _gate().finditer(data):
        start = match.start()
        # Counting the bytes that begin a character counts the characters.
        position += start - passed if ascii_only else _characters(data[passed:start])
        passed = start
        yield position, match.group().decode()


def _characters(data: bytes) -> int:
    return len(data) if data.isascii() else len(data.decode("utf-8", "surrogatepass"))


def _spans(kind: TokenKind, text: str, position: int) -> Iterator[tuple[int, int]]:
    """The spans of the secret parts of this kind whose literal stands at a position."""
    if kind.holds:
        match = kind.pattern.search(text, max(0, position - kind.back), min(len(text), position + _REACH))
        if match is not None and not match.start() <= position < match.end():
            match = None
    else:
        match = kind.pattern.match(text, position)
    if match is not None and (kind.open or stands_alone(text, *match.span())):
        yield match.span(match.lastindex or 0)


def _judged(kind: TokenKind, text: str, start: int, end: int) -> Token | None:
    """The token at a span with its level; None where it is a placeholder, a payload or something else."""
    value = text[start:end]
    body = value[len(kind.prefix(value)) :]
    if made_up(body) or in_payload(text, start, end) or not _near(kind, text, start, end):
        return None
    if kind.keywords and sum(any(map(of_kind, body)) for of_kind in (str.isdigit, str.isupper, str.islower)) < 2:
        return None
    if kind.check == "aws":
        return _aws(kind, text, start, end)
    verdict = CHECKS[kind.check](value) if kind.check else Verdict.PASSED
    if verdict is Verdict.NOT_ONE:
        return None
    if verdict is Verdict.FAILED:
        remark = "it has the shape, but its checksum is wrong: probably made up"
        return Token(kind=kind, start=start, end=end, severity=Severity.INFO, confidence=Confidence.LOW, remark=remark)
    return Token(kind=kind, start=start, end=end, severity=kind.severity, confidence=kind.confidence, remark=kind.note)


def _aws(kind: TokenKind, text: str, start: int, end: int) -> Token | None:
    if nucleic(text[start:end]) or _SIGNED_URL.search(text[max(0, start - 24) : start]):
        return None
    partner = secret_near(text, start, end)
    if partner is None:
        remark = "the key id alone opens nothing; the secret that belongs to it was not found near it"
        return Token(
            kind=kind, start=start, end=end, severity=Severity.LOW, confidence=Confidence.MEDIUM, remark=remark
        )
    return Token(kind=kind, start=start, end=end, severity=kind.severity, confidence=kind.confidence, partner=partner)


def _near(kind: TokenKind, text: str, start: int, end: int) -> bool:
    if not kind.near:
        return True
    around = (text[max(0, start - _NEAR) : start] + "\n" + text[end : end + _NEAR]).lower()
    return any(word in around for word in kind.near)


def _without_overlaps(tokens: Iterable[Token]) -> Iterator[Token]:
    """The longest token of each place; of equal ones the one with a shape of its own."""
    passed = 0
    for token in sorted(tokens, key=lambda token: (token.start, -token.end, bool(token.kind.keywords))):
        if token.start >= passed:
            yield token
            passed = token.end
