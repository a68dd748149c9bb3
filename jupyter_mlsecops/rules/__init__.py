"""What we look for: one rule a file; file name = function name = rule id."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_mlsecops.rule import Rule


@cache
def all_rules() -> dict[str, Rule]:
    """Every rule by its id, in alphabetical order."""
    names = sorted(module.name for module in iter_modules(__path__))
    rules = [getattr(import_module(f"{__name__}.{name}"), name) for name in names]
    return {rule.id: rule for rule in rules}
