"""Specifications of rules: notebooks written in Markdown, whose fences say what must be found in them.

A section is a notebook and its fences are the cells. `finds: rule-id "text" level` behind a fence's language says what
the rule finds there (level optional, several separated by `;`); a fence that says nothing expects nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from tokens import fill

from examples import Found, notebook_of, places
from jupyter_mlsecops.rules import all_rules

_SECTION = re.compile(r"^## (.+)\n((?:(?!^## ).*\n?)*)", re.MULTILINE)
_FENCE = re.compile(r"^(`{3,})(\w+)[ \t]*(?:finds: ([^\n]*))?\n(.*?)^\1[ \t]*$", re.MULTILINE | re.DOTALL)
_EXPECTATION = re.compile(r'([a-z-]+) "(.*?)"(?: (info|low|medium|high|critical))?\s*(?:;\s*|$)')
_ESCAPES = {"\\n": "\n", '\\"': '"', "\\\\": "\\", "\\t": "\t"}


@dataclass(frozen=True, kw_only=True)
class Fence:
    language: str
    source: str
    expected: tuple[tuple[str, str, str], ...]


def read_fences(section: str) -> list[Fence]:
    assert "```" not in _FENCE.sub("", section), "a fence is not understood"
    return [
        Fence(language=language, source=fill(source.removesuffix("\n")), expected=read_expectations(finds or ""))
        for _, language, finds, source in _FENCE.findall(section)
    ]


def read_expectations(text: str) -> tuple[tuple[str, str, str], ...]:
    found = _EXPECTATION.findall(text.strip())
    assert "".join(match[0] for match in _EXPECTATION.finditer(text.strip())) == text.strip(), f"not understood: {text}"
    return tuple((rule, fill(re.sub(r"\\.", unescaped, span)), level) for rule, span, level in found)


def unescaped(match: re.Match[str]) -> str:
    return _ESCAPES.get(match[0], match[0])


def sections() -> list[object]:
    found = []
    for path in sorted(Path(__file__).with_name("rules").glob("*.md")):
        for title, body in _SECTION.findall(path.read_text("utf-8")):
            if "```" in body:
                found.append(pytest.param(path.stem, body, id=f"{path.stem}: {title}"))
    return found


def expected_places(fences: list[Fence]) -> list[tuple[int, str, str, str, str]]:
    """(cell, kind of part, rule, text, level) of everything that the fences expect."""
    wanted, cell = [], -1
    for fence in fences:
        cell += fence.language != "output"
        part = "outputs" if fence.language == "output" else "source"
        wanted += [(cell, part, *expectation) for expectation in fence.expected]
    return wanted


def comparable(found: list[Found], wanted: list[tuple[int, str, str, str, str]]) -> list[tuple[object, ...]]:
    """What was found in the form of what was wanted: with its level only where one was asked for."""
    levels = {(*row[:4], row[4]) for row in wanted if row[4]}
    rows = [(each.cell, each.part.split("/")[1], each.rule, each.text) for each in found]
    return [(*row, each.level if (*row, each.level) in levels else "") for row, each in zip(rows, found, strict=True)]


@pytest.mark.parametrize(("rule", "section"), sections())
def test_spec(rule: str, section: str):
    fences = read_fences(section)
    wanted = expected_places(fences)
    found = places(notebook_of((fence.language, fence.source) for fence in fences), all_rules()[rule])
    assert sorted(comparable(found, wanted), key=repr) == sorted(wanted, key=repr), found


def test_expectations_are_read():
    text = r'a-rule "x" info; b "load(\"f\")"; c "say("hi")" high'
    assert read_expectations(text) == (("a-rule", "x", "info"), ("b", 'load("f")', ""), ("c", 'say("hi")', "high"))
