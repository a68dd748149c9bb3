"""The command line as people and pipelines use it: output, exit codes, configuration, refusals."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from notebooks import notebook
from tokens import make

from jupyter_mlsecops import __version__
from jupyter_mlsecops.entrypoints import cli
from jupyter_mlsecops.findings import Confidence, Severity
from jupyter_mlsecops.rules import all_rules

PICKLE = "import pickle\nmodel = pickle.load(f)"
INSTALL = "!pip install numpy"
TOKEN = make("github")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch) -> Path:
    """A working directory of our own, and no configuration of whoever runs the tests."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("platformdirs.user_config_path", lambda *_, **__: tmp_path / "no-such-folder")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return tmp_path


@pytest.fixture
def scan(capsys):
    """Runs `scan` and gives its exit code, standard output and standard error."""

    def run(*arguments: str) -> tuple[int, str, str]:
        code = cli.main(["scan", "--jobs", "1", *arguments])
        return code, *capsys.readouterr()

    return run


def write(name: str, *cells: str) -> str:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(notebook(*(cells or [PICKLE])))
    return name


def found(output: str) -> list[tuple[str, str]]:
    return [(finding["path"], finding["rule"]) for finding in json.loads(output)["findings"]]


# -- exit codes --------------------------------------------------------------------------------------------------------


def test_clean(scan):
    code, out, err = scan(write("a.ipynb", "x = 1"))
    assert (code, err) == (0, "")
    assert out.startswith("No findings (1 file, 1 cell, ")


def test_findings(scan):
    code, out, err = scan(write("nb/a.ipynb"))
    assert (code, err) == (1, "")
    assert "nb/a.ipynb:9:38: medium unsafe-pickle-load (cell 1 (c000), line 2, column 9)" in out
    assert "1 finding: 1 medium" in out


@pytest.mark.parametrize(
    ("level", "code"), [("info", 1), ("low", 1), ("medium", 1), ("high", 0), ("critical", 0), ("never", 0)]
)
def test_fail_on(scan, level, code):
    assert scan("--fail-on", level, write("a.ipynb"))[0] == code


def test_info_does_not_fail_by_default(scan):
    write("a.ipynb", INSTALL)
    code, out, _ = scan()
    assert code == 0
    assert "info unpinned-package: 1 finding in 1 file" in out
    assert scan("--fail-on", "info")[0] == 1
    assert "numpy" in scan("--show-info")[1]


@pytest.mark.parametrize("path", ["missing.ipynb", "broken.ipynb", "a.r"])
def test_what_cannot_be_checked_beats_what_is_found(scan, path):
    write("good.ipynb")
    Path("broken.ipynb").write_text("{")
    Path("a.r").write_text("x = 1")
    code, out, err = scan("good.ipynb", path)
    assert code == 2
    assert "unsafe-pickle-load" in out
    assert "1 problem: not everything was checked" in out
    assert err.startswith(f"{path}: problem (unreadable): ")
    assert scan("--fail-on", "never", "good.ipynb", path)[0] == 2


