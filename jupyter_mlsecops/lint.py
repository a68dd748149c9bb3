"""The one function that every door calls: bytes in, report out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from jupyter_mlsecops.check import check
from jupyter_mlsecops.excerpts import Excerpts
from jupyter_mlsecops.findings import Problem, Report
from jupyter_mlsecops.knowledge import table
from jupyter_mlsecops.notebook.formats.scanned_files import read_file
from jupyter_mlsecops.notebook.reader import Unreadable
from jupyter_mlsecops.redaction import Redactor, RedactorOf
from jupyter_mlsecops.rules import all_rules
from jupyter_mlsecops.settings import Settings
from jupyter_mlsecops.triage import triage

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from jupyter_mlsecops.cache import MemoryCache
    from jupyter_mlsecops.check import Result
    from jupyter_mlsecops.findings import ProblemKind
    from jupyter_mlsecops.notebook.model import Notebook
    from jupyter_mlsecops.rule import Rule


def lint(
    content: bytes,
    *,
    path: str = "",
    settings: Settings | None = None,
    cache: MemoryCache | None = None,
    engines: Sequence[object] = (),
) -> Report:
    """Read, check, decide. Never raises for what is in `content`: what cannot be checked is a problem in the report.

    `path` names the file and tells its kind; it is never opened. `cache` is what earlier calls remember of this notebook and
    of others. `engines` are for later versions.
    Raises ConfigurationError where the settings name unknown rules.
    """
    del engines
    settings = settings or Settings()
    rules = settings.rules()
    try:
        last = cache.take(path) if cache is not None else None
        notebook = read_file(content, name=path, max_bytes=settings.max_file_size, previous=last)
        if cache is not None:
            notebook = cache.connect(notebook, last)
        report = _lint(notebook, path, settings, rules)
        if cache is not None:
            cache.keep(path, notebook)
        return report  # noqa: TRY300  # what is checked stands together
    except Unreadable as error:
        return _failed(path, error.kind, error.message)
    except Exception as error:  # noqa: BLE001  # a failed check is never a clean check
        return _failed(path, "unreadable", f"could not be checked: {type(error).__name__}")


def _lint(notebook: Notebook, path: str, settings: Settings, rules: Sequence[Rule]) -> Report:
    checked = check(notebook, dict.fromkeys([*rules, *_secret_rules()]))
    secrets = _secrets(notebook, (*checked.results, *checked.unreported))
    excerpts = Excerpts(notebook, notebook.once(RedactorOf(secrets)))
    asked = {rule.id for rule in rules}
    results = [result for result in checked.results if result.rule.id in asked]
    decided = triage(notebook, results, path=path, settings=settings, excerpts=excerpts, rules=rules)
    return Report(
        path=path,
        notebook=notebook,
        findings=decided.findings,
        silenced=decided.silenced,
        problems=_problems((*checked.problems, *decided.problems), path),
        secrets=secrets,
        unparsed_cells=checked.unparsed_cells,
    )


def _secret_rules() -> Iterable[Rule]:
    """Run even where nobody asks for their findings: the redactor must know every secret of the file."""
    return (rule for rule in all_rules().values() if rule.category == "secrets")


def _secrets(notebook: Notebook, results: Iterable[Result]) -> tuple[str, ...]:
    plain = Excerpts(notebook, Redactor(()))
    telling = (result for result in results if result.rule.category == "secrets" and _points_at_values(result.rule))
    # What belongs to a secret is one too: the other half of a pair, the same value in another format of an output.
    places = (
        place for result in telling for hit in result.hits for place in (hit.at, *(each.place for each in hit.related))
    )
    return tuple(dict.fromkeys(value for place in places if (value := plain.value(place))))


def _points_at_values(rule: Rule) -> bool:
    return rule.id not in table("owners")["pointing_at_code"]


def _problems(problems: Iterable[Problem], path: str) -> tuple[Problem, ...]:
    return tuple(replace(problem, path=path) for problem in problems)


def _failed(path: str, kind: ProblemKind, message: str) -> Report:
    return Report(path=path, problems=(Problem(path=path, kind=kind, message=message),))
