r"""Find downloads over connections that anybody on the path can change."""

from __future__ import annotations

import ast
import posixpath
import re
from fnmatch import translate
from functools import cache
from typing import TYPE_CHECKING, Any

from jupyter_mlsecops.findings import Confidence, Fix, Hit, ReplaceText, Safety, Severity
from jupyter_mlsecops.flows.fetches import Fetch, fetches
from jupyter_mlsecops.flows.file_types import file_type
from jupyter_mlsecops.flows.hosts import host_of, is_private
from jupyter_mlsecops.flows.pinning import url_path
from jupyter_mlsecops.knowledge import table
from jupyter_mlsecops.rule import code_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.notebook.code import Call, Code

_SCHEMES = ("http://", "ftp://", "git://")
_ARGUMENTS = frozenset(
    {
        "url",
        "path",
        "filepath_or_buffer",
        "io",
        "path_or_buf",
        "path_or_buffer",
        "source",
        "fname",
        "filename",
        "filename_or_obj",
    }
)


@code_rule(
    category="transport", severity=Severity.MEDIUM, confidence=Confidence.HIGH, cwe=(319,), owasp=("ML06",), atlas=("AML.T0010",),
    triggers=("http:", "ftp:", "git:"),
)  # fmt: skip
def plain_http_download(code: Code) -> Iterator[Hit]:
    r"""Something is downloaded over a connection that anybody on the path can change.

    ## What it sees

    Files, tables, archives, models and repositories that come over `http://`, `ftp://` or `git://`, by shell tools or Python. Pictures, replies of
    services that are not stored, this machine and private networks are left alone.

    ## Why it matters

    Without TLS, whoever is on the path chooses what you get (CWE-319; OWASP ML06; MITRE ATLAS AML.T0010).

    ## What to do

    Use `https://`; where the server has none, compare a SHA-256.

    ## Examples

    ```python bad
    !wget http://storage.googleapis.com/models/detector.zip
    ```

    ```python fixed
    !wget https://storage.googleapis.com/models/detector.zip
    ```

    ```python bad
    import pandas as pd

    table = pd.read_csv("http://data.example.org/table.csv")
    ```

    ```python good
    import pandas as pd

    table = pd.read_csv("https://data.example.org/table.csv")
    local = pd.read_csv("http://localhost:8000/table.csv")
    ```

    ## References

    - <https://cwe.mitre.org/data/definitions/319.html>
    """
    seen: set[tuple[int, int]] = set()
    for fetch in fetches(code):
        if _is_plain(fetch.url) and _is_stored(fetch) and (fetch.start, fetch.end) not in seen:
            seen.add((fetch.start, fetch.end))
            node = fetch.caller or (fetch.call.node if fetch.call else None)
            yield _hit(code, (fetch.start, fetch.end), fetch.url or "", node)
    for call in code.calls:
        if not any(map(_readers().match, call.names)):
            continue
        url = _url(call)
        if _is_plain(url) and not _is_media(url or "") and (call.start, call.end) not in seen:
            yield _hit(code, (call.start, call.end), url or "", call.node)


def _url(call: Call) -> str | None:
    """What a reader reads: its first argument, whatever that is called."""
    given = (
        call.node.args[0]
        if call.node.args
        else next((k.value for k in call.node.keywords if k.arg in _ARGUMENTS), None)
    )
    return None if given is None else call.code.program.text(given)


@cache
def _readers() -> re.Pattern[str]:
    """The names of what reads from a URL."""
    return re.compile("|".join(map(translate, _facts()["readers"])))


@cache
def _facts() -> dict[str, Any]:
    return table("plain_http")


def _is_plain(url: str | None) -> bool:
    return url is not None and url.lower().startswith(_SCHEMES) and bool(host_of(url)) and not is_private(url)


def _is_media(url: str) -> bool:
    return posixpath.splitext(url_path(url))[1].lower() in _facts()["media"]


def _is_stored(fetch: Fetch) -> bool:
    """Whether what comes is kept or used as data, and not only looked at."""
    url = fetch.url or ""
    if _is_media(url) or posixpath.splitext(fetch.target or "")[1].lower() in _facts()["media"]:
        return False
    if fetch.source == "clone" or fetch.target or fetch.gives in ("path", "directory"):
        return True
    name = posixpath.basename(url_path(url))
    return file_type(name) != "other" or posixpath.splitext(name)[1].lower() in _facts()["data"]


def _hit(code: Code, span: tuple[int, int], url: str, call: ast.Call | None) -> Hit:
    scheme = url.partition("://")[0].lower()
    return Hit(
        at=code.place(*span),
        message=f"what comes from {host_of(url)} over {scheme} can be changed by anybody on the path",
        fixes=(_fix(code, span[0], url, call),),
        subject=url,
    )


def _fix(code: Code, start: int, url: str, call: ast.Call | None) -> Fix:
    title = "Use https"
    if not url.startswith("http://") or host_of(url) not in _facts()["https"]:
        return Fix(title=f"{title}, or compare a SHA-256", safety=Safety.MANUAL)
    at = start if call is None else _literal_start(code, call, url)
    if at is None or code.text[at : at + 7] != "http://":
        return Fix(title=title, safety=Safety.MANUAL)
    return Fix(title=title, safety=Safety.UNSAFE, edits=(ReplaceText(place=code.place(at, at + 7), text="https://"),))


def _literal_start(code: Code, call: ast.Call, url: str) -> int | None:
    """Where the URL stands in a call, if it stands there as a literal."""
    for node in [*call.args, *(keyword.value for keyword in call.keywords)]:
        if isinstance(node, ast.Constant) and node.value == url:
            return code.literal_span(node)[0]
    return None
