"""Python that does not parse: one line after the other is replaced by a harmless one, until the rest does.

Lines keep their numbers and columns, so that every node stands where its text stands.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from jupyter_mlsecops.notebook.python.broken_lines import (
    close_block,
    harmless,
    indentation,
    last_code_line,
    stands_alone,
    untry,
    without_print_statements,
)
from jupyter_mlsecops.notebook.python.parser import parse_python

# Each replaced line costs a new parse of the text.
MAX_REPAIRS = 40
MAX_CHARACTERS_PARSED = 400_000
MAX_TIMES_PARSED = 8  # of a text that is longer than that
# Of statements that are parsed one by one, where the text as a whole is past help.
_REPAIRS_OF_ONE = 4

_LINE_END = re.compile(r"\r\n|\r|\n")
_BLOCK_OPENER = re.compile(r"expected an indented block after .* on line (\d+)")
# The pieces that belong to the statement above them although they begin in the first column.
_CONTINUED = re.compile(r"[)\]}]|(?:elif|else|except|finally)\b")
_STRINGS = re.compile(
    r"#[^\n]*|'''(?:[^\\']|\\.|'(?!''))*+(?:'''|\\?\Z)|\"\"\"(?:[^\\\"]|\\.|\"(?!\"\"))*+(?:\"\"\"|\\?\Z)"
    r"|'(?:[^\\'\n]|\\.)*+'?|\"(?:[^\\\"\n]|\\.)*+\"?",
    re.DOTALL,
)
_NOT_ASCII = re.compile(r"[^\0-\x7f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """What could be parsed of a text. `text` is the text as it was parsed, but for the replaced lines."""

    text: str
    trees: tuple[ast.Module, ...]
    complete: bool


def try_parse(text: str) -> ast.Module | None:
    """The tree of a text that is whole; None for any other, and for one that the parser would take too long for."""
    try:
        return parse_python(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def understood_trees(text: str) -> Understood:
    """The statements that can be understood of a text that does not parse. Never raises; cost is bounded."""
    repair = _Repair(text)
    repair.run()
    trees = sorted(repair.trees, key=_first_line)
    return Understood(text=repair.text, trees=tuple(trees), complete=not repair.is_broken)


def _first_line(tree: ast.Module) -> int:
    return tree.body[0].lineno if tree.body else 0


@dataclass(slots=True, kw_only=True)
class _Fragment:
    """Lines that are parsed apart; `shift` is what their line numbers lack. Indented ones stand under an `if 1:`."""

    lines: list[str]
    shift: int = 0
    is_indented: bool = False
    repairs: int = MAX_REPAIRS
    # Behind this line all could be the inside of a string that does not end.
    rest: int | None = None


class _Repair:
    """Parses fragments of a text, each again and again without the line that stood in the way."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.trees: list[ast.Module] = []
        self.is_broken = False
        self._budget = MAX_CHARACTERS_PARSED + MAX_TIMES_PARSED * len(text)
        self._fragments = [_Fragment(lines=_LINE_END.split(text))]

    def run(self) -> None:
        while self._fragments:
            fragment = self._fragments.pop()
            tree = self._parse(fragment)
            if tree is None:
                continue
            if fragment.is_indented and tree.body and isinstance(tree.body[0], ast.If):
                tree.body[:1] = tree.body[0].body
            self.trees.append(ast.increment_lineno(tree, fragment.shift) if fragment.shift else tree)

    def _parse(self, fragment: _Fragment) -> ast.Module | None:
        size = sum(map(len, fragment.lines))
        while True:
            self._budget -= size
            try:
                return parse_python("\n".join(fragment.lines))
            except SyntaxError as error:
                fragment.repairs -= 1
                if fragment.repairs < 0 or self._budget < 0 or not self._mend(fragment, error):
                    break
            except (RecursionError, MemoryError, ValueError):
                break
        self._divide(fragment)
        return None

    def _divide(self, fragment: _Fragment) -> None:
        """Go on with each statement by itself; one that cannot be helped is given up."""
        self.is_broken = True
        starts = [] if fragment.is_indented else _statement_starts(fragment.lines)
        if len(starts) < 2:
            return
        repairs = _REPAIRS_OF_ONE if self._budget > 0 else 0
        for start, end in zip(starts, [*starts[1:], len(fragment.lines)], strict=True):
            self._fragments.append(
                _Fragment(lines=fragment.lines[start:end], shift=fragment.shift + start, repairs=repairs)
            )

    # -- one repair ------------------------------------------------------------------------------------------------

    def _mend(self, fragment: _Fragment, error: SyntaxError) -> bool:
        """Make one repair in place; False where none is known."""
        lines, message = fragment.lines, error.msg or ""
        number = min(max(error.lineno or 1, 1), len(lines)) - 1
        if "unexpected indent" in message or "unindent does not match" in message or isinstance(error, TabError):
            return self._set_apart(fragment, number)
        self.is_broken = True
        if fragment.rest is not None and number >= fragment.rest:
            lines[fragment.rest :] = [""] * (len(lines) - fragment.rest)
            fragment.rest = None
            return True
        if "unterminated triple-quoted" in message:
            # What follows is the inside of a string, unless it happens to parse.
            fragment.rest = number + 1
            lines[number] = harmless(lines[number])
            return True
        if "call to 'print'" in message or "call to 'exec'" in message:
            mended = without_print_statements(lines)
            if mended != lines:
                lines[:] = mended
                return True
        if message.startswith("invalid non-printable character") and not self.text.isprintable():
            return self._blank_out_invisible(fragment)
        if opener := _BLOCK_OPENER.search(message):
            return close_block(lines, int(opener[1]) - 1)
        if message.startswith("expected 'except' or 'finally'"):
            return untry(lines, number)
        return _replace_line(lines, number)

    def _blank_out_invisible(self, fragment: _Fragment) -> bool:
        """Take no-break spaces, and what else a page hides in what is copied from it, for blanks."""
        before, self.text = self.text, _blank_invisible(self.text)
        for other in (fragment, *self._fragments):
            other.lines[:] = map(_blank_invisible, other.lines)
        return self.text != before

    def _set_apart(self, fragment: _Fragment, number: int) -> bool:
        """Move a block that nothing opens into a fragment of its own."""
        lines = fragment.lines
        indent = indentation(lines[number])
        if not indent:
            return False
        end = number
        while end < len(lines) and (not lines[end].strip() or len(indentation(lines[end])) >= len(indent)):
            end += 1
        # A cell that is indented as a whole is not broken: IPython takes the indentation away.
        self.is_broken |= any(line.strip() for line in lines[:number])
        self._fragments.append(
            _Fragment(
                lines=["if 1:", *lines[number:end]],
                shift=fragment.shift + number - 1,
                is_indented=True,
                repairs=fragment.repairs,
            )
        )
        lines[number:end] = [""] * (end - number)
        return True


