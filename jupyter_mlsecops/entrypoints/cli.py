"""The command line: reads arguments, hands over, prints, and says with its exit code how it went.

Everything that takes time to import is imported by the command that needs it.
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING, Any, NoReturn

from jupyter_mlsecops.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from jupyter_mlsecops.entrypoints.result_cache import ResultCache
    from jupyter_mlsecops.findings import Severity
    from jupyter_mlsecops.settings import Settings
    from jupyter_mlsecops.wire import Document, FileResult

PROGRAM = "jupyter-mlsecops"
CLEAN, FOUND, FAILED, INTERRUPTED = 0, 1, 2, 130

# The words of findings.Severity and Confidence, written out: asking for --help needs neither.
LEVELS = ("info", "low", "medium", "high", "critical")
CONFIDENCES = ("low", "medium", "high")

_NOTHING_NAMED = "nothing is named"
_NO_NUMBER = "expected a number from 1 to 1024"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0 clean, 1 findings, 2 something could not be checked or is wrong."""
    try:
        parsed = build_parser().parse_args(arguments)
        code: int = parsed.run(parsed)
    except KeyboardInterrupt:
        return INTERRUPTED
    return code


def build_parser() -> argparse.ArgumentParser:
    """The commands and their options. Abbreviations are off: an option that is added later must not change scripts."""
    parser = argparse.ArgumentParser(
        prog=PROGRAM, description="Find security problems in Jupyter notebooks.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_scan(commands)
    _add_rule(commands)
    return parser


def _add_scan(commands: Any) -> None:
    scan = commands.add_parser("scan", help="check files and folders", description=_SCAN, allow_abbrev=False)
    scan.set_defaults(run=_scan)
    scan.add_argument(
        "paths", nargs="*", metavar="PATH", help="files and folders; none: the working directory; -: standard input"
    )
    _add_what(scan.add_argument_group("what is checked"))
    _add_which(scan.add_argument_group("what is reported"))
    _add_how(scan.add_argument_group("how it is reported"))
    _add_mending(scan.add_argument_group("what is mended"))


_SCAN = (
    "Check notebooks. Exit code 0: nothing at --fail-on or above; 1: findings there; "
    "2: something could not be checked, or the usage or the configuration is wrong."
)


def _add_what(group: Any) -> None:
    group.add_argument("--stdin-filename", metavar="NAME", help="what standard input is called, and so its kind")
    group.add_argument("--exclude", action="extend", type=_words, metavar="GLOB", help="files and folders to leave out")
    group.add_argument(
        "--include", action="extend", type=_words, metavar="GLOB", help="further files to take from folders"
    )
    group.add_argument(
        "--jobs", type=_positive, metavar="N", help="processes that share the work (default: one a core)"
    )
    group.add_argument("--no-cache", action="store_true", help="check everything anew, and remember nothing of it")
    group.add_argument("--config", metavar="FILE", help="a configuration file; it wins over that of the scanned tree")
    group.add_argument("--isolated", action="store_true", help="take no configuration from the scanned tree")


def _add_which(group: Any) -> None:
    group.add_argument(
        "--select", action="extend", type=_words, metavar="X,…", help="run only these rules or categories"
    )
    group.add_argument(
        "--ignore", action="extend", type=_words, metavar="X,…", help="do not run these; wins over --select"
    )
    group.add_argument("--min-severity", choices=LEVELS, metavar="LEVEL", help=f"{', '.join(LEVELS)} (default: info)")
    group.add_argument(
        "--min-confidence", choices=CONFIDENCES, metavar="LEVEL", help="low, medium, high (default: low)"
    )
    group.add_argument("--no-ignores", action="store_true", help="report what comments and cell tags silence, too")


def _add_how(group: Any) -> None:
    group.add_argument("--format", choices=("text", "json"), default="text", help="(default: text)")
    group.add_argument("--output", metavar="FILE", help="write the report into a file")
    group.add_argument(
        "--fail-on", choices=(*LEVELS, "never"), metavar="LEVEL", help="exit with 1 from here on (default: low)"
    )
    group.add_argument(
        "--show-info", action="store_true", help="show each finding of level info, instead of counting them"
    )
    group.add_argument("--statistics", action="store_true", help="count findings by rule")
    group.add_argument("-q", "--quiet", action="store_true", help="print findings and problems only")


def _add_mending(group: Any) -> None:
    group.add_argument("--fix", action="store_true", help="mend what can be mended without changing what the code does")
    group.add_argument(
        "--unsafe-fixes",
        action="store_true",
        help="with --fix or --diff: mend, too, what may change what the code does",
    )
    group.add_argument(
        "--diff", action="store_true", help="show what --fix would change; write nothing, exit with 1 if it would"
    )


def _add_rule(commands: Any) -> None:
    rule = commands.add_parser("rule", help="explain a rule, or list all", allow_abbrev=False)
    rule.set_defaults(run=_rule)
    rule.add_argument("id", nargs="?", metavar="ID")
    rule.add_argument("--format", choices=("text", "json"), default="text", help="(default: text)")


def _words(text: str) -> list[str]:
    words = [word.strip() for word in text.split(",") if word.strip()]
    if not words:
        raise argparse.ArgumentTypeError(_NOTHING_NAMED)
    return words


def _positive(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 1024:
        raise argparse.ArgumentTypeError(_NO_NUMBER)
    return int(text)


# -- scan --------------------------------------------------------------------------------------------------------------


def _scan(arguments: argparse.Namespace) -> int:
    from time import perf_counter

    from jupyter_mlsecops import wire
    from jupyter_mlsecops.settings import ConfigurationError

    started = perf_counter()
    if message := _misuse(arguments):
        sys.stderr.write(f"{PROGRAM} scan: {message}\n")
        return FAILED
    try:
        settings = _settings(arguments)
    except ConfigurationError as error:
        return _refuse_configuration(error, arguments)
    results = _results(arguments, settings)
    document = wire.document(results, seconds=perf_counter() - started)
    if arguments.diff:
        return _print_diff(document, results, arguments)
    printed = _print_report(document, results, arguments)
    if arguments.fix and arguments.format == "text" and not arguments.quiet:
        _print_mended(results)
    return exit_code(document, settings.fail_on) if printed else FAILED


def _misuse(arguments: argparse.Namespace) -> str:
    """What is wrong with a combination of options; "" if nothing is."""
    if arguments.fix and not arguments.diff and "-" in arguments.paths:
        return "--fix cannot write to standard input; --diff shows what it would change"
    if arguments.unsafe_fixes and not (arguments.fix or arguments.diff):
        return "--unsafe-fixes needs --fix or --diff"
    return ""


def _print_diff(document: Document, results: Sequence[FileResult], arguments: argparse.Namespace) -> int:
    """What the fixes would change, and whether they would."""
    from jupyter_mlsecops.reports import text as text_report

    text = text_report.render_diff(result.diff for result in results)
    written = _print(text) if arguments.output is None else _write(text, arguments.output)
    sys.stderr.write(text_report.render_problems(document.problems, color=_is_colored(sys.stderr)))
    if document.problems or not written:
        return FAILED
    return FOUND if text else CLEAN


def _print_mended(results: Sequence[FileResult]) -> None:
    count = sum(result.mended for result in results)
    files = sum(result.mended > 0 for result in results)
    sys.stderr.write(f"mended {count} finding{'' if count == 1 else 's'} in {files} file{'' if files == 1 else 's'}\n")


def exit_code(document: Document, fail_on: Severity | None) -> int:
    """What could not be checked beats what was found."""
    if document.problems:
        return FAILED
    loud = () if fail_on is None else LEVELS[fail_on:]
    return FOUND if any(finding.severity in loud for finding in document.findings) else CLEAN


def _settings(arguments: argparse.Namespace) -> Settings:
    from jupyter_mlsecops.entrypoints.configuration import load_settings

    paths = [_stdin_name(arguments) if path == "-" else path for path in arguments.paths]
    layer = _command_line_layer(arguments)
    return load_settings(paths, layer, config=arguments.config, isolated=arguments.isolated)


def _command_line_layer(arguments: argparse.Namespace) -> dict[str, Any]:
    """The values that the command line gives; what it does not mention is not in it."""
    from jupyter_mlsecops.settings import read_values

    keys = ("select", "ignore", "min-severity", "min-confidence", "fail-on", "exclude", "include")
    given = {key: value for key in keys if (value := getattr(arguments, key.replace("-", "_"))) is not None}
    return read_values(given, prefix="--") | ({"suppressions": False} if arguments.no_ignores else {})


def _refuse_configuration(error: Any, arguments: argparse.Namespace) -> int:
    """Nothing is checked by rules that nobody meant; the report says why."""
    from jupyter_mlsecops import wire
    from jupyter_mlsecops.entrypoints.checking import problem_result
    from jupyter_mlsecops.findings import Problem

    text = ": ".join(filter(None, (error.key, error.message)))
    results = [problem_result(Problem(path=error.file, kind="configuration", message=text))]
    arguments.quiet = True
    _print_report(wire.document(results, seconds=0), results, arguments)
    return FAILED


def _results(arguments: argparse.Namespace, settings: Settings) -> list[FileResult]:
    from jupyter_mlsecops.entrypoints import files, scanning

    paths = arguments.paths or ["."]
    wanted = scanning.Mending(unsafe=arguments.unsafe_fixes, write=not arguments.diff)
    mending = wanted if arguments.fix or arguments.diff else None
    results = []
    if files.STDIN in paths:
        from jupyter_mlsecops.entrypoints.checking import check_content

        # One byte more than allowed is enough to see that it is too much.
        content = sys.stdin.buffer.read(settings.max_file_size + 1)
        name = files.shown_path(_stdin_name(arguments), settings)
        results.append(check_content(content, name, settings, mending))
    named = [path for path in paths if path != files.STDIN]
    return results + scanning.check_all(
        files.find(named, settings),
        settings,
        jobs=arguments.jobs or scanning.default_jobs(),
        mending=mending,
        cache=None if arguments.no_cache or mending else _cache(named, settings),
    )


def _cache(paths: Sequence[str], settings: Settings) -> ResultCache | None:
    from jupyter_mlsecops.entrypoints.result_cache import open_cache

    return open_cache(paths, settings)


def _stdin_name(arguments: argparse.Namespace) -> str:
    from jupyter_mlsecops.notebook.file_kinds import STDIN

    return arguments.stdin_filename or STDIN


# -- rule --------------------------------------------------------------------------------------------------------------


def _rule(arguments: argparse.Namespace) -> int:
    from jupyter_mlsecops.entrypoints import rule_pages
    from jupyter_mlsecops.rules import all_rules

    rules = all_rules()
    if arguments.id is None:
        text = rule_pages.overview() if arguments.format == "text" else rule_pages.as_json(rules.values())
    elif arguments.id in rules:
        rule = rules[arguments.id]
        text = rule_pages.page(rule) if arguments.format == "text" else rule_pages.as_json(rule)
    else:
        return _unknown_rule(arguments.id, rules)
    _print(text)
    return CLEAN


def _unknown_rule(name: str, rules: Iterable[str]) -> int:
    from jupyter_mlsecops.reports.terminal import visible
    from jupyter_mlsecops.settings import suggestion

    sys.stderr.write(f"{PROGRAM} rule: unknown rule {visible(name)}{suggestion(name, rules)}\n")
    return FAILED


# -- printing ----------------------------------------------------------------------------------------------------------


def _print_report(document: Document, results: Sequence[FileResult], arguments: argparse.Namespace) -> bool:
    """Print the report, or write it into its file; False where that is not possible."""
    into_file = arguments.output is not None
    if arguments.format == "json":
        from jupyter_mlsecops.reports import json

        text = json.render(document)
    else:
        from jupyter_mlsecops.reports import text as text_report

        text = text_report.render(results, document.summary, _text_options(arguments))
        problems = text_report.render_problems(document.problems, color=_is_colored(sys.stderr))
        text += text_report.render_problems(document.problems, color=False) if into_file else ""
    written = _write(text, arguments.output) if into_file else _print(text)
    if arguments.format == "text":
        sys.stderr.write(problems)
    return written


def _text_options(arguments: argparse.Namespace) -> Any:
    from jupyter_mlsecops.reports.text import TextOptions

    return TextOptions(
        color=arguments.output is None and _is_colored(sys.stdout),
        show_info=arguments.show_info,
        quiet=arguments.quiet,
        statistics=arguments.statistics,
    )


def _is_colored(stream: Any) -> bool:
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return bool(stream.isatty()) and (sys.platform != "win32" or "WT_SESSION" in os.environ)


def _write(text: str, output: str) -> bool:
    from pathlib import Path

    try:
        Path(output).write_text(text, "utf-8", newline="\n")
    except OSError as error:
        sys.stderr.write(f"{PROGRAM}: cannot write {output!a}: {(error.strerror or 'failed').lower()}\n")
        return False
    return True


def _print(text: str) -> bool:
    """Print; a reader that has seen enough (`| head`) is no error."""
    if hasattr(sys.stdout, "reconfigure"):
        # What the terminal's encoding lacks is shown as an escape; nothing about a notebook may end the report.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        # So that the interpreter does not fail in turn when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return True


def run() -> NoReturn:
    """The executable."""
    sys.exit(main())


if __name__ == "__main__":
    run()
