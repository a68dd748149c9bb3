r"""Find text from elsewhere that is evaluated as Python."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from jupyter_mlsecops.findings import Confidence, Fix, Hit, Related, Safety, Severity
from jupyter_mlsecops.flows.taint import Source, Taint, taint
from jupyter_mlsecops.rule import code_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.notebook.code import Call, Code

_EVALUATORS = frozenset(
    {
        "eval",
        "exec",
        "builtins.eval",
        "builtins.exec",
        "compile",
        "pandas.eval",
        "numexpr.evaluate",
        "sympy.sympify",
        "sympy.parse_expr",
    }
)
_APPLIERS = frozenset({"apply", "map", "applymap", "transform", "map_elements"})
_WORDS = _APPLIERS | {name.rpartition(".")[2] for name in _EVALUATORS}
_FIX = Fix(title="Read data with json.loads or ast.literal_eval; never evaluate it", safety=Safety.MANUAL)


@code_rule(
    category="execution", severity=Severity.HIGH, confidence=Confidence.MEDIUM, cwe=(95,), owasp=("ML09", "LLM05"), atlas=("AML.T0050",),
    triggers=("eval", "exec", "compile", "sympify", "parse_expr"),
)  # fmt: skip
def tainted_eval(code: Code) -> Iterator[Hit]:
    r"""Text that somebody else decides is evaluated as Python.

    ## What it sees

    `eval`, `exec` and their kind, called with, or applied to, what came from a network reply, a file off the net, a model or `input()`;
    followed through variables, columns, functions of the notebook and `.apply(eval)`. Literals, `ast.literal_eval`,
    `model.eval()`, `df.eval()` and text whose source cannot be seen are left alone.

    ## Why it matters

    Whoever decides the text runs code with your rights (CWE-95; OWASP ML09 and LLM05; MITRE ATLAS AML.T0050).

    ## What to do

    `json.loads` or `ast.literal_eval` for data.

    ## Examples

    ```python bad
    import requests

    reply = requests.get("https://api.example.org/vector")
    # %%
    vector = eval(reply.text)
    ```

    ```python bad
    import pandas as pd

    table = pd.read_csv("https://data.example.org/embeddings.csv")
    table["embedding"] = table["embedding"].apply(eval)
    ```

    ```python good
    import ast
    import requests

    vector = ast.literal_eval(requests.get("https://api.example.org/vector").text)
    answer = eval("6 * 7")
    ```

    ## References

    - <https://docs.python.org/3/library/ast.html#ast.literal_eval>
    """
    for call in code.calls_of(_WORDS):
        for argument, what in _evaluated(call):
            found = taint(code, argument)
            if found is not None:
                yield _hit(call, found, what)
                break


def _evaluated(call: Call) -> Iterator[tuple[ast.expr, str]]:
    """What a call evaluates, and by what."""
    if not _EVALUATORS.isdisjoint(call.names) and call.node.args:
        yield call.node.args[0], call.name
    function = call.node.func
    for argument in call.node.args:
        handed = (
            _EVALUATORS.intersection(call.code.program.names(argument))
            if isinstance(argument, (ast.Name, ast.Attribute))
            else None
        )
        if not handed:
            continue
        if isinstance(function, ast.Attribute) and function.attr in _APPLIERS:
            yield function.value, min(handed)
        elif "map" in call.names and len(call.node.args) > 1:
            yield call.node.args[1], min(handed)


def _hit(call: Call, found: Taint, what: str) -> Hit:
    causes = (Related(place=found.place, message="the text comes from here"),) if found.place else ()
    severity = Severity.MEDIUM if found.source is Source.INPUT else Severity.HIGH
    message = f"`{what}` runs text as code, and {found.source.value} decides the text"
    return Hit(at=call.place, message=message, severity=severity, fixes=(_FIX,), causes=causes, subject=found.url)
