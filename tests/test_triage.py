"""Whose fact it is, what belongs together, what is silenced, how loud it is, and its name over time."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fakes import word_rule
from notebooks import bare_notebook, code, raw, read_notebook, stream

from jupyter_mlsecops import triage as module
from jupyter_mlsecops.check import MOST_HITS, Result, check
from jupyter_mlsecops.excerpts import Excerpts
from jupyter_mlsecops.findings import Confidence, Fix, Hit, Related, Safety, Severity
from jupyter_mlsecops.notebook.model import Notebook
from jupyter_mlsecops.redaction import Redactor
from jupyter_mlsecops.rule import Merge, Reads, Rule
from jupyter_mlsecops.settings import Settings
from jupyter_mlsecops.triage import Triaged, triage

RULE = word_rule("BAD[0-9]?", name="a-rule")


def decide(book: Notebook, *rules: Rule, path: str = "a.ipynb", secrets: tuple[str, ...] = (), **settings) -> Triaged:
    return decide_results(book, check(book, rules).results, path=path, secrets=secrets, **settings)


def decide_results(book: Notebook, results, *, path="a.ipynb", secrets=(), **settings) -> Triaged:
    excerpts = Excerpts(book, Redactor(secrets))
    return triage(book, results, path=path, settings=Settings(**settings), excerpts=excerpts)


def said(rule: Rule, *hits: Hit) -> list[Result]:
    return [Result(rule=rule, cell=None, hits=hits)]


def spans(decided: Triaged) -> list[tuple[int | None, int]]:
    return [(finding.place.cell, finding.place.at.start) for finding in decided.findings]


# -- levels ------------------------------------------------------------------------------------------------------------


def test_a_hit_is_as_loud_as_it_says_else_as_its_rule():
    book = bare_notebook("BAD BAD")
    quiet = Hit(at=book.cells[0].place(0, 3), message="", severity=Severity.INFO, confidence=Confidence.LOW)
    plain = Hit(at=book.cells[0].place(4, 7), message="")
    found = decide_results(book, said(RULE, quiet, plain)).findings
    assert [(one.severity, one.confidence) for one in found] == [
        (Severity.INFO, Confidence.LOW),
        (Severity.MEDIUM, Confidence.HIGH),
    ]


def test_settings_have_the_last_word_on_levels():
    found = decide(bare_notebook("BAD"), RULE, severity={"a-rule": Severity.CRITICAL}).findings
    assert [one.severity for one in found] == [Severity.CRITICAL]


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({"min_severity": Severity.MEDIUM}, 1),
        ({"min_severity": Severity.HIGH}, 0),
        ({"min_confidence": Confidence.HIGH}, 1),
    ],
)
def test_what_is_too_quiet_is_not_reported(settings, found):
    decided = decide(bare_notebook("BAD"), RULE, **settings)
    assert len(decided.findings) == found
    assert not decided.silenced


def test_too_unsure():
    unsure = replace(RULE, confidence=Confidence.LOW)
    assert not decide(bare_notebook("BAD"), unsure, min_confidence=Confidence.MEDIUM).findings


# -- one span, one fact ------------------------------------------------------------------------------------------------


@pytest.fixture
def owners(monkeypatch):
    rows = [{"rule": "owner", "over": ["guest"]}, {"rule": "twin", "over": ["guest"], "same_span": True}]
    monkeypatch.setattr(module, "table", lambda _name: {"owner": rows})
    module._owners.cache_clear()
    yield
    module._owners.cache_clear()


@pytest.mark.usefixtures("owners")
@pytest.mark.parametrize(
    ("owner", "guest", "left"),
    [
        ("abc", "abc", {"owner"}),
        ("abc", "bcde", {"owner"}),
        ("bcde", "abc", {"owner"}),
        ("abcdef", "c", {"owner"}),
        ("c", "abcdef", {"owner"}),
        ("abc", "def", {"owner", "guest"}),
        ("def", "abc", {"owner", "guest"}),
    ],
)
def test_the_owner_of_a_fact_speaks(owner, guest, left):
    decided = decide(bare_notebook("abcdef"), word_rule(guest, name="guest"), word_rule(owner, name="owner"))
    assert {finding.rule for finding in decided.findings} == left
    assert not decided.silenced


@pytest.mark.usefixtures("owners")
@pytest.mark.parametrize(("guest", "left"), [("abc", {"twin"}), ("b", {"twin", "guest"})])
def test_some_facts_are_one_only_on_the_same_span(guest, left):
    decided = decide(bare_notebook("abc"), word_rule(guest, name="guest"), word_rule("abc", name="twin"))
    assert {finding.rule for finding in decided.findings} == left


@pytest.mark.usefixtures("owners")
def test_other_parts_are_other_places():
    book = read_notebook(code("abc", outputs=[stream("abc")]), "abc")
    guest = word_rule("abc", name="guest", reads=Reads.TEXT)
    decided = decide(book, guest, word_rule("abc", name="owner"))
    assert [(one.rule, one.place.cell, one.place.at.part) for one in decided.findings if one.rule == "guest"] == [
        ("guest", 0, "/outputs/0/text")
    ]


@pytest.mark.usefixtures("owners")
def test_a_silenced_owner_does_not_hand_its_fact_on():
    book = bare_notebook("abc  # mlsecops: ignore[owner]")
    decided = decide(book, word_rule("abc", name="guest"), word_rule("abc", name="owner"))
    assert not decided.findings
    assert [each.finding.rule for each in decided.silenced] == ["owner"]


# -- what belongs together ---------------------------------------------------------------------------------------------


def test_one_finding_a_cell():
    rule = replace(RULE, merge=Merge.CELL, summarise=lambda subjects: "all of " + ", ".join(subjects))
    decided = decide(bare_notebook("BAD1\nBAD2\nBAD1", "BAD3"), rule)
    assert spans(decided) == [(0, 0), (1, 0)]
    first, second = decided.findings
    assert first.message == "all of BAD1, BAD2"
    assert [each.place.at.start for each in first.related] == [5, 10]
    assert [each.message for each in first.related] == ["saw BAD2", "saw BAD1"]
    assert (second.message, second.related) == ("saw BAD3", ())


def test_one_finding_a_subject():
    rule = replace(RULE, merge=Merge.SUBJECT)
    decided = decide(bare_notebook("BAD1 BAD2", "BAD2 BAD1"), rule)
    assert spans(decided) == [(0, 0), (0, 5)]
    assert [each.place.cell for each in decided.findings[0].related] == [1]


def test_hits_without_a_subject_are_not_about_the_same():
    book = bare_notebook("BAD BAD")
    hits = [Hit(at=book.cells[0].place(at, at + 3), message="") for at in (0, 4)]
    assert len(decide_results(book, said(replace(RULE, merge=Merge.SUBJECT), *hits)).findings) == 2


def test_the_first_place_speaks_with_the_highest_level():
    book = bare_notebook("BAD1 BAD1", "BAD1")
    low = Hit(at=book.cells[1].place(0, 4), message="low", severity=Severity.LOW, subject="s")
    high = Hit(
        at=book.cells[0].place(5, 9), message="high", severity=Severity.HIGH, confidence=Confidence.LOW, subject="s"
    )
    info = Hit(at=book.cells[0].place(0, 4), message="info", severity=Severity.INFO, subject="s")
    (finding,) = decide_results(book, said(replace(RULE, merge=Merge.SUBJECT), low, high, info)).findings
    assert (finding.message, finding.severity, finding.confidence) == ("info", Severity.HIGH, Confidence.LOW)
    assert [each.message for each in finding.related] == ["high", "low"]


def test_fixes_stay_with_their_places():
    book = bare_notebook("BAD1 BAD1")
    one, two = Fix(title="one", safety=Safety.MANUAL), Fix(title="two", safety=Safety.MANUAL)
    hits = [
        Hit(at=book.cells[0].place(0, 4), message="", fixes=(one,), subject="s"),
        Hit(at=book.cells[0].place(5, 9), message="", fixes=(two,), subject="s"),
    ]
    (finding,) = decide_results(book, said(replace(RULE, merge=Merge.CELL), *hits)).findings
    assert finding.fixes == (one,)
    assert finding.related[0].fixes == (two,)


# -- what is silenced --------------------------------------------------------------------------------------------------


def test_suppressions_take_places_away_first():
    rule = replace(RULE, merge=Merge.CELL, summarise=" ".join)
    source = "BAD1  # mlsecops: ignore[a-rule]\nBAD2\nBAD3"
    decided = decide(bare_notebook(source), rule)
    (finding,) = decided.findings
    assert finding.message == "BAD2 BAD3"
    assert finding.place.at.start == source.index("BAD2")
    assert len(finding.related) == 1
    assert not decided.silenced


def test_levels_of_places_taken_away_do_not_count():
    book = bare_notebook("BAD1  # mlsecops: ignore[a-rule]\nBAD2")
    loud = Hit(at=book.cells[0].place(0, 4), message="", severity=Severity.CRITICAL)
    soft = Hit(at=book.cells[0].place(33, 37), message="", severity=Severity.LOW)
    (finding,) = decide_results(book, said(replace(RULE, merge=Merge.CELL), loud, soft)).findings
    assert finding.severity is Severity.LOW


def test_silenced_where_no_place_is_left():
    rule = replace(RULE, merge=Merge.CELL)
    decided = decide(bare_notebook("BAD1  # mlsecops: ignore[a-rule] one\nBAD2  # mlsecops: ignore[a-rule] two"), rule)
    assert not decided.findings
    (silenced,) = decided.silenced
    assert len(silenced.finding.related) == 1
    assert silenced.reason.text == "mlsecops: ignore[a-rule] one"


def test_related_places_of_a_hit_are_places():
    book = bare_notebook("BAD1  # mlsecops: ignore[a-rule]\nBAD2")
    related = Related(place=book.cells[0].place(33, 37), message="here too")
    hit = Hit(at=book.cells[0].place(0, 4), message="first", related=(related,))
    (finding,) = decide_results(book, said(RULE, hit)).findings
    assert (finding.message, finding.place.at.start, finding.related) == ("here too", 33, ())


def test_no_ignores():
    decided = decide(bare_notebook("BAD  # mlsecops: ignore[a-rule]"), RULE, suppressions=False)
    assert len(decided.findings) == 1
    assert not decided.silenced


@pytest.mark.parametrize(
    ("pattern", "path", "here", "silent"),
    [
        ("a.ipynb", "nb/a.ipynb", "", True),
        ("nb/*.ipynb", "nb/a.ipynb", "", True),
        ("nb", "nb/deep/a.ipynb", "", True),
        ("*.ipynb", "b.py", "", False),
        ("nb/*.ipynb", "other/nb/a.ipynb", "", False),
        ("/repo/nb/*.ipynb", "a.ipynb", "/repo/nb", True),
        ("/repo/nb/*.ipynb", "a.ipynb", "/repo/old", False),
    ],
)
def test_per_file_ignores(pattern, path, here, silent):
    ignores = {pattern: ("downloads",)}
    decided = decide(bare_notebook("BAD"), RULE, path=path, per_file_ignores=ignores, working_directory=here)
    assert bool(decided.silenced) is silent
    assert bool(decided.findings) is not silent
    assert not silent or decided.silenced[0].reason.kind == "settings"


@pytest.mark.parametrize(
    ("subject", "category", "trusted"),
    [
        ("google/bert", "downloads", True),
        ("Google/bert", "downloads", True),
        ("git+https://github.com/google/x.git", "packages", True),
        ("github.com/google/x", "downloads", True),
        ("https://evil.example/google/x", "downloads", False),
        ("evil/google", "downloads", False),
        ("google", "packages", False),
        ("google/bert", "secrets", False),
    ],
)
def test_trusted_owners(subject, category, trusted):
    book = bare_notebook("BAD")
    rule = replace(RULE, category=category)
    hit = Hit(at=book.cells[0].place(0, 3), message="", subject=subject)
    decided = decide_results(book, said(rule, hit), trusted_owners=("google",))
    assert bool(decided.silenced) is trusted


# -- order and names over time -----------------------------------------------------------------------------------------


def test_findings_are_in_file_order():
    outputs = [stream("BAD"), *[stream("x")] * 9, stream("BAD")]
    book = read_notebook(code("x BAD", outputs=outputs, tags=["BAD"]), raw("BAD"), metadata={"title": "BAD"})
    decided = decide(book, word_rule("x", name="z"), word_rule("BAD", name="y", reads=Reads.TEXT))
    assert [(one.place.cell, one.place.at.part) for one in decided.findings] == [
        (0, "/source"),
        (0, "/source"),
        (0, "/metadata/tags"),
        (0, "/outputs/0/text"),
        (0, "/outputs/10/text"),
        (1, "/source"),
        (None, "/metadata/title"),
    ]


def fingerprints(*cells, rule: Rule = RULE, **options) -> list[str]:
    return [one.fingerprint for one in decide(read_notebook(*cells), rule, **options).findings]


def test_fingerprints_survive_edits_elsewhere():
    before = fingerprints(code("x = BAD", id="one"), path="a.ipynb")
    assert fingerprints("y = 1", code("# more\n\nx  =  BAD", id="one")) == before
    assert fingerprints(code("x = BAD", id="one"), path="b.ipynb") != before
    assert fingerprints(code("x = BAD", id="two")) != before
    assert fingerprints(code("z = BAD", id="one")) != before


def test_equal_lines_have_different_fingerprints():
    found = fingerprints("BAD BAD\nBAD\nBAD")
    assert len(set(found)) == 4
    assert fingerprints("BAD")[0] == found[2]


def test_silenced_findings_count_in_the_ordinal():
    loud = fingerprints("BAD\nBAD  # x")
    assert fingerprints("BAD  # mlsecops: ignore[a-rule]\nBAD  # x")[0] == loud[1]


def test_a_new_secret_in_an_old_place_is_new_and_the_fingerprint_does_not_tell_it():
    rule = replace(word_rule("BAD[0-9]+"), category="secrets")
    found = {fingerprints(f"x = BAD{n}", rule=rule, secrets=(f"BAD{n}",))[0] for n in range(5000)}
    assert 1000 < len(found) <= 4096


def test_a_long_line_is_not_read_again_for_each_finding():
    book = bare_notebook("BAD " * MOST_HITS + "good " * 200_000)
    assert len(decide(book, RULE).findings) == MOST_HITS
