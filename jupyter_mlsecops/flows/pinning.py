"""What cannot change under its name: commits and digests; and what is only not meant to: tags, short digests."""

from __future__ import annotations

import re
from enum import IntEnum
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from jupyter_mlsecops.flows.hosts import host_of
from jupyter_mlsecops.knowledge import table
from jupyter_mlsecops.notebook.shell.commands import HOLE

if TYPE_CHECKING:
    from urllib.parse import SplitResult

COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
VERSION = re.compile(r"v?\d+(?:\.\d+)+[\w.+-]*")
_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*)://")
_HOST = re.compile(r"(?:[\w-]+\.)+[a-zA-Z]{2,}(?::\d+)?/")
_CONTENT_ID = re.compile(r"Qm[1-9A-HJ-NP-Za-km-z]{44}|baf[a-z2-7]{50,}")
# A file of the package index: its own digest stands in its path.
_INDEX_FILE = re.compile(r"/packages/[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{60}/")
_NUMBERED = re.compile(r"/\d+/?$")
# A forge of one's own that runs well-known software.
_RAW = re.compile(r"/-?/?(?:raw|archive|blob)/")
_WEAK_DIGEST = re.compile(r"(?i)^(?:md5|sha-?1|crc32)\b|^(?:[0-9a-f]{32}|[0-9a-f]{40})$")
LEAST_PREFIX = 8  # hexadecimal digits of a digest that are compared at least


class Strength(IntEnum):
    """How much a check proves: nothing; no accident (MD5, SHA-1, a tag); no exchange."""

    NONE = 0
    WEAK = 1
    STRONG = 2


def is_commit(revision: str | None) -> bool:
    """Whether a revision names a commit for good: 40 hexadecimal digits (64 with SHA-256)."""
    return revision is not None and COMMIT.fullmatch(revision) is not None


def digest_strength(name: str, digest: str | None) -> Strength:
    """How much the comparison with an expected digest proves, given as an argument of some name."""
    if "md5" in name or "sha1" in name:
        return Strength.WEAK
    if digest is None or HOLE in digest:
        return Strength.STRONG  # a digest that is put together elsewhere
    digest = digest.strip()
    if "prefix" in name:
        return Strength.STRONG if len(digest) >= LEAST_PREFIX else Strength.NONE
    return Strength.WEAK if _WEAK_DIGEST.match(digest) else Strength.STRONG


def url_strength(url: str) -> Strength:
    """How much a URL says of what comes: a commit or digest that the server enforces; a tag, or a first party's host."""
    parts = _split(url)
    if parts is None:
        return Strength.NONE
    host = (parts.hostname or "").lower()
    path = unquote(parts.path)
    if _is_enforced(url, host, path, parts.query):
        return Strength.STRONG
    if _is_tagged(host, path) or f".{host}".endswith(tuple(f".{first}" for first in _facts()["hosts"])):
        return Strength.WEAK if parts.scheme.lower() == "https" or not parts.scheme else Strength.NONE
    return Strength.NONE


def is_tagged(url: str) -> bool:
    """Whether a URL names a version of a repository on a forge."""
    parts = _split(url)
    return parts is not None and _is_tagged((parts.hostname or "").lower(), unquote(parts.path))


@cache
def _facts() -> dict[str, Any]:
    return table("first_parties")


def _is_enforced(url: str, host: str, path: str, query: str) -> bool:
    words = re.split(r"[/@:.]", path) + [value for _, value in parse_qsl(query, max_num_fields=50)]
    if any(COMMIT.fullmatch(word) for word in words):
        return not host or HOLE in host or _is_forge(host) or _RAW.search(path) is not None
    if "@sha256:" in url:
        return True
    if any(
        host == registry or host.endswith(f".{registry}") for registry in _facts()["registries"]
    ) and _NUMBERED.search(path):
        return True
    is_content = url.startswith("ipfs://") or "/ipfs/" in path or ".ipfs." in host
    return (is_content and _CONTENT_ID.search(f"{host}/{path}") is not None) or is_index_file(url)


def is_index_file(url: str) -> bool:
    """Whether it is a file of the public package index, under a path that holds its hash; elsewhere such a path proves nothing."""
    return host_of(url) in _index_hosts() and _INDEX_FILE.search(url) is not None


@cache
def _index_hosts() -> frozenset[str]:
    return frozenset(".".join(labels) for labels in table("package_indexes")["files"])


def _is_forge(host: str) -> bool:
    return f".{host}".endswith(tuple(f".{forge}" for forge in _facts()["forges"]))


def _is_tagged(host: str, path: str) -> bool:
    return _is_forge(host) and any(VERSION.fullmatch(part) for part in path.split("/")[3:-1])


@lru_cache(maxsize=1_000)
def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url if "://" in url or not _HOST.match(url) else f"https://{url}")
        _ = parts.hostname
    except ValueError:
        return None
    return parts


# -- URLs --------------------------------------------------------------------------------------------------------------


def is_url(text: str) -> bool:
    """Whether a word of a command is a URL."""
    return bool(_SCHEME.match(text) or _HOST.match(text))


def has_scheme(text: str) -> bool:
    """Whether a text begins as URLs do."""
    return _SCHEME.match(text) is not None


def url_path(url: str) -> str:
    """The path of a URL, percent-decoded; "" where there is none."""
    parts = _split(url)
    return unquote(parts.path) if parts else ""


def url_query(url: str) -> list[str]:
    """The values in the query of a URL."""
    parts = _split(url)
    try:
        return [value for _, value in parse_qsl(parts.query, max_num_fields=50)] if parts else []
    except ValueError:
        return []
