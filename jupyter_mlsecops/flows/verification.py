"""Whether what came over the network was checked against a digest or a signature that the notebook holds."""

from __future__ import annotations

import ast
import posixpath
from bisect import bisect_right
from collections import defaultdict
from typing import TYPE_CHECKING

from jupyter_mlsecops.flows.command_checks import Check, command_checks
from jupyter_mlsecops.flows.files import history
from jupyter_mlsecops.flows.functions import functions, home_of
from jupyter_mlsecops.flows.pinning import Strength
from jupyter_mlsecops.flows.reach import MAX_STEPS, Reach, is_digest_name
from jupyter_mlsecops.notebook.python.program import LOCAL
from jupyter_mlsecops.notebook.shell.commands import HOLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.flows.fetches import Fetch
    from jupyter_mlsecops.flows.functions import Moment
    from jupyter_mlsecops.notebook.code import Code, Session

_SIGNATURE_MODULES = ("model_signing.", "sigstore.", "gnupg.", "cosign.", "in_toto.", "securesystemslib.")
_STOPPERS = frozenset({"exit", "quit", "_exit", "abort", "fail"})
_REMOVERS = frozenset({"remove", "unlink", "rmtree"})
_SAYS = frozenset({"print", "display", "info", "warning", "warn", "error", "debug", "log"})


def verification(fetch: Fetch, path: str = "", before: Moment | None = None) -> Strength:
    """How strongly a fetch is checked below it in the notebook, and above a moment if one is given."""
    if fetch.check is Strength.STRONG:
        return fetch.check
    return max(fetch.check, fetch.code.session.once(_Checks).strength(fetch, path, before))


class _Checks:
    """When what is checked, and how strongly."""

    def __init__(self, session: Session) -> None:
        self._moments: dict[object, dict[Strength, list[Moment]]] = defaultdict(lambda: defaultdict(list))
        for check in session.gather(_read):
            for key in _keys(check):
                self._moments[key][check.strength].extend(check.moments)
        for by_strength in self._moments.values():
            for moments in by_strength.values():
                moments.sort()

    def strength(self, fetch: Fetch, path: str, before: Moment | None) -> Strength:
        """How strongly a fetch, or the file at a path that it made, is checked after it, and before a moment."""
        texts = (path, fetch.target, fetch.file_name, fetch.url)
        names = {posixpath.basename(text.rstrip("/")) for text in texts if text}
        keys: list[object] = [None, *(name for name in names if name and HOLE not in name)]
        if fetch.call is not None:
            keys.append(fetch.call.node)
        found = [self._moments[key] for key in keys if key in self._moments]
        strengths = (Strength.STRONG, Strength.WEAK)
        return next(
            (one for one in strengths if any(_is_between(each.get(one, []), fetch, before) for each in found)),
            Strength.NONE,
        )


def _keys(check: Check) -> Iterator[object]:
    """What a check is about: names of files, calls; None where it is about everything."""
    yield from check.mentions
    yield from (node for node in check.nodes if isinstance(node, ast.Call))
    if not check.mentions and not check.nodes:
        yield None


def _is_between(moments: list[Moment], fetch: Fetch, before: Moment | None) -> bool:
    """Whether a check is made after the fetch: what is looked at before says nothing of what comes."""
    index = bisect_right(moments, fetch.moment)
    return index < len(moments) and (before is None or moments[index] <= before)


def _read(code: Code) -> Iterator[Check]:
    for node in code.nodes(ast.Assert, ast.If, ast.While):
        match node:
            case ast.Assert(test=test):
                yield from _compared(code, test, node)
            case ast.If(test=test, body=body, orelse=orelse) if _stops(code, body) or _stops(code, orelse):
                yield from _compared(code, test, node)
            case ast.If(test=test, body=body):
                yield from (check for check in _compared(code, test, node, equal=True) if _uses(code, body, check))
    for call in code.calls:
        if any(name.startswith(_SIGNATURE_MODULES) and "verif" in name for name in call.names):
            yield Check(
                strength=Strength.STRONG,
                mentions=Reach(code).mentions(call.node.args),
                moments=_moments(code, call.node),
            )
        elif call.name.rpartition(".")[2] in ("assertEqual", "assert_equal"):
            yield from _digest_check(code, call.node.args, call.node)
    for pipeline in code.pipelines:
        yield from command_checks(code, pipeline)


