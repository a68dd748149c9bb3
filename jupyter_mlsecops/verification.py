"""Whether what came over the network was checked against a digest or a signature that the notebook holds."""

from __future__ import annotations

import ast
import posixpath
import re
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from jupyter_mlsecops.notebook.program import LOCAL
from jupyter_mlsecops.notebook.shell import HOLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jupyter_mlsecops.fetches import Fetch
    from jupyter_mlsecops.notebook.code import Call, Code, Session
    from jupyter_mlsecops.notebook.program import Program
    from jupyter_mlsecops.notebook.shell import Command, Pipeline

_DIGEST = re.compile(r"(?i)(?<![a-z])(sha(?:1|2|3|224|256|384|512)?|md5|blake2?[bs3]?|crc32|checksum|hexdigest|digest|hash)(?![a-z])")
_WEAK = re.compile(r"(?i)(?<![a-z0-9])(md5|sha1|sha-1|crc32)")
SUM_TOOLS = frozenset({"sha256sum", "sha512sum", "sha384sum", "sha224sum", "sha1sum", "shasum", "md5sum", "b2sum", "b3sum", "md5"})
_SIGNATURE_TOOLS = frozenset({"gpg", "gpg2", "gpgv", "cosign", "model_signing", "model-signing", "sigstore", "gh", "slsa-verifier", "minisign", "rekor-cli"})
_SIGNATURE_MODULES = ("model_signing.", "sigstore.", "gnupg.", "cosign.", "in_toto.", "securesystemslib.")
_TESTS = frozenset({"test", "[", "[["})
MAX_STEPS = 200


