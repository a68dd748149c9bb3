"""What people write to silence findings, and what it does and does not silence."""

from __future__ import annotations

import pytest
from fakes import word_rule
from notebooks import bare_notebook, code, markdown, raw, read_notebook, stream

from jupyter_mlsecops.check import check
from jupyter_mlsecops.notebook.model import Notebook
from jupyter_mlsecops.rule import Reads, Rule
from jupyter_mlsecops.suppressions import Silence, silence

BAD = word_rule("BAD", name="a-rule", reads=Reads.TEXT)
SECRET = word_rule("BAD", name="provider-token", category="secrets", reads=Reads.TEXT)
PICKLE = word_rule("BAD", name="unsafe-pickle-load", category="deserialization", reads=Reads.TEXT)


def silenced(notebook: Notebook, rule: Rule = BAD) -> tuple[list[bool], Silence]:
    """For each BAD in the notebook, in order: is it silenced?"""
    hits = [hit for result in check(notebook, [rule]).results for hit in result.hits]
    quiet = silence(notebook, [(rule, hit.at) for hit in hits])
    return [number in quiet.by_claim for number in range(len(hits))], quiet


def silenced_in(source: str, rule: Rule = BAD) -> list[bool]:
    return silenced(bare_notebook(source), rule)[0]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("BAD  # mlsecops: ignore[a-rule] I know", [True]),
        ("BAD  # mlsecops: ignore[downloads]", [True]),
        ("BAD  #mlsecops:ignore[ other , a-rule ]", [True]),
        ("BAD  # type: ignore # mlsecops: ignore[a-rule]", [True]),
        ("BAD  # mlsecops: ignore[other]", [False]),
        ("BAD  # mlsecops: ignore[]", [False]),
        ("BAD  # mlsecops: ignore", [False]),
        ("BAD  # mlsecops: ignore[*]", [False]),
        ("BAD  # mlsecops: ignored[a-rule]", [False]),
        ("BAD  # MLSECOPS ignore[a-rule]", [False]),
        ("BAD\nBAD  # mlsecops: ignore[a-rule]\nBAD", [False, True, False]),
        ("BAD\r\nBAD  # mlsecops: ignore[a-rule]\r\nBAD", [False, True, False]),
        ("BAD\rBAD  # mlsecops: ignore[a-rule]\rBAD", [False, True, False]),
        # a comment of its own line says nothing about its neighbours
        ("BAD\n# mlsecops: ignore[a-rule]\nBAD", [False, False]),
    ],
)
def test_end_of_line(source: str, expected: list[bool]):
    assert silenced_in(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("f(\n  BAD,\n)  # mlsecops: ignore[a-rule]", [True]),
        ("f(  # mlsecops: ignore[a-rule]\n  BAD,\n)", [True]),
        ("f(\n  # mlsecops: ignore[a-rule]\n  BAD,\n)", [True]),
        ("x = 1 + \\\n  BAD  # mlsecops: ignore[a-rule]", [True]),
        ("x = BAD + \\\n  1  # mlsecops: ignore[a-rule]", [True]),
        ("x = '''\nBAD\n'''  # mlsecops: ignore[a-rule]", [True]),
        # what stands on the comment's own line is meant, and nothing else of the statement
        ("f(\n  BAD,  # mlsecops: ignore[a-rule]\n  BAD,\n)", [True, False]),
        ("f(\n  BAD,\n  BAD)  # mlsecops: ignore[a-rule]", [False, True]),
        # the next statement is another one
        ("f(\n  1,\n)  # mlsecops: ignore[a-rule]\nBAD", [False]),
        ("with f() as g:  # mlsecops: ignore[a-rule]\n  BAD", [False]),
        # a bracket that is never closed must not make the rest of the cell one statement
        ("f(  # mlsecops: ignore[a-rule]\nx = 1\nBAD", [False]),
    ],
)
def test_statements_of_several_lines(source: str, expected: list[bool]):
    assert silenced_in(source) == expected


