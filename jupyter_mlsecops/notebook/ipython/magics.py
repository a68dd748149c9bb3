"""The magics that matter to a reader of notebooks: what the body of each is, and whose arguments are code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Body = Literal["python", "shell", "file", "text", "disabled"]

CELL_BODIES: Mapping[str, Body] = {
    **dict.fromkeys(("!", "bash", "ksh", "sh", "shell", "sx", "system", "zsh"), "shell"),
    **dict.fromkeys(("file", "writefile", "writetemplate", "writetemplatefile"), "file"),
    **dict.fromkeys(("skip", "skip_cell", "skipcell"), "disabled"),
    **dict.fromkeys(
        (
            "HTML", "R", "SVG", "ai", "bigquery", "bqml", "cmd", "cpp", "cu", "cuda", "cypher", "dot", "html", "javascript",
            "js", "julia", "kql", "latex", "manim", "markdown", "mermaid", "octave", "perl", "r", "ruby", "rust", "scala",
            "sparql", "sparksql", "sql", "stan", "svg",
        ),
        "text",
    ),
    **dict.fromkeys(
        (
            "capture", "debug", "heat", "local", "lprun", "memit", "mprof_plot", "mprun", "prun", "px", "pyinstrument", "pypy",
            "python", "python3", "scalene", "snakeviz", "spark", "time", "timeit", "tracer", "viztracer", "wandb",
        ),
        "python",
    ),
}  # fmt: skip
"""What follows the line of a cell magic; a name that is not here is judged by its body."""

FIRST_LINE_BODIES: Mapping[str, Body | None] = {
    "fs": "text", "md": "text", "md-sandbox": "text", "python": "python", "r": "text", "scala": "text", "sh": "shell", "sql": None,
}  # fmt: skip
"""Databricks: one percent sign on the first line speaks for the whole cell; None: its body says what it is."""

SHELL_LANGUAGES = frozenset({"ash", "bash", "dash", "ksh", "sh", "shell", "zsh"})
IDLE_PROGRAMS = frozenset({":", "echo", "false", "true"})
"""`%%script false` and its like: a way to switch a cell off."""
SCRIPT_OPTIONS_WITH_VALUE = frozenset({"--out", "--err", "--proc"})

SHELL_MAGICS = frozenset({"!", "!!", "bash", "sh", "shell", "sx", "system"})
"""Line magics whose arguments are a shell command."""

PROGRAM_MAGICS = frozenset(
    {
        "cat", "conda", "cp", "ldir", "less", "lf", "lk", "ll", "ls", "lx", "mamba", "man", "micromamba", "mkdir", "more",
        "mv", "pip", "pip3", "rm", "rmdir", "uv",
    },
)  # fmt: skip
"""Line magics that run the program of their name."""

AUTOMATIC_INSTALLERS = ("pip3", "pip", "micromamba", "mamba", "conda", "uv")
"""Programs whose lines work without a percent sign."""

AUTOMAGICS = PROGRAM_MAGICS | {
    "alias", "bookmark", "cd", "config", "edit", "env", "history", "load", "load_ext", "loadpy", "matplotlib", "notebook",
    "pdef", "pdoc", "pfile", "pinfo", "psource", "pushd", "pycat", "reload_ext", "run", "save", "set_env", "store", "sx",
    "system", "time", "timeit",
}  # fmt: skip
"""Magics that work without a percent sign where the cell is one line."""

STATEMENT_MAGICS: Mapping[str, frozenset[str]] = {
    "lprun": frozenset({"-D", "-T", "-f", "-m", "-u"}),
    "memit": frozenset({"-i", "-r", "-t"}),
    "mprun": frozenset({"-T", "-f"}),
    "prun": frozenset({"-D", "-T", "-l", "-s"}),
    "pyinstrument": frozenset(),
    "snakeviz": frozenset({"-f"}),
    "time": frozenset(),
    "timeit": frozenset({"-n", "-p", "-r"}),
}
"""Line magics whose arguments are a Python statement, each with its options that take a value."""
