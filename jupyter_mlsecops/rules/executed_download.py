r"""Find downloaded code that is run, imported or installed."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from jupyter_mlsecops.findings import Confidence, Fix, Hit, Related, Safety, Severity
from jupyter_mlsecops.flows.executions import executed, line_magics
from jupyter_mlsecops.flows.fetches import fetch_words
from jupyter_mlsecops.flows.hosts import is_private
from jupyter_mlsecops.flows.pinning import Strength, is_tagged, url_strength
from jupyter_mlsecops.flows.verification import verification
from jupyter_mlsecops.notebook.shell.commands import HOLE
from jupyter_mlsecops.rule import Merge, code_rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jupyter_mlsecops.flows.fetches import Fetch
    from jupyter_mlsecops.notebook.code import Code

_LOADS = frozenset({"run", "load", "loadpy", "macro"})
_FIX = Fix(title="Name a commit in the URL, or compare the file's SHA-256 before it is run", safety=Safety.MANUAL)


def _summary(subjects: Sequence[str]) -> str:
    return f"`{posixpath.basename(subjects[0])}` was downloaded and is run in several places unverified"


@code_rule(
    merge=Merge.SUBJECT, summarise=_summary, category="execution", severity=Severity.HIGH, confidence=Confidence.HIGH, cwe=(494, 829), owasp=("ML06", "LLM03"), atlas=("AML.T0010.001",),
    triggers=("http", "ftp:", *fetch_words()),
)  # fmt: skip
def executed_download(code: Code) -> Iterator[Hit]:
    r"""Code that was downloaded is run, imported or installed.

    ## What it sees

    A file that the notebook downloads and then hands to a shell, to Python, `accelerate launch` and the like, `%run`, `import`, `pip install`,
    `dpkg`; and `%run` or `%load` of a URL. The download is named in the finding. Silent where the URL holds a commit of a forge, and
    where a digest or a signature is checked before; **medium** where that is MD5, SHA-1 or a tag.

    ## Why it matters

    A branch changes under you, and so does a vendor's server: what runs with your rights is decided by somebody else, later (CWE-494,
    CWE-829; OWASP ML06 and LLM03; MITRE ATLAS AML.T0010.001).

    ## What to do

    Put the commit instead of the branch into the URL, or compare the file's SHA-256 before it is run.

    ## Examples

    ```python bad
    !wget https://raw.githubusercontent.com/acme/tools/main/setup.py
    # %%
    %run setup.py
    ```

    ```python bad
    from urllib.request import urlretrieve

    urlretrieve("https://raw.githubusercontent.com/acme/tools/main/helpers.py", "helpers.py")
    # %%
    import helpers
    ```

    ```python good
    !wget https://raw.githubusercontent.com/acme/tools/5bd9e0b9f3e4d5c6a7b8c9d0e1f2a3b4c5d6e7f8/setup.py
    %run setup.py
    ```

    ## References

    - <https://cwe.mitre.org/data/definitions/494.html>
    """
    for name, arguments, start, end in line_magics(code):
        yield from _loaded(code, name, arguments, (start, end))
    for execution, fetch in executed(code.session):
        if execution.code is not code or fetch.source in ("clone", "bucket") or (fetch.url and is_private(fetch.url)):
            continue
        strength = verification(fetch, execution.paths[0], execution.spot.moment)
        if strength is Strength.STRONG:
            continue
        name = (fetch.file_name or execution.paths[-1]).replace(HOLE, "…")
        yield Hit(
            at=execution.place,
            message=f"`{name}` was downloaded and is {_how(execution.how)} unverified",
            severity=Severity.MEDIUM if _is_weakly_checked(fetch, strength) else Severity.HIGH,
            fixes=(_FIX,),
            causes=(Related(place=fetch.place, message="it was downloaded here"),),
            subject=fetch.url or name,
        )


def _is_weakly_checked(fetch: Fetch, strength: Strength) -> bool:
    """Whether a tag or a digest such as MD5 stands for what is run; a vendor's good name does not."""
    return strength is Strength.WEAK and (
        not fetch.url or is_tagged(fetch.url) or url_strength(fetch.url) is Strength.NONE
    )


def _how(how: str) -> str:
    return f"run by {how}" if how.startswith("%") else how


def _loaded(code: Code, name: str, arguments: str, span: tuple[int, int]) -> Iterator[Hit]:
    words = [word.strip("'\"") for word in arguments.split() if not word.startswith("-")]
    if name not in _LOADS or not words or not words[0].startswith(("http://", "https://", "ftp://")):
        return
    if url_strength(words[0]) is not Strength.STRONG and not is_private(words[0]):
        yield Hit(
            at=code.place(*span), message=f"`%{name}` runs whatever the server answers", fixes=(_FIX,), subject=words[0]
        )