@pytest.mark.parametrize(
    "source",
    [
        "x = 'BAD # mlsecops: ignore[a-rule]'",
        'x = "BAD # mlsecops: ignore[a-rule]"',
        'x = """\nBAD # mlsecops: ignore[a-rule]\n"""',
        "x = '\\'BAD # mlsecops: ignore[a-rule]'",
        "!echo 'BAD # mlsecops: ignore[a-rule]'",
        "!echo BAD#mlsecops: ignore[a-rule]",
        "%%bash\necho 'BAD # mlsecops: ignore[a-rule]'",
    ],
)
def test_a_string_is_no_comment(source: str):
    assert silenced_in(source) == [False]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("# mlsecops: ignore-next[a-rule]\nBAD\nBAD", [True, False]),
        ("# mlsecops: ignore-next[a-rule]\nf(\n BAD,\n BAD)\nBAD", [True, True, False]),
        ("# mlsecops: ignore-next[other]\n# mlsecops: ignore-next[a-rule]\nBAD", [True]),
        ("f(\n  # mlsecops: ignore-next[a-rule]\n  BAD,\n  BAD)", [True, False]),
        ("# mlsecops: ignore-next[a-rule]\nx = '''\nBAD\n'''", [True]),
        ("# mlsecops: ignore-next[a-rule]\n!pip install BAD \\\n  BAD\n!pip install BAD", [True, True, False]),
        ("# mlsecops: ignore-next[a-rule]\n%pip install BAD", [True]),
        ("# mlsecops: ignore-next[a-rule]\nx = !pip install \\\n  BAD", [True]),
        ("%%bash\n# mlsecops: ignore-next[a-rule]\npip install \\\n  BAD\nBAD", [True, False]),
        ("BAD  # mlsecops: ignore-next[a-rule]\nBAD", [False, True]),
        ("# mlsecops: ignore-next[a-rule]\n\nBAD", [False]),
    ],
)
def test_next_line(source: str, expected: list[bool]):
    assert silenced_in(source) == expected


@pytest.mark.parametrize(
    "source",
    [
        "!pip install BAD  # mlsecops: ignore[a-rule]",
        "%pip install BAD  # mlsecops: ignore[a-rule] it's fine",
        "!pip install \\\n  BAD  # mlsecops: ignore[a-rule]",
        "!pip install BAD \\\n  x  # mlsecops: ignore[a-rule]",
        "x = !pip install BAD  # mlsecops: ignore[a-rule]",
        "!echo don't BAD  # mlsecops: ignore[a-rule]",
        "%%bash\npip install BAD  # mlsecops: ignore[a-rule]",
        "%%time\nBAD()  # mlsecops: ignore[a-rule]",
        "%time BAD()  # mlsecops: ignore[a-rule]",
        "%%writefile a.py\nBAD()  # mlsecops: ignore[a-rule]",
        "%%writefile a.sh\nBAD  # mlsecops: ignore[a-rule]",
        "x = (((BAD  # mlsecops: ignore[a-rule]",
        "for in while BAD  # mlsecops: ignore[a-rule]",
    ],
)
def test_magics_shell_lines_and_broken_cells(source: str):
    assert silenced_in(source) == [True]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("BAD <!-- mlsecops: ignore[a-rule] -->\n\nBAD", [True, False]),
        ("<!-- mlsecops: ignore[a-rule] reason -->\nBAD\n\nBAD", [True, True]),
        ("<!--\nmlsecops: ignore[a-rule]\n-->\nBAD", [True]),
        ("<!-- mlsecops: ignore-next[a-rule] -->\nBAD\nBAD", [True, False]),
        ("<!-- mlsecops: ignore[other] -->\nBAD", [False]),
        ("BAD <!-- mlsecops: ignore[a-rule]", [False]),
        ("# mlsecops: ignore[a-rule] BAD", [False]),
    ],
)
def test_markdown(source: str, expected: list[bool]):
    assert silenced(bare_notebook(markdown(source)))[0] == expected


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (["mlsecops-ignore"], True),
        (["other", "mlsecops-ignore-a-rule"], True),
        (["mlsecops-ignore-downloads"], True),
        (["mlsecops-ignore-other"], False),
        (["mlsecops-ignored"], False),
        (["mlsecops-ignore-"], False),
    ],
)
@pytest.mark.parametrize("make", [code, markdown, raw])
def test_cell_tags(make, tags, expected):
    notebook = bare_notebook(make("BAD", tags=tags), "BAD")
    assert silenced(notebook)[0] == [expected, False]


