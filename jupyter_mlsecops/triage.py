"""Decides what is reported: whose fact it is, what somebody silenced, what belongs together, how loud it is."""

from __future__ import annotations

import hashlib
import json
import posixpath
from bisect import bisect_right
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING

from jupyter_mlsecops import globs
from jupyter_mlsecops.check import MOST_HITS, too_many_hits
from jupyter_mlsecops.findings import Finding, Reason, Related, Silenced
from jupyter_mlsecops.knowledge import table
from jupyter_mlsecops.rule import Merge, Reads
from jupyter_mlsecops.rules import all_rules
from jupyter_mlsecops.suppressions import Silence, silence
from jupyter_mlsecops.trust import trusted_by

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence

    from jupyter_mlsecops.check import Result
    from jupyter_mlsecops.excerpts import Excerpts
    from jupyter_mlsecops.findings import Confidence, Fix, Hit, Problem, Severity
    from jupyter_mlsecops.notebook.model import Notebook, Place
    from jupyter_mlsecops.rule import Rule
    from jupyter_mlsecops.settings import Settings
    from jupyter_mlsecops.suppressions import Unused

_LONGEST_LINE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Triaged:
    """What was decided, in file order. `unused` are suppressions, or names in them, that silence nothing.

    Problems carry no path.
    """

    findings: tuple[Finding, ...]
    silenced: tuple[Silenced, ...]
    unused: tuple[Unused, ...]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    """One place that a rule speaks of. Claims of one `hit` share its subject; the first is the hit's own place."""

    rule: Rule
    hit: int
    place: Place
    message: str
    fixes: tuple[Fix, ...]
    severity: Severity
    confidence: Confidence
    subject: str
    causes: tuple[Related, ...] = ()
    reason: Reason | None = None

    @property
    def group(self) -> Hashable:
        """Claims of one group become one finding."""
        match self.rule.merge:
            case Merge.CELL:
                return self.rule.id, self.place.cell
            case Merge.SUBJECT if self.subject:
                return self.rule.id, self.subject
            case _:
                return self.hit


def triage(  # noqa: PLR0913  # all but two by keyword, and each of its own kind
    notebook: Notebook,
    results: Iterable[Result],
    *,
    path: str,
    settings: Settings,
    excerpts: Excerpts,
    rules: Sequence[Rule] = (),
) -> Triaged:
    """Turn hits into findings. Suppressions take places away first; a finding is silenced where none is left.

    `rules` are all that were run: what suppresses none of them is no news.
    """
    claims = list(_owned(list(_claims(results, settings))))
    quiet = Silence(by_claim={}, unused=())
    if settings.suppressions:
        quiet = silence(notebook, [(claim.rule, claim.place) for claim in claims])
    remarks = list(islice(_remarks(quiet.unused, rules, settings), MOST_HITS + 1))
    claims += remarks[:MOST_HITS]
    reasons = _Reasons(quiet=quiet, path=path, settings=settings)
    judged = [reasons.judged(number, claim) for number, claim in enumerate(claims)]
    judged = [claim for claim in judged if claim.confidence >= settings.min_confidence]
    decided = sorted(map(_decide, _groups(judged)), key=lambda each: _order(each[0].place))
    named = _with_fingerprints(decided, path, excerpts)
    loud = [each for each in named if each[0].severity >= settings.min_severity]
    return Triaged(
        findings=tuple(finding for finding, reason in loud if reason is None),
        silenced=tuple(Silenced(finding=finding, reason=reason) for finding, reason in loud if reason is not None),
        unused=quiet.unused,
        problems=tuple(too_many_hits(claim.rule) for claim in remarks[MOST_HITS:]),
    )


def _remarks(unused: Sequence[Unused], rules: Sequence[Rule], settings: Settings) -> Iterator[_Claim]:
    """What rules say of suppressions that silenced nothing."""
    number = -1  # these hits are no places of others, and nothing silences them
    worth = tuple(_worth_a_remark(unused, rules)) if unused else ()
    for rule in rules:
        if rule.reads is not Reads.SUPPRESSION:
            continue
        for each in worth:
            for hit in rule.check(each):
                yield from _claims_of(hit, number, rule, settings.severity.get(rule.id))
                number -= 1


