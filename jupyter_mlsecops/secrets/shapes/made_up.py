"""Tells values that somebody typed to show a shape from values that a generator drew."""

from __future__ import annotations

import re
import string
from functools import cache
from itertools import pairwise

# Written into examples in place of a secret; none is likely in a random string of this length.
_WORDS = re.compile(
    r"(?i:x{4}|\*{3}|\.{3}|example|sample|dummy|placeholder|redact|censor|masked|hidden|change_?me|replace|insert"
    r"|token|secret|apikey|qwerty|asdfgh|zxcvbn)"
    # Short words stand in random strings now and then, but seldom written in one case.
    r"|your|Your|YOUR|test|Test|TEST|fake|Fake|FAKE"
)
LONGEST_RUN = 8


def made_up(body: str) -> bool:
    """Whether the random part of a token was typed: words, runs such as `abcdef`, repeats, or too few characters."""
    return bool(_WORDS.search(body)) or monotonous(body)


def monotonous(text: str) -> bool:
    """Whether text is made of runs and repeats, or of far fewer characters than chance would give."""
    few = 4 if len(text) < 16 else 5 if len(text) < 24 else 6
    return len(set(text.lower())) <= few or periodic(text) or runs(text)


def periodic(text: str) -> bool:
    """Whether a piece of at most a third of the text is repeated from end to end."""
    found = (text + text).find(text, 1)  # the shortest shift that maps the text onto itself
    whole = 0 < found <= len(text) // 3
    return whole or any(text[:-period] == text[period:] for period in range(1, min(len(text) // 3, 12) + 1))


def runs(text: str) -> bool:
    """Whether half of the text, or eight characters of it, counts up, counts down or stays."""
    lower = text.lower()
    if lower.isascii() and not any(lower[at : at + 4] in _short_runs() for at in range(len(lower) - 3)):
        return False
    covered = longest = length = 1
    total = 0
    step = None
    for before, after in pairwise(lower):
        now = _step(before, after)
        covered = covered + 1 if now is not None and now == step else (2 if now is not None else 1)
        length = covered
        longest = max(longest, length)
        total += _gain(length)
        step = now
    return longest >= LONGEST_RUN or total * 2 >= len(text) > 0


@cache
def _short_runs() -> frozenset[str]:
    """Every run of four in ASCII: most texts hold none, and need no second look."""
    characters = string.digits + string.ascii_lowercase
    steps = {
        (one, other): step for one in characters for other in characters if (step := _step(one, other)) is not None
    }
    found = [(one + other, step) for (one, other), step in steps.items()]
    for _ in range(2):
        found = [(run + each, step) for run, step in found for each in characters if steps.get((run[-1], each)) == step]
    return frozenset(run for run, _ in found)


def _gain(length: int) -> int:
    """How many characters a run that has just reached this length adds to the runs of four and more."""
    return 4 if length == 4 else int(length > 4)


def _step(before: str, after: str) -> int | None:
    """1, -1 or 0 where the second character follows, precedes or repeats the first."""
    if before + after in {"90", "9a", "za", "z0"}:
        return 1
    step = ord(after) - ord(before)
    return step if -1 <= step <= 1 and before.isalnum() and after.isalnum() else None
