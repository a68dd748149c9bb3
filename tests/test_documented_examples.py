"""Documentation that is not run is a rumour: every example of every rule is run."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from tokens import fill

from examples import findings, fixed, notebook_of
from jupyter_mlsecops.documentation import Example
from jupyter_mlsecops.rule import Rule
from jupyter_mlsecops.rules import all_rules


def examples(kind: str) -> list[object]:
    found = []
    for rule in all_rules().values():
        chosen = [example for example in rule.documentation.examples if example.kind == kind]
        found += [pytest.param(rule, example, id=f"{rule.id}-{number}") for number, example in enumerate(chosen)]
    return found


def fixed_examples() -> list[object]:
    pairs = [(rule, *pair) for rule in all_rules().values() for pair in pairwise(rule.documentation.examples)]
    wanted = [pair for pair in pairs if pair[2].kind == "fixed"]
    return [pytest.param(*pair, id=f"{pair[0].id}-{number}") for number, pair in enumerate(wanted)]


def content(example: Example) -> bytes:
    return notebook_of((example.language, fill(cell)) for cell in example.cells)


@pytest.mark.parametrize(("rule", "example"), examples("bad"))
def test_bad_is_found(rule: Rule, example: Example):
    assert findings(content(example), rule)[1]


@pytest.mark.parametrize(("rule", "example"), examples("good"))
def test_good_is_not_found(rule: Rule, example: Example):
    assert not findings(content(example), rule)[1]


@pytest.mark.parametrize(("rule", "bad", "good"), fixed_examples())
def test_fixed_is_what_the_fixes_make_of_bad(rule: Rule, bad: Example, good: Example):
    assert bad.kind == "bad", "a fixed example follows the bad one that it fixes"
    before = content(bad)
    assert fixed(before, findings(before, rule)[1]) == [fill(cell) for cell in good.cells]


@pytest.mark.parametrize(("rule", "example"), examples("bad"))
def test_triggers_lose_nothing(rule: Rule, example: Example):
    always = replace(rule, triggers=("",))
    assert findings(content(example), rule)[1] == findings(content(example), always)[1]