def _moments(code: Code, node: ast.AST) -> tuple[Moment, ...]:
    """When a check is made; never, where nothing calls the function that makes it."""
    home = home_of(code.program, node)
    known = functions(code.session)
    if home is None or known.is_idle(home.scope):
        return ()
    return known.moments(home.at, home.scope)


def _stops(code: Code, body: list[ast.stmt]) -> bool:
    """Whether a branch ends the run, or throws the file away without getting another."""
    removes = fetches = False
    for statement in body:
        for node in ast.walk(statement):
            if isinstance(node, (ast.Raise, ast.Return, ast.Assert, ast.Break, ast.Continue)):
                return True
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name in _STOPPERS:
                    return True
                removes |= name in _REMOVERS
                fetches |= bool(history(code.session).fetches_of(node))
    return removes and not fetches


def _uses(code: Code, body: list[ast.stmt], check: Check) -> bool:
    """Whether a branch is where the file that was checked is used."""
    for statement in body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                reach = Reach(code)
                if name not in _SAYS and (reach.mentions(node.args) & check.mentions or reach.nodes & _calls(check)):
                    return True
    return False


def _calls(check: Check) -> frozenset[ast.AST]:
    return frozenset(node for node in check.nodes if isinstance(node, ast.Call))


def _compared(code: Code, test: ast.expr, statement: ast.AST, *, equal: bool = False) -> Iterator[Check]:
    """The checks in a condition; `equal`: only those that hold where it is true."""
    pending: list[ast.expr] = [test]
    for _ in range(MAX_STEPS):
        if not pending:
            return
        node = code.program.value(pending.pop())
        match node:
            case ast.Compare(left=left, comparators=comparators, ops=ops):
                if not equal or all(isinstance(op, (ast.Eq, ast.Is, ast.In)) for op in ops):
                    yield from _digest_check(code, [left, *comparators], statement)
            case ast.BoolOp(values=values):
                pending.extend(values)
            case ast.UnaryOp(operand=operand) if not equal:
                pending.append(operand)
            case ast.NamedExpr(value=value):
                pending.append(value)
            case ast.Call(args=arguments, func=function):
                names = code.program.names(function)
                local = next((name.removeprefix(f"{LOCAL}.") for name in names if name.startswith(f"{LOCAL}.")), None)
                returned = functions(code.session).returns(local) if local else []
                if "compare_digest" in (names[0] if names else ""):
                    yield from _digest_check(code, arguments, statement)
                elif returned:
                    pending.extend(node for node in returned[:10] if not isinstance(node, ast.Constant))
                elif is_digest_name(names) and any("verif" in name.lower() for name in names):
                    yield from _digest_check(code, [node], statement)


def _digest_check(code: Code, operands: list[ast.expr], statement: ast.AST) -> Iterator[Check]:
    """The check that a comparison makes; none where the expected digest came over the network as well."""
    reaches = []
    for operand in operands:
        reach = Reach(code)
        reach.follow(operand)
        reaches.append(reach)
    computed = next((reach for reach in reaches if reach.is_digest or reach.is_size), None)
    if computed is None or any(reach.is_remote() for reach in reaches if reach is not computed):
        return
    weak = computed.is_weak or not computed.is_digest
    yield Check(
        strength=Strength.WEAK if weak else Strength.STRONG, mentions=frozenset(computed.texts), nodes=frozenset(computed.nodes),
        moments=_moments(code, statement),
    )  # fmt: skip
