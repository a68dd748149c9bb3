r"""Find loads of YAML that build objects."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from jupyter_mlsecops.detection.code_edits import remove_item, remove_keyword
from jupyter_mlsecops.findings import Confidence, Fix, Hit, ReplaceText, Safety, Severity
from jupyter_mlsecops.flows.loading import came_from, level, loaders
from jupyter_mlsecops.flows.pins import is_at_least, is_below
from jupyter_mlsecops.flows.provenance import Origin, provenance
from jupyter_mlsecops.rule import code_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.notebook.code import Call, Code

_UNSAFE = ("UnsafeLoader", "CUnsafeLoader", "Loader", "CLoader")
_SAFE = {
    "load": "safe_load", "unsafe_load": "safe_load", "full_load": "safe_load",
    "load_all": "safe_load_all", "unsafe_load_all": "safe_load_all", "full_load_all": "safe_load_all",
}  # fmt: skip
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
    for call in code.calls_of(_words()):
        if (
            (found := loaders("yaml-unsafe").find(call.names))
            or ((found := loaders("yaml-full").find(call.names)) and is_below(code, "pyyaml", "5.4"))
            or ((found := loaders("yaml").find(call.names)) and _is_unsafe(call))
        ):
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


@cache
def _words() -> frozenset[str]:
    return loaders("yaml-unsafe").words | loaders("yaml-full").words | loaders("yaml").words | {"YAML"}


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
    function = call.node.func
    attribute = getattr(function, "attr", "")
    replacement = _SAFE.get(attribute)
    if (
        replacement is None
        or "ruamel" in call.name
        or len(call.node.args) + len(call.node.keywords) > 2
        or _has_brackets(call)
    ):
        return Fix(title=title, safety=Safety.MANUAL)
    code = call.code
    end = code.span(function)[1]
    edits = [ReplaceText(place=code.place(end - len(attribute), end), text=replacement)]
    if keyword := call.keyword("Loader"):
        edits.append(remove_keyword(call, keyword))
    elif len(call.node.args) > 1:
        edits.append(remove_item(code, *code.span(call.node.args[1]), call.start, call.end))
    return Fix(title=title, safety=Safety.UNSAFE, edits=tuple(edits))


def _has_brackets(call: Call) -> bool:
    """Whether the loader stands in brackets, which are no part of its node."""
    code = call.code
    return len(call.node.args) > 1 and code.text[: code.span(call.node.args[1])[0]].rstrip().endswith("(")
