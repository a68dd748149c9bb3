"""Shell commands that stand in Python calls: os.system, subprocess, get_ipython().system, pip.main."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from jupyter_mlsecops.notebook.literals import literal_positions
from jupyter_mlsecops.notebook.shell import Command, Pipeline, Word, literal_word, moved, parse

if TYPE_CHECKING:
    from jupyter_mlsecops.notebook.code import Call, Code

_IPYTHON = ("get_ipython()", "IPython.get_ipython()", "IPython.core.getipython.get_ipython()", "ipython", "IPython.Application.instance().shell")
_TEXT = frozenset(
    {"os.system", "os.popen", "posix.system", "subprocess.getoutput", "subprocess.getstatusoutput", "commands.getoutput"}
    | {"asyncio.create_subprocess_shell", "IPython.utils.process.system", "asyncio.subprocess.create_subprocess_shell"}
    | {f"{shell}.{method}" for shell in _IPYTHON for method in ("system", "getoutput", "system_raw", "system_piped")}
)
_RUN = frozenset(f"subprocess.{name}" for name in ("run", "call", "check_call", "check_output", "Popen"))
_WORDS = frozenset({"asyncio.create_subprocess_exec", "asyncio.subprocess.create_subprocess_exec"})
_PIP = frozenset({"pip.main", "pip._internal.main", "pip._internal.cli.main.main", "pip._internal.main.main"})
_LINE_MAGIC = frozenset(f"{shell}.{method}" for shell in _IPYTHON for method in ("run_line_magic", "magic"))
_CELL_MAGIC = frozenset(f"{shell}.run_cell_magic" for shell in _IPYTHON)
_SHELL_MAGICS = frozenset({"pip", "pip3", "conda", "mamba", "uv", "sx", "system", "!"})
_SHELL_CELLS = frozenset({"bash", "sh", "script", "sx", "system", "!"})
_SPLITTERS = frozenset({"shlex.split"})
MAX_WORDS = 2000


def carried(code: Code, call: Call) -> tuple[Pipeline, ...]:
    """The commands that a call hands to a shell or to the system; () if it is no such call."""
    names = set(call.names)
    if names & _TEXT:
        return _script(code, call.argument("cmd", 0) or call.argument("command", 0))
    if names & _RUN:
        command = call.argument("args", 0)
        return _script(code, command) if command is not None and not _is_list(code, command) else _words(code, command)
    if names & _WORDS:
        return _pipeline(code, call.node.args, call.node)
    if names & _PIP:
        words = _listed(code, call.argument("args", 0))
        return _of_words([literal_word("pip", call.start, call.end), *words], call) if words else ()
    if names & _LINE_MAGIC:
        return _line_magic(code, call)
    if names & _CELL_MAGIC and code.program.text(call.node.args[0]) in _SHELL_CELLS if call.node.args else False:
        return _script(code, call.argument("cell", 2))
    return ()


def _line_magic(code: Code, call: Call) -> tuple[Pipeline, ...]:
    name, line = call.argument("magic_name", 0), call.argument("line", 1)
    if name is None:
        return ()
    if line is None:  # get_ipython().magic("pip install x")
        text = (code.program.text(name) or "").lstrip("%")
        return _script(code, name, skip_percent=True) if text.partition(" ")[0] in _SHELL_MAGICS else ()
    magic = code.program.text(name) or ""
    if magic not in _SHELL_MAGICS:
        return ()
    pipelines = _script(code, line)
    if magic in ("sx", "system", "!") or not pipelines:
        return pipelines
    head = literal_word(magic, *code.span(name))
    first = pipelines[0].commands[0]
    commands = (replace(first, words=(head, *first.words)), *pipelines[0].commands[1:])
    return (replace(pipelines[0], commands=commands), *pipelines[1:])


def _is_list(code: Code, node: ast.expr) -> bool:
    value = code.program.value(node)
    if isinstance(value, ast.BinOp):
        return _is_list(code, value.left) if not isinstance(value.left, ast.BinOp) else code.program.text(value) is None
    return isinstance(value, (ast.List, ast.Tuple)) or _split_text(code, value) is not None


def _split_text(code: Code, value: ast.expr) -> ast.expr | None:
    """The text that `"…".split()` or `shlex.split("…")` takes apart."""
    if not isinstance(value, ast.Call):
        return None
    if isinstance(value.func, ast.Attribute) and value.func.attr == "split" and not value.args:
        return value.func.value
    names = code.program.names(value.func)
    return value.args[0] if value.args and not _SPLITTERS.isdisjoint(names) else None


def _words(code: Code, node: ast.expr | None) -> tuple[Pipeline, ...]:
    if node is None:
        return ()
    text = _split_text(code, code.program.value(node))
    if text is not None:
        return _script(code, text)
    words = _listed(code, node)
    return _of_words(words, node=node, code=code) if words else ()


def _pipeline(code: Code, nodes: list[ast.expr], whole: ast.expr) -> tuple[Pipeline, ...]:
    words = [word for node in nodes[:MAX_WORDS] for word in _word(code, node)]
    return _of_words(words, node=whole, code=code) if words else ()


def _of_words(words: list[Word], call: Call | None = None, *, node: ast.expr | None = None, code: Code | None = None) -> tuple[Pipeline, ...]:
    if call is not None:
        start, end = call.start, call.end
    elif node is not None and code is not None:
        start, end = code.span(node)
    else:
        start, end = words[0].start, words[-1].end
    command = Command(words=tuple(words), start=start, end=end)
    return (Pipeline(commands=(command,), start=start, end=end),)


def _listed(code: Code, node: ast.expr | None) -> list[Word]:
    """The words of a list of arguments; sums of lists and starred lists are followed."""
    words: list[Word] = []
    pending = [] if node is None else [node]
    while pending and len(words) < MAX_WORDS:
        current = pending.pop()
        value = code.program.value(current)
        if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
            pending.extend([value.right, value.left])
        elif isinstance(value, (ast.List, ast.Tuple)):
            for item in reversed(value.elts):
                pending.append(item.value if isinstance(item, ast.Starred) else item)
        elif not isinstance(value, (ast.ListComp, ast.Call)) or code.program.text(current) is not None:
            words.extend(_word(code, current))
    return words


def _word(code: Code, node: ast.expr) -> list[Word]:
    start, end = code.span(node)
    if "sys.executable" in code.program.names(node):
        return [literal_word("python", start, end)]
    text = code.program.text(node)
    if text is None:
        constant = code.program.constant(node)
        text = str(constant) if isinstance(constant, (int, float)) else "\0"
    if isinstance(node, ast.Constant) and (positions := literal_positions(code.text, start, end)):
        start, end = positions[0], positions[-1]
    return [literal_word(text, start, end)]


def _script(code: Code, node: ast.expr | None, *, skip_percent: bool = False) -> tuple[Pipeline, ...]:
    """The commands in a string that a shell will read."""
    if node is None:
        return ()
    start, end = code.span(node)
    text = code.program.text(node)
    if text is None:
        return ()
    text = text.lstrip("%") if skip_percent else text
    own = code.text[start:end]
    if isinstance(node, ast.Constant):
        positions = literal_positions(code.text, start, end)
        if positions is not None and len(positions) == len(text) + 1:
            return moved(parse(text, dialect="script", fill=code.fill_script), positions.__getitem__)
    elif isinstance(node, ast.JoinedStr) and "\\" not in own:
        positions = literal_positions(code.text, start, end)
        if positions:
            raw = "".join(code.text[position] for position in positions[:-1])
            return moved(parse(raw, dialect="ipython", fill=code.filler(node)), positions.__getitem__)
    return tuple(_standing_at(pipeline, start, end) for pipeline in parse(text, dialect="script", fill=code.fill_script))


def _standing_at(pipeline: Pipeline, start: int, end: int) -> Pipeline:
    """The same pipeline, every word of which stands at one span: it was put together elsewhere."""
    commands = tuple(
        replace(
            command,
            start=start,
            end=end,
            words=tuple(literal_word(word.text, start, end) for word in command.words),
            assignments=tuple((name, literal_word(value.text, start, end)) for name, value in command.assignments),
            redirects=tuple(replace(redirect, start=start, end=end) for redirect in command.redirects),
        )
        for command in pipeline.commands
    )
    return replace(pipeline, commands=commands, start=start, end=end)
