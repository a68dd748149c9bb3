r"""Find loads of YAML that build objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_mlsecops.findings import Confidence, Fix, Hit, ReplaceText, Safety, Severity
from jupyter_mlsecops.loading import came_from, level, loaders
from jupyter_mlsecops.pins import is_at_least, is_below
from jupyter_mlsecops.provenance import Origin, provenance
from jupyter_mlsecops.rule import code_rule

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator

    from jupyter_mlsecops.notebook.code import Call, Code

_UNSAFE = ("UnsafeLoader", "CUnsafeLoader", "Loader", "CLoader")
_FULL = ("FullLoader", "CFullLoader")


@code_rule(
    category="deserialization", severity=Severity.MEDIUM, confidence=Confidence.HIGH, cwe=(502,), owasp=("ML06",), atlas=("AML.T0011.000",),
    triggers=("yaml",),
)  # fmt: skip
def unsafe_yaml_load(code: Code) -> Iterator[Hit]:
    r"""YAML is loaded with a loader that builds any Python object.

    ## What it sees

    `yaml.unsafe_load`, `yaml.load` with `Loader`, `UnsafeLoader` or none at all, `ruamel.yaml.YAML(typ="unsafe")`, and `FullLoader` with
    PyYAML pinned below 5.4. **high** for YAML from the network, **info** for a file that the same notebook wrote.

    ## Why it matters

    A `!!python/object/apply` tag calls any function while the document is read (CWE-502; OWASP ML06; MITRE ATLAS AML.T0011.000;
    CVE-2020-14343).

    ## What to do

    `yaml.safe_load`.

    ## Examples

    ```python bad
    import yaml

    config = yaml.load(open("config.yaml"), Loader=yaml.Loader)
    ```

    ```python fixed
    import yaml

    config = yaml.safe_load(open("config.yaml"))
    ```

    ```python bad
    import yaml

    config = yaml.unsafe_load(text)
    ```

    ```python fixed
    import yaml

    config = yaml.safe_load(text)
    ```

    ```python good
    import yaml

    config = yaml.safe_load(open("config.yaml"))
    other = yaml.load(open("other.yaml"), Loader=yaml.SafeLoader)
    ```

    ## References

    - <https://pyyaml.org/wiki/PyYAMLDocumentation>
    """
    for call in code.calls:
        if (found := loaders("yaml-unsafe").find(call.names)) or ((found := loaders("yaml-full").find(call.names)) and is_below(code, "pyyaml", "5.4")) or ((found := loaders("yaml").find(call.names)) and _is_unsafe(call)):
            yield from _hit(call, found[0])
        elif "ruamel.yaml.YAML" in call.names and call.text("typ", 0) in ("unsafe", "base_unsafe"):
            message = '`YAML(typ="unsafe")` builds any object that the document names'
            yield Hit(at=call.place, message=message, fixes=(Fix(title='Use typ="safe"', safety=Safety.MANUAL),))


def _is_unsafe(call: Call) -> bool:
    loader = call.argument("Loader", 1)
    if loader is None:
        # PyYAML 6 raises without a loader, so there is nothing to exploit.
        return not is_at_least(call.code, "pyyaml", "6")
    names = [name.rpartition(".")[2] for name in call.code.program.names(loader)]
    return any(name in _UNSAFE or (name in _FULL and is_below(call.code, "pyyaml", "5.4")) for name in names)


def _hit(call: Call, name: str) -> Iterator[Hit]:
    origin = provenance(call.code, call.argument("stream", 0), call.node)
    if origin.verified:
        return
    severity = level(call, origin, remote=Severity.HIGH, unknown=Severity.MEDIUM)
    where = " from the network" if origin.origin is Origin.REMOTE else ""
    yield Hit(
        at=call.place,
        message=f"`{name}` builds any Python object that the document{where} names, and can call any function",
        severity=severity,
        fixes=(_fix(call),),
        causes=came_from(origin),
        subject=origin.subject,
    )


def _fix(call: Call) -> Fix:
    """`yaml.load(x, Loader=y)` becomes `yaml.safe_load(x)`; anything else is for a human."""
    title = "Use yaml.safe_load"
    function, stream = call.node.func, call.argument("stream", 0)
    attribute = getattr(function, "attr", "")
    replacement = {"load": "safe_load", "unsafe_load": "safe_load", "full_load": "safe_load"}.get(attribute)
    replacement = replacement or {"load_all": "safe_load_all", "unsafe_load_all": "safe_load_all", "full_load_all": "safe_load_all"}.get(attribute)
    if not replacement or stream is None or "ruamel" in call.name or len(call.node.args) + len(call.node.keywords) > 2:
        return Fix(title=title, safety=Safety.MANUAL)
    code = call.code
    start = code.span(function)[1] - len(attribute)
    edits = (
        ReplaceText(place=code.place(start, start + len(attribute)), text=replacement),
        *_without_loader(call, stream),
    )
    return Fix(title=title, safety=Safety.UNSAFE, edits=edits)


def _without_loader(call: Call, stream: ast.expr) -> tuple[ReplaceText, ...]:
    """Remove all that stands behind the stream; what stands before it must be nothing."""
    code = call.code
    end = code.span(stream)[1]
    tail = code.text[end : call.end - 1]
    return (ReplaceText(place=code.place(end, call.end - 1), text=""),) if tail.strip() else ()
