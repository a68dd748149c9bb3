"""What the user decides, as data: read strictly, so that a mistyped key is an error and never a check that did not run."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from jupyter_mlsecops import globs
from jupyter_mlsecops.findings import Confidence, Severity
from jupyter_mlsecops.rule import CATEGORIES
from jupyter_mlsecops.rules import all_rules, rule_ids

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from jupyter_mlsecops.rule import Rule

# Values by the name of their field in Settings: what one file, or the command line, says.
Layer: TypeAlias = dict[str, Any]

ENGINES = ("bandit", "detect-secrets", "nbqa", "pip-audit")
_TABLE = "jupyter-mlsecops"
_SHARED_FILE = "pyproject.toml"
_SIZE = re.compile(r"(\d{1,15}) ?(B|[kK]B|MB|GB)?")
_UNITS = {"B": 1, "KB": 1_000, "MB": 1_000_000, "GB": 1_000_000_000}


class ConfigurationError(Exception):
    """A configuration that cannot be meant: which file, which key, what is wrong with it."""

    def __init__(self, *, message: str, key: str = "", file: str = "") -> None:
        self.message, self.key, self.file = message, key, file
        super().__init__(": ".join(part for part in (file, key, message) if part))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All decisions of one run.

    `select` None is the default set; `fail_on` None is never. In `severity`, None switches a rule off.
    Relative patterns are matched with paths as given, absolute ones with paths below `working_directory`.
    """

    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] = ()
    min_severity: Severity = Severity.INFO
    min_confidence: Confidence = Confidence.LOW
    fail_on: Severity | None = Severity.LOW
    exclude: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    per_file_ignores: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    severity: Mapping[str, Severity | None] = field(default_factory=dict)
    engines: tuple[str, ...] = ()
    trusted_owners: tuple[str, ...] = ()
    trusted_indexes: tuple[str, ...] = ()
    trusted_hosts: tuple[str, ...] = ()
    max_file_size: int = 256_000_000
    suppressions: bool = True
    working_directory: str = ""

    def rules(self) -> tuple[Rule, ...]:
        """The rules whose findings are asked for. Raises ConfigurationError where a name is unknown."""
        check_names([*(self.select or ()), *self.ignore])
        return tuple(rule for rule in all_rules().values() if self._wants(rule))

    def _wants(self, rule: Rule) -> bool:
        names = {rule.id, rule.category}
        wanted = rule.default if self.select is None else not names.isdisjoint(self.select)
        return wanted and names.isdisjoint(self.ignore) and self.severity.get(rule.id, rule.severity) is not None


def check_names(names: Iterable[str]) -> None:
    """Raise ConfigurationError for a name that is no rule and no category."""
    known = [*CATEGORIES, *rule_ids()]
    for name in names:
        if name in ENGINES:
            raise ConfigurationError(message=f"the engine {name} is not built yet")
        if name not in known:
            raise ConfigurationError(message=f"unknown rule or category {_quoted(name)}{suggestion(name, known)}")


