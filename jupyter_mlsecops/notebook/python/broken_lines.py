"""What can be done with one line of Python that stands in the way of all others."""

from __future__ import annotations

import re

from jupyter_mlsecops.notebook.ipython.syntax import parses

_TRY = re.compile(r"([ \t]*)try[ \t]*:")
_HANDLER = re.compile(r"([ \t]*)(?:except|finally)\b")
_CLAUSE = re.compile(r"(elif|else|except|finally|case)\b")
_EMPTY_CLAUSES = {"elif": "elif 1:", "else": "else:", "except": "except:", "finally": "finally:", "case": "case _:"}
# `print x` and `exec x` of Python 2, where a statement can begin.
_PRINT_STATEMENT = re.compile(
    r"(?<![^:;])([ \t]*)(print|exec)(?=[ \t]+[^ \t(=.,:)\]}]|[ \t]*[\"'`])(?:[ \t]*>>[^,]*,?)?"
)
_LONGEST_LINE = 2_000


def indentation(line: str) -> str:
    """The blanks that a line begins with."""
    return line[: len(line) - len(line.lstrip())]


def harmless(line: str) -> str:
    """A statement that does nothing, or opens a block where the line seems to open one."""
    code = _without_comment(line)
    if not code:
        return ""
    clause = _CLAUSE.match(code)
    if code.endswith(":"):
        return indentation(line) + (_EMPTY_CLAUSES[clause[1]] if clause else "if 1:")
    return f"{indentation(line)}0"


def stands_alone(line: str) -> bool:
    """Whether a line is Python by itself; a line that opens a block is if it would be with a body."""
    code = _without_comment(line)
    if not code or len(code) > _LONGEST_LINE:
        return False
    return parses(f"{code} 0" if code.endswith(":") else code)


def last_code_line(lines: list[str], before: int) -> int:
    """The index of the last line before `before` that holds code; -1 if there is none."""
    for number in range(before - 1, -1, -1):
        if lines[number].strip() and not lines[number].lstrip().startswith("#"):
            return number
    return -1


def close_block(lines: list[str], number: int) -> bool:
    """Give the block that opens at or below a line the body that it lacks; False where none opens."""
    for opener in range(number, len(lines)):
        code = lines[opener].partition("#")[0].rstrip()
        if code.endswith(":"):
            lines[opener] = f"{code} 0"
            return True
    return False


def untry(lines: list[str], number: int) -> bool:
    """Turn the last `try:` at or above a line whose handlers are not written yet into a plain block."""
    handled: list[str] = []
    for opener in range(min(number, len(lines) - 1), -1, -1):
        if handler := _HANDLER.match(lines[opener]):
            if opener < number:
                handled.append(handler[1])
        elif match := _TRY.match(lines[opener]):
            if match[1] not in handled:
                lines[opener] = f"{match[1]}if 1:{lines[opener][match.end() :]}"
                return True
            handled = [indent for indent in handled if indent != match[1]]
    return False


def without_print_statements(lines: list[str]) -> list[str]:
    """The lines with `print x` and `exec x` of Python 2 as something that Python 3 reads; columns stay."""
    return [_PRINT_STATEMENT.sub(_as_tuple, line) for line in lines]


def _as_tuple(match: re.Match[str]) -> str:
    return f"{match[1]}0,".ljust(len(match[0]))


def _without_comment(line: str) -> str:
    return line.partition("#")[0].strip()
