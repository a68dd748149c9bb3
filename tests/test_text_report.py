"""The report for people: places to click on, carets under the right characters, nothing that a terminal obeys."""

from __future__ import annotations

import pytest
from notebooks import code, markdown, notebook, stream

from jupyter_mlsecops import wire
from jupyter_mlsecops.export import file_result
from jupyter_mlsecops.findings import (
    Confidence,
    Finding,
    Fix,
    Location,
    Place,
    Problem,
    Related,
    Report,
    Safety,
    Severity,
)
from jupyter_mlsecops.notebook.reader import read
from jupyter_mlsecops.reports.terminal import visible, width
from jupyter_mlsecops.reports.text import TextOptions, render, render_problems


def finding(cell: int | None, part: str, start: int, end: int, **fields) -> Finding:
    facts = {
        "rule": "a-rule", "category": "downloads", "message": "said", "severity": Severity.MEDIUM,
        "confidence": Confidence.HIGH,
    }  # fmt: skip
    place = Place(cell=cell, at=Location(part=part, start=start, end=end))
    return Finding(place=place, **(facts | fields))


def text(content: bytes, *findings: Finding, secrets: tuple[str, ...] = (), path: str = "nb/a.ipynb", **options) -> str:
    report = Report(path=path, notebook=read(content), findings=findings, secrets=secrets)
    results = [file_result(report)]
    return render(results, wire.document(results, seconds=0.5).summary, TextOptions(**options))


def underlined(source: str, start: int, end: int, **options) -> tuple[str, str]:
    """The source line and its carets."""
    lines = text(notebook(source), finding(0, "/source", start, end), **options).splitlines()
    row = next(number for number, line in enumerate(lines) if line.strip("^ ") == "" and "^" in line)
    return lines[row - 1][6:], lines[row][6:]


def test_the_whole_report():
    fixes = (Fix(title="add it", safety=Safety.UNSAFE), Fix(title="think", safety=Safety.MANUAL))
    related = (Related(place=Place(cell=1, at=Location(part="/outputs/0/text", start=0, end=1)), message="too"),)
    content = notebook("x = 1\n    model = load(f)", code("y", outputs=[stream("z")]), indent=1)
    shown = text(content, finding(0, "/source", 18, 25, fixes=fixes, related=related))
    assert shown == (
        "nb/a.ipynb:9:34: medium a-rule (cell 1 (c000), line 2, column 13)\n"
        "    said\n"
        "      model = load(f)\n"
        "              ^^^^^^^\n"
        "    fix (may change what the code does): add it\n"
        "    by hand: think\n"
        "    cell 2 (c001), output 1, line 1, column 1: too\n"
        "\n"
        "1 finding: 1 medium (1 file, 2 cells, 0.50 s)\n"
    )


def test_nothing_found():
    assert text(notebook("x", markdown("y"))) == "No findings (1 file, 2 cells, 0.50 s)\n"


def test_quiet():
    info = finding(0, "/source", 0, 1, severity=Severity.INFO)
    assert text(notebook("x"), quiet=True) == ""
    assert text(notebook("x"), info, quiet=True) == ""
    assert "a-rule" in text(notebook("x"), finding(0, "/source", 0, 1), quiet=True)


def test_info_is_one_line_a_rule():
    found = [finding(0, "/source", n, n + 1, severity=Severity.INFO) for n in range(3)]
    shown = text(notebook("abc"), *found)
    assert "info a-rule: 3 findings in 1 file (--show-info lists them)" in shown
    assert shown.count("a-rule") == 1
    assert text(notebook("abc"), *found, show_info=True).count("a-rule") == 3


def test_statistics():
    found = [finding(0, "/source", n, n + 1, rule=rule) for n, rule in enumerate(["one", "two", "two"])]
    lines = text(notebook("abc"), *found, statistics=True).splitlines()
    assert lines[-4:-2] == ["      2  medium    two", "      1  medium    one"]


@pytest.mark.parametrize(
    ("source", "start", "end", "line", "carets"),
    [
        ("abcdef", 2, 4, "abcdef", "  ^^"),
        ("\tabc", 1, 4, "abc", "^^^"),
        ("a\tbc", 2, 4, "a    bc", "     ^^"),
        ("表示 abc", 3, 6, "表示 abc", "     ^^^"),
        ("x 表示", 2, 4, "x 表示", "  ^^^^"),
        ("e\u0301 abc", 3, 6, "e\u0301 abc", "  ^^^"),
        ("abc\ndef", 1, 6, "abc", " ^^"),
        ("\x1b[31mabc", 5, 8, "\\x1b[31mabc", "        ^^^"),
        ("abc", 3, 3, None, None),
    ],
)
def test_carets(source, start, end, line, carets):
    if line is None:
        assert "^" not in text(notebook(source), finding(0, "/source", start, end))
    else:
        assert underlined(source, start, end) == (line, carets)


