"""Passwords and keys inside URLs and connection strings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

import re2

from jupyter_mlsecops.findings import Confidence, Severity
from jupyter_mlsecops.secrets.shapes.made_up import made_up
from jupyter_mlsecops.secrets.shapes.names import NameKind
from jupyter_mlsecops.secrets.shapes.placeholders import entropy, is_placeholder, is_random, likeness

if TYPE_CHECKING:
    from collections.abc import Iterator

MARK = r"://[^\s/\"'<>@]+@|(?i:accountkey|sharedaccesskey|password|pwd|token|api[_-]?key|secret|[?&]key|[?&]code)(?:=|%3[dD])"
_GATE = re2.compile(MARK.encode())
# scheme://user:password@host and scheme://token@host
_USERINFO = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]{1,30})://(?P<user>[^\s:/@\"'<>{}`\\]{0,120})(?::(?P<password>[^\s/@\"'<>`\\]{1,400}))?@(?P<host>[A-Za-z0-9.\-\[\]_]{0,255})"
)
_KEY = re.compile(r"(?i:(?P<name>AccountKey|SharedAccessKey|SharedSecret))=(?P<value>[A-Za-z0-9+/%]{40,120}={0,2})")
_PASSWORD = re.compile(
    r"(?<![A-Za-z])(?P<name>Password|Pwd)[ \t]?=[ \t]?(?P<value>[^;\"'\s&<>{}]{6,200})", re.IGNORECASE
)
_QUERY = re.compile(
    r"[?&](?P<name>(?:access|auth|private|api|bearer|id)?[_-]?token|api[_-]?key|client[_-]?secret|secret|password|passwd|key|code)=(?P<value>[A-Za-z0-9%._~+/=-]{8,2000})",
    re.IGNORECASE,
)
_SERVER = re.compile(r"(?i)(?:server|data source|host|user ?id|uid|database|initial catalog|endpoint|driver)[ \t]?=")
_LOCAL = re.compile(r"(?i)(?:localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|\[?::1\]?|host\.docker\.internal|[^.]*)\Z")
_EXAMPLE = re.compile(r"(?i)(?:.+\.)?(?:example(?:\.\w+)?|test|invalid|yourdomain\.\w+|host\.com|hostname|server)\Z")
# Their keys are meant to be in pages that everybody loads, or the link is what is shared.
_PUBLIC = re.compile(
    r"(?i)sentry\.io|alt=media|googleapis\.com/v0/b/|dropbox\.com|onedrive\.|1drv\.|sharepoint\.com|drive\.google\.com"
)
_JUPYTER = re.compile(r"[0-9a-f]{48}")
_REACH = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class UrlCredential:
    """A credential at a span of a text; `what` names it in a message."""

    what: str
    start: int
    end: int
    severity: Severity
    confidence: Confidence


def url_credentials(text: str) -> Iterator[UrlCredential]:
    """The credentials in the URLs and connection strings of a text."""
    if _GATE.search(text.encode("utf-8", "surrogatepass")) is None:
        return
    yield from _in_userinfo(text)
    yield from _in_connection_strings(text)
    yield from _in_queries(text)


def _in_userinfo(text: str) -> Iterator[UrlCredential]:
    for match in _USERINFO.finditer(text):
        if _EXAMPLE.match(match["host"]) or _PUBLIC.search(match["host"]):
            continue
        part = "password" if match["password"] else "user"
        value = unquote(match[part])
        likely = likeness(value, NameKind.PASSWORD) if part == "password" else _random(value)
        if likely is None or (part == "password" and value == match["user"]):
            continue
        local = _LOCAL.match(match["host"]) is not None
        yield UrlCredential(
            what=f"The {match['scheme']} URL holds a {'password' if part == 'password' else 'key'}",
            start=match.start(part),
            end=match.end(part),
            severity=Severity.LOW if local else Severity.HIGH,
            confidence=likely,
        )


def _in_connection_strings(text: str) -> Iterator[UrlCredential]:
    for match in _KEY.finditer(text):
        value = unquote(match["value"])
        if not made_up(value) and entropy(value) > 4:
            yield _found(f"The connection string holds a key ({match['name']})", match, Confidence.HIGH)
    for match in _PASSWORD.finditer(text):
        line = _around(text, match.start(), match.end())
        confidence = likeness(match["value"], NameKind.PASSWORD)
        if confidence is not None and ";" in line and _SERVER.search(line):
            yield _found("The connection string holds a password", match, confidence)


def _in_queries(text: str) -> Iterator[UrlCredential]:
    for match in _QUERY.finditer(text):
        host = _around(text, match.start(), match.start())
        host = host[: host.find(match.group()[:20])] if match.group()[:20] in host else host
        value = unquote(match["value"])
        if "://" not in host or _PUBLIC.search(_around(text, match.start(), match.end())):
            continue
        if _JUPYTER.fullmatch(value):
            yield _jupyter(match, host)
        elif match["name"].lower() not in ("key", "code") and (confidence := _random(value)) is not None:
            yield _found(f"The URL holds a credential (`{match['name']}`)", match, confidence)


def _jupyter(match: re.Match[str], host: str) -> UrlCredential:
    name = host.rpartition("://")[2].partition("/")[0].partition(":")[0]
    return UrlCredential(
        what="The URL of a Jupyter server holds its token",
        start=match.start("value"),
        end=match.end("value"),
        severity=Severity.LOW if _LOCAL.match(name) else Severity.HIGH,
        confidence=Confidence.HIGH,
    )


def _random(value: str) -> Confidence | None:
    return Confidence.HIGH if is_random(value) and not is_placeholder(value) else None


def _found(what: str, match: re.Match[str], confidence: Confidence) -> UrlCredential:
    start, end = match.span("value")
    return UrlCredential(what=what, start=start, end=end, severity=Severity.HIGH, confidence=confidence)


def _around(text: str, start: int, end: int) -> str:
    """What stands around a span on its line, within reach."""
    first = max(text.rfind("\n", max(0, start - _REACH), start) + 1, start - _REACH, 0)
    last = text.find("\n", end, end + _REACH)
    return text[first : last if last >= 0 else end + _REACH]
