"""The report for people at a terminal."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jupyter_mlsecops.reports.terminal import Paint, visible, width

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from jupyter_mlsecops.wire import Cell, Excerpt, FileResult, Finding, Fix, Problem, Related, Summary

_INDENT = "    "
_BEFORE, _SPAN, _AFTER = 60, 100, 60
_SAFETY = {"safe": "fix", "unsafe": "fix (may change what the code does)", "manual": "by hand"}
_MOST_PLACES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class TextOptions:
    """How much is said, and whether in colour."""

    color: bool = False
    show_info: bool = False
    quiet: bool = False
    statistics: bool = False


def render(results: Sequence[FileResult], summary: Summary, options: TextOptions) -> str:
    """Findings in file order, then what is only counted, then the summary. Problems are a text of their own."""
    paint = Paint(on=options.color)
    blocks = ["\n".join(_finding(*each, paint)) for each in _shown(results, show_info=options.show_info)]
    if not options.quiet:
        blocks += _block([] if options.show_info else _info_lines(results, paint))
        blocks += _block(_statistics(results, paint) if options.statistics else [])
        blocks.append(_summary(summary, paint))
    return "\n\n".join(blocks) + "\n" if blocks else ""


def render_problems(problems: Iterable[Problem], *, color: bool) -> str:
    """One line for each thing that could not be checked."""
    paint = Paint(on=color)
    return "".join(f"{_problem(problem, paint)}\n" for problem in problems)


def render_diff(diffs: Iterable[str]) -> str:
    """Unified diffs, one after the other; nothing in them is obeyed by a terminal."""
    return "".join(f"{visible(line)}\n" for diff in diffs for line in diff.split("\n")[:-1])


def _problem(problem: Problem, paint: Paint) -> str:
    cell = f" {_cell(problem.cell)}:" if problem.cell else ""
    path = f"{visible(problem.path)}:" if problem.path else ""
    return f"{path}{cell} {paint('high', 'problem')} ({problem.kind}): {visible(problem.message)}".lstrip()


def _shown(results: Iterable[FileResult], *, show_info: bool) -> Iterator[tuple[Finding, Excerpt]]:
    for result in results:
        for finding, excerpt in zip(result.findings, result.excerpts, strict=True):
            if show_info or finding.severity != "info":
                yield finding, excerpt


def _block(lines: Iterable[str]) -> list[str]:
    return [text] if (text := "\n".join(lines)) else []


# -- one finding -------------------------------------------------------------------------------------------------------


def _finding(finding: Finding, excerpt: Excerpt, paint: Paint) -> Iterator[str]:
    level = paint(finding.severity, finding.severity)
    yield f"{paint('bold', _position(finding))}: {level} {finding.rule} ({_where(finding)})"
    yield _INDENT + visible(finding.message)
    yield from _source(excerpt, finding.severity, paint)
    yield from map(_fix, finding.fixes)
    if finding.related:
        yield _INDENT + paint("dim", _more(finding.related))


def _position(finding: Finding) -> str:
    path = visible(finding.path)
    if finding.file_range is None:
        return path
    return f"{path}:{finding.file_range.start.line}:{finding.file_range.start.column}"


def _where(place: Finding | Related) -> str:
    start = place.range.start
    owner = _cell(place.cell) if place.cell else "notebook" if place.part else ""
    part = _part(place.part)
    return ", ".join(filter(None, (owner, part, f"line {start.line}, column {start.column}")))


def _cell(cell: Cell) -> str:
    return f"cell {cell.number}" + (f" ({visible(cell.id)})" if cell.id else "")


def _part(part: str) -> str:
    """The part in words; the source goes without saying."""
    steps = part.split("/")[1:]
    match steps:
        case [] | ["source"]:
            return ""
        case ["outputs", number, *_] if number.isdecimal():
            return f"output {int(number) + 1}"
        case ["attachments", *_]:
            return "attachment"
        case _:
            return visible("/".join(steps))


def _source(excerpt: Excerpt, level: str, paint: Paint) -> Iterator[str]:
    """The line, and carets under the span; a long line is cut around the span."""
    start, end = excerpt.start, max(excerpt.end, excerpt.start)
    first, last = max(0, start - _BEFORE), min(end, start + _SPAN)
    stop = min(len(excerpt.text), last + _AFTER)
    before, span, after = (visible(excerpt.text[a:b]) for a, b in ((first, start), (start, last), (last, stop)))
    if first == 0 and not excerpt.cut_before:
        before = before.lstrip()
    opening = "…" if first > 0 or excerpt.cut_before else ""
    closing = "…" if stop < len(excerpt.text) or excerpt.cut_after else ""
    if not span.strip():
        return
    yield f"{_INDENT}  {opening}{before}{span}{after.rstrip()}{closing}"
    yield f"{_INDENT}  {' ' * width(opening + before)}{paint(level, '^' * max(1, width(span.rstrip())))}"


def _fix(fix: Fix) -> str:
    return f"{_INDENT}{_SAFETY[fix.safety]}: {visible(fix.title)}"


def _more(related: Sequence[Related]) -> str:
    if len(related) == 1:
        return f"{_where(related[0])}: {visible(related[0].message)}"
    places = [_where(place) for place in related[:_MOST_PLACES]]
    more = "; …" if len(related) > _MOST_PLACES else ""
    return f"and {_count(len(related), 'more place')}: {'; '.join(places)}{more}"


# -- what is counted ---------------------------------------------------------------------------------------------------


def _info_lines(results: Iterable[FileResult], paint: Paint) -> Iterator[str]:
    found: Counter[str] = Counter()
    files: Counter[str] = Counter()
    for result in results:
        rules = [finding.rule for finding in result.findings if finding.severity == "info"]
        found.update(rules)
        files.update(set(rules))
    for rule in sorted(found):
        where = f"{_count(found[rule], 'finding')} in {_count(files[rule], 'file')}"
        yield f"{paint('info', 'info')} {rule}: {where} (--show-info lists them)"


def _statistics(results: Iterable[FileResult], paint: Paint) -> Iterator[str]:
    findings = [finding for result in results for finding in result.findings]
    counts = Counter((finding.rule, finding.severity) for finding in findings)
    for (rule, level), count in sorted(counts.items(), key=lambda row: (-row[1], row[0])):
        yield f"{count:>7}  {paint(level, f'{level:<8}')}  {rule}"


def _summary(summary: Summary, paint: Paint) -> str:
    levels = ", ".join(f"{summary.findings[level]} {paint(level, level)}" for level in reversed(summary.findings))
    total = sum(summary.findings.values())
    lines = [f"{_count(total, 'finding')}: {levels}" if total else "No findings"]
    if summary.silenced:
        lines.append(f"{summary.silenced} silenced")
    if summary.problems:
        lines.append(paint("high", f"{_count(summary.problems, 'problem')}: not everything was checked"))
    unparsed = f", {summary.unparsed_cells} not wholly Python" if summary.unparsed_cells else ""
    scope = f"{_count(summary.files, 'file')}, {_count(summary.cells, 'cell')}{unparsed}, {summary.seconds:.2f} s"
    return f"{'; '.join(lines)} ({scope})"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
