"""The JSON that leaves is the contract's, word by word, and holds no secret."""

from __future__ import annotations

import json
from importlib.resources import files

import jsonschema
import msgspec
import pytest
from fakes import word_rule
from notebooks import code, markdown, notebook, stream
from tokens import make

from jupyter_mlsecops import wire
from jupyter_mlsecops.export import file_result
from jupyter_mlsecops.findings import (
    ClearOutput,
    Confidence,
    Finding,
    Fix,
    Location,
    Place,
    Problem,
    Related,
    ReplaceText,
    Report,
    Safety,
    Severity,
)
from jupyter_mlsecops.lint import lint
from jupyter_mlsecops.notebook.reader import read
from jupyter_mlsecops.reports import json as json_report
from jupyter_mlsecops.settings import Settings

SCHEMA = json.loads(files("jupyter_mlsecops").joinpath("wire-v1.schema.json").read_text("utf-8"))
TOKEN = make("github")


def at(cell: int | None, part: str, start: int, end: int) -> Place:
    return Place(cell=cell, at=Location(part=part, start=start, end=end))


def finding(place: Place, **fields) -> Finding:
    facts = {
        "rule": "a-rule", "category": "downloads", "message": "said", "severity": Severity.MEDIUM,
        "confidence": Confidence.HIGH, "fingerprint": "f", "cwe": (502,), "url": "https://example.org",
    }  # fmt: skip
    return Finding(place=place, **(facts | fields))


def exported(report: Report) -> dict:
    """The JSON of one report, held against the schema."""
    document = wire.document([file_result(report)], seconds=0.1234)
    decoded = json.loads(json_report.render(document))
    jsonschema.validate(decoded, SCHEMA, cls=jsonschema.Draft202012Validator)
    return decoded


def report(content: bytes, *findings: Finding, **fields) -> Report:
    return Report(path="nb/a.ipynb", notebook=read(content), findings=findings, **fields)


def test_the_schema_in_the_package_is_that_of_the_types():
    assert wire.schema() == SCHEMA
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_a_finding():
    content = notebook("x", "import pickle\n    model = pickle.load(f)")
    place = at(1, "/source", 26, 40)
    (found,) = exported(report(content, finding(place)))["findings"]
    line = content.decode().splitlines().index('   "source": "import pickle\\n    model = pickle.load(f)"') + 1
    start = '   "source": "import pickle\\n    model = '
    assert found == {
        "rule": "a-rule",
        "category": "downloads",
        "severity": "medium",
        "confidence": "high",
        "engine": "native",
        "message": "said",
        "path": "nb/a.ipynb",
        "cell": {"index": 1, "number": 2, "id": "c001", "type": "code"},
        "part": "/source",
        "range": {"start": {"line": 2, "column": 13}, "end": {"line": 2, "column": 27}},
        "file_range": {
            "start": {"line": line, "column": len(start) + 1},
            "end": {"line": line, "column": len(start) + 15},
        },
        "snippet": "model = pickle.load(f)",
        "fingerprint": "f",
        "cwe": [502],
        "url": "https://example.org",
        "related": [],
        "fixes": [],
    }


def test_the_order_of_keys_is_the_contracts():
    (found,) = exported(report(notebook("abc"), finding(at(0, "/source", 0, 1))))["findings"]
    assert list(found) == [
        "rule", "category", "severity", "confidence", "engine", "message", "path", "cell", "part", "range", "file_range",
        "snippet", "fingerprint", "cwe", "url", "related", "fixes",
    ]  # fmt: skip


def test_related_places_and_fixes():
    content = notebook(code("abc", outputs=[stream("out")]), "import x")
    fix = Fix(
        title="do it",
        safety=Safety.UNSAFE,
        edits=(ReplaceText(place=at(0, "/source", 1, 2), text="B"), ClearOutput(cell=0, part="/outputs/0")),
    )
    related = Related(place=at(0, "/outputs/0/text", 0, 3), message="here too", fixes=(fix,))
    (found,) = exported(report(content, finding(at(0, "/source", 0, 1), related=(related,), fixes=(fix,))))["findings"]
    cell = {"index": 0, "number": 1, "id": "c000", "type": "code"}
    edits = [
        {
            "kind": "replace",
            "cell": cell,
            "part": "/source",
            "range": {"start": {"line": 1, "column": 2}, "end": {"line": 1, "column": 3}},
            "text": "B",
        },
        {"kind": "clear-output", "cell": cell, "part": "/outputs/0"},
    ]
    assert found["fixes"] == [{"title": "do it", "safety": "unsafe", "edits": edits}]
    (other,) = found["related"]
    assert other["cell"] == cell
    assert other["part"] == "/outputs/0/text"
    assert other["message"] == "here too"
    assert other["fixes"] == found["fixes"]
    assert other["range"]["end"] == {"line": 1, "column": 4}
    assert set(other) == {"cell", "part", "range", "file_range", "message", "fixes"}


