"""JSON Web Tokens: read offline, without their key."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jupyter_mlsecops.secrets.shapes.checks import decoded
from jupyter_mlsecops.secrets.shapes.surroundings import stands_alone

if TYPE_CHECKING:
    from collections.abc import Iterator

MARK = r"eyJ[A-Za-z0-9_-]{10,}\.eyJ"
_JWT = re.compile(r"eyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,16000}\.[A-Za-z0-9_-]{16,2000}")
# Payloads that documentation shows.
_EXAMPLES = (("sub", "1234567890"), ("name", "John Doe"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Jwt:
    """A signed token at a span of a text."""

    start: int
    end: int
    claims: dict[str, Any]

    @property
    def expires(self) -> float | None:
        """When it loses its power, in seconds since 1970; None where it never does."""
        moment = self.claims.get("exp")
        return float(moment) if isinstance(moment, (int, float)) and abs(moment) < 1e12 else None

    @property
    def issuer(self) -> str:
        """Who issued it, as far as it says."""
        issuer = self.claims.get("iss")
        return issuer if isinstance(issuer, str) else ""

    @property
    def is_public(self) -> bool:
        """Whether it gives no more than everybody has: keys for browsers."""
        return self.claims.get("role") == "anon"


def jwts(text: str) -> Iterator[Jwt]:
    """The signed tokens of a text whose header and payload can be read; documented examples are left out."""
    if "eyJ" not in text:
        return
    for match in _JWT.finditer(text):
        header, payload, _ = match.group().split(".")
        claims = _object(payload)
        if not stands_alone(text, *match.span()) or "alg" not in _object(header) or not claims:
            continue
        if not any(claims.get(name) == value for name, value in _EXAMPLES):
            yield Jwt(start=match.start(), end=match.end(), claims=claims)


def _object(part: str) -> dict[str, Any]:
    try:
        value = json.loads(decoded(part))
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
