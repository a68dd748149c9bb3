"""The checks that commands make: `sha256sum -c`, signatures, tests of a digest."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jupyter_mlsecops.flows.file_event import Spot
from jupyter_mlsecops.flows.files import history
from jupyter_mlsecops.flows.pinning import Strength

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterable, Iterator

    from jupyter_mlsecops.flows.functions import Moment
    from jupyter_mlsecops.notebook.code import Code
    from jupyter_mlsecops.notebook.shell.commands import Command, Pipeline

SUM_TOOLS = frozenset(
    {"sha256sum", "sha512sum", "sha384sum", "sha224sum", "sha1sum", "shasum", "md5sum", "b2sum", "b3sum", "md5"}
)
_SIGNATURE_TOOLS = frozenset(
    {
        "gpg",
        "gpg2",
        "gpgv",
        "cosign",
        "model_signing",
        "model-signing",
        "sigstore",
        "gh",
        "slsa-verifier",
        "minisign",
        "rekor-cli",
    }
)
_TESTS = frozenset({"test", "[", "[["})
_SUMS = re.compile(r"(?i)(sums?|checksums?|sha256|sha512|md5)(\.txt)?$")
_SIGNATURE = re.compile(r"(?i)\.(asc|sig|minisig|sigstore(\.json)?|bundle|pem|crt|cert)$")
_CHECKING = re.compile(r"--check|-[a-z]*c[a-z]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check that stops the notebook when it fails.

    `mentions`: the paths and file names that it is about; empty where that cannot be told, and all are meant.
    `nodes`: the expressions whose value it digests. `moments`: when it is made.
    """

    strength: Strength
    mentions: frozenset[str]
    moments: tuple[Moment, ...]
    nodes: frozenset[ast.AST] = frozenset()


def command_checks(code: Code, pipeline: Pipeline) -> Iterator[Check]:
    """The checks that the commands of a pipeline make."""
    words = [word for command in pipeline.commands for word in command.words]
    at: tuple[Moment, ...] = (code.position(pipeline.start),)
    for command in pipeline.commands:
        texts = {word.text for word in command.arguments}
        program = command.program
        if program in SUM_TOOLS and any(_CHECKING.fullmatch(text) for text in texts):
            yield from _summed(code, command, pipeline, at)
        elif _is_signature(program, [word.text for word in command.arguments]):
            yield Check(strength=Strength.STRONG, mentions=_file_names(word.text for word in words), moments=at)
        elif program == "openssl" and "-verify" in texts:
            yield Check(strength=Strength.STRONG, mentions=_file_names(texts), moments=at)
        elif program in _TESTS:
            yield from _tested(command, at)


def _is_signature(program: str, texts: list[str]) -> bool:
    if program == "python":
        return (
            texts[:1] == ["-m"]
            and texts[1:2] != []
            and texts[1] in _SIGNATURE_TOOLS
            and any("verif" in text for text in texts[2:])
        )
    return program in _SIGNATURE_TOOLS and any("verif" in text for text in texts)


def _summed(code: Code, command: Command, pipeline: Pipeline, at: tuple[Moment, ...]) -> Iterator[Check]:
    """`sha256sum -c`: of what is piped in, or of a list of digests that is not from the network itself."""
    lists = [word.text for word in command.arguments if not word.text.startswith("-") and not word.text.isdecimal()]
    lists += [
        redirect.target.text
        for redirect in command.redirects
        if redirect.operator == "<" and redirect.target is not None
    ]
    files = history(code.session)
    spot = Spot(moment=at[0], number=code.number, offset=command.start)
    for name in lists:
        event = files.origin(name, spot)
        if event is not None and event.fetch is not None:
            return
    words = [word.text for each in pipeline.commands for word in each.words if each is not command]
    words += [redirect.body for redirect in command.redirects if redirect.body]
    words += [
        word.text
        for redirect in command.redirects
        if redirect.operator == "<<<" and (word := redirect.target) is not None
    ]
    texts = {word.text for word in command.arguments}
    yield Check(strength=_tool_strength(command, texts), mentions=_file_names(words), moments=at)


def _tool_strength(command: Command, texts: set[str]) -> Strength:
    weak = command.program in ("md5sum", "md5", "sha1sum") or (
        command.program == "shasum" and not texts & {"256", "384", "512", "-a256"}
    )
    return Strength.WEAK if weak else Strength.STRONG


def _tested(command: Command, at: tuple[Moment, ...]) -> Iterator[Check]:
    """`[ "$(sha256sum f | cut -d' ' -f1)" = "…" ]`."""
    for word in command.words:
        for segment in word.segments:
            for pipeline in segment.pipelines:
                for inner in pipeline.commands:
                    if inner.program in SUM_TOOLS:
                        texts = {argument.text for argument in inner.arguments}
                        yield Check(strength=_tool_strength(inner, texts), mentions=_file_names(texts), moments=at)


def _file_names(texts: Iterable[str]) -> frozenset[str]:
    """The file names in the words of a command; a line of a list of digests counts word by word."""
    words = [
        posixpath.basename(part.lstrip("*")) for text in texts for part in text.split() if not part.startswith("-")
    ]
    words = [_SIGNATURE.sub("", word) for word in words]
    return frozenset(word for word in words if "." in word and word not in (".", "..") and not _SUMS.search(word))