def suggestion(name: str, known: Iterable[str]) -> str:
    """`; did you mean …?` where a known name is near, else nothing."""
    from difflib import get_close_matches

    near = get_close_matches(name[:100].lower(), known, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _quoted(value: object) -> str:
    return f"{value!r:.80}"


# -- one value ---------------------------------------------------------------------------------------------------------


def level(value: object) -> Severity:
    """A severity by its word."""
    return Severity[_one_of(value, [each.word for each in Severity]).upper()]


def level_or_never(value: object) -> Severity | None:
    """A severity, or None for `never`."""
    word = _one_of(value, [*(each.word for each in Severity), "never"])
    return None if word == "never" else Severity[word.upper()]


def confidence(value: object) -> Confidence:
    """A confidence by its word."""
    return Confidence[_one_of(value, [each.word for each in Confidence]).upper()]


def names(value: object) -> tuple[str, ...]:
    """Names of rules and categories, all of them known."""
    found = _strings(value)
    check_names(found)
    return found


def _one_of(value: object, words: list[str]) -> str:
    if isinstance(value, str) and value in words:
        return value
    near = suggestion(value, words) if isinstance(value, str) else ""
    raise ConfigurationError(message=f"{_quoted(value)} is none of {', '.join(words)}{near}")


def _strings(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ConfigurationError(message="expected a list of strings")
    return tuple(value)


def _table(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise ConfigurationError(message="expected a table")
    return value


def _levels(value: object) -> dict[str, Severity | None]:
    return {rule: _level_or_off(rule, word) for rule, word in _table(value).items()}


def _level_or_off(rule: str, value: object) -> Severity | None:
    if rule not in rule_ids():
        raise ConfigurationError(message=f"unknown rule {_quoted(rule)}{suggestion(rule, rule_ids())}", key=rule)
    try:
        word = _one_of(value, [*(each.word for each in Severity), "off"])
    except ConfigurationError as error:
        raise ConfigurationError(message=error.message, key=rule) from None
    return None if word == "off" else Severity[word.upper()]


def _ignores(value: object) -> dict[str, tuple[str, ...]]:
    return {pattern: names(rules) for pattern, rules in _table(value).items()}


def _size(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    if isinstance(value, str) and (match := _SIZE.fullmatch(value)) and int(match[1]) > 0:
        return int(match[1]) * _UNITS[(match[2] or "B").upper()]
    raise ConfigurationError(message='expected a number of bytes, or a size such as "256 MB"')


def _no_engines(value: object) -> tuple[str, ...]:
    if _strings(value):
        raise ConfigurationError(message="engines are not built yet; only an empty list is accepted")
    return ()


def _no_baseline(_value: object) -> None:
    raise ConfigurationError(message="baselines are not built yet")


_READERS: dict[str, Callable[[object], Any]] = {
    "select": names,
    "ignore": names,
    "min-severity": level,
    "min-confidence": confidence,
    "fail-on": level_or_never,
    "exclude": _strings,
    "include": _strings,
    "per-file-ignores": _ignores,
    "severity": _levels,
    "engines": _no_engines,
    "baseline": _no_baseline,
    "trusted-owners": _strings,
    "trusted-indexes": _strings,
    "trusted-hosts": _strings,
    "max-file-size": _size,
}


# -- one file ----------------------------------------------------------------------------------------------------------


def read_layer(content: bytes, *, file: str, folder: str) -> Layer | None:
    """What a configuration file says; None for a pyproject.toml that says nothing of us.

    `file` names the file in errors, `folder` is where its patterns count from. Raises ConfigurationError.
    """
    if _TABLE.encode() not in content and file.endswith(_SHARED_FILE):
        return None  # a file of others: its mistakes are theirs
    table = _our_table(_parsed(content, file), file)
    return None if table is None else anchor(read_values(table, file=file), folder)


def read_values(table: Mapping[str, object], *, file: str = "", prefix: str = "") -> Layer:
    """The values of a configuration's keys; `prefix` is how keys are shown in errors. Raises ConfigurationError."""
    return {key.replace("-", "_"): _read(key, value, file, prefix) for key, value in table.items()}


def anchor(layer: Layer, folder: str) -> Layer:
    """The layer with patterns that count from a folder."""
    anchored: Layer = {
        key: tuple(globs.anchored(each, folder) for each in layer[key])
        for key in ("exclude", "include")
        if key in layer
    }
    if "per_file_ignores" in layer:
        ignores = layer["per_file_ignores"]
        anchored["per_file_ignores"] = {globs.anchored(each, folder): ignores[each] for each in ignores}
    return layer | anchored


def _parsed(content: bytes, file: str) -> dict[str, Any]:
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:  # a number of too many digits is a bare ValueError
        reason = str(error) if isinstance(error, tomllib.TOMLDecodeError) else type(error).__name__
        raise ConfigurationError(message=f"not valid TOML: {reason}", file=file) from None


def _our_table(document: dict[str, Any], file: str) -> dict[str, Any] | None:
    """The whole of a file of ours, `[tool.jupyter-mlsecops]` of one that is shared."""
    if "tool" not in document and not file.endswith(_SHARED_FILE):
        return document
    tools = document.get("tool")
    table = tools.get(_TABLE) if isinstance(tools, dict) else None
    if table is not None and not isinstance(table, dict):
        raise ConfigurationError(message="expected a table", file=file, key=f"tool.{_TABLE}")
    return table


def _read(key: str, value: object, file: str, prefix: str) -> Any:
    if key not in _READERS:
        raise ConfigurationError(message=f"unknown key{suggestion(key, _READERS)}", file=file, key=prefix + key)
    try:
        return _READERS[key](value)
    except ConfigurationError as error:
        inner = f".{error.key}" if error.key else ""
        raise ConfigurationError(message=error.message, file=file, key=f"{prefix}{key}{inner}") from None


def merge(layers: Iterable[Layer]) -> Settings:
    """One Settings of several layers; the last one wins.

    A layer that selects has decided anew what runs: what layers below it ignore or switch off no longer counts.
    """
    merged: Layer = {}
    for layer in layers:
        if "select" in layer:
            merged.pop("ignore", None)
            merged["severity"] = {rule: at for rule, at in merged.get("severity", {}).items() if at is not None}
        tables = {key: merged.get(key, {}) | layer[key] for key in ("severity", "per_file_ignores") if key in layer}
        merged |= layer | tables
    return Settings(**merged)
