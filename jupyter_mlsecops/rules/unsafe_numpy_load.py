r"""Find loads of NumPy files that may unpickle."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from jupyter_mlsecops.detection.code_edits import remove_keyword
from jupyter_mlsecops.findings import Confidence, Fix, Hit, Safety, Severity
from jupyter_mlsecops.flows.loading import WHO, came_from, level, loaded, loaders
from jupyter_mlsecops.rule import code_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.notebook.code import Call, Code


@code_rule(
    category="deserialization", severity=Severity.MEDIUM, confidence=Confidence.HIGH, cwe=(502,), owasp=("ML06", "LLM03"), atlas=("AML.T0011.000",),
    triggers=("allow_pickle", "__defaults__"),
)  # fmt: skip
def unsafe_numpy_load(code: Code) -> Iterator[Hit]:
    r"""`numpy.load` may unpickle: `allow_pickle=True`.

    ## What it sees

    `allow_pickle=True` in `numpy.load` and its relatives, or made their default. **high** where the file came over the network, **medium** where its origin
    is unknown, **info** where the same notebook wrote it.

    ## Why it matters

    Arrays of objects are stored as pickles, and a pickle runs code when it is loaded (CWE-502; OWASP ML06 and LLM03; MITRE ATLAS
    AML.T0011.000). NumPy has refused them by default since 1.16.3 (CVE-2019-6446).

    ## What to do

    Remove the argument; plain arrays need none. Store what is no array of numbers in Parquet or JSON.

    ## Examples

    ```python bad
    import numpy as np

    data = np.load("features.npy", allow_pickle=True)
    ```

    ```python fixed
    import numpy as np

    data = np.load("features.npy")
    ```

    ```python good
    import numpy as np

    data = np.load("features.npy")
    ```

    ## References

    - <https://numpy.org/doc/stable/reference/generated/numpy.load.html>
    """
    for call in code.calls_of(loaders("numpy").words):
        found = loaders("numpy").find(call.names)
        if found is None or call.constant("allow_pickle", 2) is not True:
            continue
        name, loader = found
        origin = loaded(call, loader)
        if not origin.verified:
            yield Hit(
                at=call.place,
                message=f"`{name}` with `allow_pickle=True` runs code from what it reads, a file {WHO[origin.origin]}",
                severity=level(call, origin, remote=Severity.HIGH, unknown=Severity.MEDIUM),
                fixes=(_fix(call),),
                causes=came_from(origin),
                subject=origin.subject,
            )
    for node in code.nodes(ast.Assign):
        if isinstance(node, ast.Assign) and _changes_defaults(code, node):
            message = "every `numpy.load` of this process runs code from the file from now on"
            yield Hit(at=code.place(*code.span(node)), message=message, fixes=(_DELETE,))


_DELETE = Fix(
    title="Delete this line, and pass allow_pickle=True only where the file is your own", safety=Safety.MANUAL
)


def _changes_defaults(code: Code, node: ast.Assign) -> bool:
    """`np.load.__defaults__ = (None, True, …)`: the second is `allow_pickle`."""
    is_tuple = isinstance(node.value, ast.Tuple) and len(node.value.elts) > 1
    if not is_tuple or not isinstance(node.value, ast.Tuple) or code.program.constant(node.value.elts[1]) is not True:
        return False
    targets = (target for target in node.targets if isinstance(target, ast.Attribute) and target.attr == "__defaults__")
    return any(loaders("numpy").find(code.program.names(target.value)) for target in targets)


def _fix(call: Call) -> Fix:
    keyword = call.keyword("allow_pickle")
    edits = () if keyword is None else (remove_keyword(call, keyword),)
    return Fix(title="Remove allow_pickle=True", safety=Safety.UNSAFE if edits else Safety.MANUAL, edits=edits)
