"""Where a key without a shape of its own may stand: after its provider's name, in a credential's position."""

from __future__ import annotations

import re
from functools import cache

# From the end of the provider's name to the key: the rest of a name, what closes it, a sign of assignment or a call,
# perhaps other arguments and the keyword that takes the key, and an opening quote.
_GAP = (
    r"(?P<gap>[\w.\-]{0,40}(?:\s{1,3}login)?(?:\\?[\"'\])]){0,3}"
    r"(?:\s{0,4}(?:[=:(,]|<-|=>)\s{0,4}|(?<=login)\s{1,4}(?:--?[\w-]{1,20}[= ]){0,2})"
    r"(?:\w{1,20}=[\w\"']{1,20},\s{0,4}){0,2}"
    r"(?:\\?[\"']?\w{0,20}(?:key|token|secret|auth|pass)\w{0,10}\\?[\"']?\s{0,2}[=:]\s{0,2})?"
    r"(?:Bearer\s)?\\?[\"']?)"
)
_CREDENTIAL = re.compile(r"key|token|secret|login|client|auth|pass", re.IGNORECASE)
_SOMETHING_ELSE = re.compile(
    r"(?<![a-z])(?:id|sha|sha1|sha256|commit|hash|rev|revision|digest|etag|md5|run|name|model|url|uri|version|checksum|path|file)(?![a-z])",
    re.IGNORECASE,
)


@cache
def after_keyword(pattern: str) -> re.Pattern[str]:
    """A pattern to match from the end of a keyword on; its last group is the key."""
    return re.compile(rf"{_GAP}(?P<key>{pattern})", re.IGNORECASE if pattern == pattern.casefold() else 0)


def key_after(keyword: str, pattern: str, text: str, end: int) -> tuple[int, int] | None:
    """The span of the key that belongs to a keyword which ends at `end`."""
    match = after_keyword(pattern).match(text, end)
    if match is None:
        return None
    words = keyword + match["gap"]
    if not _CREDENTIAL.search(words) or _SOMETHING_ELSE.search(words.replace("_", " ")):
        return None
    return match.span("key")
