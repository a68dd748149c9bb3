"""Signed URLs: where the signature stands, and until when it opens what the URL names. All of that is in the URL."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import unquote

import re2

if TYPE_CHECKING:
    from collections.abc import Iterator

MARK = r"(?i:[?&;]sig=|signature=)|sig%3[dD]|Signature%3[dD]"
_GATE = re2.compile(MARK.encode())
_SIGNATURE = re.compile(
    r"(?<![A-Za-z])(?P<name>sig|X-Amz-Signature|X-Goog-Signature|Signature|x-oss-signature)(?:=|%3D)(?P<value>[A-Za-z0-9%+/=_~-]{20,2000})",
    re.IGNORECASE,
)
_PARAMETER = re.compile(r"(?P<name>[A-Za-z][A-Za-z0-9-]{0,40})=(?P<value>[^&\s\"'<>\\,;`]{0,2000})")
_URL_CHARACTERS = re.compile(r"[^\s\"'<>`|{}^]{0,4000}")
_OUTSIDE = frozenset(" \t\r\n\"'<>`|{}^")
_REACH = 4_000
_SEPARATORS = re.compile(r"&amp;|\\u0026|%26", re.IGNORECASE)

_KINDS = {
    "sig": "Azure shared access signature",
    "x-amz-signature": "presigned AWS URL",
    "x-goog-signature": "signed Google Cloud Storage URL",
    "x-oss-signature": "signed Alibaba OSS URL",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedUrl:
    """The signature of a URL at a span of a text. `expires` is None where the URL does not say."""

    kind: str
    start: int
    end: int
    expires: float | None


def signed_urls(text: str) -> Iterator[SignedUrl]:
    """The signed URLs of a text, and bare query strings with a signature."""
    if _GATE.search(text.encode("utf-8", "surrogatepass")) is None:
        return
    passed = 0
    for match in _SIGNATURE.finditer(text):
        if match.start() < passed:  # a URL has one signature
            continue
        first, passed = _query(text, match.start(), match.end(), passed)
        parameters = _parameters(text[first:passed])
        kind = _kind(match["name"].lower(), parameters)
        value = match["value"].rstrip("%")
        if kind and len(set(unquote(value))) > 8:
            start = match.start("value")
            yield SignedUrl(kind=kind, start=start, end=start + len(value), expires=_expiry(parameters))


def _kind(name: str, parameters: dict[str, str]) -> str:
    """What signed the URL; empty where its other parameters say that nothing did."""
    if name == "sig":
        return _KINDS[name] if {"se", "sv", "sr", "ss", "si", "skoid"} & parameters.keys() else ""
    if name != "signature":
        return _KINDS[name] if {"x-amz-date", "x-goog-date", "x-oss-date"} & parameters.keys() else ""
    if "key-pair-id" in parameters:
        return "signed CloudFront URL"
    if "awsaccesskeyid" in parameters:
        return "presigned AWS URL"
    if "googleaccessid" in parameters:
        return "signed Google Cloud Storage URL"
    return "signed Alibaba OSS URL" if "ossaccesskeyid" in parameters else ""


def _query(text: str, start: int, end: int, lowest: int) -> tuple[int, int]:
    """The span of the query string around a signature; it begins at `lowest` or later."""
    first = start
    lowest = max(lowest, start - _REACH)
    while first > lowest and text[first - 1] not in _OUTSIDE:
        first -= 1
    last = _URL_CHARACTERS.match(text, end)
    return first, last.end() if last else end


def _parameters(query: str) -> dict[str, str]:
    """The parameters of a query string, names in lower case."""
    if "=" not in query.replace("%3D", ""):
        query = unquote(query)
    query = _SEPARATORS.sub("&", query)
    return {match["name"].lower(): unquote(match["value"]) for match in _PARAMETER.finditer(query)}


def _expiry(parameters: dict[str, str]) -> float | None:
    if "se" in parameters:
        return _moment(parameters["se"])
    for family in ("x-amz", "x-goog", "x-oss"):
        begin, seconds = _moment(parameters.get(f"{family}-date", "")), parameters.get(f"{family}-expires", "")
        if begin is not None and seconds.isdecimal() and len(seconds) < 10:
            return begin + int(seconds)
    seconds = parameters.get("expires", "")
    return float(seconds) if seconds.isdecimal() and len(seconds) < 12 else None


def _moment(text: str) -> float | None:
    """The instant that an ISO 8601 text names, in UTC where it names no zone."""
    text = text.strip().removesuffix("/")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if len(text) <= 10:  # a date without a time lasts to its end
        moment += timedelta(days=1)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