@pytest.mark.parametrize("start", [0, 10, 61, 150, 151, 700, 4990])
def test_long_lines_are_cut_around_the_span(start):
    source = "".join(chr(ord("a") + n % 26) for n in range(5000))
    line, carets = underlined(source, start, start + 5)
    assert width(line) < 250
    assert line[carets.index("^") :].startswith(source[start : start + 5])
    assert carets.count("^") == 5
    assert line.startswith("…") is (start > 60)


def test_a_long_span():
    line, carets = underlined("x" * 100_000, 10, 90_000)
    assert len(line) < 300
    assert len(carets) <= len(line)


def test_carets_stand_under_the_mark_of_a_secret():
    secret = "hunter2hunter2"
    line, carets = underlined(f"password = '{secret}' # x", 12, 12 + len(secret), secrets=(secret,))
    assert secret not in line
    marked = line[carets.index("^") : carets.rindex("^") + 1]
    assert line.startswith("password = '" + marked + "'")


@pytest.mark.parametrize("where", ["source", "message", "path", "id", "title", "related"])
def test_no_control_character_reaches_the_terminal(where):
    hostile = "\x1b]0;x\x07\x9b31m\u202e\u2066\u200b\ufeff\x08\U000e0041[bold]red[/bold]"
    given = {key: hostile if key == where else "x" for key in ("source", "message", "path", "id", "title", "related")}
    related = (
        Related(place=Place(cell=0, at=Location(part=f"/metadata/{given['related']}", start=0, end=1)), message=""),
    )
    fixes = (Fix(title=given["title"], safety=Safety.MANUAL),)
    shown = text(
        notebook(code(given["source"], id=given["id"])),
        finding(0, "/source", 0, len(given["source"]), message=given["message"], fixes=fixes, related=related),
        path=given["path"],
    )
    assert all(character.isprintable() or character == "\n" for character in shown)
    assert "[bold]red[/bold]" in shown
    assert "\\x1b]0;x\\x07" in shown


def test_color_is_only_ours():
    shown = text(notebook("\x1b[31m"), finding(0, "/source", 0, 5), color=True)
    assert "\x1b[1;33mmedium\x1b[0m" in shown
    assert "\x1b[31m" not in shown
    assert "\x1b" not in text(notebook("\x1b[31m"), finding(0, "/source", 0, 5))


@pytest.mark.parametrize(
    ("cell", "part", "words"),
    [
        (0, "/source", "(cell 1 (c000), line 1, column 1)"),
        (0, "/outputs/2/data/text~1html", "(cell 1 (c000), output 3, line 1, column 1)"),
        (0, "/attachments/a.png/image~1svg+xml", "(cell 1 (c000), attachment, line 1, column 1)"),
        (0, "/metadata/tags", "(cell 1 (c000), metadata/tags, line 1, column 1)"),
        (None, "/metadata/title", "(notebook, metadata/title, line 1, column 1)"),
    ],
)
def test_where(cell, part, words):
    assert words in text(notebook("x"), finding(cell, part, 0, 1))


def test_problems():
    report = Report(
        path="a.ipynb",
        notebook=read(notebook("x")),
        problems=(
            Problem(path="a.ipynb", kind="rule-failed", message="it failed\x1b", cell=0),
            Problem(path="", kind="configuration", message="--select: unknown"),
        ),
    )
    assert render_problems(file_result(report).problems, color=False) == (
        "a.ipynb: cell 1 (c000): problem (rule-failed): it failed\\x1b\nproblem (configuration): --select: unknown\n"
    )


def test_problems_are_counted_even_where_nothing_is_found():
    results = [file_result(Report(path="a", problems=(Problem(path="a", kind="unreadable", message="x"),)))]
    shown = render(results, wire.document(results, seconds=0).summary, TextOptions())
    assert shown == "No findings; 1 problem: not everything was checked (0 files, 0 cells, 0.00 s)\n"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("plain é 表 😀", "plain é 表 😀"),
        ("\0\n\r", "\\x00\\x0a\\x0d"),
        ("\u2028\u2029\x85", "\\u2028\\u2029\\x85"),
        ("\ud800", "\\ud800"),
        ("\U000e0100", "\\U000e0100"),
        ("\u3164", "\\u3164"),
        ("a\xa0b", "a\xa0b"),
    ],
)
def test_visible(given, shown):
    assert visible(given) == shown
