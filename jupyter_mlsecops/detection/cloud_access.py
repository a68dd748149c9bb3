"""Finds where Python code grants everybody access to cloud resources."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from jupyter_mlsecops.findings import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.notebook.code import Call, Code

_EVERYBODY = frozenset({"allUsers", "allAuthenticatedUsers"})
_PUBLIC_ACLS = frozenset({"public-read", "public-read-write", "authenticated-read", "publicRead", "publicReadWrite"})
_INVOKERS = ("roles/run.invoker", "roles/cloudfunctions.invoker")
_MOST_NODES = 2000  # of one argument


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One grant to everybody: what it says, and the span of the call or of the dict."""

    what: str
    start: int
    end: int
    severity: Severity = Severity.MEDIUM


# One of these stands in every notebook that makes a call which grants something.
_MENTIONED = ("make_public", "authorize_security_group_ingress", "ACL", "acl")


def public_grants(code: Code) -> Iterator[Grant]:
    """The grants of one text, each call once; a dict that stands in a reported call is not reported again."""
    done: list[tuple[int, int]] = []
    for call in code.calls if code.session.mentions(*_MENTIONED) else ():
        if what := _granted(call):
            done.append((call.start, call.end))
            yield Grant(what=what, start=call.start, end=call.end)
    for node in code.nodes(ast.Dict):
        if isinstance(node, ast.Dict) and (found := _policy(code, node)):
            start, end = code.span(node)
            if not any(above <= start and end <= below for above, below in done):
                yield Grant(what=found[0], start=start, end=end, severity=found[1])


def _granted(call: Call) -> str | None:
    method = call.node.func.attr if isinstance(call.node.func, ast.Attribute) else ""
    if method == "make_public" and (not call.names or call.name.startswith("google.cloud.storage")):
        return "`make_public()`"
    if method == "authorize_security_group_ingress" and _is_open(call):
        return "`CidrIp` 0.0.0.0/0"
    if call.text("ACL") in _PUBLIC_ACLS or call.text("predefined_acl") in _PUBLIC_ACLS:
        return "a public ACL"
    extra = call.argument("ExtraArgs")
    if extra is not None and _item(call.code, call.code.program.value(extra), "ACL") in _PUBLIC_ACLS:
        return "a public ACL"
    return None


def _is_open(call: Call) -> bool:
    if call.text("CidrIp") == "0.0.0.0/0":
        return True
    permissions = call.argument("IpPermissions")
    if permissions is None:
        return False
    nodes = islice(ast.walk(call.code.program.value(permissions)), _MOST_NODES)
    return any(isinstance(node, ast.Constant) and node.value == "0.0.0.0/0" for node in nodes)


def _item(code: Code, node: ast.expr, key: str) -> str | None:
    value = _value(code, node, key)
    return None if value is None else code.program.text(value)


def _value(code: Code, node: ast.expr, key: str) -> ast.expr | None:
    if not isinstance(node, ast.Dict):
        return None
    pairs = zip(node.keys, node.values, strict=True)
    return next((value for own, value in pairs if own is not None and code.program.text(own) == key), None)


def _policy(code: Code, node: ast.Dict) -> tuple[str, Severity] | None:
    """What a statement of a policy, or a binding of a role, grants to everybody."""
    members = _value(code, node, "members")
    if isinstance(members, (ast.List, ast.Set, ast.Tuple)):
        named = next((text for item in members.elts if (text := code.program.text(item)) in _EVERYBODY), None)
        if named:
            harmless = _item(code, node, "role") in _INVOKERS
            return f"`{named}`", Severity.LOW if harmless else Severity.MEDIUM
    if _item(code, node, "Effect") == "Allow" and _value(code, node, "Condition") is None:
        principal = _value(code, node, "Principal")
        if principal is not None and "*" in (code.program.text(principal), _item(code, principal, "AWS")):
            return '`"Principal": "*"`', Severity.MEDIUM
    return None
