"""Rules are run over what they read, and one that fails silences nothing."""

from __future__ import annotations

import gc
import pickle
import weakref

import pytest
from fakes import failing, word_rule
from notebooks import bare_notebook, code, markdown, notebook, read_notebook, stream
from tokens import make

from jupyter_mlsecops.check import MOST_HITS, check
from jupyter_mlsecops.findings import Confidence, Severity
from jupyter_mlsecops.gate import program_text
from jupyter_mlsecops.lint import lint
from jupyter_mlsecops.notebook.model import Cell, Notebook
from jupyter_mlsecops.rule import Reads, Rule
from jupyter_mlsecops.rules import all_rules

BROKEN = Rule(
    id="broken", category="llm", reads=Reads.CODE, check=failing, severity=Severity.LOW, confidence=Confidence.LOW
)


def spots(notebook: Notebook, *rules: Rule) -> list[tuple[str, int | None, str, int]]:
    return [
        (result.rule.id, result.cell, hit.at.at.part, hit.at.at.start)
        for result in check(notebook, rules).results
        for hit in result.hits
    ]


def test_each_rule_gets_what_it_reads():
    book = read_notebook(code("x = BAD", outputs=[stream("a BAD")]), markdown("BAD"))
    assert spots(book, word_rule("BAD")) == [("bad", 0, "/source", 4)]
    assert spots(book, word_rule("BAD", reads=Reads.NOTEBOOK)) == [
        ("bad", None, "/source", 4),
        ("bad", None, "/source", 0),
    ]
    assert spots(book, word_rule("BAD", reads=Reads.TEXT)) == [
        ("bad", 0, "/source", 4),
        ("bad", 0, "/outputs/0/text", 2),
        ("bad", 1, "/source", 0),
    ]


def test_metadata_of_the_notebook_is_a_text():
    book = read_notebook("x", metadata={"title": "BAD"})
    assert spots(book, word_rule("BAD", reads=Reads.TEXT)) == [("bad", None, "/metadata/title", 0)]


def test_a_failing_rule_is_a_problem_and_silences_nothing():
    checked = check(bare_notebook("BAD = 'hunter2'", "BAD"), [BROKEN, word_rule("BAD")])
    assert [(result.rule.id, result.cell) for result in checked.results] == [("bad", 0), ("bad", 1)]
    assert [(problem.kind, problem.cell) for problem in checked.problems] == [("rule-failed", 0), ("rule-failed", 1)]
    assert "broken" in checked.problems[0].message
    assert "RuntimeError" in checked.problems[0].message
    assert "hunter2" not in checked.problems[0].message


def test_what_a_rule_said_before_it_failed_is_kept():
    def check_and_fail(code):
        yield from word_rule("BAD").check(code)
        raise KeyError(code.text)

    rule = Rule(
        id="half",
        category="llm",
        reads=Reads.CODE,
        check=check_and_fail,
        severity=Severity.LOW,
        confidence=Confidence.LOW,
    )
    checked = check(bare_notebook("BAD"), [rule])
    assert [len(result.hits) for result in checked.results] == [1]
    assert [problem.message for problem in checked.problems] == ["the rule half failed with KeyError"]


def test_outputs_that_cannot_be_read_are_a_problem_and_the_source_is_still_read():
    def explode():
        raise ValueError

    cell = Cell(index=0, type="code", id=None, source="BAD", load_texts=explode)
    checked = check(Notebook(cells=(cell,)), [word_rule("BAD", reads=Reads.TEXT)])
    assert len(checked.results) == 1
    assert [(problem.kind, problem.cell) for problem in checked.problems] == [("unreadable", 0)]


@pytest.mark.parametrize(
    ("triggers", "runs"),
    [(("load",), True), (("download", "import"), True), (("download",), False), (("",), True), ((), False)],
)
def test_triggers_are_sought_in_the_code_of_the_whole_notebook(triggers, runs):
    book = bare_notebook("BAD", "import x", "load", markdown("download"))
    assert bool(spots(book, word_rule("BAD", triggers=triggers))) is runs


