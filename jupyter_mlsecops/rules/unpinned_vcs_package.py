"""Find packages that are installed from a repository at whatever a branch holds today."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from jupyter_mlsecops.findings import Confidence, Fix, Hit, Safety, Severity
from jupyter_mlsecops.flows.hosts import host_of, is_private
from jupyter_mlsecops.flows.pinning import is_commit
from jupyter_mlsecops.knowledge import table
from jupyter_mlsecops.notebook.shell.commands import HOLE
from jupyter_mlsecops.rule import code_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.notebook.code import Code
    from jupyter_mlsecops.notebook.packages.installs import Install, Requirement

_SYSTEM = re.compile(r"(git|hg|svn|bzr)\+(?=\S)", re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
# `git@github.com:owner/name`, and the same with a scheme before it by mistake.
_SCP = re.compile(r"((?:[^/@\s]*@)?[\w.-]+):(?=[A-Za-z~][^/@]*/)")
_SHORT_COMMIT = re.compile(r"(?=[0-9a-f]*[a-f])[0-9a-f]{7,39}", re.IGNORECASE)
_TAG = re.compile(r"(?:[A-Za-z][A-Za-z_-]*[-_])?v?\.?\d+(?:[._]\d+)+[\w.+-]*", re.IGNORECASE)
_MOVING = re.compile(
    r"\.x\b|(?:^|[-_/.])(?:branch|dev|devel|latest|main|maint(?:enance)?|master|nightly|stable|wip)(?:$|[-_/.])",
    re.IGNORECASE,
)
_REVISION_NUMBER = re.compile(r"r?\d+", re.IGNORECASE)
_REVISION_OPTIONS = ("--rev", "--tag", "--branch")
_LONGEST = 250
_PLAIN = ("http", "git", "svn", "ftp")
_FIX = Fix(title="Append @<commit>, with all 40 digits", safety=Safety.MANUAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Repository:
    """Where a package is taken from. `kind` is what the revision is."""

    system: str
    url: str
    kind: str
    revision: str

    @property
    def owner(self) -> str:
        """The first part of the path, lower case."""
        return urlsplit(self.url).path.strip("/").partition("/")[0].lower()

    @property
    def name(self) -> str:
        """`owner/name`, as far as the path says it, without unknown parts."""
        path = urlsplit(self.url).path.strip("/").removesuffix(".git")
        return "/".join(path.split("/")[:2]).replace(HOLE, "…")[:80] or "a repository"


@code_rule(
    category="packages", severity=Severity.MEDIUM, confidence=Confidence.HIGH, cwe=(494, 829), owasp=("ML06", "LLM03"),
    atlas=("AML.T0010.001",), triggers=("git", "Git", "GIT", "hg+", "svn+", "bzr+"),
)  # fmt: skip
def unpinned_vcs_package(code: Code) -> Iterator[Hit]:
    r"""A package is installed from a repository, and not from one commit of it.

    ## What it sees

    `git+…`, `hg+…`, `svn+…` and `bzr+…` with pip, uv, poetry and their kin, and in files of requirements: with no revision, a branch, a pull
    request or an abbreviated commit (**medium**; over an unencrypted connection **high**), with a tag (**low**). A branch of an organisation with many
    eyes on its repositories, or of a private host, is **low**. It stays silent on a whole commit, and on a revision that stands in a variable.

    ## Why it matters

    The code that builds and becomes the package is whatever the branch holds at that moment, and whoever can push to it, or open the pull request, runs code
    here (CWE-494, CWE-829; OWASP ML06 and LLM03; MITRE ATLAS AML.T0010.001). Tags can be moved, and an abbreviated commit can be
    met by another one.

    ## What to do

    Append the commit, with all its digits: `git+https://github.com/owner/name@<commit>`.

    ## Examples

    ```python bad
    !pip install -q git+https://github.com/somebody/training-tools@main
    ```

    ```python bad
    %pip install "tools @ git+https://github.com/somebody/training-tools@v1.2.0#subdirectory=python"
    ```

    ```python good
    !pip install -q git+https://github.com/somebody/training-tools@5bd9e0b9f3e4d5c6a7b8c9d0e1f2a3b4c5d6e7f8
    ```

    ## References

    - <https://pip.pypa.io/en/stable/topics/vcs-support/>
    """
    for install in code.installs:
        if install.verb == "constrain":
            continue
        for requirement in install.requirements:
            found = _repository(install, requirement) if requirement.kind == "vcs" else None
            if found is not None and found.kind not in {"commit", "unknown"}:
                yield Hit(
                    at=code.place(requirement.start, requirement.end),
                    message=_message(found),
                    severity=_severity(found),
                    fixes=(_FIX,),
                    subject=f"{found.system}+{found.url}",
                )


def _repository(install: Install, requirement: Requirement) -> _Repository | None:
    """The repository of a requirement; None where it is a folder of this machine or not known at all."""
    start = _SYSTEM.search(requirement.text)
    if start is None:
        return None
    whole = requirement.text[start.end() :].partition(";")[0].strip()
    location, _, fragment = whole.partition("#")
    scheme = _SCHEME.match(location)
    if location.lower().startswith("file:") or (scheme is None and location.startswith(("/", ".", "~"))):
        return None
    body = location[scheme.end() if scheme else 0 :]
    if scp := _SCP.match(body):
        body = f"{scp[1]}/{body[scp.end() :]}"
    host, slash, path = body.partition("/")
    path, at, revision = path.rpartition("@") if "@" in path else (path, "", "")
    if not at:
        revision = _revision_elsewhere(install, fragment)
    url = f"{scheme[0].lower() if scheme else 'ssh://'}{host}{slash}{path}"
    kind = "unknown" if not revision and location.endswith(HOLE) else _kind(start[1].lower(), revision)
    return _Repository(system=start[1].lower(), url=url, kind=kind, revision=revision) if _is_url(url) else None


def _is_url(url: str) -> bool:
    try:
        urlsplit(url)
    except ValueError:
        return False
    return True


def _revision_elsewhere(install: Install, fragment: str) -> str:
    """The revision in an option of uv, or behind poetry's `#`."""
    if install.tool == "poetry" and (first := fragment.partition("&")[0]) and "=" not in first:
        return first
    option = install.option(*_REVISION_OPTIONS)
    return (option.value or HOLE) if option else ""


