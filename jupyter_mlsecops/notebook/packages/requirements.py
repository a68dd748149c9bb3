"""What one requirement names, and how firmly it says which version."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["name", "vcs", "url", "path", "file", "unknown"]
Pin = Literal["exact", "hash", "bounded", "loose", "none", "unknown"]

_HOLE = "\0"
_NAMED = re.compile(r"([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)[ \t]*(\[[^\]]*\])?[ \t]*")
_DIRECT = re.compile(_NAMED.pattern + r"@[ \t]*(?=[A-Za-z+]+:|\0|[./~])")
_VCS = re.compile(r"(?:git|hg|svn|bzr)\+", re.IGNORECASE)
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_ARCHIVE = re.compile(r"\.(?:whl|zip|egg|conda|tar|tgz|tbz2|tar\.(?:gz|bz2|xz|zst))(?:\[[^\]]*\])?$", re.IGNORECASE)
_PATH = re.compile(r"(?:\.{1,2}(?:$|[/\\\[])|[/~\\]|[A-Za-z]:[/\\]|file:)")
_CLAUSE = re.compile(r"[ \t(]*(===|==|~=|!=|<=|>=|<|>|\^|~|=|@)[ \t]*([^,;)]*)[ \t)]*")
_COMMIT = re.compile(r"[0-9a-fA-F]{40}(?:[0-9a-fA-F]{24})?")
_VERSION_TAG = re.compile(r"[A-Za-z_-]*\d+(?:\.\d+)+[\w.+-]*")
_HASH_FRAGMENT = re.compile(r"[#&](?:sha(?:256|384|512)|sha1|md5)=[0-9a-fA-F]{32,}")
# The file host of the default index puts the hash of a file into its path.
_HASHED_PATH = re.compile(r"/[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{60}/")
_EGG = re.compile(r"[#&]egg=([A-Za-z0-9][A-Za-z0-9._-]*)")
_SEPARATORS = re.compile(r"[-_.]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A requirement without its place. `name` is normalised, "" where there is none."""

    name: str
    specifier: str
    kind: Kind
    pin: Pin


UNKNOWN = Named(name="", specifier="", kind="unknown", pin="unknown")


def normalise(name: str) -> str:
    """The one spelling of a package's name (PEP 503)."""
    return _SEPARATORS.sub("-", name).lower()


def read_requirement(text: str) -> Named:
    """Read what pip and its relatives take as a requirement; HOLE stands for unknown parts."""
    text = text.strip()
    if not text.strip(_HOLE):
        return UNKNOWN
    if direct := _DIRECT.match(text):
        found = _location(text[direct.end() :])
        return Named(name=normalise(direct[1]), specifier=found.specifier, kind=found.kind, pin=found.pin)
    if _VCS.match(text) or _URL.match(text) or _PATH.match(text) or _ARCHIVE.search(text):
        return _location(text)
    named = _NAMED.match(text)
    if named is None:
        return UNKNOWN
    specifier = text[named.end() :].partition(";")[0].strip()
    if specifier[:1] in {"/", "\\", ":"}:
        return _location(text)
    if specifier.startswith("]") or (specifier and not specifier.startswith(_HOLE) and not _CLAUSE.match(specifier)):
        return UNKNOWN
    return Named(name=normalise(named[1]), specifier=specifier, kind="name", pin=_pin(specifier))


def _location(text: str) -> Named:
    """A requirement by its place: a repository, a file on the net, a file at hand."""
    egg = _EGG.search(text)
    name = normalise(egg[1]) if egg else ""
    if _VCS.match(text):
        revision = _revision(text)
        return Named(name=name, specifier=revision, kind="vcs", pin=_revision_pin(revision))
    if _URL.match(text) and not text.lower().startswith("file:"):
        hashed = _HASH_FRAGMENT.search(text) or _HASHED_PATH.search(text)
        return Named(name=name, specifier="", kind="url", pin="hash" if hashed else "none")
    if text.startswith(_HOLE):
        return UNKNOWN  # a folder or a host, who knows
    return Named(name=name, specifier="", kind="path", pin="unknown")