def test_silenced_findings_do_not_count(scan):
    write("a.ipynb", PICKLE + "  # mlsecops: ignore[unsafe-pickle-load] mine")
    code, out, _ = scan()
    assert code == 0
    assert "1 silenced" in out
    assert scan("--no-ignores")[0] == 1


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["scan", "--baseline", "x"],
        ["scan", "--staged"],
        ["scan", "--engine", "bandit"],
        ["scan", "--report", "json=x"],
        ["scan", "--format", "sarif"],
        ["scan", "--show"],
        ["scan", "--min-sev", "low"],
        ["scan", "--jobs", "0"],
        ["scan", "--jobs", "many"],
        ["scan", "--fail-on", "loud"],
        ["scan", "--select", ","],
        ["baseline", "x"],
        ["rule", "--form", "json"],
    ],
    ids=" ".join,
)
def test_usage_that_is_wrong_or_not_built_yet(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    assert caught.value.code == 2
    assert capsys.readouterr().err.startswith("usage: jupyter-mlsecops")


# -- what is scanned and reported --------------------------------------------------------------------------------------


def test_the_working_directory_by_default(scan):
    write("nb/a.ipynb")
    write("b.ipynb")
    assert found(scan("--format", "json")[1]) == [
        ("b.ipynb", "unsafe-pickle-load"),
        ("nb/a.ipynb", "unsafe-pickle-load"),
    ]


def test_select_and_ignore(scan):
    write("a.ipynb", PICKLE, INSTALL, f"token = '{TOKEN}'")

    def rules(*arguments: str) -> set[str]:
        return {rule for _, rule in found(scan("--format", "json", *arguments)[1])}

    assert rules() == {"unsafe-pickle-load", "unpinned-package", "provider-token"}
    assert rules("--select", "packages") == {"unpinned-package"}
    assert rules("--select", "packages,secrets") == {"unpinned-package", "provider-token"}
    assert rules("--select", "packages", "--select", "unsafe-pickle-load") == {"unpinned-package", "unsafe-pickle-load"}
    assert rules("--ignore", "secrets") == {"unsafe-pickle-load", "unpinned-package"}
    assert rules("--select", "packages,secrets", "--ignore", "provider-token") == {"unpinned-package"}
    assert rules("--min-severity", "low") == {"unsafe-pickle-load", "provider-token"}
    assert rules("--min-severity", "critical") == {"provider-token"}


def test_unknown_rules_are_refused(scan):
    code, out, err = scan("--select", "unsafe-pickel-load", write("a.ipynb"))
    assert (code, out) == (2, "")
    assert err == (
        "problem (configuration): --select: unknown rule or category 'unsafe-pickel-load'; did you mean 'unsafe-pickle-load'?\n"
    )


def test_exclude_and_include(scan):
    write("a.ipynb")
    write("old/b.ipynb")
    assert found(scan("--format", "json", "--exclude", "old")[1]) == [("a.ipynb", "unsafe-pickle-load")]
    assert len(found(scan("--format", "json", "--exclude", "old", "old/b.ipynb", ".")[1])) == 2
    Path("c.r").write_text("x")
    assert scan("--include", "*.r")[0] == 2


def test_standard_input(scan, monkeypatch):
    def give(content: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))

    give(notebook(PICKLE))
    assert found(scan("-", "--format", "json")[1]) == [("<stdin>", "unsafe-pickle-load")]
    give(notebook(PICKLE))
    assert found(scan("-", "--format", "json", "--stdin-filename", "nb/x.ipynb")[1]) == [
        ("nb/x.ipynb", "unsafe-pickle-load")
    ]
    give(b"x = 1")
    code, _, err = scan("-", "--stdin-filename", "x.txt")
    assert code == 2
    assert "not a kind of file" in err
    give(b"")
    assert scan("-")[0] == 2


def test_statistics_and_quiet(scan):
    write("a.ipynb", PICKLE, INSTALL)
    out = scan("--statistics")[1]
    assert "      1  medium    unsafe-pickle-load" in out
    assert "      1  info      unpinned-package" in out
    quiet = scan("-q")[1]
    assert "unsafe-pickle-load" in quiet
    assert "1 file" not in quiet


def test_json_to_a_file(scan):
    write("a.ipynb")
    code, out, err = scan("--format", "json", "--output", "report.json")
    assert (code, out, err) == (1, "", "")
    assert found(Path("report.json").read_text("utf-8")) == [("a.ipynb", "unsafe-pickle-load")]
    code, _, err = scan("--output", "no/such/folder/x")
    assert code == 2
    assert "cannot write" in err


def test_a_text_report_in_a_file_is_complete(scan):
    write("a.ipynb")
    scan("--output", "report.txt", "a.ipynb", "missing")
    text = Path("report.txt").read_text("utf-8")
    assert "unsafe-pickle-load" in text
    assert "missing: problem (unreadable): no such file or folder" in text


