"""Shell commands that stand in Python calls: os.system, subprocess, get_ipython().system, pip.main."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from jupyter_mlsecops.notebook.carried_words import listed, of_words, script, split_text, words_of
from jupyter_mlsecops.notebook.ipython import layout as ipython
from jupyter_mlsecops.notebook.shell.commands import Pipeline, literal_word

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_mlsecops.notebook.code import Call, Code

_IPYTHON = (
    "get_ipython()",
    "IPython.get_ipython()",
    "IPython.core.getipython.get_ipython()",
    "ipython",
    "IPython.Application.instance().shell",
)
_SHELLS = ("ash", "bash", "dash", "ksh", "sh", "zsh")
_LINE_SHELLS = frozenset({"sx", "system", "!"})
_LINE_PROGRAMS = frozenset({"pip", "pip3", "conda", "mamba", "micromamba", "uv"})
_SHELL_CELLS = _LINE_SHELLS | frozenset(_SHELLS) | {"script"}

# Functions that take the arguments of a program one by one, or in a list, from a position on.
_LISTS = {
    "os.execv": 1, "os.execve": 1, "os.execvp": 1, "os.execvpe": 1, "os.posix_spawn": 1, "os.posix_spawnp": 1, "os.spawnv": 2,
    "os.spawnve": 2, "os.spawnvp": 2, "os.spawnvpe": 2, "pty.spawn": 0,
}  # fmt: skip
_TAILS = {
    "os.execl": 1, "os.execlp": 1, "os.spawnl": 2, "os.spawnlp": 2, "asyncio.create_subprocess_exec": 0,
    "asyncio.subprocess.create_subprocess_exec": 0,
}  # fmt: skip


def carried(code: Code, call: Call) -> tuple[Pipeline, ...]:
    """The commands that a call hands to a shell or to the system; () if it is no such call."""
    for name in call.names:
        if carrier := _CARRIERS.get(name):
            return carrier(code, call)
    return ()


# -- the carriers ------------------------------------------------------------------------------------------------------


def _text(code: Code, call: Call) -> tuple[Pipeline, ...]:
    return script(code, call.argument("cmd", 0) or call.argument("command", 0), call.span)


def _ipython_text(code: Code, call: Call) -> tuple[Pipeline, ...]:
    """IPython puts Python's values into the line, as it does behind `!`."""
    return script(code, call.argument("cmd", 0), call.span, dialect="ipython")


def _subprocess(code: Code, call: Call) -> tuple[Pipeline, ...]:
    command = call.argument("args", 0)
    if command is None:
        return ()
    text = split_text(code, code.program.value(command))
    if text is not None:
        return script(code, text, _span(code, command, call))
    if not _is_list(code, command):
        return script(code, command, call.span)
    items = code.program.value(command)
    if isinstance(items, (ast.List, ast.Tuple)) and len(items.elts) == 1 and call.constant("shell") is True:
        return script(code, items.elts[0], _span(code, command, call))
    span = _span(code, command, call)
    return of_words(listed(code, command, span), *span)


def _span(code: Code, node: ast.expr, call: Call) -> tuple[int, int]:
    return code.span(node) if code.holds(node) else call.span


def _is_list(code: Code, node: ast.expr) -> bool:
    """Whether an expression gives a list of words, not a text; sums of lists, too."""
    for _ in range(50):
        value = code.program.value(node)
        if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
            if isinstance(code.program.value(value.right), (ast.List, ast.Tuple)):
                return True
            node = value.left
            continue
        if (
            isinstance(value, ast.Name)
            and (binding := code.program.binding(value))
            and binding.augmented
            and binding.value is not None
        ):
            value = code.program.value(binding.value)
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id in ("list", "tuple"):
            return True
        return isinstance(value, (ast.List, ast.Tuple)) or split_text(code, value) is not None
    return False


def _list_from(position: int) -> Callable[[Code, Call], tuple[Pipeline, ...]]:
    def read(code: Code, call: Call) -> tuple[Pipeline, ...]:
        given = call.node.args[position : position + 1]
        return of_words(listed(code, given[0], call.span), *code.span(given[0])) if given else ()

    return read


def _tail_from(position: int) -> Callable[[Code, Call], tuple[Pipeline, ...]]:
    def read(code: Code, call: Call) -> tuple[Pipeline, ...]:
        return of_words(words_of(code, call.node.args[position:], call.span), call.start, call.end)

    return read