def _revision(text: str) -> str:
    """What stands behind the last @ of the path; an @ before the host is a user's."""
    path = re.split(r"[#;]", text, maxsplit=1)[0].rpartition("://")[2]
    _, slash, rest = path.partition("/")
    return rest.rpartition("@")[2].strip() if slash and "@" in rest else ""


def _revision_pin(revision: str) -> Pin:
    if _COMMIT.fullmatch(revision):
        return "exact"
    if _HOLE in revision:
        return "unknown"
    # No tag is that long, and the pattern's cost grows with the square of the length.
    return "bounded" if len(revision) <= 100 and _VERSION_TAG.fullmatch(revision) else "none"


def _pin(specifier: str) -> Pin:
    """How firm a version specifier is; `^`, `~` and `@` are those of poetry and uv."""
    if not specifier:
        return "none"
    pins: set[Pin] = set()
    lower = upper = False
    for operator, version in _CLAUSE.findall(specifier):
        version = version.strip()  # noqa: PLW2901
        lower |= operator in {">", ">="}
        upper |= operator in {"<", "<="}
        pins.add(_clause_pin(operator, version))
    for pin in ("exact", "unknown", "bounded"):
        if pin in pins:
            return pin
    if not pins:
        return "unknown"
    if pins == {"none"}:
        return "none"
    return "bounded" if lower and upper else "loose"


def _clause_pin(operator: str, version: str) -> Pin:
    if operator in {"==", "===", "="}:
        if _HOLE in version or not version:
            return "unknown"
        return "bounded" if "*" in version or operator == "=" else "exact"
    if operator == "@":
        if version in {"latest", "", "*"}:
            return "none"
        return _clause_pin("==", version) if version[0].isdigit() or version[0] == _HOLE else "bounded"
    return "bounded" if operator in {"~=", "^", "~"} else "loose"


_CONDA = re.compile(r"(?:(?:[^\s:]+::)|(?:[^\s:=]+:[^\s:]*:))?([A-Za-z0-9_][A-Za-z0-9._-]*)[ \t]*(\[[^\]]*\])?[ \t]*")
_CONDA_BRACKET = re.compile(r"""(version|build|md5|sha256)\s*=\s*(?:'([^']*)'|"([^"]*)"|([^'",\]]+))""")


def read_conda_spec(text: str) -> Named:
    """Read what conda takes as a package: `name`, `name=1.2`, `name=1.2.3=build`, `channel::name>=1`."""
    text = text.strip()
    if not text.strip(_HOLE):
        return UNKNOWN
    if _URL.match(text) or _PATH.match(text) or _ARCHIVE.search(text):
        return _location(text)
    match = _CONDA.match(text)
    if match is None:
        return UNKNOWN
    specifier = text[match.end() :].strip()
    if specifier[:1] in {"/", "\\", ":", "@"}:
        return UNKNOWN
    if match[2] and not specifier:
        specifier = match[2]
    return Named(name=normalise(match[1]), specifier=specifier, kind="name", pin=_conda_pin(specifier))


def _conda_pin(specifier: str) -> Pin:
    if specifier.startswith("["):
        fields = {name: "".join(values) for name, *values in _CONDA_BRACKET.findall(specifier)}
        if {"md5", "sha256", "build"} & fields.keys():
            return "hash" if {"md5", "sha256"} & fields.keys() else "exact"
        return _conda_pin(fields.get("version", ""))
    if not specifier:
        return "none"
    if _HOLE in specifier:
        return "unknown"
    version, _, build = specifier.lstrip("=").partition("=")
    if specifier.startswith("=") and build.strip("*"):
        return "exact"
    if specifier.startswith("==") or specifier[0] in "<>!~":
        return _pin(specifier)
    return "bounded" if version else "none"
