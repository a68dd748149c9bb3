"""What `rule` prints: the table of all rules, or all that one of them says of itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from jupyter_mlsecops.rules import all_rules

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jupyter_mlsecops.rule import Rule


def page(rule: Rule) -> str:
    """One rule, for people: its facts, then its documentation, which is Markdown and reads as it is."""
    facts = {
        "Level": rule.severity.word,
        "Confidence": rule.confidence.word,
        "Category": rule.category,
        "CWE": ", ".join(map(str, rule.cwe)),
        "OWASP": ", ".join(rule.owasp),
        "ATLAS": ", ".join(rule.atlas),
        "Runs": "by default" if rule.default else "when selected",
    }
    lines = [f"{name + ':':<12}{value}" for name, value in facts.items() if value]
    return "\n".join([f"# {rule.id}", "", *lines, "", rule.documentation.markdown]) + "\n"


def overview() -> str:
    """All rules, one a line."""
    rules = list(all_rules().values())
    columns = [("rule", "level", "category", "what it reports")]
    columns += [(rule.id, rule.severity.word, rule.category, rule.documentation.summary) for rule in rules]
    widths = [max(map(len, column)) for column in zip(*columns, strict=True)]
    rows = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in columns)
    return "\n".join(rows) + "\n"


def as_json(rules: Rule | Iterable[Rule]) -> str:
    """The same as data: an object for one rule, a list for many."""
    from jupyter_mlsecops.rule import Rule

    content = _object(rules) if isinstance(rules, Rule) else [_object(rule) for rule in rules]
    return json.dumps(content, indent=2) + "\n"


def _object(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "category": rule.category,
        "severity": rule.severity.word,
        "confidence": rule.confidence.word,
        "default": rule.default,
        "summary": rule.documentation.summary,
        "cwe": list(rule.cwe),
        "owasp": list(rule.owasp),
        "atlas": list(rule.atlas),
        "url": next(iter(rule.documentation.references), ""),
        "documentation": rule.documentation.markdown,
    }
