r"""Find downloads of code, models and archives that nothing is compared with."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from jupyter_mlsecops.findings import Confidence, Fix, Hit, Safety, Severity
from jupyter_mlsecops.flows.executions import executed
from jupyter_mlsecops.flows.fetches import Fetch, fetch_words, fetches
from jupyter_mlsecops.flows.file_types import FileType, file_type
from jupyter_mlsecops.flows.files import history
from jupyter_mlsecops.flows.hosts import host_of, is_private
from jupyter_mlsecops.flows.loading import loaders
from jupyter_mlsecops.flows.pinning import Strength
from jupyter_mlsecops.flows.provenance import provenance_at
from jupyter_mlsecops.flows.verification import verification
from jupyter_mlsecops.notebook.shell.commands import HOLE
from jupyter_mlsecops.rule import code_rule

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator

    from jupyter_mlsecops.notebook.code import Code, Session

_LEVELS = {"code": Severity.MEDIUM, "model": Severity.MEDIUM, "weights": Severity.LOW, "archive": Severity.LOW}
_WHAT = {"code": "code", "model": "a model", "weights": "a model", "archive": "an archive"}


@code_rule(
    category="downloads", severity=Severity.MEDIUM, confidence=Confidence.HIGH, cwe=(494,), owasp=("ML06", "LLM03"), atlas=("AML.T0010",),
    triggers=fetch_words(),
)  # fmt: skip
def unverified_download(code: Code) -> Iterator[Hit]:
    r"""Code, a model or an archive is downloaded and nothing checks that it is the one that was meant.

    ## What it sees

    `wget`, `curl`, `aria2c`, `gdown`, `urlretrieve`, `requests.get`, `get_file` and the like, whose URL or target file is code or a
    model (**medium**), an archive or safetensors (**low**); also through functions of the notebook and loops, where the call that
    names the URL is the place. Data, text, tables and media are left alone, and so is what is verified after the download: a
    digest that is compared, a checksum argument, a signature, a commit in the URL of a forge. MD5, SHA-1, a size, a tag, and
    the host of a first party lower the level by one. Hosts of the private network are not reported.

    ## Why it matters

    Whoever controls the server, or the name it is reached by, decides what you run (CWE-494; OWASP ML06 and LLM03; MITRE ATLAS
    AML.T0010).

    ## What to do

    Compare the file's SHA-256 with a value in the notebook, e.g. with `pooch.retrieve(url, known_hash="sha256:…")`, or use a URL
    that holds a commit.

    ## Examples

    ```python bad
    !wget https://models.example.org/detector.onnx
    ```

    ```python bad
    from urllib.request import urlretrieve

    urlretrieve("https://example.org/helpers.py", "helpers.py")
    ```

    ```python good
    !wget https://models.example.org/detector.onnx
    !echo "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae  detector.onnx" | sha256sum -c
    ```

    ```python good
    import pandas as pd

    table = pd.read_csv("https://example.org/table.csv")
    ```

    ## References

    - <https://cwe.mitre.org/data/definitions/494.html>
    - <https://www.fatiando.org/pooch/>
    """
    hits: dict[tuple[int, int, int], Hit] = {}
    for fetch in fetches(code):
        if fetch.source != "url" or (fetch.url and is_private(fetch.url)) or _is_loader(fetch) or _is_shown(fetch):
            continue
        if fetch in code.session.once(_executed_fetches):
            continue  # what is run is reported where it is run
        kind = _file_type(fetch)
        if kind == "code" and fetch.command is not None and fetch.target is None:
            continue  # what is piped into an interpreter is reported there
        strength = verification(fetch) if kind != "other" else Strength.STRONG
        if strength is Strength.STRONG:
            continue
        is_hub_model = kind == "weights" and fetch.gives == "data"  # `from_single_file`: as other weights from a hub
        severity = Severity.INFO if is_hub_model else Severity(max(_LEVELS[kind] - strength, Severity.INFO))
        hit = Hit(
            at=fetch.place, message=_message(fetch, kind), severity=severity, fixes=_FIXES, subject=fetch.url or ""
        )
        # A call in a loop, or in a function, may fetch many things: the worst of them speaks.
        key = (fetch.code.number, fetch.start, fetch.end)
        if key not in hits or severity > (hits[key].severity or Severity.INFO):
            hits[key] = hit
    yield from hits.values()


_FIXES = (Fix(title="Compare the file's SHA-256 before it is used, or name a commit in the URL", safety=Safety.MANUAL),)


def _is_loader(fetch: Fetch) -> bool:
    """What downloads and loads in one call is another rule's matter."""
    return fetch.call is not None and loaders("torch-url").find(fetch.call.names) is not None


def _is_shown(fetch: Fetch) -> bool:
    """Whether a command only prints what comes."""
    return fetch.command is not None and fetch.target is None and fetch.gives != "data"


def _executed_fetches(session: Session) -> frozenset[Fetch]:
    return frozenset(fetch for _, fetch in executed(session))


def _message(fetch: Fetch, kind: FileType) -> str:
    host = host_of(fetch.url or "")
    return f"{_WHAT[kind]}, `{_shown(fetch)}`, is downloaded{f' from {host}' if host else ''} and never compared with a digest"


def _shown(fetch: Fetch) -> str:
    return fetch.file_name.replace(HOLE, "…") or "a file"


def _file_type(fetch: Fetch) -> FileType:
    """What is downloaded: by the URL's name, the target's, or that of the file which the reply is written to."""
    found = file_type(fetch.file_name)
    if found == "other" and fetch.call is not None:
        if any(fetch.call.constant(name) is True for name in ("extract", "untar")):
            return "archive"
        if fetch.gives == "data":
            kinds = [file_type(path) for path in _paths(fetch)]
            return next((kind for kind in kinds if kind != "other"), "other")
    return found


def _paths(fetch: Fetch) -> list[str]:
    """The files that the reply of a call is written to."""
    return fetch.code.session.once(_written)[fetch.call.node] if fetch.call is not None else []


def _written(session: Session) -> dict[ast.AST, list[str]]:
    """The files that replies are written to, by the call that got the reply."""
    found: dict[ast.AST, list[str]] = defaultdict(list)
    for event in history(session).events:
        if event.content is not None and not event.path.startswith("&"):
            origin = provenance_at(event.code, event.content, event.spot)
            if origin.fetch is not None and origin.fetch.call is not None:
                found[origin.fetch.call.node].append(event.path)
    return found
