"""Which program a simple command runs, seen through sudo, env, `python -m` and the like."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jupyter_mlsecops.notebook.shell.model import Word

# Programs that run the command in their arguments, with those of their options that take a value.
_WRAPPERS: Mapping[str, frozenset[str]] = {
    "!": frozenset(),
    "builtin": frozenset(),
    "command": frozenset(),
    "doas": frozenset({"-u", "-C"}),
    "env": frozenset({"-u", "--unset", "-C", "--chdir", "-S", "--split-string"}),
    "exec": frozenset({"-a"}),
    "ionice": frozenset({"-c", "-n", "-p", "--class", "--classdata"}),
    "nice": frozenset({"-n", "--adjustment"}),
    "nohup": frozenset(),
    "setsid": frozenset(),
    "stdbuf": frozenset({"-i", "-o", "-e"}),
    "sudo": frozenset({"-u", "--user", "-g", "--group", "-h", "--host", "-p", "--prompt", "-C", "-D", "-R", "-T"}),
    "time": frozenset({"-f", "--format", "-o", "--output"}),
    "timeout": frozenset({"-s", "--signal", "-k", "--kill-after"}),
    "unbuffer": frozenset(),
    "winpty": frozenset(),
    "xargs": frozenset({"-a", "-d", "-E", "-I", "-L", "-n", "-P", "-s"}),
}
# `conda run -n env pip install x`: the program stands behind two words and options.
_RUNNERS: Mapping[str, frozenset[str]] = {
    program: frozenset({"-n", "--name", "-p", "--prefix", "--cwd"}) for program in ("conda", "mamba", "micromamba")
} | {program: frozenset[str]() for program in ("pipenv", "poetry", "pdm", "rye", "hatch")}
# Options of the Python interpreter that take the next word.
_PYTHON_VALUED = frozenset({"-W", "-X", "-Q", "--check-hash-based-pycs"})
_MODULES_THAT_ARE_PROGRAMS = frozenset({"conda", "easy_install", "mamba", "pdm", "pip", "pipx", "poetry", "uv"})
_SHELL_KEYWORDS = frozenset({"if", "then", "elif", "else", "do", "while", "until", "{"})

_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")
_PIP = re.compile(r"pip[\d.]*")
_PYTHON = re.compile(r"(?:python|pypy)[\d.]*w?|py")
_EASY_INSTALL = re.compile(r"easy_install(?:-[\d.]+)?")
_MOST_WRAPPERS = 20


def program_and_arguments(words: Sequence[Word]) -> tuple[str, int]:
    """The plain name of the program ("" if unknown) and the index of its first argument."""
    at = 0
    for _ in range(_MOST_WRAPPERS):
        if at >= len(words):
            return "", len(words)
        name = _plain_name(words[at])
        if name in {"python", ""}:
            # An unknown word before `-m pip` can only be an interpreter.
            return _python_module(words, at, name)
        after = _behind_wrapper(name, words, at)
        if after is None:
            return name, at + 1
        at = after
    return "", len(words)


@lru_cache(maxsize=1_000)
def plain_name(path: str) -> str:
    """The name of a program by its path: no folder, no `.exe`, no version behind pip and python."""
    name = re.split(r"[/\\]", path)[-1]
    name = name[:-4] if name.lower().endswith(".exe") else name
    if _PIP.fullmatch(name):
        return "pip"
    if _EASY_INSTALL.fullmatch(name):
        return "easy_install"
    return "python" if _PYTHON.fullmatch(name) else name


def _plain_name(word: Word) -> str:
    if not word.known and any(
        segment.kind == "python" and segment.text == "sys.executable" for segment in word.segments
    ):
        return "python"
    name = plain_name(word.text)
    return "" if "\0" in name else name


def _python_module(words: Sequence[Word], at: int, interpreter: str) -> tuple[str, int]:
    """`python -m pip …` is pip; any other use of the interpreter is its own."""
    index = at + 1
    while index < len(words):
        text = words[index].text
        if text.startswith("-m"):
            module = text[2:] or (words[index + 1].text if index + 1 < len(words) else "")
            if module in _MODULES_THAT_ARE_PROGRAMS:
                return module, min(index + (1 if text[2:] else 2), len(words))
            break
        if not text.startswith("-") or text in {"-", "-c"}:
            break
        index += 2 if text in _PYTHON_VALUED else 1
    return interpreter, at + 1


def _behind_wrapper(name: str, words: Sequence[Word], at: int) -> int | None:
    """The index of the word that the wrapper at `at` runs; None where it is no wrapper."""
    if name in _SHELL_KEYWORDS:
        return at + 1
    if name in _RUNNERS and at + 1 < len(words) and words[at + 1].text == "run":
        return _behind_options(words, at + 2, _RUNNERS[name])
    if name not in _WRAPPERS:
        return None
    after = _behind_options(words, at + 1, _WRAPPERS[name])
    if name == "timeout":
        after += 1
    while name in {"env", "sudo"} and after < len(words) and _ASSIGNMENT.match(words[after].text):
        after += 1
    return after


def _behind_options(words: Sequence[Word], at: int, valued: frozenset[str]) -> int:
    while at < len(words) and words[at].text.startswith("-"):
        text = words[at].text
        at += 2 if text in valued else 1
        if text == "--":
            break
    return at
