"""Variables of the environment that a notebook sets, whichever way it does."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.notebook.code import Call, Code

_SETTERS = frozenset({"os.environ.setdefault", "os.putenv", "os.environ.__setitem__"})
_METHODS = frozenset({"setdefault", "putenv", "__setitem__", "update"})
_TRUE = frozenset({"1", "true", "yes", "on", "y"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One variable that is set; `start` and `end` span the statement, the item or the word in the text of the code."""

    name: str
    value: str
    start: int
    end: int

    @property
    def is_true(self) -> bool:
        """Whether the value switches something on."""
        return self.value.strip().strip("'\"").lower() in _TRUE


def settings(code: Code) -> tuple[Setting, ...]:
    """The variables that one text sets, in Python, magics and shell."""
    return code.once(_settings)


def _settings(code: Code) -> Iterator[Setting]:
    for node in code.nodes(ast.Assign):
        if isinstance(node, ast.Assign):
            yield from _assigned(code, node)
    for call in code.calls_of(_METHODS):
        yield from _called(code, call)
    for magic in code.magics:
        if magic.name in ("env", "set_env"):
            separator = "=" if "=" in magic.arguments else " "
            name, found, value = magic.arguments.partition(separator)
            if found:
                yield Setting(name=name.strip(), value=value.strip(), start=magic.start, end=magic.end)
    for command in code.commands:
        for name, word in command.assignments:
            yield Setting(name=name, value=word.text, start=word.start, end=word.end)
        if command.program in ("export", "set", "setenv", "declare"):
            for word in command.arguments:
                name, found, value = word.text.partition("=")
                if found:
                    yield Setting(name=name, value=value, start=word.start, end=word.end)


def whole_span(code: Code, setting: Setting) -> tuple[int, int]:
    """The span of a setting with its name, where that stands before it (`NAME=value command`)."""
    start = setting.start - len(setting.name) - 1
    is_before = start >= 0 and code.text.startswith(f"{setting.name}=", start)
    return (start, setting.end) if is_before else (setting.start, setting.end)


def _assigned(code: Code, node: ast.Assign) -> Iterator[Setting]:
    for target in node.targets:
        if isinstance(target, ast.Subscript) and "os.environ" in code.program.names(target.value):
            name, value = code.program.text(target.slice), code.program.text(node.value)
            if name and value is not None:
                start, end = code.span(node)
                yield Setting(name=name, value=value, start=start, end=end)


def _called(code: Code, call: Call) -> Iterator[Setting]:
    if not _SETTERS.isdisjoint(call.names) and len(call.node.args) == 2:
        name, value = call.text("key", 0), call.text("value", 1)
        if name and value is not None:
            yield Setting(name=name, value=value, start=call.start, end=call.end)
    if "os.environ.update" in call.names:
        for keyword in call.node.keywords:
            value = code.program.text(keyword.value)
            if keyword.arg and value is not None:
                start, end = code.span(keyword)
                yield Setting(name=keyword.arg, value=value, start=start, end=end)
        for argument in call.node.args:
            if isinstance(argument, ast.Dict):
                yield from _items(code, argument)


def _items(code: Code, literal: ast.Dict) -> Iterator[Setting]:
    for key, item in zip(literal.keys, literal.values, strict=True):
        name = code.program.text(key) if key is not None else None
        value = code.program.text(item)
        if key is not None and name and value is not None:
            yield Setting(name=name, value=value, start=code.span(key)[0], end=code.span(item)[1])
