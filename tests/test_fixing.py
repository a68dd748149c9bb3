"""Fixes change what they say and nothing else, and what they mend is gone afterwards."""

from __future__ import annotations

import json
import stat
from collections import Counter
from pathlib import Path

import nbformat
import pytest
from notebooks import code, notebook, stream
from tokens import fill

from examples import notebook_of
from jupyter_mlsecops.entrypoints import cli, writing
from jupyter_mlsecops.findings import Safety
from jupyter_mlsecops.fixing import fix, redacted_diff
from jupyter_mlsecops.lint import lint
from jupyter_mlsecops.rules import all_rules
from jupyter_mlsecops.settings import Settings

CORPUS = Path(__file__).parent.parent.parent / "shared" / "corpus"
SAFE_AND_UNSAFE = {Safety.SAFE, Safety.UNSAFE}


def bad_examples() -> list[object]:
    return [
        pytest.param(notebook_of((example.language, fill(cell)) for cell in example.cells), id=f"{rule.id}-{number}")
        for rule in all_rules().values()
        for number, example in enumerate(rule.documentation.examples)
        if example.kind == "bad"
    ]


def sources(content: bytes) -> list[str]:
    return ["".join(cell["source"]) for cell in json.loads(content)["cells"]]


def mended(*cells: object, unsafe: bool = True) -> tuple[int, list[str]]:
    result = fix(notebook(*cells), path="a.ipynb", settings=Settings(), unsafe=unsafe)
    return result.count, sources(result.content)


@pytest.mark.parametrize("content", bad_examples())
def test_what_can_be_mended_is_gone_and_nothing_new_appears(content: bytes):
    before = lint(content, path="a.ipynb")
    result = fix(content, path="a.ipynb", settings=Settings(), unsafe=True)
    left = [one for one in result.report.findings for f in one.fixes if f.edits and f.safety in SAFE_AND_UNSAFE]
    assert not left
    assert not Counter(f.rule for f in result.report.findings) - Counter(f.rule for f in before.findings)
    nbformat.validate(nbformat.reads(result.content.decode(), as_version=4))


def test_safe_fixes_alone_leave_the_rest():
    cells = ("!pip install torch>=2.0", 'import torch\ntorch.load("x.pt")')
    assert mended(*cells, unsafe=False) == (1, ['!pip install "torch>=2.0"', cells[1]])
    assert mended(*cells)[1][1] == 'import torch\ntorch.load("x.pt", weights_only=True)'


def test_fixes_that_touch_wait_for_the_next_round():
    count, (source,) = mended(
        'import requests\nrequests.get("https://a.example.org", verify=False, trust_remote_code=True)'
    )
    assert (count, source) == (2, 'import requests\nrequests.get("https://a.example.org")')


def test_an_output_that_holds_a_secret_is_cleared():
    token = fill("{{token:github}}")
    content = notebook(code("show()", outputs=[stream("fine"), stream(f"token {token}")]))
    result = fix(content, path="a.ipynb", settings=Settings(), unsafe=False)
    assert [output["text"] for output in json.loads(result.content)["cells"][0]["outputs"]] == ["fine"]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_every_other_byte_stays(mark: bytes, line_end: str):
    text = notebook("x = 'é😀\\u0041'", "!pip install torch>=2.0").decode().replace("\n", line_end)
    content = mark + text.encode() + b" \n"
    result = fix(content, path="a.ipynb", settings=Settings(), unsafe=False)
    assert result.content == content.replace(b"torch>=2.0", rb"\"torch>=2.0\"")


def test_a_python_file_is_mended_too():
    content = b"import requests\r\nrequests.get('https://a.example.org', verify=False)  # \xc3\xa9\r\n"
    result = fix(content, path="a.py", settings=Settings(), unsafe=True)
    assert result.content == content.replace(b", verify=False", b"")


def test_a_diff_shows_no_secret():
    secret = fill("{{token:github}}")
    content = notebook(f'token = "{secret}"')
    result = fix(content, path="a.ipynb", settings=Settings(), unsafe=True)
    diff = redacted_diff(content, result, path="a.ipynb")
    assert diff.startswith("--- a.ipynb\n+++ a.ipynb\n@@ ")
    assert "os.environ" in diff
    assert secret not in diff
    assert secret[4:12] not in diff


# -- as a command ------------------------------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "a.ipynb"
    path.write_bytes(notebook("!pip install 'x==1' torch>=2.0", 'import torch\ntorch.load("x.pt")'))
    return path


def test_fix_writes_and_exits_with_the_state_after_it(file: Path, capsys: pytest.CaptureFixture[str]):
    file.chmod(0o640)
    assert cli.main(["scan", "--fix", "a.ipynb"]) == cli.FOUND
    assert sources(file.read_bytes())[0] == "!pip install 'x==1' \"torch>=2.0\""
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert capsys.readouterr().err == "mended 1 finding in 1 file\n"
    assert cli.main(["scan", "--fix", "--unsafe-fixes", "a.ipynb"]) == cli.CLEAN
    assert list(file.parent.iterdir()) == [file]


def test_diff_writes_nothing_and_says_whether_it_would(file: Path, capsys: pytest.CaptureFixture[str]):
    before = file.read_bytes()
    assert cli.main(["scan", "--diff", "a.ipynb"]) == cli.FOUND
    assert 'torch>=2.0\\"' in capsys.readouterr().out
    assert file.read_bytes() == before
    file.write_bytes(notebook("x = 1"))
    assert cli.main(["scan", "--diff", "a.ipynb"]) == cli.CLEAN


@pytest.mark.parametrize("arguments", [["--fix", "-"], ["--unsafe-fixes", "a.ipynb"]])
@pytest.mark.usefixtures("file")
def test_what_cannot_be_meant_is_refused(arguments: list[str]):
    assert cli.main(["scan", *arguments]) == cli.FAILED


def test_a_link_stays_a_link(file: Path, tmp_path: Path):
    link = tmp_path / "link.ipynb"
    link.symlink_to(file)
    cli.main(["scan", "--fix", "link.ipynb"])
    assert link.is_symlink()
    assert '"torch>=2.0\\"' in file.read_text()


def test_somebody_elses_change_is_not_overwritten(file: Path):
    with pytest.raises(writing.ChangedMeanwhile):
        writing.replace_file(str(file), before=b"what was read", after=b"ours")
    assert file.read_bytes() != b"ours"
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.usefixtures("file")
def test_what_cannot_be_written_is_a_problem_and_stays_found(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    def refuse(*_given: object, **_named: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(writing, "replace_file", refuse)
    assert cli.main(["scan", "--fix", "--format", "json", "a.ipynb"]) == cli.FAILED
    document = json.loads(capsys.readouterr().out)
    assert [problem["message"] for problem in document["problems"]] == ["could not be written: permission denied"]
    assert {finding["rule"] for finding in document["findings"]} >= {"unquoted-specifier", "unsafe-torch-load"}


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not there")
def test_real_notebooks_stay_valid_outside_of_what_is_mended():
    for path in sorted(CORPUS.rglob("*.ipynb"))[::40]:
        content = path.read_bytes()
        result = fix(content, path=path.name, settings=Settings(), unsafe=True)
        if result.content == content:
            continue
        old, new = json.loads(content), json.loads(result.content)
        assert [cell["cell_type"] for cell in old["cells"]] == [cell["cell_type"] for cell in new["cells"]]
        assert old["metadata"] == new["metadata"]
        nbformat.validate(nbformat.reads(result.content.decode(), as_version=4))
