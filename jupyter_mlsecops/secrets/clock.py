"""The one place that asks what time it is: whether a signature or a token has expired depends on it."""

from __future__ import annotations

import time


def now() -> float:
    """Seconds since 1970, UTC."""
    return time.time()
