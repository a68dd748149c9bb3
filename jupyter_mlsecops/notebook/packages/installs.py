"""What a command installs: packages with their pins, and the options that decide where they come from."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from jupyter_mlsecops.notebook.packages import install_options
from jupyter_mlsecops.notebook.packages.requirements import (
    Kind,
    Named,
    Pin,
    normalise,
    read_conda_spec,
    read_requirement,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jupyter_mlsecops.notebook.packages.install_options import Grammar
    from jupyter_mlsecops.notebook.shell.commands import Command, Word

__all__ = ["Install", "Option", "Requirement", "Tool", "normalise", "read_install"]

Tool = Literal["pip", "uv", "conda", "mamba", "micromamba", "poetry", "pdm", "pipenv", "pipx", "rye", "easy_install"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One package, repository, archive or file of requirements; the span leaves quotes out."""

    text: str
    start: int
    end: int
    name: str
    specifier: str
    kind: Kind
    pin: Pin


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option by its long name. The span holds its value; the value's own span is -1, -1 where there is none."""

    name: str
    value: str | None
    start: int
    end: int
    value_start: int = -1
    value_end: int = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Install:
    """A command that fetches packages. `verb` is what the tool was told to do, such as "install", "add" or "run"."""

    tool: Tool
    verb: str
    requirements: tuple[Requirement, ...]
    options: tuple[Option, ...]
    command: Command

    def option(self, *names: str) -> Option | None:
        """The first option with one of these long names."""
        return next((option for option in self.options if option.name in names), None)


def read_install(command: Command) -> Install | None:
    """What the command installs; None if it installs nothing."""
    program = command.program
    read = _READERS.get(program)
    if read is None:
        return None
    found = read(command.arguments)
    if found is None:
        return None
    verb, arguments = found
    tool: Tool = "uv" if program == "uvx" else program  # type: ignore[assignment]  # the keys of _READERS are tools
    return Install(
        tool=tool,
        verb=verb,
        requirements=tuple(_hashed(arguments.requirements, arguments.options)),
        options=tuple(arguments.options),
        command=command,
    )


def _hashed(requirements: Sequence[Requirement], options: Sequence[Option]) -> Sequence[Requirement]:
    """Requirements as pip takes them: it refuses whatever has no hash where hashes are required."""
    if not any(option.name in {"--hash", "--require-hashes"} for option in options):
        return requirements
    return [replace(one, pin="hash") if one.kind in {"name", "url"} else one for one in requirements]


@dataclass(slots=True, kw_only=True)
class _Arguments:
    """The arguments of a command, read by a grammar from word `at` on."""

    words: Sequence[Word]
    grammar: Grammar
    read: Callable[[str], Named] = read_requirement
    at: int = 0
    only_words: bool = False  # behind `--`
    options: list[Option] = field(default_factory=list)
    requirements: list[Requirement] = field(default_factory=list)

    def verb(self) -> str:
        """The next word that is no option; what stands before it is read as options."""
        while (word := self._next()) is not None:
            if not self._option(word):
                return word.text
        return ""

    def packages(self, *, most: int = 1_000_000) -> _Arguments:
        """Read all that is left; requirements end after `most` of them, and so does reading."""
        taken = 0
        while taken < most and (word := self._next()) is not None:
            if word.text == "--" and not self.only_words:
                self.only_words = True
            elif not self._option(word):
                self.require(word, 0, len(word.text))
                taken += 1
        return self

    def options_only(self) -> _Arguments:
        """Read options up to the first word that is none."""
        while (word := self._next()) is not None:
            if not self._option(word):
                self.at -= 1
                break
        return self

    def require(self, word: Word, start: int, end: int) -> None:
        """A requirement that is a part of a word."""
        text = word.text[start:end]
        first, last = word.span(start, end)
        named = self.read(text)
        self.requirements.append(
            Requirement(
                text=text,
                start=first,
                end=last,
                name=named.name,
                specifier=named.specifier,
                kind=named.kind,
                pin=named.pin,
            )
        )

    def _next(self) -> Word | None:
        if self.at >= len(self.words):
            return None
        self.at += 1
        return self.words[self.at - 1]

    def _option(self, word: Word) -> bool:
        """Read the word as an option, with its value; False where it is none."""
        text = word.text
        if self.only_words:
            return False
        if text.startswith("--") and len(text) > 2:
            self._long(word, text)
        elif text.startswith("-") and len(text) > 1 and text != "--":
            self._letters(word, text)
        else:
            return False
        return True

    def _long(self, word: Word, text: str) -> None:
        written, equals, _ = text.partition("=")
        name = self._full_name(written)
        if equals:
            self._add(name, word, word, len(written) + 1)
        elif name in self.grammar.valued and (value := self._next()) is not None:
            self._add(name, word, value, 0)
        else:
            self._flag(name, word)

    def _full_name(self, written: str) -> str:
        """The option meant: pip understands any beginning of a name that no other option shares."""
        grammar = self.grammar
        if written in grammar.valued or written in grammar.flags or not grammar.abbreviates or len(written) < 6:
            return written
        longer = {name for name in grammar.valued | grammar.flags if name.startswith(written)}
        return longer.pop() if len(longer) == 1 else written

    def _letters(self, word: Word, text: str) -> None:
        """`-qU`, `-rfile`, `-qr file`; a word with a letter that nobody knows (`-quiet`) is one flag."""
        for index, letter in enumerate(text[1:], start=1):
            name = self.grammar.letters.get(letter, "")
            if not name:
                self._flag(text, word)
                return
            if name not in self.grammar.valued:
                self._flag(name, word)
                continue
            if index + 1 < len(text):
                self._add(name, word, word, index + 2 if text[index + 1] == "=" else index + 1)
            elif (value := self._next()) is not None:
                self._add(name, word, value, 0)
            return

    def _flag(self, name: str, word: Word) -> None:
        self.options.append(Option(name=name, value=None, start=word.start, end=word.end))

    def _add(self, name: str, word: Word, value: Word, start: int) -> None:
        text = value.text
        first, last = value.span(start, len(text))
        self.options.append(
            Option(name=name, value=text[start:], start=word.start, end=value.end, value_start=first, value_end=last)
        )
        if name in self.grammar.files:
            self.requirements.append(
                Requirement(text=text[start:], start=first, end=last, name="", specifier="", kind="file", pin="unknown")
            )
        elif name in self.grammar.requirements:
            for part in _parts(text, start) if name.startswith("--with") else [(start, len(text))]:
                self.require(value, *part)