def _kind(system: str, revision: str) -> str:
    """What a revision is: commit, short, tag, request, branch, none; unknown where it is not all there."""
    if HOLE in revision:
        return "unknown"
    name = revision.strip()
    if not name or len(name) > _LONGEST:
        return "branch" if name else "none"
    if is_commit(name.lower()):
        return "commit"
    if system in {"svn", "bzr"} and _REVISION_NUMBER.fullmatch(name):
        return "tag"
    if name.startswith(("refs/pull/", "pull/", "refs/merge-requests/", "refs/pr/", "merge-requests/")):
        return "request"
    if name.startswith(("refs/tags/", "tags/")):
        return "tag"
    if name.startswith(("refs/heads/", "origin/", "release/", "releases/")) or _MOVING.search(name):
        return "branch"
    if _SHORT_COMMIT.fullmatch(name):
        return "short"
    return "tag" if _TAG.fullmatch(name) else "branch"


def _is_plain(found: _Repository) -> bool:
    return found.url.startswith(tuple(f"{scheme}://" for scheme in _PLAIN))


def _severity(found: _Repository) -> Severity:
    if is_private(found.url):
        return Severity.LOW
    if _is_plain(found):
        return Severity.HIGH
    if found.kind == "tag":
        return Severity.LOW
    return Severity.LOW if found.kind in {"none", "branch"} and _is_first_party(found) else Severity.MEDIUM


def _is_first_party(found: _Repository) -> bool:
    """Whether an organisation owns it: a name means something only where names are given out."""
    facts = table("first_parties")
    is_forge = f".{host_of(found.url)}".endswith(tuple(f".{forge}" for forge in facts["forges"]))
    return is_forge and found.owner in facts["owners"]


def _message(found: _Repository) -> str:
    revision = found.revision.strip()[:60]
    what = {
        "none": "at whatever its default branch holds today",
        "branch": f"at `{revision}`, a branch or tag that moves",
        "request": f"at `{revision}`, which whoever opened the pull request can change",
        "short": f"at `{revision}`, a short hash: other commits can begin with it",
        "tag": f"at the tag `{revision}`, which can be moved",
    }[found.kind]
    plain = ", over an unencrypted connection" if _is_plain(found) and not is_private(found.url) else ""
    return f"`{found.name}` is installed {what}{plain}"