def test_metadata_of_the_notebook_has_no_cell():
    content = notebook("x", metadata={"title": "abc"})
    (found,) = exported(report(content, finding(at(None, "/metadata/title", 0, 3))))["findings"]
    assert (found["cell"], found["part"], found["snippet"]) == (None, "/metadata/title", "abc")
    assert found["file_range"] is not None


def test_old_notebooks_have_no_file_range():
    old = {"worksheets": [{"cells": [{"cell_type": "code", "input": "abc", "outputs": []}]}], "nbformat": 3}
    (found,) = exported(report(json.dumps(old).encode(), finding(at(0, "/source", 0, 1))))["findings"]
    assert found["file_range"] is None
    assert found["cell"]["id"] is None


def test_columns_count_code_points_and_lines_end_as_the_contract_says():
    source = "a\r\n😀b\rc\u2028d\x0ce"
    content = notebook(source)
    found = exported(report(content, *(finding(at(0, "/source", n, n + 1)) for n in (3, 4, 6, 8, 10))))["findings"]
    starts = [(one["range"]["start"]["line"], one["range"]["start"]["column"]) for one in found]
    assert starts == [(2, 1), (2, 2), (3, 1), (3, 3), (3, 5)]


@pytest.mark.parametrize(
    ("source", "start", "snippet"),
    [
        ("  one\n  two  \n", 8, "two"),
        ("x" * 500, 300, "x" * 200),
        ("    " + "é" * 250, 5, "é" * 200),
        ("", 0, ""),
        ("a\n\nb", 2, ""),
    ],
)
def test_snippets(source, start, snippet):
    (found,) = exported(report(notebook(source), finding(at(0, "/source", start, start))))["findings"]
    assert found["snippet"] == snippet


@pytest.mark.parametrize("indent", range(150, 260, 3))
def test_a_secret_at_the_border_of_a_snippet_is_not_cut_before_it_is_redacted(indent):
    source = "x" * (indent - 1) + " " + TOKEN + " " + "y" * 300
    place = at(0, "/source", indent, indent + len(TOKEN))
    (found,) = exported(report(notebook(source), finding(place), secrets=(TOKEN,)))["findings"]
    assert len(found["snippet"]) <= 200
    assert not any(TOKEN[n : n + 8] in found["snippet"] for n in range(4, len(TOKEN) - 8))


def test_silenced_and_problems_and_summary():
    content = notebook("BAD  # mlsecops: ignore[unsafe-pickle-load] why", markdown("x"), "for in")
    book = read(content)
    from jupyter_mlsecops.findings import Reason, Silenced

    silenced = Silenced(finding=finding(at(0, "/source", 0, 3)), reason=Reason(kind="comment", text="why"))
    problem = Problem(path="nb/a.ipynb", kind="rule-failed", message="failed", cell=1)
    decoded = exported(
        Report(
            path="nb/a.ipynb",
            notebook=book,
            findings=(finding(at(0, "/source", 0, 3)),),
            silenced=(silenced,),
            problems=(problem,),
            unparsed_cells=1,
        )
    )
    assert list(decoded) == ["version", "tool", "findings", "silenced", "problems", "summary"]
    assert decoded["version"] == 1
    assert decoded["tool"]["name"] == "jupyter-mlsecops"
    assert decoded["silenced"][0]["reason"] == {"kind": "comment", "text": "why"}
    assert decoded["silenced"][0]["snippet"].startswith("BAD")
    assert decoded["problems"] == [
        {
            "path": "nb/a.ipynb",
            "cell": {"index": 1, "number": 2, "id": "c001", "type": "markdown"},
            "kind": "rule-failed",
            "message": "failed",
        }
    ]
    assert decoded["summary"] == {
        "files": 1,
        "cells": 3,
        "unparsed_cells": 1,
        "findings": {"medium": 1},
        "silenced": 1,
        "problems": 1,
        "seconds": 0.123,
    }


def test_a_file_that_could_not_be_read():
    decoded = exported(lint(b"nothing", path="a.ipynb", settings=Settings()))
    assert decoded["problems"][0]["kind"] == "unreadable"
    assert decoded["problems"][0]["cell"] is None
    assert decoded["summary"]["files"] == 0


