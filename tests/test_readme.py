"""The README says what is true today: its tables, its report, its picture, its Python."""

from __future__ import annotations

import contextlib
import re

import pytest
import readme


@pytest.fixture(autouse=True)
def _plain(monkeypatch):
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")


def test_generated_parts_are_up_to_date():
    assert (readme.ROOT / "README.md").read_text("utf-8") == readme.readme(), "run: python tests/readme.py"


def test_the_picture_is_up_to_date():
    assert readme.PICTURE.read_text("utf-8") == readme.picture(), "run: python tests/readme.py"


def test_the_python_example_runs(capsys):
    text = (readme.ROOT / "README.md").read_text("utf-8")
    example = next(code for code in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "import lint" in code)
    with contextlib.chdir(readme.ROOT):
        exec(compile(example, "README.md", "exec"), {})
    assert "unsafe-pickle-load high" in capsys.readouterr().out
