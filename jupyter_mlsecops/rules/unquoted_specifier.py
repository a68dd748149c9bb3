"""Find version specifiers that never reach the installer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_mlsecops.findings import Confidence, Fix, Hit, ReplaceText, Safety, Severity
from jupyter_mlsecops.notebook.packages.open_quotes import OpenQuotes
from jupyter_mlsecops.notebook.packages.swallowed import swallowed_specifiers
from jupyter_mlsecops.rule import code_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.notebook.code import Code
    from jupyter_mlsecops.notebook.packages.swallowed import Swallowed

_TITLE = "Quote the requirement"
_LONGEST_SHOWN = 80


@code_rule(
    category="packages", severity=Severity.MEDIUM, confidence=Confidence.HIGH, cwe=(88,), owasp=("ML06", "LLM03"),
    atlas=("AML.T0010.001",), triggers=(">", "<"),
)  # fmt: skip
def unquoted_specifier(code: Code) -> Iterator[Hit]:
    r"""The shell takes a version specifier away: `>` and `<` outside quotes are redirections.

    ## What it sees

    A requirement on a shell line, in `%pip` or in a command string with `>` or `<` outside quotes. Redirections that are meant,
    to a log file or to `/dev/null`, are left alone.

    ## Why it matters

    `pip install torch>=2.0` installs whatever version of torch is newest, and writes pip's output to a file named `=2.0`;
    `torch<3` tries to read a file named `3`. The bound that was to keep a vulnerable or hostile release out does nothing
    (CWE-88; OWASP ML06 and LLM03; MITRE ATLAS AML.T0010.001). `%pip` hands its line to a shell too.

    ## What to do

    Put the requirement in quotes.

    ## Examples

    ```python bad
    !pip install torch>=2.0,<3 numpy==2.3.4
    ```

    ```python fixed
    !pip install "torch>=2.0,<3" numpy==2.3.4
    ```

    ```python bad
    import os

    os.system("pip install transformers>=4.0")
    ```

    ```python fixed
    import os

    os.system("pip install 'transformers>=4.0'")
    ```

    ```python good
    %pip install "torch>=2.0,<3" > install.log 2>&1
    ```

    ## References

    - <https://ipython.readthedocs.io/en/stable/interactive/magics.html#magic-pip>
    - <https://pip.pypa.io/en/stable/cli/pip_install/>
    """
    quotes: OpenQuotes | None = None
    for install in code.installs:
        for swallowed in swallowed_specifiers(install) if install.command.redirects else ():
            quotes = quotes or OpenQuotes(code)
            yield Hit(
                at=code.place(swallowed.start, swallowed.end),
                message=_message(swallowed),
                fixes=(_fix(code, swallowed, quotes.free(swallowed.start)),),
                subject=swallowed.requirement.name,
            )


def _message(swallowed: Swallowed) -> str:
    name = swallowed.requirement.name[:_LONGEST_SHOWN]
    file = swallowed.file.replace("\0", "…")[:_LONGEST_SHOWN]
    if swallowed.operator == "<":
        return f"the shell reads `<` as a redirection: the version of `{name}` is lost, and a file named `{file}` is read instead"
    return f"the shell reads `>` as a redirection: any version of `{name}` is installed, and a file named `{file}` is written"


def _fix(code: Code, swallowed: Swallowed, quote: str) -> Fix:
    text = code.text[swallowed.start : swallowed.end]
    wanted = text.replace('"', "").replace("'", "")
    has_quotes = wanted != text
    if not quote or "\\" in text or "\n" in text or ("$" in text and quote == "'") or (has_quotes and "{" in text):
        return Fix(title=_TITLE, safety=Safety.MANUAL)
    edit = ReplaceText(place=code.place(swallowed.start, swallowed.end), text=f"{quote}{wanted}{quote}")
    return Fix(title=_TITLE, safety=Safety.SAFE, edits=(edit,))