def test_every_string_is_redacted():
    content = notebook(code(TOKEN, id=TOKEN[:60], outputs=[stream(TOKEN)]), metadata={TOKEN: TOKEN})
    fixes = (Fix(title=f"remove {TOKEN}", safety=Safety.MANUAL),)
    related = (Related(place=at(0, "/outputs/0/text", 0, 3), message=TOKEN, fixes=fixes),)
    text = json.dumps(
        exported(
            Report(
                path=f"{TOKEN}.ipynb",
                notebook=read(content),
                findings=(
                    finding(at(0, "/source", 0, 40), message=f"saw {TOKEN}", fixes=fixes, related=related),
                    finding(at(None, f"/metadata/{TOKEN}", 0, 40)),
                ),
                problems=(Problem(path=f"{TOKEN}.ipynb", kind="rule-failed", message=TOKEN),),
                secrets=(TOKEN,),
            )
        )
    )
    assert TOKEN not in text
    assert "/metadata/" in text


def test_a_fix_that_would_write_a_secret_is_not_offered():
    edit = ReplaceText(place=at(0, "/source", 0, 1), text=f"https://{TOKEN}@host")
    fix = Fix(title="use https", safety=Safety.UNSAFE, edits=(edit,))
    (found,) = exported(report(notebook("abc"), finding(at(0, "/source", 0, 1), fixes=(fix,)), secrets=(TOKEN,)))[
        "findings"
    ]
    assert found["fixes"] == []


@pytest.mark.parametrize("secret", ["source", "outputs", "medium", "unsafe", "code", "text"])
def test_a_secret_that_is_a_word_of_ours_does_not_break_the_format(secret):
    content = notebook(code(f"password = '{secret}'", outputs=[stream(secret)]))
    findings = [finding(at(0, "/source", 12, 12 + len(secret))), finding(at(0, "/outputs/0/text", 0, len(secret)))]
    found = exported(report(content, *findings, secrets=(secret,)))["findings"]
    assert [one["part"] for one in found] == ["/source", "/outputs/0/text"]


def test_lone_surrogates_and_invisible_characters_leave_as_plain_ascii_or_escapes():
    source = "a\ud800b\x9b\u202e\U000e0041\x7f\u200b"
    content = notebook(source)
    text = json_report.render(wire.document([file_result(report(content, finding(at(0, "/source", 0, 1))))], seconds=0))
    assert all(character.isprintable() or character == "\n" for character in text)
    assert json.loads(text)["findings"][0]["snippet"] == source.replace("\ud800", "\ufffd")


def test_results_travel_between_processes():
    result = file_result(report(notebook("abc"), finding(at(0, "/source", 0, 1))))
    assert msgspec.json.decode(msgspec.json.encode(result), type=wire.FileResult) == result


def test_real_findings_hold_to_the_schema():
    cells = [
        code(f'TOKEN = "{TOKEN}"\nimport pickle\npickle.load(open(p, "rb"))', outputs=[stream(f"{TOKEN}\n")]),
        "!pip install torch>=2.0 numpy",
        "from transformers import AutoModel\nAutoModel.from_pretrained('a/b', trust_remote_code=True)",
        "pickle.load(f)  # mlsecops: ignore[unsafe-pickle-load]",
    ]
    decoded = exported(lint(notebook(*cells), path="a.ipynb", settings=Settings()))
    assert {"provider-token", "unpinned-package", "trusted-remote-code"} <= {one["rule"] for one in decoded["findings"]}
    assert len(decoded["silenced"]) == 1
    assert TOKEN not in json.dumps(decoded)


def test_lint_knows_secrets_that_nobody_asked_for():
    content = notebook(f"import pickle\npickle.load('{TOKEN}')")
    decoded = exported(lint(content, path="a.ipynb", settings=Settings(select=("deserialization",))))
    assert {one["rule"] for one in decoded["findings"]} == {"unsafe-pickle-load"}
    assert TOKEN not in json.dumps(decoded)


def test_a_rule_with_odd_places_does_no_harm():
    rule = word_rule("abc")
    assert rule.id == "abc"
    (found,) = exported(report(notebook("abc"), finding(at(0, "/nowhere", 5, 900))))["findings"]
    assert (found["snippet"], found["range"]["start"]) == ("", {"line": 1, "column": 1})


def test_code_that_shows_a_secret_is_no_secret():
    decoded = exported(
        lint(notebook("import os\nprint(os.environ)"), path="a.ipynb", settings=Settings(select=("secrets",)))
    )
    assert [one["snippet"] for one in decoded["findings"]] == ["print(os.environ)"]
