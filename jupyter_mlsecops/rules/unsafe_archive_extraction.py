r"""Find archives from elsewhere that are extracted without a filter."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from jupyter_mlsecops.detection.code_edits import add_argument
from jupyter_mlsecops.findings import Confidence, Fix, Hit, Safety, Severity
from jupyter_mlsecops.flows.loading import WHO, came_from, level
from jupyter_mlsecops.flows.provenance import Origin, provenance
from jupyter_mlsecops.notebook.python.program import UNKNOWN
from jupyter_mlsecops.rule import code_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.notebook.code import Call, Code

_MEMBERS = frozenset({"extractall", "extract"})
_VERBS = _MEMBERS | {"unpack_archive"}
_TAR = ("tarfile.open()", "tarfile.TarFile()", "tarfile.TarFile.open()", "tarfile.open().__enter__()")
_SAFE = frozenset({"data", "tar"})


@code_rule(
    category="deserialization", severity=Severity.MEDIUM, confidence=Confidence.HIGH, cwe=(22,), owasp=("ML06", "LLM03"), atlas=("AML.T0011",),
    triggers=("extract", "unpack_archive"),
)  # fmt: skip
def unsafe_archive_extraction(code: Code) -> Iterator[Hit]:
    r"""A tar archive from elsewhere is extracted without a filter.

    ## What it sees

    `extractall` and `extract` of `tarfile`, and `shutil.unpack_archive` of a tar file, without `filter="data"`. **medium** where the
    archive came over the network unverified, **info** where its origin is unknown; silent on archives that the notebook
    made, and on zip files, whose names Python cleans.

    ## Why it matters

    A member called `../../.bashrc`, or a link that leads out of the folder, writes wherever you may write (CWE-22; OWASP ML06 and
    LLM03; MITRE ATLAS AML.T0011). Only Python 3.14 and newer filter by default.

    ## What to do

    Pass `filter="data"`.

    ## Examples

    ```python bad
    import tarfile
    from urllib.request import urlretrieve

    urlretrieve("https://data.example.org/set.tar.gz", "set.tar.gz")
    with tarfile.open("set.tar.gz") as archive:
        archive.extractall("data")
    ```

    ```python fixed
    import tarfile
    from urllib.request import urlretrieve

    urlretrieve("https://data.example.org/set.tar.gz", "set.tar.gz")
    with tarfile.open("set.tar.gz") as archive:
        archive.extractall("data", filter="data")
    ```

    ```python good
    import tarfile

    with tarfile.open("set.tar.gz") as archive:
        archive.extractall("data", filter="data")
    ```

    ## References

    - <https://docs.python.org/3/library/tarfile.html#extraction-filters>
    """
    for call in code.calls_of(_VERBS):
        archive = _archive(call)
        if archive is None or _is_filtered(call):
            continue
        origin = provenance(code, archive, call.node)
        if origin.verified or origin.origin is Origin.OWN:
            continue
        yield Hit(
            at=call.place,
            message=f"members of the archive can be written anywhere: it is extracted without a filter, an archive {WHO[origin.origin]}",
            severity=level(call, origin, remote=Severity.MEDIUM, unknown=Severity.INFO),
            fixes=(
                Fix(
                    title='Extract with filter="data"',
                    safety=Safety.UNSAFE,
                    edits=(add_argument(call, 'filter="data"'),),
                ),
            ),
            causes=came_from(origin),
            subject=origin.subject,
        )


def _archive(call: Call) -> ast.expr | None:
    """What a call extracts, if it is a tar archive."""
    function = call.node.func
    method = call.name.rpartition(".")[2]
    if method in _MEMBERS and isinstance(function, ast.Attribute):
        return function.value if any(name.startswith(_TAR) for name in call.names) else None
    if call.name == "shutil.unpack_archive":
        argument = call.argument("filename", 0)
        text = (call.code.program.text(argument) if argument is not None else "") or ""
        kind = call.text("format", 2) or ""
        return (
            argument
            if ".tar" in text.lower() or text.lower().endswith((".tgz", ".tbz2", ".txz")) or "tar" in kind
            else None
        )
    return None


def _is_filtered(call: Call) -> bool:
    given = call.argument("filter")
    if given is None:
        return False
    constant = call.constant("filter")
    return constant is UNKNOWN or constant in _SAFE
