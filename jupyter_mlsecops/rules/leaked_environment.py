"""Code that shows secrets: what is printed is saved in the notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_mlsecops.findings import Confidence, Fix, Hit, Safety, Severity
from jupyter_mlsecops.rule import code_rule
from jupyter_mlsecops.secrets.shown import may_show_secrets, shown_by_python, shown_by_shell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.notebook.code import Code

_BY_HAND = Fix(title="Remove it, and clear the output of the cell", safety=Safety.MANUAL)


@code_rule(
    category="secrets",
    severity=Severity.LOW,
    confidence=Confidence.MEDIUM,
    cwe=(532, 200),
    owasp=("LLM02",),
    atlas=("AML.T0055",),
)
def leaked_environment(code: Code) -> Iterator[Hit]:
    r"""The code shows a secret, or all environment variables.

    ## What it sees

    `print` or `display` of `os.environ`, of a variable that holds a secret or of one that was read from a secret store;
    the same as a cell's last expression; `!env`, `!printenv`, a bare `%env`, `!echo $API_KEY`; commands that print a file of
    credentials or a fresh token. What is assigned, redirected or filtered is silent, and so is a `token` that is a word of a
    text.

    ## Why it matters

    What a cell shows is saved in its output, and travels with the notebook (CWE-532, CWE-200; OWASP LLM02; MITRE ATLAS
    AML.T0055).

    ## What to do

    Look at the length of a secret or at whether it is set, not at itself. Clear the output.

    ## Examples

    ```python bad
    import os
    print(os.environ)
    ```

    ```python bad
    !env
    ```

    ```python good
    import os
    print(os.environ["HOME"], "API_KEY" in os.environ)
    !env | grep CUDA
    ```

    ## References

    - <https://cwe.mitre.org/data/definitions/532.html>
    - <https://cwe.mitre.org/data/definitions/200.html>
    """
    if code.cell is None or not may_show_secrets(code):  # what a plain file prints is saved nowhere
        return
    for magic in code.magics:
        if magic.name == "env" and not magic.is_cell and not magic.arguments.strip():
            yield _hit(code, magic.start, magic.end, "all environment variables")
    seen: set[tuple[int, int]] = set()
    for start, end, what in (*shown_by_python(code), *shown_by_shell(code)):
        if (start, end) not in seen:
            seen.add((start, end))
            yield _hit(code, start, end, what)


def _hit(code: Code, start: int, end: int, what: str) -> Hit:
    return Hit(
        at=code.place(start, end),
        message=f"This shows {what}: what is shown is saved in the notebook.",
        fixes=(_BY_HAND,),
        subject=what,
    )
