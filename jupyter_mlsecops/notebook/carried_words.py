"""The words of shell commands that stand in Python expressions, each at the place where it is written."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from jupyter_mlsecops.notebook.python.literals import literal_positions, template
from jupyter_mlsecops.notebook.python.text_pieces import spelled
from jupyter_mlsecops.notebook.shell.commands import Command, Dialect, Pipeline, Word, literal_word, moved, parse
from jupyter_mlsecops.notebook.shell.model import HOLE

if TYPE_CHECKING:
    from jupyter_mlsecops.notebook.code import Code

MAX_WORDS = 2_000

Span = tuple[int, int]
WHOLE = slice(None)


# -- scripts -----------------------------------------------------------------------------------------------------------


def script(
    code: Code,
    node: ast.expr | None,
    stand: Span,
    *,
    dialect: Dialect = "script",
    part: slice = WHOLE,
) -> tuple[Pipeline, ...]:
    """The commands in a string, or a part of one, that a shell will read.

    Words stand where they are written, if that is a literal in this text; else at the expression, or, where that stands
    in another text, at `stand`.
    """
    if node is None or (text := code.program.text(node)) is None:
        return ()
    if code.holds(node):
        if isinstance(node, ast.Constant):
            found = _in_literal(code, node, text, dialect, part)
        else:
            found = _in_fstring(code, node) if isinstance(node, ast.JoinedStr) and part is WHOLE else None
        if found is not None:
            return found
        stand = code.span(node)
    if not code.program.may_read(len(text)):
        return ()
    fill = code.filler(node) if dialect == "ipython" else code.fill_script
    pipelines = parse(text[part], dialect=dialect, fill=fill)
    return tuple(_standing_at(pipeline, *stand) for pipeline in pipelines)


def _in_literal(
    code: Code, node: ast.Constant, text: str, dialect: Dialect, part: slice
) -> tuple[Pipeline, ...] | None:
    positions = literal_positions(code.text, *code.span(node))
    if positions is None or len(positions) != len(text) + 1:
        return None
    fill = code.filler(node) if dialect == "ipython" else code.fill_script
    return moved(parse(text[part], dialect=dialect, fill=fill), positions[part.start or 0 :].__getitem__)


def _in_fstring(code: Code, node: ast.JoinedStr) -> tuple[Pipeline, ...] | None:
    found = template(code.text, *code.span(node))
    if found is None:
        return None
    text, positions = found
    values = code.filler(node)

    def fill(kind: str, name: str) -> str | None:
        # Python puts its values in before the shell sees the text: `$NAME` is the shell's own.
        return values(kind, name) if kind == "python" else code.fill_script(kind, name)

    return moved(parse(text, dialect="ipython", fill=fill), positions.__getitem__)


def _standing_at(pipeline: Pipeline, start: int, end: int) -> Pipeline:
    """The same pipeline, every word of which stands at one span: it was put together elsewhere."""
    commands = tuple(
        replace(
            command,
            start=start,
            end=end,
            words=tuple(_word_at(word, start, end) for word in command.words),
            assignments=tuple((name, _word_at(value, start, end)) for name, value in command.assignments),
            redirects=tuple(
                replace(
                    redirect,
                    start=start,
                    end=end,
                    target=None if redirect.target is None else _word_at(redirect.target, start, end),
                    body_start=-1 if redirect.body_start < 0 else start,
                )
                for redirect in command.redirects
            ),
        )
        for command in pipeline.commands
    )
    return replace(pipeline, commands=commands, start=start, end=end)


def _word_at(word: Word, start: int, end: int) -> Word:
    segments = tuple(
        replace(
            segment,
            start=start,
            end=end,
            quoted=True,  # nothing that an edit at this place could quote
            pipelines=tuple(_standing_at(pipeline, start, end) for pipeline in segment.pipelines),
        )
        for segment in word.segments
    )
    return replace(word, segments=segments, start=start, end=end)


# -- lists -------------------------------------------------------------------------------------------------------------


def split_text(code: Code, value: ast.expr) -> ast.expr | None:
    """The text that `"…".split()` or `shlex.split("…")` takes apart."""
    if not isinstance(value, ast.Call):
        return None
    if value.args and "shlex.split" in code.program.names(value.func):
        return value.args[0]
    if not isinstance(value.func, ast.Attribute) or value.func.attr != "split":
        return None
    at_blanks = not value.args or code.program.text(value.args[0]) == " "
    return value.func.value if at_blanks and code.program.text(value.func.value) is not None else None


def listed(code: Code, node: ast.expr, stand: Span) -> list[Word]:
    """The words of a list of arguments; sums of lists, starred lists and texts that are split are followed."""
    words: list[Word] = []
    # Each with the span at which it stands where it is written in another text.
    pending = [(node, stand)]
    for _ in range(MAX_WORDS):
        if not pending or len(words) >= MAX_WORDS:
            break
        current, stand = pending.pop()
        inner = current.value if isinstance(current, ast.Starred) else current
        value = code.program.value(inner)
        parts = _parts(code, value)
        stand = code.span(current) if code.holds(current) else stand
        if parts is not None:
            pending.extend((part, stand) for part in reversed(parts))
        elif (text := split_text(code, value)) is not None:
            words.extend(
                word
                for pipeline in script(code, text, stand)
                for command in pipeline.commands
                for word in command.words
            )
        elif inner is not current or not isinstance(value, (ast.ListComp, ast.GeneratorExp)):
            words.append(_word(code, inner, stand))
    return words


def _parts(code: Code, value: ast.expr) -> list[ast.expr] | None:
    """The expressions that a list is made of; None where it is none."""
    match value:
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return items[:MAX_WORDS]
        case ast.BinOp(left=left, op=ast.Add(), right=right) if code.program.text(value) is None:
            return [left, right]
        case ast.Call(func=ast.Name(id="list" | "tuple"), args=[items]):
            return [items]
        case ast.Name(id=name) if (
            (binding := code.program.binding(value)) and binding.augmented and binding.value is not None
        ):
            before = code.program.binding_before(name, binding)
            known = (
                before is not None
                and before.value is not None
                and not before.augmented
                and code.program.text(value) is None
            )
            return [before.value, binding.value] if known and before is not None and before.value is not None else None
    return None


def words_of(code: Code, nodes: list[ast.expr], stand: Span) -> list[Word]:
    """The words that arguments give; a starred one may give several."""
    words: list[Word] = []
    for node in nodes[:MAX_WORDS]:
        words += listed(code, node, stand) if isinstance(node, ast.Starred) else [_word(code, node, stand)]
    return words


def of_words(words: list[Word], start: int, end: int) -> tuple[Pipeline, ...]:
    """The command that words make."""
    if not words:
        return ()
    command = Command(words=tuple(words), start=start, end=end)
    return (Pipeline(commands=(command,), start=start, end=end),)


def _word(code: Code, node: ast.expr, stand: Span) -> Word:
    start, end = code.span(node) if code.holds(node) else stand
    text = code.program.text(node)
    if text is None:
        text = spelled(code.program.constant(node)) or HOLE
    if isinstance(node, ast.Constant) and code.holds(node) and (positions := literal_positions(code.text, start, end)):
        start, end = positions[0], positions[-1]
    return literal_word(text, start, end)
