"""Every kind of file from the command line to its JSON: what is found, where, and what silences it."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import jsonschema
import pytest
from notebooks import notebook
from tokens import make

from jupyter_mlsecops import wire
from jupyter_mlsecops.entrypoints import cli, files
from jupyter_mlsecops.fixing import fix
from jupyter_mlsecops.lint import lint
from jupyter_mlsecops.settings import Settings

TOKEN = make("github")
PERCENT = """\
# %% [markdown]
# # Load a model

# %%
!pip install torch
import pickle

# %%
model = pickle.load(f)
"""
DATABRICKS = """\
# Databricks notebook source
# MAGIC %md
# MAGIC # Load a model

# COMMAND ----------

# MAGIC %pip install torch

# COMMAND ----------

import pickle
model = pickle.load(f)
"""
PLAIN = "import pickle\n\nmodel = pickle.load(f)\n"
REQUIREMENTS = "# what it needs\nnumpy==1.26.4\ntorch\npandas>=2  # why not\n"
ENVIRONMENT = "dependencies:\n  - numpy=1.26\n  - torch\n  - pip:\n      - pandas\n"
PYPROJECT = '[project]\nname = "x"\ndependencies = ["torch", "pandas>=2"]\n'


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("platformdirs.user_config_path", lambda *_, **__: tmp_path / "no-such-folder")
    return tmp_path


@pytest.fixture
def scan(capsys):
    """Runs `scan --format json`; gives the exit code and the document, which holds to the schema."""

    def run(*arguments: str) -> tuple[int, dict]:
        code = cli.main(["scan", "--jobs", "1", "--format", "json", *arguments])
        document = json.loads(capsys.readouterr().out)
        jsonschema.validate(document, wire.schema())
        return code, document

    return run


def write(name: str, content: str | bytes) -> str:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return name


def places(document: dict) -> list[tuple[object, ...]]:
    """(rule, cell, part, line and column in the part, line and column in the file) of each finding and related place."""
    return [
        (
            finding["rule"],
            place["cell"] and place["cell"]["index"],
            place["part"],
            start(place["range"]),
            start(place["file_range"]),
        )
        for finding in document["findings"]
        for place in (finding, *finding["related"])
    ]


def start(found: dict) -> tuple[int, int]:
    return found["start"]["line"], found["start"]["column"]


# -- each kind ---------------------------------------------------------------------------------------------------------


def test_percent(scan):
    code, document = scan(write("a.py", PERCENT))
    assert code == 1
    assert places(document) == [
        ("unpinned-package", 1, "/source", (1, 14), (5, 14)),
        ("unsafe-pickle-load", 2, "/source", (1, 9), (9, 9)),
    ]
    assert document["findings"][1]["cell"] == {"index": 2, "number": 3, "id": None, "type": "code"}
    assert document["findings"][1]["snippet"] == "model = pickle.load(f)"
    assert document["summary"]["cells"] == 3


def test_databricks(scan):
    _, document = scan(write("a.py", DATABRICKS))
    assert places(document) == [
        ("unpinned-package", 1, "/source", (1, 14), (7, 22)),
        ("unsafe-pickle-load", 2, "/source", (2, 9), (12, 9)),
    ]


def test_plain(scan):
    code, document = scan(write("a.py", PLAIN))
    assert code == 1
    assert places(document) == [("unsafe-pickle-load", None, "", (3, 9), (3, 9))]
    assert document["findings"][0]["severity"] == "medium"
    assert document["summary"] | {"seconds": 0} == {
        "files": 1, "cells": 0, "unparsed_cells": 0, "findings": {"medium": 1}, "silenced": 0, "problems": 0, "seconds": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    "name", ["requirements.txt", "requirements-dev.txt", "requirements/base.txt", "a.requirements.txt"]
)
def test_requirements(scan, name):
    code, document = scan(write(name, REQUIREMENTS))
    assert code == 0
    assert places(document) == [
        ("unpinned-package", None, "", (3, 1), (3, 1)),
        ("unpinned-package", None, "", (4, 1), (4, 1)),
    ]
    assert len(document["findings"]) == 1
    (found,) = document["findings"]
    assert (found["severity"], found["cell"], found["path"], found["snippet"]) == ("info", None, name, "torch")
    assert found["range"] == found["file_range"]


def test_environment(scan):
    _, document = scan(write("environment.yml", ENVIRONMENT))
    assert places(document) == [
        ("unpinned-package", None, "", (3, 5), (3, 5)),
        ("unpinned-package", None, "", (5, 9), (5, 9)),
    ]


def test_pyproject_and_constraints_say_nothing_about_ranges(scan):
    names = [
        write("pyproject.toml", PYPROJECT),
        write("constraints.txt", "torch<3\n"),
        write("requirements.in", "torch\n"),
    ]
    code, document = scan("--isolated", *names)
    assert (code, document["findings"], document["summary"]["files"]) == (0, [], 3)


def test_other_scripts_when_they_are_named(scan):
    _, document = scan(
        write("Dockerfile", "FROM x\nRUN apt-get update && \\\n    pip install torch\n"),
        write("a.sh", "pip install torch\n"),
    )
    assert [row[1:] for row in places(document)] == [(None, "", (3, 17), (3, 17)), (None, "", (1, 13), (1, 13))]


@pytest.mark.parametrize("name", ["a.py", "requirements.txt", "pyproject.toml", "environment.yml"])
def test_secrets_in_every_kind(scan, name):
    code, document = scan("--isolated", write(name, f"# {TOKEN}\n"))
    assert code == 1
    assert [row for row in places(document) if row[0] == "provider-token"] == [
        ("provider-token", None, "", (1, 3), (1, 3))
    ]
    assert TOKEN not in json.dumps(document)


def test_secrets_in_what_is_no_source(scan):
    _, document = scan(write("a.py", f"# ---\n# {TOKEN}\n# ---\n# %% {TOKEN}\nx = 1\n"))
    assert places(document) == [
        ("provider-token", 0, "/metadata/title", (1, 1), (4, 6)),
        ("provider-token", None, "/metadata/header", (2, 3), (2, 3)),
    ]


# -- files that a cell writes ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "body", "places"),
    [
        ("app/requirements.txt", REQUIREMENTS, [(4, 1), (5, 1)]),
        ("-a requirements.txt", REQUIREMENTS, [(4, 1), (5, 1)]),
        ("env/environment.yml", ENVIRONMENT, [(4, 5), (6, 9)]),
        ("pyproject.toml", PYPROJECT, []),
        ("notes.txt", REQUIREMENTS, []),
        ("Dockerfile", "FROM x\nRUN pip install torch\n", [(3, 17)]),
        ("run.sh", "pip install torch\n", [(2, 13)]),
        ("run.py", "import os\nos.system('pip install torch')\n", [(3, 24)]),
        ("run.py", "# %%\n!pip install torch\n", []),
    ],
)
def test_written_files(name, body, places):
    report = lint(
        notebook(f"%%writefile {name}\n{body}"), path="a.ipynb", settings=Settings(select=("unpinned-package",))
    )
    found = [
        place for finding in report.findings for place in (finding.place, *(each.place for each in finding.related))
    ]
    source = report.notebook.cells[0].source
    assert [line_column(source, place.at.start) for place in found] == places
    assert {(place.cell, place.at.part) for place in found} <= {(0, "/source")}


def line_column(text: str, offset: int) -> tuple[int, int]:
    before = text[:offset]
    return before.count("\n") + 1, offset - before.rfind("\n")


# -- suppressions, fixes, fingerprints ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("requirements.txt", "torch  # mlsecops: ignore[unpinned-package] why\n"),
        ("requirements.txt", "# mlsecops: ignore-next[packages] why\ntorch\n"),
        ("environment.yml", "dependencies:\n  - torch  # mlsecops: ignore[unpinned-package]\n"),
        ("Dockerfile", "# mlsecops: ignore-next[unpinned-package]\nRUN pip install torch\n"),
        ("a.py", "import pickle\npickle.load(f)  # mlsecops: ignore[unsafe-pickle-load]\n"),
        ("a.py", "import pickle\npickle.load(f)  # nosec\n"),
        ("a.py", "import pickle\n# mlsecops: ignore-next[unsafe-pickle-load]\npickle.load(f)\n"),
        ("a.py", "# %%\nimport pickle\n# %%\npickle.load(f)  # mlsecops: ignore[unsafe-pickle-load]\n"),
        ("a.py", '# %% tags=["mlsecops-ignore"]\nimport pickle\npickle.load(f)\n'),
        ("a.py", '# %% {"tags": ["mlsecops-ignore-unpinned-package"]}\n!pip install torch\n'),
        ("a.py", "# Databricks notebook source\n# MAGIC %pip install torch  # mlsecops: ignore[unpinned-package]\n"),
    ],
)
def test_suppressions(scan, name, content):
    code, document = scan(write(name, content))
    assert (code, document["findings"]) == (0, [])
    assert len(document["silenced"]) == 1
    assert document["silenced"][0]["reason"]["kind"] in ("comment", "cell-tag")
    loud, document = scan("--no-ignores", "--fail-on", "info", name)
    assert (loud, len(document["findings"])) == (1, 1)


def test_one_of_two_places_is_left(scan):
    _, document = scan(write("requirements.txt", "torch  # mlsecops: ignore[unpinned-package]\nnumpy\n"))
    assert places(document) == [("unpinned-package", None, "", (2, 1), (2, 1))]


def test_fixes_point_into_the_part(scan):
    text = "# Databricks notebook source\n# MAGIC %pip install torch>=2\n"
    _, document = scan("--select", "unquoted-specifier", write("a.py", text))
    (fix,) = document["findings"][0]["fixes"]
    (edit,) = fix["edits"]
    assert (edit["cell"]["index"], edit["part"], edit["range"]["start"]) == (0, "/source", {"line": 1, "column": 14})


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("a.py", "import torch\nm = torch.load(f)\n", "import torch\nm = torch.load(f, weights_only=True)\n"),
        (
            "a.py",
            "# Databricks notebook source\r\n# MAGIC %pip install torch>=2\r\n",
            '# Databricks notebook source\r\n# MAGIC %pip install "torch>=2"\r\n',
        ),
        ("a.py", "# %%\n!pip install torch>=2\n", '# %%\n!pip install "torch>=2"\n'),
        ("Dockerfile", "FROM x\nRUN pip install torch>=2\n", 'FROM x\nRUN pip install "torch>=2"\n'),
    ],
)
def test_fixes_are_made_in_the_file(name, before, after):
    settings = Settings(select=("unsafe-torch-load", "unquoted-specifier"))
    for head in ("", "\ufeff"):
        content = f"{head}{before}".encode()
        assert fix(content, path=name, settings=settings, unsafe=True).content == f"{head}{after}".encode()


def test_a_fix_keeps_latin_1():
    text = "# coding: latin-1\nimport torch\nm = torch.load('é')\n"
    mended = fix(text.encode("latin-1"), path="a.py", settings=Settings(select=("unsafe-torch-load",)), unsafe=True)
    assert mended.content == text.replace("'é')", "'é', weights_only=True)").encode("latin-1")


def test_fingerprints_survive_edits_elsewhere(scan):
    for before, after in (
        (PERCENT, PERCENT.replace("\n# %%\nmodel", "\nx = 1\n\n# %%\nmodel")),
        (PLAIN, "\n\nx = 1\n" + PLAIN),
    ):
        first = scan(write("a.py", before))[1]["findings"]
        second = scan(write("a.py", after))[1]["findings"]
        assert [one["fingerprint"] for one in first] == [one["fingerprint"] for one in second]


# -- which files -------------------------------------------------------------------------------------------------------


def found(*paths: str, **fields) -> list[str]:
    chosen = Settings(working_directory=str(Path.cwd()), **fields)
    return [item.name for item in files.find(paths, chosen)]


def test_what_is_taken_from_a_folder():
    taken = ["constraints.txt", "databricks.py", "nb.ipynb", "percent.py", "requirements.txt", "requirements/base.txt"]
    for name in [*taken, "plain.py", "pyproject.toml", "environment.yml", "Dockerfile", "a.sh", "notes.txt", "late.py"]:
        content = {"databricks.py": DATABRICKS, "percent.py": PERCENT, "plain.py": PLAIN}.get(name, "")
        write(name, content or ("#\n" * 40_000 + PERCENT if name == "late.py" else ""))
    assert sorted(found(".")) == taken
    root = Path.cwd().as_posix()
    assert set(found(".", include=(f"{root}/**/*.py", f"{root}/pyproject.toml"))) - set(taken) == {
        "plain.py",
        "late.py",
        "pyproject.toml",
    }
    assert found("plain.py", "notes.txt") == ["plain.py", "notes.txt"]


def test_include_takes_other_kinds(scan):
    write("a.py", PLAIN)
    assert scan(".")[1]["summary"]["files"] == 0
    code, document = scan("--include", "*.py", ".")
    assert (code, document["summary"]["files"]) == (1, 1)


@pytest.mark.parametrize("name", ["notes.txt", "a.r", "config.yml", "README", "a.json"])
def test_a_named_file_of_an_unknown_kind(scan, name):
    code, document = scan(write(name, "x"))
    assert code == 2
    assert [(one["kind"], one["path"]) for one in document["problems"]] == [("unreadable", name)]


@pytest.mark.parametrize("name", ["a.py", "requirements.txt", "pyproject.toml"])
@pytest.mark.parametrize("content", [b"\xff\xfex\0", b"x\0", b"# \xe9\n"])
def test_what_is_no_text(scan, name, content):
    code, document = scan("--isolated", write(name, content))
    assert code == 2
    assert [one["kind"] for one in document["problems"]] == ["unreadable"]
    assert document["summary"]["files"] == 0


def test_latin_1(scan):
    text = "# -*- coding: latin-1 -*-\nx = 'é'\nimport pickle; y = pickle.load(f)\n"
    _, document = scan(write("a.py", text.encode("latin-1")))
    assert places(document) == [("unsafe-pickle-load", None, "", (3, 20), (3, 20))]


def test_too_large():
    report = lint(b"torch\n" * 100, path="requirements.txt", settings=Settings(max_file_size=100))
    assert [problem.kind for problem in report.problems] == ["too-large"]


def test_broken_python_is_counted_and_hides_nothing(scan):
    code, document = scan(write("a.py", "import pickle\ndef f(:\npickle.load(g)\n"))
    assert (code, document["problems"]) == (1, [])
    assert [row[0] for row in places(document)] == ["unsafe-pickle-load"]


# -- standard input ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "cell"),
    [
        (None, notebook("import pickle\npickle.load(f)").decode(), 0),
        ("a.ipynb", notebook("import pickle\npickle.load(f)").decode(), 0),
        ("a.py", PLAIN, None),
        ("a.py", "# %%\n" + PLAIN, 0),
    ],
)
def test_standard_input(scan, monkeypatch, name, content, cell):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content.encode())))
    code, document = scan("-", *(["--stdin-filename", name] if name else []))
    assert code == 1
    (found,) = document["findings"]
    assert (found["path"], found["cell"] and found["cell"]["index"]) == (name or "<stdin>", cell)


def test_standard_input_of_an_unknown_kind(scan, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"x")))
    code, document = scan("-", "--stdin-filename", "a.txt")
    assert code == 2
    assert [problem["kind"] for problem in document["problems"]] == ["unreadable"]
