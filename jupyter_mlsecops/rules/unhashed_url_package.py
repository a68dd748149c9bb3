"""Find packages that are installed from a URL, with nothing that says which file it must be."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from jupyter_mlsecops.findings import Confidence, Fix, Hit, ReplaceText, Safety, Severity
from jupyter_mlsecops.flows.hosts import host_of, is_private
from jupyter_mlsecops.flows.pinning import VERSION, Strength, is_index_file, url_strength
from jupyter_mlsecops.knowledge import table
from jupyter_mlsecops.rule import code_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.notebook.code import Code
    from jupyter_mlsecops.notebook.packages.installs import Install, Requirement
    from jupyter_mlsecops.notebook.shell.commands import Command

_URL = re.compile(r"(?:https?|ftp)://\S*", re.IGNORECASE)
_STRONG = re.compile(
    r"[#&]sha(?:256=(?:[0-9a-f]{64}|.*\0)|384=(?:[0-9a-f]{96}|.*\0)|512=(?:[0-9a-f]{128}|.*\0))", re.IGNORECASE
)
_WEAK = re.compile(r"[#&](?:md5=(?:[0-9a-f]{32}|\0)|sha1=(?:[0-9a-f]{40}|\0))", re.IGNORECASE)
# conda's lists of files: what stands behind `#` is the digest itself.
_BARE = re.compile(r"#(?:sha256:)?[0-9a-f]{32}(?:[0-9a-f]{32})?$", re.IGNORECASE)
_HASHED_PATH = re.compile(r"/[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{60}/")
# Where a forge puts the revision into the path of a file or an archive.
_REVISION = re.compile(
    r"/[^/]+/(?:-/)?(?:raw|archive|zipball|tarball|blob|resolve|get|zip|tar\.gz|legacy\.zip|legacy\.tar\.gz)/(?:refs/(heads|tags)/)?([^/]+)"
)
_ARCHIVE = re.compile(r"\.(?:zip|tar(?:\.\w+)?|tgz|tbz2|whl)$", re.IGNORECASE)
_CONDA = frozenset({"conda", "mamba", "micromamba"})
_LONGEST = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """A URL that something is installed from. `is_list`: a list of packages comes from there."""

    url: str
    start: int
    end: int
    is_list: bool = False
    takes_md5: bool = False


@code_rule(
    category="packages", severity=Severity.MEDIUM, confidence=Confidence.HIGH, cwe=(494,), owasp=("ML06", "LLM03"), atlas=("AML.T0010.001",),
    triggers=("http", "ftp:", "HTTP", "Http"),
)  # fmt: skip
def unhashed_url_package(code: Code) -> Iterator[Hit]:
    r"""A package is installed from a URL without a hash of the file.

    ## What it sees

    Wheels and archives by URL with pip, uv, conda and their kin, in files of requirements, and with `az extension add`; and lists of
    requirements that come from a URL (**medium**). Over an unencrypted connection, or from a branch on a forge, it is **high**; a hash by MD5 or SHA-1 is **low**. It stays
    silent on `#sha256=…`, `--hash`, a commit in the path, files of the package index whose path holds their hash, and on local files.

    ## Why it matters

    Whoever controls the host, or the account there, decides what code runs here, today and at each new install (CWE-494; OWASP ML06 and LLM03;
    MITRE ATLAS AML.T0010.001). No index keeps the file as it was.

    ## What to do

    Append the hash of the file that was reviewed: `https://…/package.whl#sha256=…`.

    ## Examples

    ```python bad
    !pip install https://example.org/wheels/tools-1.0-py3-none-any.whl
    ```

    ```python bad
    %pip install "tools @ https://github.com/somebody/tools/archive/main.zip"
    ```

    ```python bad
    !pip install http://example.org/wheels/tools-1.0-py3-none-any.whl
    ```

    ```python fixed
    !pip install https://example.org/wheels/tools-1.0-py3-none-any.whl
    ```

    ```python good
    !pip install "https://example.org/tools-1.0.zip#sha256=0f3b1c9d5e7a2b4c6d8e0f1a3b5c7d9e1f2a4b6c8d0e2f4a6b8c0d1e3f5a7b9c"
    !pip install ./tools-1.0-py3-none-any.whl
    ```

    ## References

    - <https://pip.pypa.io/en/stable/topics/secure-installs/>
    """
    for source in _sources(code):
        if (judged := _judged(source)) is not None:
            severity, reason = judged
            yield Hit(
                at=code.place(source.start, source.end),
                message=_message(source, reason),
                severity=severity,
                fixes=_fixes(code, source),
                subject=source.url,
            )


def _sources(code: Code) -> Iterator[_Source]:
    for install in code.installs:
        for requirement in install.requirements if install.verb != "constrain" else ():
            if (source := _source(install, requirement)) is not None:
                yield source
    for command in code.commands:
        if command.program == "az":
            yield from _extension(command)


def _source(install: Install, requirement: Requirement) -> _Source | None:
    """The URL of a requirement, if it has one and no option tells its hash."""
    found = _URL.search(requirement.text, 0, _LONGEST) if requirement.kind in {"url", "file"} else None
    if found is None or install.option("--hash", "--require-hashes", "--no-index"):
        return None
    if requirement.pin == "hash" and not _HASHED_PATH.search(found[0]) and not _WEAK.search(found[0]):
        return None
    return _Source(
        url=found[0],
        start=requirement.start,
        end=requirement.end,
        is_list=requirement.kind == "file",
        takes_md5=install.tool in _CONDA,
    )


def _extension(command: Command) -> Iterator[_Source]:
    """`az extension add --source URL`."""
    texts = [word.text for word in command.arguments]
    if texts[:1] != ["extension"] or not {"add", "update"} & set(texts[1:2]):
        return
    for at, word in enumerate(command.arguments):
        name, equals, _ = word.text.partition("=")
        if name not in {"--source", "-s"}:
            continue
        value = word if equals else command.arguments[at + 1] if at + 1 < len(texts) else None
        if value is not None and (found := _URL.search(value.text, 0, _LONGEST)):
            start, end = value.span(*found.span())
            yield _Source(url=found[0], start=start, end=end)


# -- how bad it is -----------------------------------------------------------------------------------------------------


def _judged(source: _Source) -> tuple[Severity, str] | None:
    """How loud, and why; None where only one file can come."""
    url = source.url
    if not host_of(url) and "\0" not in url:
        return None
    if _is_pinned(source):
        return None
    if is_private(url):
        return Severity.INFO, ""
    if _WEAK.search(url):
        return Severity.LOW, "MD5 and SHA-1 do not keep another file out"
    if not url.lower().startswith("https:"):
        return Severity.HIGH, "over an unencrypted connection"
    if (branch := _branch(url)) is None:
        return Severity.MEDIUM, ""
    quiet = source.is_list or _is_first_party(url)
    return Severity.MEDIUM if quiet else Severity.HIGH, f"from a branch, `{branch}`"


def _is_pinned(source: _Source) -> bool:
    url = source.url
    if _STRONG.search(url) or (source.takes_md5 and (_WEAK.search(url) or _BARE.search(url))):
        return True
    # Only the index's own host keeps what the path promises.
    return is_index_file(url) if _HASHED_PATH.search(url) else url_strength(url) is Strength.STRONG


def _branch(url: str) -> str | None:
    """The branch in the path of a forge's file; None where there is none."""
    host, path = host_of(url), unquote(urlsplit(url).path)
    if not _is_forge(host):
        return None
    parts = path.split("/")
    if host == "raw.githubusercontent.com" and len(parts) > 4:
        named = parts[3:]
        kind, revision = (named[1], named[2]) if named[0] == "refs" and len(named) > 2 else ("", named[0])
    elif (found := _REVISION.search(path)) is not None:
        kind, revision = found[1] or "", found[2]
    else:
        return None
    revision = _ARCHIVE.sub("", revision)
    is_tag = kind == "tags" or VERSION.fullmatch(revision[:100]) is not None or "\0" in revision
    return None if is_tag or not revision else revision[:60]


def _is_forge(host: str) -> bool:
    return f".{host}".endswith(tuple(f".{forge}" for forge in table("first_parties")["forges"]))


def _is_first_party(url: str) -> bool:
    parts = [part for part in urlsplit(url).path.lower().split("/") if part not in {"", "datasets", "spaces", "repos"}]
    return bool(parts) and parts[0] in table("first_parties")["owners"]


def _message(source: _Source, reason: str) -> str:
    host = host_of(source.url) or "a host that is not known"
    what = "a list of packages" if source.is_list else "a package"
    why = f", {reason}" if reason else ""
    return f"{what} is installed from `{host[:100]}` without a hash of the file{why}"


def _fixes(code: Code, source: _Source) -> tuple[Fix, ...]:
    title = "Put the list beside the notebook" if source.is_list else "Append #sha256=<hash of the file>"
    by_hand = Fix(title=title, safety=Safety.MANUAL)
    at = code.text.find("http://", source.start, source.end)
    if at < 0 or is_private(source.url):
        return (by_hand,)
    edit = ReplaceText(place=code.place(at, at + len("http")), text="https")
    return Fix(title="Use https", safety=Safety.UNSAFE, edits=(edit,)), by_hand
