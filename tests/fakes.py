"""Rules for tests: they find a word wherever they look."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from jupyter_mlsecops.findings import Confidence, Hit, Severity
from jupyter_mlsecops.notebook.code import Code
from jupyter_mlsecops.notebook.model import Notebook, Text
from jupyter_mlsecops.rule import Reads, Rule


def code_words(word: str) -> Callable[[Code], Iterator[Hit]]:
    def check(code: Code) -> Iterator[Hit]:
        """Finds a word in code. <https://example.org/rule>"""
        for match in re.finditer(word, code.text):
            yield Hit(at=code.place(*match.span()), message=f"saw {match[0]}", subject=match[0])

    return check


def text_words(word: str) -> Callable[[Text], Iterator[Hit]]:
    def check(text: Text) -> Iterator[Hit]:
        """Finds a word anywhere."""
        for match in re.finditer(word, text.text):
            yield Hit(at=text.place(*match.span()), message="saw it", subject=match[0])

    return check


def notebook_words(word: str) -> Callable[[Notebook], Iterator[Hit]]:
    def check(notebook: Notebook) -> Iterator[Hit]:
        """Finds a word in sources."""
        for cell in notebook.cells:
            for match in re.finditer(word, cell.source):
                yield Hit(at=cell.place(*match.span()), message="saw it", subject=match[0])

    return check


def failing(unit: object) -> Iterator[Hit]:
    raise RuntimeError("secret words: " + repr(unit))
    yield


_CHECKS = {Reads.CODE: code_words, Reads.TEXT: text_words, Reads.NOTEBOOK: notebook_words}


def word_rule(word: str, *, name: str = "", reads: Reads = Reads.CODE, **facts: Any) -> Rule:
    given = {"category": "downloads", "severity": Severity.MEDIUM, "confidence": Confidence.HIGH} | facts
    return Rule(id=name or word.lower(), reads=reads, check=_CHECKS[reads](word), **given)
