"""What we look for: one rule a file; file name = function name = rule id."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_mlsecops.rule import Rule


@cache
def rule_ids() -> tuple[str, ...]:
    """The id of every rule, in alphabetical order; told by the names of the files, none of which is imported."""
    return tuple(name.replace("_", "-") for name in _names())


@cache
def all_rules() -> dict[str, Rule]:
    """Every rule by its id, in alphabetical order."""
    rules = [getattr(import_module(f"{__name__}.{name}"), name) for name in _names()]
    return {rule.id: rule for rule in rules}


def _names() -> list[str]:
    return sorted(module.name for module in iter_modules(__path__))
