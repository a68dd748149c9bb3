"""What a piece of code puts on the screen, and with that into the notebook: its environment, its secrets."""

from __future__ import annotations

import ast
from bisect import bisect_right
from functools import cache
from typing import TYPE_CHECKING

import re2

from jupyter_mlsecops.knowledge import table
from jupyter_mlsecops.secrets.shapes.names import NameKind, kind_of_name, words_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.notebook.code import Code
    from jupyter_mlsecops.notebook.shell.commands import Command, Pipeline

_MOST_STEPS = 60
# A superset of what can be shown: names of secrets, the environment, files and commands of the table.
_GATE = re2.compile(
    rb"(?i:environ|getenv|printenv|[!%]\s*(?:env|set|export)\b|passw|passphrase|_token|[a-z]token\b|secret|_key\b|[a-z]key\b|credential|cookie|bearer"
    rb"|netrc|pgpass|kaggle\.json|\.env\b|pypirc|npmrc|my\.cnf|databrickscfg|docker/config|id_rsa|id_ed25519|huggingface/token"
    rb"|\btoken|sts |get-login-password|keys list|jwt|\bpat\b|\bsas|config view|\benv\s|\b(?:export|declare|set)\s*(?:-[px])?\s*(?:\n|$))"
)
_ENVIRONMENT = frozenset(
    {"os.environ", "os.environ.items()", "os.environ.copy()", "os.environ.values()", "os.environb"}
)
_LETS_THROUGH = frozenset({"sort", "cat", "less", "more", "head", "tail", "tee", "jq", "uniq", "column"})
_FILTERS = frozenset({"grep", "egrep", "rg", "awk", "sed"})

Shown = tuple[int, int, str]


def may_show_secrets(code: Code) -> bool:
    """A cheap look: whether the text could show anything that must not be seen."""
    return _GATE.search(code.text.encode("utf-8", "surrogatepass")) is not None


def shown_by_python(code: Code) -> Iterator[Shown]:
    """(start, end, what) of each call that shows a secret or all variables, and of a cell's last expression if it does."""
    calls = _set("calls")
    for call in code.calls:
        if not calls.isdisjoint(call.names):
            arguments = [*call.node.args, *(keyword.value for keyword in call.node.keywords)]
            for what in _first(_contents(code, argument) for argument in arguments):
                yield call.start, call.end, what
    last = _last_expression(code)
    if last is not None and not isinstance(last, ast.Call):
        for what in _first([_contents(code, last)]):
            yield *code.span(last), what
    yield from _loops(code)


def _first(found: Iterator[str | None] | list[str | None]) -> Iterator[str]:
    what = next((each for each in found if each), None)
    if what:
        yield what


def _contents(code: Code, node: ast.expr) -> str | None:
    """What of an expression must not be seen."""
    pending = [node]
    may_be_all = code.session.mentions("environ")
    for _ in range(_MOST_STEPS):
        if not pending:
            return None
        current = pending.pop()
        if may_be_all and not _ENVIRONMENT.isdisjoint(code.program.names(current)):
            return "all environment variables"
        if secret := _secret(code, current) or _from_environment(code, current):
            return secret
        pending.extend(_parts(code, current))
    return None


def _parts(code: Code, node: ast.expr) -> list[ast.expr]:
    """The expressions whose content is shown where this one is."""
    match node:
        case ast.Call(func=function, args=arguments):
            if not _set("through").isdisjoint(code.program.names(function)):
                return arguments
            if isinstance(function, ast.Attribute) and function.attr == "format":
                return [*arguments, *(keyword.value for keyword in node.keywords)]
        case ast.JoinedStr(values=values):
            return values
        case ast.FormattedValue(value=value):
            return [value]
        case ast.BinOp(left=left, op=ast.Add() | ast.Mod(), right=right):
            return [left, right]
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            return elements
    return []


