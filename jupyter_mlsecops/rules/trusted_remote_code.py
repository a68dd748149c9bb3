r"""Find where code from a model's repository is allowed to run."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from jupyter_mlsecops.detection.code_edits import remove_item, remove_keyword
from jupyter_mlsecops.detection.remote_code_flags import BY_HAND, MESSAGE, NAME, VARIABLES, flags, is_on, texts
from jupyter_mlsecops.findings import Confidence, Fix, Hit, Safety, Severity
from jupyter_mlsecops.flows.environment import settings, whole_span
from jupyter_mlsecops.flows.hub_ids import named_repository
from jupyter_mlsecops.flows.pinning import is_commit
from jupyter_mlsecops.flows.pins import is_at_least
from jupyter_mlsecops.flows.runs import runs
from jupyter_mlsecops.notebook.python.scopes import dotted
from jupyter_mlsecops.rule import code_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.notebook.code import Call, Code, Session
    from jupyter_mlsecops.notebook.model import Place


@code_rule(
    category="execution", severity=Severity.HIGH, confidence=Confidence.HIGH, cwe=(829, 94), owasp=("ML06", "LLM03"), atlas=("AML.T0011.000",),
    triggers=("trust_remote_code", "trust-remote-code", "TRUST_REMOTE_CODE"),
)  # fmt: skip
def trusted_remote_code(code: Code) -> Iterator[Hit]:
    r"""Code from a hub's repository is allowed to run: `trust_remote_code=True`.

    ## What it sees

    The argument in any call, also through `**kwargs` and constants; the key in a dict or in a configuration that a cell writes;
    the flag of a command; the variables of the environment that do the same. A commit in `revision` lowers the level by one.
    With datasets 4 or newer pinned, which ignores the argument, it is **info**.

    ## Why it matters

    The repository's Python files run in your kernel, today's and those that its owner pushes tomorrow (CWE-829, CWE-94; OWASP ML06 and
    LLM03; MITRE ATLAS AML.T0011.000). `revision` does not pin code that `auto_map` takes from another repository: that needs
    `code_revision`.

    ## What to do

    Remove the argument: most architectures are part of the library by now. Else read the code, and pin `revision` and
    `code_revision` to the commit that you read.

    ## Examples

    ```python bad
    from transformers import AutoModel

    model = AutoModel.from_pretrained("acme/classifier", trust_remote_code=True)
    ```

    ```python fixed
    from transformers import AutoModel

    model = AutoModel.from_pretrained("acme/classifier")
    ```

    ```python bad
    !vllm serve acme/chat --trust-remote-code --port 8000
    ```

    ```python fixed
    !vllm serve acme/chat --port 8000
    ```

    ```python good
    from transformers import AutoModel

    model = AutoModel.from_pretrained("acme/classifier", trust_remote_code=False)
    ```

    ## References

    - <https://huggingface.co/docs/transformers/models#custom-models>
    """
    said: dict[Place, Hit] = {}
    for hit in _hits(code):
        said.setdefault(hit.at, hit)  # a dict that is handed to os.environ is both a dict and a setting
    yield from said.values()


def _hits(code: Code) -> Iterator[Hit]:
    for call in code.calls:
        if _is_given(call):
            yield _called(call)
    yield from _items(code)
    yield from flags(code)
    yield from texts(code)
    for setting in settings(code):
        if setting.name in VARIABLES and setting.is_true:
            yield Hit(
                at=code.place(*whole_span(code, setting)), message=f"`{setting.name}`: {MESSAGE}", fixes=(BY_HAND,)
            )


def _is_given(call: Call) -> bool:
    """Whether a call says yes itself, or through `**options`; what functools.partial holds is said where that stands."""
    given = call.argument(NAME)
    if given is None or (call.keyword(NAME) is None and not any(keyword.arg is None for keyword in call.node.keywords)):
        return False
    if "dict" in call.names and call.node in call.code.session.once(_handed_on):
        return False
    if is_on(call.code.program.constant(given)):
        return True
    binding = call.code.program.binding(given) if isinstance(given, ast.Name) else None
    if binding is None or binding.kind != "parameter":
        return False
    return _is_default(binding.scope.node, binding.node) or any(
        is_on(run.program.constant(given)) for run in runs(call.code, call.node, [given])
    )


def _is_default(function: ast.AST | None, parameter: ast.AST) -> bool:
    """Whether `True` is the default of a parameter."""
    if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return False
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    pairs = [
        *zip(reversed(positional), reversed(arguments.defaults), strict=False),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]
    return any(
        own is parameter and isinstance(default, ast.Constant) and is_on(default.value) for own, default in pairs
    )


def _handed_on(session: Session) -> frozenset[object]:
    """The dict literals and the names that calls take the argument from, with `**`; they are not to be reported again."""
    return frozenset(session.gather(_handed))


def _handed(code: Code) -> Iterator[object]:
    for call in code.calls:
        if call.keyword(NAME) is None and is_on(call.constant(NAME)):
            for keyword in call.node.keywords:
                if keyword.arg is None:
                    yield from (code.program.value(keyword.value), dotted(keyword.value))


def _called(call: Call) -> Hit:
    keyword = call.keyword(NAME)
    edits = (remove_keyword(call, keyword),) if keyword is not None else ()
    fix = Fix(title=f"Remove {NAME}=True", safety=Safety.UNSAFE, edits=edits) if edits else BY_HAND
    severity = Severity.MEDIUM if is_commit(call.text("revision")) else Severity.HIGH
    if any(name.startswith("datasets.") for name in call.names) and is_at_least(call.code, "datasets", "4"):
        severity = Severity.INFO
    return Hit(
        at=call.place,
        message=f"`{NAME}=True`: {MESSAGE}",
        severity=severity,
        fixes=(fix,),
        subject=named_repository(call),
    )


def _items(code: Code) -> Iterator[Hit]:
    """`{"trust_remote_code": True}`, `options["trust_remote_code"] = True` and `config.trust_remote_code = True`."""
    handed_on = code.session.once(_handed_on)
    for node in code.nodes(ast.Dict, ast.Assign, ast.AnnAssign):
        if isinstance(node, ast.Dict) and node not in handed_on:
            yield from _pairs(code, node)
        elif isinstance(node, ast.AnnAssign):
            yield from _field(code, node)
        elif isinstance(node, ast.Assign) and is_on(code.program.constant(node.value)):
            for target in node.targets:
                match target:
                    case ast.Attribute(attr=name) if name == NAME:
                        pass
                    case ast.Subscript(value=owner, slice=ast.Constant(value=str() as key)) if (
                        _is_key(key) and dotted(owner) not in handed_on
                    ):
                        pass
                    case _:
                        continue
                yield Hit(at=code.place(*code.span(node)), message=f"`{NAME}`: {MESSAGE}", fixes=(BY_HAND,))


def _field(code: Code, node: ast.AnnAssign) -> Iterator[Hit]:
    """`trust_remote_code: bool = True`, the default of a class of settings."""
    is_field = isinstance(node.target, ast.Name) and node.target.id == NAME and node.value is not None
    value = node.value
    if isinstance(value, ast.Call):  # field(default=True)
        value = next((keyword.value for keyword in value.keywords if keyword.arg == "default"), None)
    if is_field and value is not None and is_on(code.program.constant(value)):
        yield Hit(at=code.place(*code.span(node)), message=f"`{NAME}`: {MESSAGE}", fixes=(BY_HAND,))


def _pairs(code: Code, node: ast.Dict) -> Iterator[Hit]:
    for key, value in zip(node.keys, node.values, strict=True):
        name = code.program.text(key) if key is not None else None
        if (
            key is None
            or name is None
            or not (_is_key(name) or name in VARIABLES)
            or not is_on(code.program.constant(value))
        ):
            continue
        start, end = code.span(key)[0], code.span(value)[1]
        edit = remove_item(code, start, end, *code.span(node))
        fix = Fix(title=f"Remove {name}", safety=Safety.UNSAFE, edits=(edit,))
        yield Hit(at=code.place(start, end), message=f"`{name}`: {MESSAGE}", fixes=(fix,))


def _is_key(name: str) -> bool:
    return name.removeprefix("option.").replace("-", "_") == NAME
