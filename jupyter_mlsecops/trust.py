"""Whom the settings trust: owners on hubs and forges, package indexes, hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from jupyter_mlsecops.settings import Settings

# Trust in where something comes from says nothing about secrets, or about what a notebook hides.
_CATEGORIES = frozenset({"deserialization", "downloads", "execution", "packages", "transport"})
# An owner's name means something only where names are given out.
_FORGES = frozenset({
    "", "github.com", "raw.githubusercontent.com", "gitlab.com", "bitbucket.org", "codeberg.org", "huggingface.co", "hf.co",
})  # fmt: skip


def trusted_by(subject: str, category: str, settings: Settings) -> str | None:
    """The setting that trusts what a hit is about (`owner/name`, a URL); None where none does."""
    trusts = settings.trusted_owners or settings.trusted_hosts or settings.trusted_indexes
    if not trusts or not subject or category not in _CATEGORIES:
        return None
    host, owner = _origin(subject)
    if owner and host in _FORGES and owner in map(str.lower, settings.trusted_owners):
        return f"trusted-owners: {owner}"
    if any(host == each.lower() or host.endswith(f".{each.lower()}") for each in settings.trusted_hosts if host):
        return f"trusted-hosts: {host}"
    if subject.rstrip("/") in (index.rstrip("/") for index in settings.trusted_indexes):
        return f"trusted-indexes: {subject}"
    return None


def _origin(subject: str) -> tuple[str, str]:
    """Host and owner, lower case; "" for what is not there."""
    url = subject.removeprefix("git+")
    if "://" in url:
        try:
            parts = urlsplit(url)
            host, path = parts.hostname or "", parts.path.strip("/")
        except ValueError:
            return "", ""
    else:
        first, _, rest = url.partition("/")
        host, path = (first, rest) if "." in first else ("", url)
    owner, separator, _ = path.partition("/")
    return host.lower(), owner.lower() if separator else ""