def _secret(code: Code, node: ast.expr) -> str | None:
    """The name of the secret that an expression is."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            found = _names_secret(name) and _holds_secret(code, node, certain=_is_certain(name))
        case ast.Subscript(value=owner, slice=ast.Constant(value=str() as name)):
            found = _names_secret(name) and "os.environ" in code.program.names(owner)
        case _:
            return None
    return f"`{name}`" if found else None


def _names_secret(name: str) -> bool:
    return kind_of_name(name) is not NameKind.OTHER


def _is_certain(name: str) -> bool:
    """Whether a name can mean nothing else; a `token` alone is mostly a word of a text."""
    text = f" {' '.join(words_of(name))} "
    return any(f" {words} " in text for words in _set("certain"))


def _holds_secret(code: Code, node: ast.expr, *, certain: bool) -> bool:
    """Whether what is known of a value does not speak against its name; an uncertain name needs a source of secrets."""
    value = code.program.value(node)
    if not _set("sources").isdisjoint(code.program.names(value)) or _from_environment(code, value):
        return True
    if isinstance(value, (ast.Lambda, ast.Constant)):
        return False
    bound_otherwise = value is node and isinstance(node, ast.Name) and code.program.binding(node) is not None
    return certain and not bound_otherwise


def _from_environment(code: Code, node: ast.expr) -> str | None:
    """The name of the secret that `os.getenv("NAME")` reads."""
    if (
        isinstance(node, ast.Call)
        and node.args
        and code.session.mentions("environ", "getenv")
        and {"os.getenv", "os.environ.get"}.intersection(code.program.names(node.func))
    ):
        name = code.program.text(node.args[0])
        return f"`{name}`" if name and _names_secret(name) else None
    return None


def _last_expression(code: Code) -> ast.expr | None:
    """The expression whose value the notebook shows below the cell; a `;` behind it suppresses that."""
    trees = code.python.trees
    if code.file is not None or not trees or not trees[-1].body:
        return None
    last = trees[-1].body[-1]
    if not isinstance(last, ast.Expr) or code.text[code.span(last)[1] :].lstrip().startswith(";"):
        return None
    return last.value


def _loops(code: Code) -> Iterator[Shown]:
    """`for name, value in os.environ.items(): print(name, value)`."""
    inside: set[ast.AST] = set()
    for node in code.nodes(ast.For):
        if not isinstance(node, ast.For) or inside.issuperset(node.body) or _is_filtered(node):
            continue
        if not _ENVIRONMENT.isdisjoint(code.program.names(node.iter)):
            inside.update(each for statement in node.body for each in ast.walk(statement))
    for call in code.calls:
        if call.node in inside and not _set("calls").isdisjoint(call.names):
            yield call.start, call.end, "all environment variables"


def _is_filtered(loop: ast.For) -> bool:
    return any(isinstance(statement, ast.If) for statement in loop.body)


# -- shells ----------------------------------------------------------------------------------------------------


def shown_by_shell(code: Code) -> Iterator[Shown]:
    """(start, end, what) of each pipeline whose output is shown below the cell and holds secrets."""
    if any(magic.is_cell and magic.name == "capture" for magic in code.magics):
        return
    texts = code.layout.shells
    starts = [text.start for text in texts]
    for pipeline in code.pipelines:
        number = bisect_right(starts, pipeline.start) - 1
        on_screen = number >= 0 and pipeline.start < texts[number].end and not _is_assigned(code, starts[number])
        if on_screen and not any(command.redirects for command in pipeline.commands[-1:]):
            what = _printed(pipeline)
            if what:
                yield pipeline.start, pipeline.end, what


def _is_assigned(code: Code, start: int) -> bool:
    line = code.text[code.text.rfind("\n", 0, start) + 1 : start]
    return "=" in line and "!" in line


def _printed(pipeline: Pipeline) -> str | None:
    commands = pipeline.commands
    if not commands:
        return None
    for command in commands[1:]:
        if command.program in _FILTERS:
            words = [word.text for word in command.arguments]
            if not any(kind_of_name(word.strip("^$.*")) is not NameKind.OTHER for word in words):
                return None
        elif command.program not in _LETS_THROUGH:
            return None
    return _printed_by(commands[0])


def _printed_by(command: Command) -> str | None:
    program, words = command.program, [word.text for word in command.arguments]
    if not program and len(command.words) == 1:  # a wrapper that wraps nothing
        program, words = command.words[0].text, []
    if program in _set("environment") and (
        not words or (program in ("export", "declare") and words in (["-p"], ["-x"]))
    ):
        return "all environment variables"
    if program == "printenv" and any(kind_of_name(word) is not NameKind.OTHER for word in words):
        return f"`{words[0]}`"
    if program == "echo":
        return _echoed(command)
    if program in _set("printers") and any(word.endswith(tuple(_set("files"))) and _is_file(word) for word in words):
        return "a file of credentials"
    line = f"{' '.join([program, *words])} "
    return "a token" if any(line.startswith(f"{each} ") for each in _set("commands")) else None


def _is_file(word: str) -> bool:
    """Whether the name of a file is one of the table, not only its end."""
    return any(word == name or word.endswith(f"/{name}") for name in _set("files"))


def _echoed(command: Command) -> str | None:
    for word in command.arguments:
        for segment in word.segments:
            if segment.kind == "variable" and kind_of_name(segment.text) is not NameKind.OTHER:
                words = words_of(segment.text)
                if len(words) > 1 or words[0] not in ("token", "pass", "pwd", "secret"):
                    return f"`{segment.text}`"
    return None


@cache
def _set(name: str) -> frozenset[str]:
    return frozenset(table("credentials")["shown"][name])