def test_rules_of_texts_are_not_gated():
    assert spots(bare_notebook("BAD"), word_rule("BAD", reads=Reads.TEXT, triggers=("absent",)))


@pytest.mark.parametrize("source", ["pickle", "𝐩𝐢𝐜𝐤𝐥𝐞", "ｐickle", "!pic\\\nkle"])
def test_triggers_are_found_however_they_are_written(source):
    assert "pickle" in program_text(source)


@pytest.mark.parametrize(
    ("sources", "unparsed"),
    [(["x = 1", "%matplotlib inline", "!ls"], 0), (["for in", "x", "def f(:"], 2), (["%%bash\nfor in"], 0)],
)
def test_unparsed_cells_are_counted(sources, unparsed):
    assert check(bare_notebook(*sources), []).unparsed_cells == unparsed


def test_results_travel_between_processes():
    hits = check(read_notebook("BAD"), [word_rule("BAD")]).results[0].hits
    assert pickle.loads(pickle.dumps(hits)) == hits


def test_order_of_rules_does_not_matter():
    one, two = word_rule("BAD"), word_rule("x", name="other")
    book = read_notebook("BAD x", "x")
    assert sorted(spots(book, one, two), key=repr) == sorted(spots(book, two, one), key=repr)


def test_bytes_of_a_notebook_are_a_notebook():
    assert notebook("x").startswith(b"{")


def test_a_rule_that_finds_too_much_is_a_problem_and_not_a_clean_check():
    rule = word_rule("BAD", reads=Reads.NOTEBOOK)
    checked = check(bare_notebook("BAD " * (MOST_HITS + 5)), [rule])
    assert sum(len(result.hits) for result in checked.results) == MOST_HITS
    assert [(problem.kind, problem.cell) for problem in checked.problems] == [("too-large", None)]
    assert "bad finds more than 2,000 places" in checked.problems[0].message


def test_idle_ignores_are_bounded_and_the_report_says_so():
    source = "x = 1  # mlsecops: ignore[unsafe-pickle-load]\n" * (MOST_HITS + 5)
    report = lint(notebook(code(source)), path="a.ipynb")
    assert [finding.rule for finding in report.findings] == ["unused-ignore"] * MOST_HITS
    assert [(problem.kind, problem.path) for problem in report.problems] == [("too-large", "a.ipynb")]
    assert "unused-ignore finds more than 2,000 places" in report.problems[0].message


def test_fixes_are_bounded_and_secrets_are_hidden_all_the_same(monkeypatch):
    monkeypatch.setattr("jupyter_mlsecops.secrets.fixes.MOST_FIXES", 1)
    tokens = [make("github", number) for number in range(3)]
    report = lint(notebook(*(code(f"x = '{token}'") for token in tokens)), path="a.ipynb")
    assert [len(finding.fixes) for finding in report.findings] == [2, 1, 1]
    assert set(report.secrets) == set(tokens)


def test_a_notebook_that_is_released_leaves_nothing_to_the_garbage_collector():
    source = "import os\nclass A:\n    def f(self, x=os.environ):\n        self.x = [y for y in x]\nA().f()"
    book = read_notebook(code(source), code("!pip install torch"))
    results = check(book, all_rules().values()).results
    program = book.codes[0].program
    kept = [weakref.ref(each) for each in (program, program.walk, book.codes[0].session, *book.codes)]
    kept += [weakref.ref(next(iter(program.walk.frames)))]
    del program
    gc.disable()
    try:
        book.release()
        assert [each() for each in kept] == [None] * len(kept)
    finally:
        gc.enable()
    assert book.cells[0].source == source
    assert {result.rule.id for result in results} >= {"unpinned-package"}


def test_every_secret_is_known_even_where_not_every_one_is_reported():
    tokens = [make("github", number) for number in range(MOST_HITS + 10)]
    report = lint(notebook("x = '''" + "\n".join(tokens) + "'''"), path="a.ipynb")
    assert len(report.findings) == MOST_HITS
    assert set(tokens) <= set(report.secrets)
