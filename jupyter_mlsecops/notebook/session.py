"""The texts that run in one namespace, what readers found out about them, and what is left of that after an edit."""

from __future__ import annotations

import re
from functools import cached_property, partial
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeVar

from jupyter_mlsecops.notebook.facts import EVERYTHING, Answers, Facts
from jupyter_mlsecops.notebook.memo import Memo
from jupyter_mlsecops.notebook.python.literals import literal_positions
from jupyter_mlsecops.notebook.python.program import Program
from jupyter_mlsecops.notebook.python.replacing import Change, holds, replace_source, seen_from
from jupyter_mlsecops.notebook.python.source import parse

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence

    from jupyter_mlsecops.notebook.code import Code
    from jupyter_mlsecops.notebook.python.source import PythonSource

T = TypeVar("T")

_WORD = re.compile(r"[^\W\d]\w*")
# What puts variables into the environment, where any text may find them.
_SETS_VARIABLES = re.compile(r"environ|putenv|%env|%set_env")
# What is handed to something that looks up names itself.
_LOOKS_UP = re.compile(r"ipython|magic|globals|locals|vars|eval|exec")
_MOST_EDITS = 500  # what edits leave behind is thrown away after as many


class Session:
    """The texts that run in one namespace; parsed when a rule first asks.

    `facts` keeps what facts are made from, so that the session can be edited; without it nothing is kept.
    """

    def __init__(
        self, texts: Iterable[str], *, environment: Mapping[str, str] | None = None, memo: Memo | None = None, facts: Facts | None = None
    ) -> None:  # fmt: skip
        self.environment = dict(environment or {})
        self.memo: dict[Any, Any] = {}  # what was worked out from all texts
        self._texts = list(texts)
        self._codes: list[Code] = []
        self._read = memo or Memo()
        self._facts = facts
        self._answers: dict[Hashable, Answers] = {}
        self._mentions: dict[tuple[str, ...], bool] = {}
        self._edits = 0

    def add(self, code: Code) -> None:
        """Add the code of the next text."""
        self._codes.append(code)

    @property
    def codes(self) -> Sequence[Code]:
        """The codes of all texts. What is made of them is forgotten at every edit: `ask` and `gather` where you can."""
        if self._facts is not None:
            self._facts.note((EVERYTHING,))
        return self._codes

    def code(self, number: int) -> Code | None:
        """The code of one text."""
        return self._codes[number] if 0 <= number < len(self._codes) else None

    def cell_of(self, number: int) -> int | None:
        """The cell that a text stands in; None for a file without cells."""
        return self._codes[number].cell

    @property
    def size(self) -> int:
        """How many texts there are."""
        return len(self._texts)

    @cached_property
    def sources(self) -> list[PythonSource]:
        """The texts as Python."""
        return self._read.sources(self._texts)

    @cached_property
    def program(self) -> Program:
        """The namespace."""
        return Program(self.sources, environment=self.environment)

    def release(self) -> None:
        """Let go of everything; nothing can be asked of this session any more."""
        if "program" in vars(self):
            self.program.release()
        vars(self).clear()

    # -- facts -----------------------------------------------------------------------------------------------------

    def keep(self, store: dict[Any, Any], key: Hashable, compute: Callable[[], T]) -> T:
        """A value that is worked out when it is first asked for, and kept in `store` as long as it holds."""
        kept = store.get(key)
        if kept is None:
            kept = store[key] = (compute(), ()) if self._facts is None else self._facts.work_out(store, key, compute)
        elif kept[1] and self._facts is not None:
            self._facts.note(kept[1])
        value: T = kept[0]
        return value

    def once(self, compute: Callable[[Session], T]) -> T:
        """What a function makes of this session; worked out when it is first asked for."""
        return self.keep(self.memo, compute, lambda: compute(self))

    def ask(self, key: Hashable, read: Callable[[Code], Sequence[T]]) -> Mapping[int, Sequence[T]]:
        """What a function says of each text, by number; those of which it says nothing are left out.

        `key` names the question; it is put once to each text, and again to those that an edit has changed.
        """
        answers = self._answers.get(key)
        if answers is None:
            answers = self._answers[key] = Answers(range(len(self._codes)))
        if self._facts is None:
            if answers.open:
                answers.open.clear()
                answers.said = {number: said for number, code in enumerate(self._codes) if (said := read(code))}
            return answers.said
        for number in sorted(answers.open):
            answers.open.discard(number)
            said, origins = self._facts.work_out(answers, number, partial(read, self._codes[number]))
            answers.origins |= origins
            if said:
                answers.said[number] = said
        self._facts.note((key, *answers.origins))
        return answers.said

    def gather(self, read: Callable[[Code], Iterable[T]]) -> Iterator[T]:
        """What a function reads in all texts, in their order; read once."""
        answers = self.ask(read, lambda code: tuple(read(code)))
        return chain.from_iterable(answers[number] for number in sorted(answers))

    def mentions(self, *words: str) -> bool:
        """Whether one of some words stands anywhere in the texts."""
        found = self._mentions.get(words)
        if found is None:
            found = self._mentions[words] = self._do_mention(words)
        if self._facts is not None:
            self._facts.note((words,))
        return found

    def _do_mention(self, words: tuple[str, ...]) -> bool:
        return any(word in code.text for code in self._codes for word in words)

    def positions(self, code: Code, node: ast.AST) -> list[int] | None:
        """Where each character of a literal's value stands in its text; kept for whoever asks about the same one next."""
        if self.memo.get("positions of") is not node:
            self.memo["positions"] = literal_positions(code.text, *code.span(node))
            self.memo["positions of"] = node
        found: list[int] | None = self.memo["positions"]
        return found

    # -- edits -----------------------------------------------------------------------------------------------------

    def edit(
        self, codes: Mapping[int, Code], texts: Mapping[int, str], remade: Callable[[Code], Code]
    ) -> set[int] | None:
        """Replace some texts and their codes, and forget what no longer holds; `remade` makes a code anew.

        Returns the numbers of the codes that were replaced: the edited ones, and those that use a name which these
        bind, and so on. None where the session has to be made anew.
        """
        facts, self._edits = self._facts, self._edits + 1
        if facts is None or self._edits > _MOST_EDITS or self.program.is_spent:
            return None
        if self._set_variables(codes) or any(_SETS_VARIABLES.search(code.text) for code in codes.values()):
            return None
        changes: list[Change] = []
        for number, text in texts.items():
            (source,) = self._read.sources([text])
            if holds(self.program, source):
                source = parse(text)  # one tree cannot stand in two places
            replaced = replace_source(self.program, number, source)
            if replaced is None:
                return None
            self._texts[number], self.sources[number] = text, replaced[0]
            changes += replaced[1]
        dependent = self._seeing(changes, set(codes))
        if self._set_variables(dependent):
            return None
        self.program.forget(dependent)
        edited = dependent | set(codes)
        origins: set[Hashable] = {EVERYTHING}
        origins.update(key for key, answers in self._answers.items() if not edited.isdisjoint(answers.said))
        for number in edited:
            self._codes[number] = codes.get(number) or remade(self._codes[number])
            for answers in self._answers.values():
                answers.pop(number)
        for words, found in self._mentions.items():
            if found != self._do_mention(words):
                self._mentions[words] = not found
                origins.add(words)
        self._forget(facts, origins, edited)
        return edited

    def _set_variables(self, numbers: Iterable[int]) -> bool:
        return any(_SETS_VARIABLES.search(self._codes[number].text) for number in numbers)

    def _forget(self, facts: Facts, origins: set[Hashable], edited: set[int]) -> None:
        """Forget what is made of what has changed; what the edited texts now say changes more."""
        known: set[Hashable] = set()
        while origins:
            facts.forget(origins)
            known |= origins
            questions = [(key, answers) for key, answers in self._answers.items() if key not in known and callable(key)]
            origins = {key for key, answers in questions if self._speaks(answers, edited, key)}

    def _speaks(self, answers: Answers, edited: set[int], read: Any) -> bool:
        self.gather(read)
        return not edited.isdisjoint(answers.said)

    def _seeing(self, changes: Iterable[Change], known: set[int]) -> set[int]:
        """The numbers of the other codes that see changes, or a change of what is made of them there, and so on."""
        found: set[int] = set()
        seen: set[Change] = set()
        owners = self.program.owners()
        pending = set(changes)
        while pending:
            seen |= pending
            by_name: dict[str, list[Change]] = {}
            for change in pending:
                by_name.setdefault(change.name, []).append(change)
            pending = set()
            for number, code in enumerate(self._codes):
                here = {
                    name
                    for name in code.names & by_name.keys()
                    if any(change.first <= number <= change.last for change in by_name[name])
                }
                if here and number not in known:
                    found.add(number)
                    given = (name for each in code.uses if not each.names.isdisjoint(here) for name in each.given)
                    pending |= {seen_from(self.program, name, number, owners) for name in given}
            pending -= seen
        return found


def names_in(code: Code) -> frozenset[str]:
    """All names that a code may use."""
    if _LOOKS_UP.search(code.text):
        return frozenset(_WORD.findall(code.text))
    texts = (*(shell.text for shell in code.layout.shells), *(magic.arguments for magic in code.magics))
    return frozenset().union(*(each.names for each in code.uses), *(_WORD.findall(text) for text in texts))
