"""The benchmarks measure what they say: their notebooks are valid ones of the right size, and the command runs."""

from __future__ import annotations

import json
import os
import runpy
from pathlib import Path

import pytest
from benchmarks import shapes

from jupyter_mlsecops.lint import lint

FOLDER = Path(__file__).parent / "benchmarks"
SIZE = 20_000


def is_valid(content: bytes) -> bool:
    from nbformat.validator import isvalid

    return isvalid(json.loads(content))


@pytest.mark.parametrize("name", shapes.HOSTILE)
def test_hostile_notebooks(name):
    content = shapes.HOSTILE[name](SIZE)
    assert is_valid(content)
    assert SIZE / 3 < len(content) < SIZE * 3
    report = lint(content, path="a.ipynb")
    assert not report.problems
    assert report.findings or not name.startswith("findings")


@pytest.mark.parametrize("cells", [1, 30])
def test_ordinary_notebooks(cells):
    content = shapes.ordinary(cells)
    assert is_valid(content)
    report = lint(content, path="a.ipynb")
    assert report.notebook.cell_count == cells
    assert len(report.findings) == (1 if cells > 10 else 0)


@pytest.mark.parametrize("megabytes", [0.1, 3])
def test_large_notebooks(megabytes):
    content = b"".join(shapes.large(megabytes))
    assert is_valid(content)
    assert megabytes * 0.8 < len(content) / 1e6 < megabytes * 1.6


def test_copies_differ_and_are_valid(tmp_path):
    original = tmp_path / "a.ipynb"
    original.write_bytes(shapes.ordinary(6))
    (tmp_path / "broken.ipynb").write_text("{")
    folder = tmp_path / "copies"
    folder.mkdir()
    assert shapes.changed_copies([original, tmp_path / "broken.ipynb"], 3, folder) == 18
    contents = [path.read_bytes() for path in folder.iterdir()]
    assert len(set(contents)) == 3
    assert all(map(is_valid, contents))
    sources = [cell["source"] for content in contents for cell in json.loads(content)["cells"]]
    assert len(set(sources)) == 18


@pytest.mark.skipif(not hasattr(os, "wait4"), reason="needs POSIX")
@pytest.mark.parametrize("group", ["start", "corpus", "memory", "editing", "growth", "hostile"])
def test_the_command_runs(group, capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(shapes, "HOSTILE", dict(list(shapes.HOSTILE.items())[:2]))
    main = runpy.run_path(str(FOLDER))["main"]
    assert main(["--only", group, "--scale", "0.001", "--runs", "1", "--sample", "2", "--corpus", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == group
    assert len(lines) > 3