# A comma between requirements, not between the extras or the version clauses of one.
_COMMA_OR_BRACKET = re.compile(r"[\[\]]|,(?=[A-Za-z./~\0])")
_MOST_PARTS = 200


def _parts(text: str, start: int) -> list[tuple[int, int]]:
    """The spans of `a,b[x,y],c>=1,<2`."""
    spans: list[tuple[int, int]] = []
    brackets = 0
    for match in _COMMA_OR_BRACKET.finditer(text, start):
        if match.group() != ",":
            brackets += 1 if match.group() == "[" else -1
        elif brackets <= 0 and len(spans) < _MOST_PARTS:
            spans.append((start, match.start()))
            start = match.end()
    return [*spans, (start, len(text))]


_Read = tuple[str, _Arguments] | None


def _verbs(grammar: Grammar, verbs: frozenset[str]) -> Callable[[Sequence[Word]], _Read]:
    def read(words: Sequence[Word]) -> _Read:
        arguments = _Arguments(words=words, grammar=grammar)
        verb = arguments.verb()
        return (verb, arguments.packages()) if verb in verbs else None

    return read


def _uv(words: Sequence[Word]) -> _Read:
    arguments = _Arguments(words=words, grammar=install_options.UV)
    verb = arguments.verb()
    if verb == "pip":
        return _uv_pip(arguments)
    if verb == "add":
        arguments.grammar = install_options.UV_ADD
        return verb, arguments.packages()
    if verb == "run":
        arguments = arguments.options_only()
        return (verb, arguments) if arguments.requirements else None
    if verb == "tool":
        verb = arguments.verb()
        if verb == "run":
            return _uvx(arguments)
        return (verb, arguments.packages()) if verb == "install" else None
    return None


def _uv_pip(arguments: _Arguments) -> _Read:
    verb = arguments.verb()
    if verb == "sync":
        arguments.packages()
        arguments.requirements = [
            replace(one, name="", specifier="", kind="file", pin="unknown") for one in arguments.requirements
        ]
        return verb, arguments
    return (verb, arguments.packages()) if verb == "install" else None


def _uvx(arguments: _Arguments) -> _Read:
    """The tool itself is a requirement, unless `--from` names the package that holds it."""
    arguments.options_only()
    if not any(option.name == "--from" for option in arguments.options):
        arguments.packages(most=1)
    return "run", arguments


def _conda(words: Sequence[Word]) -> _Read:
    arguments = _Arguments(words=words, grammar=install_options.CONDA, read=read_conda_spec)
    verb = arguments.verb()
    if verb == "env":
        verb = arguments.verb()
        if verb not in {"create", "update"}:
            return None
        arguments.packages()
        return f"env {verb}", arguments
    return (verb, arguments.packages()) if verb in {"install", "create", "update", "upgrade"} else None


def _pipx(words: Sequence[Word]) -> _Read:
    arguments = _Arguments(words=words, grammar=install_options.PIPX)
    verb = arguments.verb()
    if verb == "inject":
        arguments.verb()  # the environment
        return verb, arguments.packages()
    if verb == "run":
        arguments.options_only()
        if not any(option.name == "--spec" for option in arguments.options):
            arguments.packages(most=1)
        return verb, arguments
    return (verb, arguments.packages()) if verb == "install" else None


def _easy_install(words: Sequence[Word]) -> _Read:
    return "install", _Arguments(words=words, grammar=install_options.EASY_INSTALL).packages()


def _uvx_program(words: Sequence[Word]) -> _Read:
    return _uvx(_Arguments(words=words, grammar=install_options.UV))


_READERS: dict[str, Callable[[Sequence[Word]], _Read]] = {
    "pip": _verbs(install_options.PIP, frozenset({"install", "download", "wheel"})),
    "uv": _uv,
    "uvx": _uvx_program,
    "conda": _conda,
    "mamba": _conda,
    "micromamba": _conda,
    "poetry": _verbs(install_options.POETRY, frozenset({"add"})),
    "pdm": _verbs(install_options.PDM, frozenset({"add"})),
    "pipenv": _verbs(install_options.PIPENV, frozenset({"install"})),
    "pipx": _pipx,
    "rye": _verbs(install_options.PDM, frozenset({"add"})),
    "easy_install": _easy_install,
}
