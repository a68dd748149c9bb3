"""Python as it stands in cells: trees that survive broken lines, and the position of every node."""

from __future__ import annotations

import ast
import re
import warnings
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property

_LINE_END = re.compile(r"\r\n|\r|\n")
_UNPARSABLE = re.compile("[\0\ud800-\udfff]")
_BLOCK_OPENER = re.compile(r"expected an indented block after .* on line (\d+)")
_TRY = re.compile(r"([ \t]*)try[ \t]*:")
_CLAUSE = re.compile(r"(elif|else|except|finally|case)\b")
_PRINT_STATEMENT = re.compile(r"^([ \t]*)print\b(?![ \t]*[(=.,])[^\r\n]*", re.MULTILINE)
_EMPTY_CLAUSES = {"elif": "elif 1:", "else": "else:", "except": "except:", "finally": "finally:", "case": "case _:"}

# Broken lines are replaced one by one, each at the price of a new parse of the cell.
MAX_REPAIRS = 40
MAX_CHARACTERS_PARSED = 400_000


@dataclass(frozen=True, kw_only=True)
class PythonSource:
    """One Python text. `trees` hold all statements that could be understood; `complete` says that this is all of them."""

    text: str
    trees: tuple[ast.Module, ...]
    complete: bool
    _line_starts: tuple[int, ...] = field(repr=False)

    def span(self, node: ast.AST) -> tuple[int, int]:
        """Start and end of a node in `text`, in code points; the whole text for a node without a position."""
        line, column = getattr(node, "lineno", None), getattr(node, "col_offset", None)
        end_line, end_column = getattr(node, "end_lineno", None), getattr(node, "end_col_offset", None)
        if line is None or column is None or end_line is None or end_column is None:
            return 0, len(self.text)
        return self.offset(line, column), self.offset(end_line, end_column)

    def offset(self, line: int, column: int) -> int:
        """The code point at a line (from 1) and a column in UTF-8 bytes (from 0), as `ast` counts them."""
        line = min(max(line, 1), len(self._line_starts))
        start = self._line_starts[line - 1]
        if not self._is_ascii:
            end = self._line_starts[line] if line < len(self._line_starts) else len(self.text)
            head = self.text[start:end].encode("utf-8", "surrogatepass")[:column]
            column = len(head.decode("utf-8", "ignore"))
        return min(start + column, len(self.text))

    def line_of(self, offset: int) -> int:
        """The line (from 1) that holds a code point."""
        return bisect_right(self._line_starts, offset)

    @cached_property
    def _is_ascii(self) -> bool:
        return self.text.isascii()


def parse(text: str) -> PythonSource:
    """Parse as much as can be understood. Never raises; nothing is executed; cost is bounded."""
    repair = _Repair(text)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an invalid escape in somebody's cell is not our warning
        repair.run()
    return PythonSource(
        text=text,
        trees=tuple(repair.trees),
        complete=not repair.repairs,
        _line_starts=(0, *(m.end() for m in _LINE_END.finditer(text))),
    )


class _Repair:
    """Parses a text again and again, each time without the line that stood in the way.

    Lines keep their numbers and columns: a broken line becomes a harmless one with the same indentation.
    """

    def __init__(self, text: str) -> None:
        self.trees: list[ast.Module] = []
        self.repairs = 0
        self._budget = MAX_CHARACTERS_PARSED
        # A statement that is indented without a block is parsed apart, as (text, lines to add to its line numbers).
        self._fragments = [(_UNPARSABLE.sub(" ", text), 0)]

    def run(self) -> None:
        while self._fragments:
            text, shift = self._fragments.pop(0)
            lines = _LINE_END.split(text)
            tree = self._parse(lines, shift)
            if tree is not None:
                self.trees.append(ast.increment_lineno(tree, shift) if shift else tree)

    def _parse(self, lines: list[str], shift: int) -> ast.Module | None:
        size = sum(map(len, lines))
        while True:
            self._budget -= size
            try:
                return ast.parse("\n".join(lines))
            except SyntaxError as error:
                self.repairs += 1
                if self.repairs > MAX_REPAIRS or self._budget < 0 or not self._mend(lines, error, shift):
                    return self._head(lines, error)
            except (RecursionError, MemoryError, ValueError):
                self.repairs += 1
                return None

    @staticmethod
    def _head(lines: list[str], error: SyntaxError) -> ast.Module | None:
        """What stands before an error that is not worth another repair."""
        try:
            return ast.parse("\n".join(lines[: (error.lineno or 1) - 1]))
        except (SyntaxError, RecursionError, MemoryError, ValueError):
            return None

    def _mend(self, lines: list[str], error: SyntaxError, shift: int) -> bool:
        """Make one repair in place; False where none is known."""
        number = min(error.lineno or 1, len(lines)) - 1
        message = error.msg or ""
        if "call to 'print'" in message:
            lines[:] = _LINE_END.split(_PRINT_STATEMENT.sub(r"\g<1>0", "\n".join(lines)))
            return True
        if "unterminated triple-quoted" in message:
            lines[number:] = [_harmless(lines[number]), *[""] * (len(lines) - number - 1)]
            return True
        if opener := _BLOCK_OPENER.search(message):
            return _give_body(lines, int(opener[1]) - 1)
        if message.startswith("expected 'except' or 'finally'"):
            return _untry(lines, number)
        if "unexpected indent" in message:
            return self._set_apart(lines, number, shift)
        broken = lines[number].strip()
        if not broken or broken in ("0", "if 1:"):  # the line before the error is the one that is unfinished
            number = _last_code_line(lines, number)
        if number < 0:
            return False
        before, lines[number] = lines[number], _harmless(lines[number])
        return lines[number] != before

    def _set_apart(self, lines: list[str], number: int, shift: int) -> bool:
        """Move a block that nothing opens into a fragment of its own."""
        indent = _indent(lines[number])
        if not indent:
            return False
        end = number
        while end < len(lines) and (not lines[end].strip() or len(_indent(lines[end])) >= len(indent)):
            end += 1
        self._fragments.append(("\n".join(["if 1:", *lines[number:end]]), shift + number - 1))
        lines[number:end] = [""] * (end - number)
        return True


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _harmless(line: str) -> str:
    """A statement that does nothing, or opens a block where the line seems to open one."""
    code = line.partition("#")[0].strip()
    clause = _CLAUSE.match(code)
    if code.endswith(":"):
        return _indent(line) + (_EMPTY_CLAUSES[clause[1]] if clause else "if 1:")
    return _indent(line) + "0" if code else ""


def _last_code_line(lines: list[str], before: int) -> int:
    """The index of the last line before `before` that holds code; -1 if there is none."""
    for number in range(before - 1, -1, -1):
        if lines[number].strip() and not lines[number].lstrip().startswith("#"):
            return number
    return -1


def _give_body(lines: list[str], number: int) -> bool:
    """Close the block that opens at or below a line and has no body yet."""
    for opener in range(number, len(lines)):
        code = lines[opener].partition("#")[0].rstrip()
        if code.endswith(":"):
            lines[opener] = f"{code} 0"
            return True
    return False


def _untry(lines: list[str], number: int) -> bool:
    """Turn the last `try:` at or above a line, whose handlers are not written yet, into a plain block."""
    for opener in range(min(number, len(lines) - 1), -1, -1):
        if match := _TRY.match(lines[opener]):
            lines[opener] = f"{match[1]}if 1:"
            return True
    return False