def _pip(code: Code, call: Call) -> tuple[Pipeline, ...]:
    argument = call.argument("args", 0)
    words = [] if argument is None else listed(code, argument, call.span)
    return of_words([literal_word("pip", call.start, call.end), *words], call.start, call.end) if words else ()


def _line_magic(code: Code, call: Call) -> tuple[Pipeline, ...]:
    """`run_line_magic("pip", "install x")`."""
    name, line = call.argument("magic_name", 0), call.argument("line", 1)
    magic = (code.program.text(name) or "") if name is not None else ""
    if name is None or line is None or magic not in _LINE_SHELLS | _LINE_PROGRAMS:
        return ()
    pipelines = script(code, line, call.span, dialect="ipython")
    if magic in _LINE_SHELLS or not pipelines or not pipelines[0].commands:
        return pipelines
    first = pipelines[0].commands[0]
    head = words_of(code, [name], call.span)
    commands = (replace(first, words=(*head, *first.words)), *pipelines[0].commands[1:])
    return (replace(pipelines[0], commands=commands), *pipelines[1:])


def _magic_line(code: Code, call: Call) -> tuple[Pipeline, ...]:
    """`get_ipython().magic("pip install x")`."""
    line = call.argument("arg_s", 0)
    text = code.program.text(line) if line is not None else None
    if line is None or text is None:
        return ()
    magic = text.lstrip(" %").partition(" ")[0]
    if magic in _LINE_PROGRAMS:
        return script(code, line, call.span, dialect="ipython", part=slice(len(text) - len(text.lstrip(" %")), None))
    return (
        script(code, line, call.span, dialect="ipython", part=slice(text.find(magic) + len(magic), None))
        if magic in _LINE_SHELLS
        else ()
    )


def _cell_magic(code: Code, call: Call) -> tuple[Pipeline, ...]:
    name = call.argument("magic_name", 0)
    magic = code.program.text(name) if name is not None else None
    return script(code, call.argument("cell", 2), call.span) if magic in _SHELL_CELLS else ()


def _cell(code: Code, call: Call) -> tuple[Pipeline, ...]:
    """`get_ipython().run_cell("!pip install x")`."""
    cell = call.argument("raw_cell", 0)
    text = code.program.text(cell) if cell is not None else None
    if text is None:
        return ()
    shells = ipython.split(text).shells if len(text) < 20_000 else ()  # as IPython reads it
    found = (
        script(code, cell, call.span, dialect=shell.dialect, part=slice(shell.start, shell.end)) for shell in shells
    )
    return tuple(pipeline for pipelines in found for pipeline in pipelines)


def _of_ipython(*methods: str) -> list[str]:
    return [f"{shell}.{method}" for shell in _IPYTHON for method in methods]


_CARRIERS: dict[str, Callable[[Code, Call], tuple[Pipeline, ...]]] = {
    **dict.fromkeys(
        ("os.system", "os.popen", "posix.system", "subprocess.getoutput", "subprocess.getstatusoutput"), _text
    ),
    **dict.fromkeys(("commands.getoutput", "commands.getstatusoutput", "IPython.utils.process.system"), _text),
    **dict.fromkeys(("asyncio.create_subprocess_shell", "asyncio.subprocess.create_subprocess_shell"), _text),
    **{f"subprocess.{name}": _subprocess for name in ("run", "call", "check_call", "check_output", "Popen")},
    **{name: _list_from(position) for name, position in _LISTS.items()},
    **{name: _tail_from(position) for name, position in _TAILS.items()},
    **dict.fromkeys(("pip.main", "pip._internal.main", "pip._internal.cli.main.main", "pip._internal.main.main"), _pip),
    **dict.fromkeys(_of_ipython("system", "getoutput", "system_raw", "system_piped"), _ipython_text),
    **dict.fromkeys(_of_ipython("run_line_magic"), _line_magic),
    **dict.fromkeys(_of_ipython("magic"), _magic_line),
    **dict.fromkeys(_of_ipython("run_cell_magic"), _cell_magic),
    **dict.fromkeys(_of_ipython("run_cell"), _cell),
}

CARRIER_WORDS = frozenset(name.rpartition(".")[2] for name in _CARRIERS)
"""The last parts of the names of all carriers."""