def _blank_invisible(text: str) -> str:
    return _NOT_ASCII.sub(lambda match: match[0] if match[0].isprintable() else " ", text)


def _replace_line(lines: list[str], number: int) -> bool:
    """Put a harmless line in the place of the one that is to blame: the reported one, or one that is unfinished above it."""
    is_innocent = harmless(lines[number]) == lines[number] or stands_alone(lines[number])
    if is_innocent:
        above = last_code_line(lines, number)
        if above >= 0 and not stands_alone(lines[above]):
            number = above
    before, lines[number] = lines[number], harmless(lines[number])
    if lines[number] == before:  # a clause that belongs to nothing
        lines[number] = f"{indentation(before)}if 1:" if before.rstrip().endswith(":") else ""
    return lines[number] != before


def _statement_starts(lines: list[str]) -> list[int]:
    """The indices of the lines at which statements begin that stand in no block, as far as can be told."""
    text = "\n".join(lines)
    inside: set[int] = set()
    line = at = 0
    for match in _STRINGS.finditer(text):
        line += text.count("\n", at, match.start())
        last = line + match[0].count("\n")
        inside.update(range(line + 1, last + 1))
        line, at = last, match.end()
    starts = [0]
    decorated = False
    for number, code in enumerate(lines):
        if not code or code[0] in " \t\f#" or number in inside or _CONTINUED.match(code):
            continue
        if number and not decorated:
            starts.append(number)
        decorated = code.startswith("@")
    return starts
