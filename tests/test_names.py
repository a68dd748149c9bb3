"""Names in tables of facts: exact ones, and patterns with wildcards."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_mlsecops.knowledge.names import NameTable

parts = st.text("ab.", max_size=4)


@given(st.lists(parts, min_size=2, max_size=4).map("*".join), st.text("ab.", max_size=9))
def test_a_wildcard_stands_for_anything(pattern, start):
    name = f"{start}.{pattern.rpartition('.')[2].replace('*', 'b')}"
    last = pattern.rpartition(".")[2]
    fits = "*" not in last and re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), name)
    assert NameTable([(pattern, 1)]).find([name]) == ((name, 1) if fits else None)


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("a.load", "exact"), ("a.b.load", "long"), ("a.c.load", "short"), ("a.b.x.load", "long"), ("a.b.c", None),
        ("b.a.load", None), ("load", None),
    ],
)  # fmt: skip
def test_exact_wins_over_patterns_and_long_over_short(name, row):
    table = NameTable(
        [("a.*load", "never"), ("a.*.load", "short"), ("a.b.*load", "none"), ("a.b*.load", "long"), ("a.load", "exact")]
    )
    assert table.find([name]) == (None if row is None else (name, row))


@given(st.lists(st.text("ab", min_size=1, max_size=2), max_size=40))
def test_what_was_looked_up_before_changes_nothing(names):
    rows = [("a.*.a", 1), ("*.ab", 2), ("b.b", 3)]
    table = NameTable(rows)
    for name in [f"{first}.{second}" for first in names for second in names]:
        assert table.find([name]) == NameTable(rows).find([name])


def test_what_is_remembered_is_bounded(monkeypatch):
    monkeypatch.setattr("jupyter_mlsecops.knowledge.names._MOST_KEPT", 3)
    table = NameTable([("a.*.load", 1)])
    assert [table.find([f"a.{n}.load"]) for n in range(9)] == [(f"a.{n}.load", 1) for n in range(9)]
    assert len(table._fitting) <= 3