def test_no_secret_leaves(scan):
    write("a.ipynb", f"import pickle\ntoken = '{TOKEN}'; pickle.load('{TOKEN}')")
    for arguments in (["--format", "json"], ["--show-info"], ["--select", "deserialization"]):
        _, out, err = scan(*arguments)
        assert TOKEN not in out + err
        assert TOKEN[4:20] not in out + err


# -- configuration -----------------------------------------------------------------------------------------------------


def test_a_file_above_the_paths(scan):
    write("proj/nb/a.ipynb", PICKLE, INSTALL)
    Path("proj/pyproject.toml").write_text('[tool.jupyter-mlsecops]\nselect = ["packages"]\nfail-on = "info"\n')
    code, out, _ = scan("--format", "json", "proj/nb/a.ipynb")
    assert (code, found(out)) == (1, [("proj/nb/a.ipynb", "unpinned-package")])
    assert scan("--isolated", "--format", "json", "proj")[0] == 1
    assert len(found(scan("--isolated", "--format", "json", "proj")[1])) == 2
    assert scan("proj", "--fail-on", "never")[0] == 0


def test_the_nearest_file_wins_and_ours_before_the_shared_one(scan):
    write("proj/nb/a.ipynb", PICKLE, INSTALL)
    Path("proj/.jupyter-mlsecops.toml").write_text('select = ["packages"]')
    Path("proj/pyproject.toml").write_text('[tool.jupyter-mlsecops]\nselect = ["deserialization"]')
    Path("proj/nb/pyproject.toml").write_text("[project]")
    assert found(scan("--format", "json", "proj/nb")[1]) == [("proj/nb/a.ipynb", "unpinned-package")]


def test_the_common_folder_of_all_paths_counts(scan):
    write("proj/one/a.ipynb")
    write("proj/two/b.ipynb")
    Path("proj/one/.jupyter-mlsecops.toml").write_text('ignore = ["deserialization"]')
    assert scan("proj/one")[0] == 0
    assert len(found(scan("--format", "json", "proj/one", "proj/two")[1])) == 2


def test_config_wins_over_the_tree_and_the_command_line_over_both(scan):
    write("a.ipynb", PICKLE, INSTALL)
    Path(".jupyter-mlsecops.toml").write_text('select = ["packages"]\nfail-on = "never"')
    Path("mine.toml").write_text('select = ["deserialization"]')
    code, out, _ = scan("--format", "json", "--config", "mine.toml")
    assert (code, found(out)) == (0, [("a.ipynb", "unsafe-pickle-load")])
    assert len(found(scan("--format", "json", "--config", "mine.toml", "--select", "packages,deserialization")[1])) == 2


def test_the_users_own_file(scan, monkeypatch, here):
    folder = here / "user"
    folder.mkdir()
    (folder / "config.toml").write_text('select = ["packages"]')
    monkeypatch.setattr("platformdirs.user_config_path", lambda *_, **__: folder)
    write("nb/a.ipynb", PICKLE, INSTALL)
    assert found(scan("--format", "json", "nb")[1]) == [("nb/a.ipynb", "unpinned-package")]
    Path("nb/.jupyter-mlsecops.toml").write_text('select = ["deserialization"]')
    assert found(scan("--format", "json", "nb")[1]) == [("nb/a.ipynb", "unsafe-pickle-load")]
    assert found(scan("--format", "json", "--isolated", "nb")[1]) == [("nb/a.ipynb", "unpinned-package")]


def test_patterns_count_from_the_file_that_holds_them(scan):
    write("proj/nb/old/a.ipynb")
    write("proj/nb/b.ipynb")
    Path("proj/.jupyter-mlsecops.toml").write_text(
        'exclude = ["nb/old"]\n[per-file-ignores]\n"nb/b.ipynb" = ["deserialization"]'
    )
    code, out, _ = scan("proj", "--format", "json")
    assert (code, found(out)) == (0, [])
    assert json.loads(out)["silenced"][0]["reason"]["kind"] == "settings"


