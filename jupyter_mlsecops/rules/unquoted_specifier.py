"""Find version specifiers that never reach the installer."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from jupyter_mlsecops.findings import Confidence, Fix, Hit, ReplaceText, Safety, Severity
from jupyter_mlsecops.notebook.installs import read_install
from jupyter_mlsecops.notebook.swallowed import swallowed_specifiers
from jupyter_mlsecops.rule import code_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.notebook.code import Code
    from jupyter_mlsecops.notebook.swallowed import Swallowed

_TITLE = "Quote the requirement"
_LONGEST_SHOWN = 80
_QUOTE_OR_ESCAPE = re.compile(r"\\.|['\"]", re.DOTALL)


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
    for command in code.commands:
        install = read_install(command)
        for swallowed in swallowed_specifiers(install) if install else ():
            yield Hit(
                at=code.place(swallowed.start, swallowed.end),
                message=_message(swallowed),
                fixes=(_fix(code, swallowed),),
                subject=swallowed.requirement.name,
            )


def _message(swallowed: Swallowed) -> str:
    name = swallowed.requirement.name[:_LONGEST_SHOWN]
    file = swallowed.file.replace("\0", "…")[:_LONGEST_SHOWN]
    if swallowed.operator == "<":
        return f"the shell reads `<` as a redirection: the version of `{name}` is lost, and a file named `{file}` is read instead"
    return f"the shell reads `>` as a redirection: any version of `{name}` is installed, and a file named `{file}` is written"


def _fix(code: Code, swallowed: Swallowed) -> Fix:
    text = code.text[swallowed.start : swallowed.end]
    quote = _free_quote(code, swallowed.start)
    wanted = text.replace('"', "").replace("'", "")
    if not quote or "\\" in text or "\n" in text or (quote == "'" and "$" in text):
        return Fix(title=_TITLE, safety=Safety.MANUAL)
    edit = ReplaceText(place=code.place(swallowed.start, swallowed.end), text=f"{quote}{wanted}{quote}")
    return Fix(title=_TITLE, safety=Safety.SAFE, edits=(edit,))


def _free_quote(code: Code, at: int) -> str:
    """The quote that can be written at `at`: not the one of the string around it; "" if both are taken."""
    base = next((text.start for text in code.layout.shells if text.start <= at < text.end), None)
    if base is None:
        base = _literal_start(code, at)
    opened, other = _open_quotes(code.text[base:at])
    if other:
        return ""
    return "'" if opened == '"' else '"'


def _literal_start(code: Code, at: int) -> int:
    spans = (code.span(node) for node in code.nodes(ast.Constant, ast.JoinedStr))
    return max((start for start, end in spans if start <= at < end), default=at)


def _open_quotes(text: str) -> tuple[str, bool]:
    """The quote that is open at the end, and whether the other one is open inside it."""
    opened = ""
    inner = False
    for match in _QUOTE_OR_ESCAPE.finditer(text):
        if not opened:
            opened = match.group()[-1] if match.group() in {"'", '"'} else ""
        elif match.group() == opened:
            opened, inner = "", False
        elif match.group() in {"'", '"'}:
            inner = not inner
        elif match.group()[1] in "'\"":
            inner = not inner  # an escaped quote opens a string of the inner language
    return opened, inner
