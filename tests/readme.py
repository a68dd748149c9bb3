"""The generated parts of the README: run `python tests/readme.py` to write them anew."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from jupyter_mlsecops.entrypoints.cli import main
from jupyter_mlsecops.rules import all_rules

ROOT = Path(__file__).parent.parent
PICTURE = ROOT / "examples" / "report.svg"
_SECONDS = re.compile(r", [\d.]+ s\)")
_RULES = re.compile(r"(?<=## Rules\n\n).*?(?=\n\nLevels are)", re.DOTALL)
_REPORT = re.compile(r"(?<=```text\n).*?(?=\n```)", re.DOTALL)
_SHOWN = "examples/deserialization.ipynb"


def readme() -> str:
    """The README as it should be, from the code and from what a scan of the examples prints."""
    text = (ROOT / "README.md").read_text("utf-8")
    text = _RULES.sub(lambda _: rule_table(), text)
    return _REPORT.sub(lambda _: report([_SHOWN]).strip(), text)


def rule_table() -> str:
    """All rules as a Markdown table."""
    rows = ["| rule | category | level | what it reports |", "|---|---|---|---|"]
    for rule in all_rules().values():
        summary = rule.documentation.summary.replace("|", "\\|")
        rows.append(f"| `{rule.id}` | {rule.category} | {rule.severity.word} | {summary} |")
    return "\n".join(rows)


class _Terminal(io.StringIO):
    """Takes output, and says that it is a terminal."""

    def __init__(self, *, color: bool) -> None:
        super().__init__()
        self._color = color

    def isatty(self) -> bool:
        return self._color


def report(paths: list[str], *, color: bool = False) -> str:
    """What a scan of files of this project prints, without the time it took."""
    output = _Terminal(color=color)
    with contextlib.chdir(ROOT), contextlib.redirect_stdout(output):
        main(["scan", *paths, "--isolated", "--jobs", "1"])
    return _SECONDS.sub(")", output.getvalue())


def picture() -> str:
    """The report of the examples as a drawing of a terminal."""
    console = Console(record=True, width=132, file=io.StringIO())
    console.print(Text.from_ansi(report(["examples/deserialization.ipynb", "examples/packages.ipynb"], color=True)))
    drawing = console.export_svg(title="jupyter-mlsecops scan examples", theme=MONOKAI, unique_id="report")
    drawing = re.sub(r"\s*@font-face \{.*?\}", "", drawing, flags=re.DOTALL)
    return drawing.replace("<svg ", '<svg xml:space="preserve" ', 1)


if __name__ == "__main__":
    (ROOT / "README.md").write_text(readme(), "utf-8")
    PICTURE.write_text(picture(), "utf-8")