@pytest.mark.parametrize("format", ["text", "json"])
def test_a_wrong_configuration_stops_the_run(scan, format):  # noqa: A002
    write("a.ipynb")
    Path(".jupyter-mlsecops.toml").write_text('selct = ["secrets"]')
    code, out, err = scan("--format", format)
    assert code == 2
    said = ".jupyter-mlsecops.toml: problem (configuration): selct: unknown key; did you mean 'select'?\n"
    if format == "text":
        assert (out, err) == ("", said)
    else:
        (problem,) = json.loads(out)["problems"]
        assert problem["kind"] == "configuration"
        assert problem["path"] == ".jupyter-mlsecops.toml"


def test_a_configuration_that_is_not_there(scan):
    code, _, err = scan("--config", "nothing.toml", write("a.ipynb"))
    assert code == 2
    assert "nothing.toml: problem (configuration): no such file or directory" in err


def test_a_large_configuration_is_not_read(scan):
    write("a.ipynb")
    Path(".jupyter-mlsecops.toml").write_text("#" * 1_100_000)
    assert scan()[0] == 2


# -- rule --------------------------------------------------------------------------------------------------------------


def test_rule(capsys):
    assert cli.main(["rule"]) == 0
    table = capsys.readouterr().out
    assert all(rule.id in table and rule.documentation.summary in table for rule in all_rules().values())
    assert cli.main(["rule", "unsafe-pickle-load"]) == 0
    page = capsys.readouterr().out
    assert page.startswith("# unsafe-pickle-load\n")
    assert "## Why it matters" in page
    assert cli.main(["rule", "unsafe-pickel-load"]) == 2
    assert "did you mean 'unsafe-pickle-load'?" in capsys.readouterr().err


def test_rule_as_json(capsys):
    cli.main(["rule", "--format", "json"])
    assert [each["id"] for each in json.loads(capsys.readouterr().out)] == list(all_rules())
    cli.main(["rule", "--format", "json", "unsafe-pickle-load"])
    assert json.loads(capsys.readouterr().out)["category"] == "deserialization"


def test_the_words_for_levels_are_those_of_the_core():
    assert tuple(level.word for level in Severity) == cli.LEVELS
    assert tuple(level.word for level in Confidence) == cli.CONFIDENCES


# -- the process -------------------------------------------------------------------------------------------------------


def process(*arguments: str, **options) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "jupyter_mlsecops.entrypoints.cli", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)


def test_version():
    out, _ = process("--version").communicate(timeout=60)
    assert out.decode().strip() == f"jupyter-mlsecops {__version__}"


def test_a_reader_that_stops_reading_is_no_error():
    for n in range(300):
        write(f"{n}.ipynb")
    with process("scan", "--jobs", "1") as child:
        assert child.stdout
        assert child.stderr
        child.stdout.read(10)
        child.stdout.close()
        assert child.stderr.read() == b""
        assert child.wait(60) == 1


def test_an_encoding_that_lacks_the_characters():
    write("a.ipynb", "é表 = pickle.load(f)\nimport pickle")
    child = process("scan", env=os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    out, err = child.communicate(timeout=60)
    assert err == b""
    assert rb"\xe9\u8868 = pickle.load(f)" in out


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_an_interrupt_ends_quietly(jobs):
    for n in range(2000):
        write(f"{n}.ipynb", *[PICKLE] * 20)
    child = process("scan", "--jobs", jobs, start_new_session=True)
    time.sleep(0.7)
    os.killpg(child.pid, signal.SIGINT)
    out, err = child.communicate(timeout=60)
    assert (child.returncode, out, err) == (130, b"", b"")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("variable", "value", "colored"), [("X", "1", True), ("NO_COLOR", "1", False), ("TERM", "dumb", False)]
)
def test_color(monkeypatch, variable, value, colored):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv(variable, value)
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    cli.main(["scan", write("a.ipynb")])
    assert ("\x1b[" in terminal.getvalue()) is colored
