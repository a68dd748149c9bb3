"""Calls that fetch a repository of a hub by id, and whether a commit pins it."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from jupyter_mlsecops.flows.arguments import read_arguments
from jupyter_mlsecops.flows.pinning import is_commit
from jupyter_mlsecops.flows.provenance import Origin, Provenance, provenance
from jupyter_mlsecops.knowledge import table
from jupyter_mlsecops.knowledge.names import NameTable, name_table
from jupyter_mlsecops.notebook.python.program import LOCAL
from jupyter_mlsecops.notebook.shell.commands import HOLE

if TYPE_CHECKING:
    import ast

    from jupyter_mlsecops.notebook.code import Call
    from jupyter_mlsecops.notebook.shell.commands import Command

_ID = re.compile(r"[A-Za-z0-9][\w.-]*(?:/[\w.-]+)?")
_FILE_SUFFIX = re.compile(r"\.(?:bin|pt|pth|ckpt|safetensors|h5|keras|onnx|gguf|json|zip|tar|gz|pkl|msgpack|model)$")


@dataclass(frozen=True, kw_only=True)
class HubLoader:
    """A row of hub.toml; arguments as (name, position)."""

    id: list[str | int]
    revision: list[str] = field(default_factory=list)
    file: list[str | int] = field(default_factory=list)
    prefixes: list[str] = field(default_factory=list)
    type: str = ""
    plain: str = "info"
    owned: str = "info"
    what: str = ""


@dataclass(frozen=True, kw_only=True, eq=False)
class HubFetch:
    """One call that fetches from a hub.

    `revision`: the argument that should pin it, None where it is absent; `file`: the one file that is wanted, or "".
    """

    call: Call
    id: str
    argument: ast.expr
    revision: ast.expr | None
    file: str
    kind: str  # "model", "dataset" or "space"

    @property
    def revision_text(self) -> str | None:
        """The revision as text; None where it is absent, None itself, or not known."""
        return None if self.revision is None else self.call.code.program.text(self.revision)

    @property
    def is_mutable(self) -> bool:
        """Whether the revision is a name that can move: a branch, a tag, a pull request."""
        text = self.revision_text
        return text is not None and text != "" and HOLE not in text and not is_commit(text)

    @property
    def is_unpinned(self) -> bool:
        """Whether no revision is given at all."""
        return self.revision is None or self.call.code.program.constant(self.revision) is None


@cache
def hub_loaders(section: str) -> NameTable[HubLoader]:
    """The calls of one section of hub.toml."""
    return name_table(table("hub")[section], HubLoader)


def hub_fetch(call: Call, section: str = "model") -> HubFetch | None:
    """What a call fetches from a hub; None where it is no such call, or loads something that is here."""
    found = hub_loaders(section).find(call.names or _unknown_receiver(call))
    if found is None or _is_no_hub(found[0]):
        return None
    row = found[1]
    name, position = str(row.id[0]), int(row.id[1])
    argument = call.argument(name, position)
    repository = None if argument is None else call.code.program.text(argument)
    if argument is None or repository is None:
        return None
    if row.prefixes:
        prefix = next((p for p in row.prefixes if repository.startswith(p)), None)
        if prefix is None:
            return None
        repository = repository.removeprefix(prefix)
    if (
        not is_hub_id(repository)
        or _is_offline(call)
        or _is_here(provenance(call.code, argument, call.node), repository)
    ):
        return None
    revision = next((given for name in row.revision if (given := call.argument(name)) is not None), None)
    file = call.text(str(row.file[0]), int(row.file[1])) if row.file else None
    kind = (call.text(row.type) if row.type else None) or section
    return HubFetch(call=call, id=repository, argument=argument, revision=revision, file=file or "", kind=kind)


def _is_here(found: Provenance, repository: str) -> bool:
    """Whether a name means a folder that the notebook made or fetched; that it stands in a clone does not make it one."""
    if found.fetch is not None and found.fetch.source == "clone":
        return repository.partition("/")[0] == posixpath.basename((found.fetch.target or "").rstrip("/"))
    return found.origin is not Origin.UNKNOWN


def _unknown_receiver(call: Call) -> tuple[str, ...]:
    """A method of something unknown is still called what it is called."""
    attribute = getattr(call.node.func, "attr", "")
    return (f"?.{attribute}",) if attribute else ()


def _is_no_hub(name: str) -> bool:
    return name.startswith((f"{LOCAL}.", *table("hub")["hub"]["services"]))


def _is_offline(call: Call) -> bool:
    if call.constant("local_files_only") is True:
        return True
    at = call.at
    variables = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
    return any(
        (call.code.program.environment_variable(name, at) or "").lower() in ("1", "true", "yes", "on")
        for name in variables
    )


_VALUED = (
    "--repo-type", "--revision", "--include", "--exclude", "--cache-dir", "--local-dir", "--token", "--max-workers", "--local-dir-use-symlinks",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedFetch:
    """What a command downloads from a hub; `files` is empty where that is all of it."""

    id: str
    revision: str | None
    files: tuple[str, ...]
    kind: str


def from_hub(command: Command) -> NamedFetch | None:
    """What `hf download` or `huggingface-cli download` fetches; None for any other command."""
    if command.program not in ("hf", "huggingface-cli") or [word.text for word in command.arguments[:1]] != [
        "download"
    ]:
        return None
    arguments = read_arguments(command.arguments[1:], valued=_VALUED)
    if not arguments.rest:
        return None
    names = tuple(word.text for word in arguments.rest)
    files = (*names[1:], *(value for value in arguments.values(["--include"]) if value))
    kind = arguments.value(["--repo-type"]) or "model"
    return NamedFetch(id=names[0], revision=arguments.value(["--revision"]), files=files, kind=kind)


_NAMES_REPOSITORY = (
    "pretrained_model_name_or_path", "model", "model_id", "model_name", "model_name_or_path", "repo_id", "path", "pretrained", "checkpoint", "tokenizer",
)  # fmt: skip


def named_repository(call: Call) -> str:
    """The repository `owner/name` that a call names, whatever it does with it; "" where none is seen."""
    given = [
        *call.node.args[:2],
        *(keyword.value for keyword in call.node.keywords if keyword.arg in _NAMES_REPOSITORY),
    ]
    texts = (call.code.program.text(node) for node in given)
    return next((text for text in texts if text and "/" in text and is_hub_id(text)), "")


def is_hub_id(text: str) -> bool:
    """Whether a text can be the id of a hub's repository rather than a path."""
    if HOLE in text or not _ID.fullmatch(text) or _FILE_SUFFIX.search(text):
        return False
    first, _, second = text.partition("/")
    facts = table("hub")["hub"]
    if text in facts["builders"]:
        return False
    return first.lower() not in facts["local"] and not second.startswith("checkpoint-") and ".." not in text


def is_unsafe_file(name: str) -> bool:
    """Whether a file's format runs code when it is loaded."""
    return posixpath.splitext(name)[1].lower() in table("hub")["hub"]["unsafe"]