def _worth_a_remark(unused: Iterable[Unused], rules: Sequence[Rule]) -> Iterator[Unused]:
    """Leaves out the names of rules that were not run: they may have something to silence another time."""
    ran = {rule.id for rule in rules}
    idle = {rule.id for rule in all_rules().values() if rule.id not in ran}
    idle |= {rule.category for rule in all_rules().values() if rule.id not in ran}
    for each in unused:
        names = tuple(name for name in each.names if name not in idle)
        if names or not each.suppression.names:
            yield each if names == each.names else replace(each, names=names, removal=None)


def _claims(results: Iterable[Result], settings: Settings) -> Iterator[_Claim]:
    number = 0
    for result in results:
        for hit in result.hits:
            yield from _claims_of(hit, number, result.rule, settings.severity.get(result.rule.id))
            number += 1


def _claims_of(hit: Hit, number: int, rule: Rule, override: Severity | None) -> Iterator[_Claim]:
    own = hit.severity if hit.severity is not None else rule.severity
    first = _Claim(
        rule=rule,
        hit=number,
        place=hit.at,
        message=hit.message,
        fixes=hit.fixes,
        severity=own if override is None else override,
        confidence=hit.confidence if hit.confidence is not None else rule.confidence,
        subject=hit.subject,
        causes=tuple(replace(cause, is_cause=True) for cause in hit.causes),
    )
    yield first
    for other in hit.related:
        yield replace(first, place=other.place, message=other.message, fixes=other.fixes, causes=())


# -- one span, one fact ------------------------------------------------------------------------------------------------


def _owned(claims: list[_Claim]) -> Iterator[_Claim]:
    """The claims without those whose fact belongs to another rule that speaks at the same place."""
    spans: dict[Hashable, list[tuple[int, int]]] = defaultdict(list)
    for claim in claims:
        at = claim.place.at
        spans[claim.rule.id, claim.place.cell, at.part].append((at.start, at.end))
    covered = {key: _Spans(found) for key, found in spans.items()}
    for claim in claims:
        place = claim.place
        owners = ((covered.get((rule, place.cell, place.at.part)), same) for rule, same in _owners(claim.rule.id))
        if not any(held and held.meets(place.at.start, place.at.end, same=same) for held, same in owners):
            yield claim


@cache
def _owners(rule: str) -> tuple[tuple[str, bool], ...]:
    """The rules that own facts this rule sees too, and whether only on the very same span."""
    rows = table("owners")["owner"]
    return tuple((row["rule"], row.get("same_span", False)) for row in rows if rule in row["over"])


class _Spans:
    """Spans of one rule in one part, to be asked many times."""

    def __init__(self, spans: list[tuple[int, int]]) -> None:
        self._exact = frozenset(spans)
        self._starts: list[int] = []
        self._ends: list[int] = []
        for start, end in sorted(spans):
            if self._ends and start < self._ends[-1]:
                self._ends[-1] = max(self._ends[-1], end)
            else:
                self._starts.append(start)
                self._ends.append(end)

    def meets(self, start: int, end: int, *, same: bool) -> bool:
        if same:
            return (start, end) in self._exact
        before = bisect_right(self._starts, max(start, end - 1)) - 1
        return before >= 0 and (self._ends[before] > start or self._starts[before] == start)


# -- what is silenced --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reasons:
    """Why a claim is not to be seen: the notebook's own wishes first, then the settings."""

    quiet: Silence
    path: str
    settings: Settings

    def judged(self, number: int, claim: _Claim) -> _Claim:
        """The claim, with the reason where there is one."""
        reason = self.find(number, claim)
        return claim if reason is None else replace(claim, reason=reason)

    def find(self, number: int, claim: _Claim) -> Reason | None:
        if number in self.quiet.by_claim:
            return self.quiet.by_claim[number].reason
        if pattern := self._ignored_here(claim.rule):
            return Reason(kind="settings", text=f"per-file-ignores: {pattern}")
        if text := trusted_by(claim.subject, claim.rule.category, self.settings):
            return Reason(kind="settings", text=text)
        return None

    def _ignored_here(self, rule: Rule) -> str | None:
        names = {rule.id, rule.category}
        patterns = [p for p, ignored in self.settings.per_file_ignores.items() if not names.isdisjoint(ignored)]
        if not patterns:
            return None
        absolute = posixpath.normpath(posixpath.join(self.settings.working_directory, self.path))
        return globs.first_match(absolute, patterns) or globs.first_match(self.path, patterns)