def test_only_cell_tags_reach_outputs():
    comment = code("x  # mlsecops: ignore[a-rule]", outputs=[stream("BAD")])
    tag = code("x", tags=["mlsecops-ignore-a-rule"], outputs=[stream("BAD")])
    found, quiet = silenced(read_notebook(comment, tag))
    assert found == [False, True]
    assert [suppression.reason.kind for suppression in quiet.by_claim.values()] == ["cell-tag"]


@pytest.mark.parametrize(
    ("source", "rule", "expected"),
    [
        ("BAD  # nosec", PICKLE, True),
        ("BAD  #nosec because", PICKLE, True),
        ("BAD  # nosec B301", PICKLE, True),
        ("BAD  # nosec: B403, B301", PICKLE, True),
        ("BAD  # nosec B506", PICKLE, False),
        ("BAD  # nosec pytorch_load", PICKLE, False),
        ("BAD  # nosec", word_rule("BAD", name="hardcoded-credential", category="secrets"), True),
        ("BAD  # nosec", SECRET, False),
        ("!BAD  # nosec", PICKLE, False),
        ("BAD  # nosecurity", PICKLE, False),
        ("BAD  # noqa: S301", PICKLE, True),
        ("BAD  # NOQA: E501,S301", PICKLE, True),
        ("BAD  # noqa:E501 S301", PICKLE, True),
        ("BAD  # noqa", PICKLE, False),
        ("BAD  # noqa: S506", PICKLE, False),
        ("BAD  # nosemgrep: avoid-pickle", PICKLE, True),
        ("BAD  # nosemgrep: python.lang.security.deserialization.pickle.avoid-pickle", PICKLE, True),
        ("BAD  # nosemgrep: python.lang.other", PICKLE, False),
        ("BAD  # nosemgrep", PICKLE, False),
        ("BAD  # pragma: allowlist secret", SECRET, True),
        ("# pragma: allowlist nextline secret\nBAD", SECRET, True),
        ("BAD  # gitleaks:allow", SECRET, True),
        ("!BAD  # gitleaks:allow", SECRET, True),
        ("BAD  # pragma: allowlist secret", PICKLE, False),
        ("BAD  # gitleaks:allow", PICKLE, False),
    ],
)
def test_comments_of_other_tools(source: str, rule: Rule, expected: bool):
    assert silenced_in(source, rule) == [expected]


def test_reasons_quote_the_comment():
    _, quiet = silenced(bare_notebook("BAD  # mlsecops: ignore[a-rule] checked by hand"))
    assert quiet.by_claim[0].reason.text == "mlsecops: ignore[a-rule] checked by hand"
    assert quiet.by_claim[0].reason.kind == "comment"


@pytest.mark.parametrize(
    ("source", "unused"),
    [
        ("BAD  # mlsecops: ignore[a-rule]", []),
        ("BAD  # mlsecops: ignore[a-rule, other]", [("other",)]),
        ("x  # mlsecops: ignore[a-rule]", [("a-rule",)]),
        ("x  # mlsecops: ignore", [()]),
        ("x  # nosec", []),
    ],
)
def test_unused(source: str, unused: list[tuple[str, ...]]):
    _, quiet = silenced(bare_notebook(source))
    assert [each.names for each in quiet.unused] == unused


def test_where_an_unused_one_is_written():
    source = "é = 1  # mlsecops: ignore[a-rule]"
    (unused,) = silenced(bare_notebook("x", source))[1].unused
    assert unused.suppression.cell == 1
    assert source[unused.suppression.start : unused.suppression.end] == "# mlsecops: ignore[a-rule]"


def test_many_comments_in_one_statement_are_not_slow():
    lines = "  x,  # mlsecops: ignore[a-rule]\n" * 5000
    assert silenced_in(f"f(\n{lines}  BAD)\n{lines}") == [True]