class Strength(IntEnum):
    """How much a check proves: nothing; no accident (MD5, SHA-1); no exchange."""

    NONE = 0
    WEAK = 1
    STRONG = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check that stops the notebook when it fails.

    `mentions`: the paths and file names that it is about; empty where that cannot be told, and all are meant.
    `nodes`: the expressions whose value it digests.
    """

    strength: Strength
    mentions: frozenset[str]
    nodes: frozenset[ast.AST] = frozenset()


def is_verified(fetch: Fetch, path: str = "") -> bool:
    """Whether a fetch, or the file at `path` that it made, is checked by a digest that cannot be forged or a signature."""
    return verification(fetch, path) is Strength.STRONG


def verification(fetch: Fetch, path: str = "") -> Strength:
    """How strongly a fetch is checked anywhere in the notebook."""
    if fetch.pinned:
        return Strength.STRONG
    checks = _checks(fetch.code.session)
    return max((check.strength for check in checks if _is_about(check, fetch, path)), default=Strength.NONE)


def _is_about(check: Check, fetch: Fetch, path: str) -> bool:
    if fetch.call is not None and fetch.call.node in check.nodes:
        return True
    if not check.mentions:
        return not check.nodes
    names = {posixpath.basename(text.rstrip("/")) for text in (path, fetch.target, fetch.file_name, fetch.url) if text}
    return any(name and HOLE not in name and name in check.mentions for name in names)


def _checks(session: Session) -> tuple[Check, ...]:
    """The checks of a namespace; worked out once."""
    if "checks" not in session.memo:
        session.memo["checks"] = tuple(check for code in session.codes for check in _read(code))
    found: tuple[Check, ...] = session.memo["checks"]
    return found


def _read(code: Code) -> Iterator[Check]:
    for node in code.nodes(ast.Assert, ast.If):
        if isinstance(node, ast.Assert) or (isinstance(node, ast.If) and _stops([*node.body, *node.orelse])):
            yield from _compared(code, node.test)
    for call in code.calls:
        if any(name.startswith(_SIGNATURE_MODULES) and "verif" in name for name in call.names):
            yield Check(strength=Strength.STRONG, mentions=Reach(code).mentions(call.node.args))
        elif call.name.rpartition(".")[2] in ("assertEqual", "assert_equal"):
            yield from _digest_check(code, call.node.args)
    for pipeline in code.pipelines:
        yield from _piped(pipeline)


def _stops(body: list[ast.stmt]) -> bool:
    """Whether a branch ends the run, or throws the file away."""
    for statement in body:
        for node in ast.walk(statement):
            if isinstance(node, (ast.Raise, ast.Return, ast.Assert, ast.Break, ast.Continue)):
                return True
            if isinstance(node, ast.Call):
                name = ast.unparse(node.func).rpartition(".")[2]
                if name in ("exit", "quit", "_exit", "abort", "remove", "unlink", "fail", "rmtree"):
                    return True
    return False


def _compared(code: Code, test: ast.expr) -> Iterator[Check]:
    pending: list[ast.expr] = [test]
    for _ in range(MAX_STEPS):
        if not pending:
            return
        node = code.program.value(pending.pop())
        match node:
            case ast.Compare(left=left, comparators=comparators):
                yield from _digest_check(code, [left, *comparators])
            case ast.BoolOp(values=values):
                pending.extend(values)
            case ast.UnaryOp(operand=operand):
                pending.append(operand)
            case ast.Call(args=arguments) if "compare_digest" in ast.unparse(node.func)[-60:]:
                yield from _digest_check(code, arguments)
            case ast.Call(func=function) if _is_digest_name(code.program.names(function)) and "verif" in ast.unparse(function)[-60:]:
                yield from _digest_check(code, [node])


def _digest_check(code: Code, operands: Iterable[ast.expr]) -> Iterator[Check]:
    for operand in operands:
        reach = Reach(code)
        reach.follow(operand)
        if reach.is_digest:
            strength = Strength.WEAK if reach.is_weak else Strength.STRONG
            yield Check(strength=strength, mentions=frozenset(reach.texts), nodes=frozenset(reach.nodes))
            return


def digested(call: Call) -> Reach | None:
    """What a call that gives a digest digests; None for any other call."""
    function = call.node.func
    is_digest = isinstance(function, ast.Attribute) and function.attr in ("hexdigest", "digest")
    reach = Reach(call.code)
    if is_digest or "hashlib.file_digest" in call.names or reach.is_local_digest(call.names):
        reach.follow(call.node)
        return reach
    return None


def _is_digest_name(names: Iterable[str]) -> bool:
    return any(_DIGEST.search(name) for name in names)


class Reach:
    """Everything that an expression is made of: its parts, and what its names stand for."""

    def __init__(self, code: Code) -> None:
        self._program: Program = code.program
        self._code = code
        self.nodes: set[ast.AST] = set()
        self.texts: set[str] = set()
        self.is_digest = False
        self.is_weak = False

    def mentions(self, nodes: Iterable[ast.expr]) -> frozenset[str]:
        """The names of the files that expressions speak of."""
        for node in nodes:
            self.follow(node)
        return frozenset(self.texts)

    def follow(self, node: ast.expr) -> None:
        """Take in an expression and all that it is made of."""
        pending: list[ast.AST] = [node]
        while pending and len(self.nodes) < MAX_STEPS:
            current = pending.pop()
            if current in self.nodes:
                continue
            self.nodes.add(current)
            if isinstance(current, ast.expr):
                self._note(current)
            if isinstance(current, ast.Name):
                binding = self._program.binding(current)
                if binding is not None and binding.value is not None:
                    pending.extend([binding.value, *self._fed(current.id)])
            pending.extend(ast.iter_child_nodes(current))

    def _note(self, node: ast.expr) -> None:
        text = self._program.text(node)
        if text and len(text) < 1000:
            self.texts.add(posixpath.basename(text.rstrip("/")))
        if isinstance(node, ast.Call):
            names = self._program.names(node.func)
            self.is_digest |= _is_digest_name(names) or self.is_local_digest(names)
            self.is_weak |= any(_WEAK.search(name) for name in names)

    def is_local_digest(self, names: tuple[str, ...]) -> bool:
        """Whether a function of the notebook that goes by one of these names computes a digest."""
        for name in names:
            binding = self._program.global_binding(name.removeprefix(f"{LOCAL}.")) if name.startswith(LOCAL) else None
            if binding is not None and isinstance(binding.node, ast.FunctionDef):
                source = ast.unparse(binding.node)[:20_000]
                self.is_weak |= bool(_WEAK.search(source))
                return "digest" in source or "hashlib" in source
        return False

    def _fed(self, name: str) -> Iterator[ast.AST]:
        """What is fed into a hash object: `h.update(data)`."""
        for call in self._code.calls:
            function = call.node.func
            if isinstance(function, ast.Attribute) and function.attr == "update":
                if isinstance(function.value, ast.Name) and function.value.id == name:
                    yield from call.node.args


# -- shell -------------------------------------------------------------------------------------------------------------


def _piped(pipeline: Pipeline) -> Iterator[Check]:
    words = [word for command in pipeline.commands for word in command.words]
    for command in pipeline.commands:
        texts = {word.text for word in command.arguments}
        if command.program in SUM_TOOLS and texts & {"-c", "--check", "-cs", "--status"}:
            yield Check(strength=_tool_strength(command, texts), mentions=_file_names(word.text for word in words))
        elif command.program in _SIGNATURE_TOOLS and any("verif" in text for text in texts):
            yield Check(strength=Strength.STRONG, mentions=_file_names(word.text for word in words))
        elif command.program == "openssl" and "-verify" in texts:
            yield Check(strength=Strength.STRONG, mentions=_file_names(texts))
        elif command.program in _TESTS:
            yield from _tested(command)


def _tool_strength(command: Command, texts: set[str]) -> Strength:
    weak = command.program in ("md5sum", "md5", "sha1sum") or (command.program == "shasum" and not texts & {"256", "384", "512", "-a256"})
    return Strength.WEAK if weak else Strength.STRONG


def _tested(command: Command) -> Iterator[Check]:
    """`[ "$(sha256sum f | cut -d' ' -f1)" = "…" ]`."""
    for word in command.words:
        for segment in word.segments:
            for pipeline in segment.pipelines:
                for inner in pipeline.commands:
                    if inner.program in SUM_TOOLS:
                        texts = {argument.text for argument in inner.arguments}
                        yield Check(strength=_tool_strength(inner, texts), mentions=_file_names(texts))


def _file_names(texts: Iterable[str]) -> frozenset[str]:
    """The file names in the words of a command; a line of a list of digests counts word by word."""
    words = [posixpath.basename(part.lstrip("*")) for text in texts for part in text.split() if not part.startswith("-")]
    return frozenset(word for word in words if "." in word and word not in (".", "..") and not _SUMS.search(word))


_SUMS = re.compile(r"(?i)(sums?|checksums?|sha256|sha512|md5|\.asc|\.sig)(\.txt)?$")