# -- what belongs together ---------------------------------------------------------------------------------------------


def _groups(claims: Sequence[_Claim]) -> Iterator[list[_Claim]]:
    """Claims that become one finding: hits in file order, each with its own place first."""
    groups: dict[Hashable, list[_Claim]] = defaultdict(list)
    firsts: dict[int, Place] = {}
    for claim in claims:
        groups[claim.group].append(claim)
        firsts.setdefault(claim.hit, claim.place)
    for group in groups.values():
        yield sorted(group, key=lambda claim: (_order(firsts[claim.hit]), claim.hit))


def _decide(group: list[_Claim]) -> tuple[Finding, Reason | None]:
    """One finding of the places that are left; of all of them, with the reason, where none is."""
    left = [claim for claim in group if claim.reason is None]
    return (_finding(left), None) if left else (_finding(group), group[0].reason)


def _finding(claims: list[_Claim]) -> Finding:
    first, *others = claims
    rule = first.rule
    loudest = max(claims, key=lambda claim: (claim.severity, claim.confidence))
    places = {first.place: None} | {claim.place: claim for claim in reversed(others) if claim.place != first.place}
    again = [claim for claim in others if places.get(claim.place) is claim]
    related = [Related(place=claim.place, message=claim.message, fixes=claim.fixes) for claim in again]
    known = {each.place for each in related} | {first.place}
    related += dict.fromkeys(cause for claim in claims for cause in claim.causes if cause.place not in known)
    return Finding(
        rule=rule.id,
        category=rule.category,
        place=first.place,
        message=_message(claims),
        severity=loudest.severity,
        confidence=loudest.confidence,
        fixes=first.fixes,
        related=tuple(related),
        cwe=rule.cwe,
        url=next(iter(rule.documentation.references), ""),
    )


def _message(claims: list[_Claim]) -> str:
    first = claims[0]
    if first.rule.summarise is None or len({claim.hit for claim in claims}) == 1:
        return first.message
    return first.rule.summarise(tuple(dict.fromkeys(claim.subject for claim in claims)))


def _order(place: Place) -> tuple[object, ...]:
    """File order, for sorting: by cell, the notebook's own metadata last; in a cell the source first."""
    steps = place.at.part.split("/")[1:]
    natural = tuple((0, int(step), "") if step.isdecimal() and len(step) < 10 else (1, 0, step) for step in steps)
    cell = (1, 0) if place.cell is None else (0, place.cell)
    return cell, steps != ["source"], natural, place.at.start, place.at.end


# -- the name of a finding over time -----------------------------------------------------------------------------------


def _with_fingerprints(
    decided: Iterable[tuple[Finding, Reason | None]], path: str, excerpts: Excerpts
) -> list[tuple[Finding, Reason | None]]:
    seen: Counter[str] = Counter()
    named: list[tuple[Finding, Reason | None]] = []
    for finding, reason in decided:
        identity = _identity(finding, path, excerpts)
        fingerprint = _digest([identity, seen[identity]])[:32]
        seen[identity] += 1
        named.append((replace(finding, fingerprint=fingerprint), reason))
    return named


def _identity(finding: Finding, path: str, excerpts: Excerpts) -> str:
    """All of a fingerprint but its ordinal: rule, path, cell, kind of part and the redacted line, blanks normalised."""
    kind = finding.place.at.part.split("/")[1:2]
    line = " ".join(excerpts.head(finding.place, _LONGEST_LINE).split())
    identity = json.dumps([finding.rule, path, excerpts.cell_key(finding.place), kind, line])
    if finding.category != "secrets":
        return identity
    # 12 bits: enough to see that a secret was exchanged, too few to confirm a guess of it.
    return f"{identity} {_digest([identity, excerpts.value(finding.place)])[:3]}"


def _digest(parts: list[object]) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
