"""The value of what cannot be known by reading."""

from __future__ import annotations

from typing import Final


class Unknown:
    """The value of an expression that cannot be known by reading."""

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __bool__(self) -> bool:
        return False


UNKNOWN: Final = Unknown()
