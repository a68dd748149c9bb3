"""Checks one revision of a notebook and says it as the editor wants to hear it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING

from jupyter_mlsecops.export import file_result
from jupyter_mlsecops.findings import Problem, ReplaceText, Severity
from jupyter_mlsecops.lint import lint
from jupyter_mlsecops.rule import CATEGORIES
from jupyter_mlsecops.rules import all_rules
from jupyter_mlsecops.server.ignores import ignores
from jupyter_mlsecops.server.pins import pinnable
from jupyter_mlsecops.server.protocol import EditorFinding, LintReply, Pin, by_level
from jupyter_mlsecops.server.root import project_settings
from jupyter_mlsecops.settings import ConfigurationError, Settings, suggestion

if TYPE_CHECKING:
    from jupyter_mlsecops import wire
    from jupyter_mlsecops.cache import MemoryCache
    from jupyter_mlsecops.findings import Finding, Report
    from jupyter_mlsecops.server.documents import Document
    from jupyter_mlsecops.server.pins import Pinnable
    from jupyter_mlsecops.server.protocol import LintOptions, LintRequest
    from jupyter_mlsecops.server.root import Root


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """The reply for one revision, and its packages that can be pinned, by the key of their finding."""

    reply: LintReply
    pins: dict[str, tuple[Pinnable, ...]]


def check_document(document: Document, request: LintRequest, root: Root, cache: MemoryCache | None = None) -> Checked:
    """All that is to be said about a revision."""
    started = perf_counter()
    settings, faults = editor_settings(request, root)
    content = document.content(outputs=request.options.outputs)
    report = lint(content, path=notebook_path(request.path), settings=settings, cache=cache)
    report = replace(_without_file(report), path=request.path, problems=(*report.problems, *faults))
    result = file_result(report, excerpts=False)
    pins: dict[str, tuple[Pinnable, ...]] = {}
    findings: list[EditorFinding] = []
    for found, said in zip(report.findings, result.findings, strict=True):
        finding, packages = _for_editor(found, said, report, trusted=request.trusted)
        findings.append(finding)
        pins |= {finding.key: packages} if packages else {}
    reply = LintReply(
        revision=document.revision,
        findings=tuple(findings),
        silenced=len(report.silenced),
        problems=result.problems,
        summary=by_level(result.findings),
        seconds=round(perf_counter() - started, 4),
        too_large=any(problem.kind == "too-large" for problem in report.problems),
    )
    return Checked(reply=reply, pins=pins)


def notebook_path(path: str) -> str:
    """The name of the notebook in the editor: a notebook, whatever kind of file it is kept in."""
    return path if path.lower().endswith(".ipynb") else f"{path}.ipynb"


def editor_settings(request: LintRequest, root: Root) -> tuple[Settings, list[Problem]]:
    """The project's settings, where the notebook is trusted, and Lab's on top; a problem for what cannot be meant."""
    faults: list[Problem] = []
    settings = Settings(working_directory=root.real if root.folder else "")
    if request.trusted:
        try:
            settings = project_settings(root, request.path)
        except ConfigurationError as error:
            faults.append(Problem(path=request.path, kind="configuration", message=str(error)))
    known = {*CATEGORIES, *all_rules()}
    faults += [_unknown_rule(name, request) for name in request.options.ignore if name not in known]
    return _with_options(settings, request.options, known, trusted=request.trusted), faults


def _unknown_rule(name: str, request: LintRequest) -> Problem:
    message = f"settings: unknown rule or category {name[:100]!r}{suggestion(name, [*CATEGORIES, *all_rules()])}"
    return Problem(path=request.path, kind="configuration", message=message)


def _with_options(settings: Settings, options: LintOptions, known: set[str], *, trusted: bool) -> Settings:
    ignored = dict.fromkeys((*settings.ignore, *(name for name in options.ignore if name in known)))
    return replace(
        settings,
        ignore=tuple(ignored),
        min_severity=max(settings.min_severity, Severity[options.min_severity.upper()]),
        suppressions=trusted and settings.suppressions,
    )


def _without_file(report: Report) -> Report:
    """Positions in a file mean nothing for what no file holds yet, and cost much."""
    if report.notebook is None:
        return report
    return replace(report, notebook=replace(report.notebook, file_text=None, positions=None))


def _for_editor(
    finding: Finding, said: wire.Finding, report: Report, *, trusted: bool
) -> tuple[EditorFinding, tuple[Pinnable, ...]]:
    rule = all_rules().get(finding.rule)
    cells = {cell.index: cell for cell in (said.cell, *(related.cell for related in said.related)) if cell}
    packages = pinnable(finding, report, cells)
    ours = EditorFinding(
        key=finding.fingerprint,
        title=rule.documentation.summary.rstrip(".") if rule else finding.rule,
        finding=said,
        ignores=ignores(finding, report.notebook, cells, trusted=trusted) if report.notebook else (),
        pin=Pin(packages=tuple(each.package for each in packages)) if packages else None,
        move_secret=finding.category == "secrets" and any(_moves(fix.edits) for fix in finding.fixes),
    )
    return ours, packages


def _moves(edits: tuple[object, ...]) -> bool:
    return any(isinstance(edit, ReplaceText) for edit in edits)
