"""Which hosts are this machine or its private network."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from urllib.parse import urlsplit

from jupyter_mlsecops.notebook.shell.commands import HOLE

_PRIVATE_SUFFIXES = (
    ".local",
    ".localhost",
    ".internal",
    ".lan",
    ".intranet",
    ".svc",
    ".cluster.local",
    ".test",
    ".home.arpa",
)


@lru_cache(maxsize=1_000)
def host_of(url: str) -> str:
    """The host of a URL, lower case; "" where there is none or it is not known."""
    try:
        host = urlsplit(url if "://" in url else f"https://{url}").hostname or ""
    except ValueError:
        return ""
    return "" if HOLE in host else host.lower().rstrip(".")


def is_private(url: str) -> bool:
    """Whether a URL leads to this machine or to a private network."""
    host = host_of(url)
    if not host:
        return False
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(_PRIVATE_SUFFIXES) or "." not in host
    return not address.is_global
