r"""Find where the verification of TLS certificates is switched off."""

from __future__ import annotations

import ast
from fnmatch import fnmatchcase
from functools import cache
from typing import TYPE_CHECKING, Any

from jupyter_mlsecops.code_edits import remove_keyword, remove_word
from jupyter_mlsecops.command_fetches import tools
from jupyter_mlsecops.environment import settings
from jupyter_mlsecops.findings import Confidence, Fix, Hit, ReplaceText, Safety, Severity
from jupyter_mlsecops.hosts import is_private
from jupyter_mlsecops.knowledge import table
from jupyter_mlsecops.rule import code_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.notebook.code import Call, Code
    from jupyter_mlsecops.notebook.shell import Command, Word

_MESSAGE = "whoever is on the path can read and change what is sent"
_BY_HAND = Fix(title="Remove it; for a private authority, name its certificate", safety=Safety.MANUAL)


@code_rule(
    category="transport", severity=Severity.MEDIUM, confidence=Confidence.HIGH, cwe=(295,), owasp=("ML06",), atlas=("AML.T0010",),
    triggers=("verif", "Verif", "VERIFY", "_unverified_", "CERT_NONE", "check_hostname", "insecure", "INSECURE", "certificate", "BUNDLE",
              "curl", "ssl", "SSL", "AutoAddPolicy", "REJECT_UNAUTHORIZED"),
)  # fmt: skip
def tls_verification_off(code: Code) -> Iterator[Hit]:
    r"""The verification of TLS certificates is switched off.

    ## What it sees

    `verify=False` of HTTP clients and cloud SDKs, `verify_ssl`, `verify_certs` and the like, unverified `ssl` contexts, `CERT_NONE`,
    `check_hostname = False`, the flags of `curl`, `wget`, `aws` and others, settings of `git`, `conda` and `npm`, and variables of
    the environment that do the same. For this machine and private networks it is **low**.

    ## Why it matters

    Without it, encryption is to whoever answers: tokens can be read, and what is downloaded can be replaced (CWE-295; OWASP
    ML06; MITRE ATLAS AML.T0010).

    ## What to do

    Remove it. For a certificate of your own authority, name that authority: `verify="ca.pem"`, `curl --cacert`.

    ## Examples

    ```python bad
    import requests

    reply = requests.get("https://api.example.org/models", verify=False, timeout=10)
    ```

    ```python fixed
    import requests

    reply = requests.get("https://api.example.org/models", timeout=10)
    ```

    ```python bad
    !curl -sSkL https://example.org/data.csv -o data.csv
    ```

    ```python fixed
    !curl -sSL https://example.org/data.csv -o data.csv
    ```

    ```python good
    import requests

    reply = requests.get("https://api.example.org/models", verify="company-ca.pem")
    ```

    ## References

    - <https://requests.readthedocs.io/en/latest/user/advanced/#ssl-cert-verification>
    - <https://cwe.mitre.org/data/definitions/295.html>
    """
    for call in code.calls:
        yield from _called(call)
    for node in code.nodes(ast.Assign):
        if isinstance(node, ast.Assign):
            yield from _assigned(code, node)
    for command in code.commands:
        yield from _commanded(code, command)
    off = _facts()["variables"]
    for setting in settings(code):
        if setting.value.strip().strip("'\"").lower() in off.get(setting.name, ()):
            place = code.place(setting.start, setting.end)
            yield Hit(at=place, message=f"`{setting.name}` switches the verification of certificates off: {_MESSAGE}", fixes=(_BY_HAND,))


@cache
def _facts() -> dict[str, Any]:
    return table("tls")


def _matches(names: tuple[str, ...], patterns: list[str]) -> bool:
    return any(fnmatchcase(name, pattern) for name in names for pattern in patterns)


def _called(call: Call) -> Iterator[Hit]:
    facts = _facts()
    if not set(facts["calls"]).isdisjoint(call.names):
        yield Hit(at=call.place, message=f"`{call.name}` verifies no certificate: {_MESSAGE}", fixes=(_BY_HAND,))
        return
    for keyword in call.node.keywords:
        name = keyword.arg
        if name is None or call.code.program.constant(keyword.value) is not False:
            continue
        is_certificate = (
            name in facts["keywords"] or (name == "verify" and _sends(call)) or (name == "ssl" and _matches(call.names, facts["ssl"]))
        )
        if is_certificate:
            fix = Fix(title=f"Remove {name}=False", safety=Safety.UNSAFE, edits=(remove_keyword(call, keyword),))
            yield _hit(call, f"`{name}=False` switches the verification of certificates off: {_MESSAGE}", (fix,))
            return
    if call.keyword("verify") is None and _sends(call) and call.constant("verify") is False:  # in **kwargs
        yield _hit(call, f"`verify=False` switches the verification of certificates off: {_MESSAGE}", (_BY_HAND,))
    if any(name.endswith(".set_missing_host_key_policy") for name in call.names) and call.node.args:
        policy = call.node.args[0]
        names = call.code.program.names(policy)
        if any(name.removesuffix("()").endswith(("AutoAddPolicy", "WarningPolicy")) for name in names):
            yield _hit(call, "any key of the SSH server is accepted: whoever is on the path can be it", (_BY_HAND,))


def _hit(call: Call, message: str, fixes: tuple[Fix, ...]) -> Hit:
    url = call.text("url", 0) or call.text("url", 1) or call.text("hosts", 0) or ""
    return Hit(at=call.place, message=message, severity=Severity.LOW if is_private(url) else None, fixes=fixes)


def _sends(call: Call) -> bool:
    """Whether `verify` of a call means the certificate of a server."""
    facts = _facts()
    if _matches(call.names, facts["verify"]):
        return True
    method = getattr(call.node.func, "attr", "")
    known = bool(call.names) and not call.names[0].startswith("<notebook>")
    return method in facts["methods"] and (not known or (call.text("url", 0) or "").startswith("http"))


def _assigned(code: Code, node: ast.Assign) -> Iterator[Hit]:
    for target in node.targets:
        if not isinstance(target, ast.Attribute):
            continue
        value = code.program.constant(node.value)
        names = code.program.names(node.value)
        off = (
            (target.attr in ("check_hostname", "verify_ssl", "ssl_verify") and value is False)
            or (target.attr == "verify" and value is False and _is_session(code, target))
            or (target.attr == "verify_mode" and any(name.endswith("CERT_NONE") for name in names))
            or (target.attr == "_create_default_https_context" and any("unverified" in name for name in names))
        )
        if off:
            place = code.place(*code.span(node))
            message = f"`{target.attr}` switches the verification of certificates off: {_MESSAGE}"
            yield Hit(at=place, message=message, fixes=(_BY_HAND,))


def _is_session(code: Code, target: ast.Attribute) -> bool:
    names = code.program.names(target.value)
    return _matches(names, _facts()["verify"]) or "session" in ast.unparse(target.value)[-40:].lower()


def _commanded(code: Code, command: Command) -> Iterator[Hit]:
    facts = _facts()
    flags = facts["flags"].get(command.program)
    for word in command.arguments if flags else ():
        if word.text.lower() in flags["long"]:
            yield _flagged(code, command, word, remove_word(code, word))
        elif flags.get("letters") and (edit := _without_letter(code, word, flags["letters"])):
            yield _flagged(code, command, word, edit)
    texts = [word.text for word in command.arguments]
    for wanted in facts["settings"].get(command.program, ()):
        for at in range(len(texts) - len(wanted) + 1):
            if texts[at : at + len(wanted)] == wanted:
                start, end = command.arguments[at].start, command.arguments[at + len(wanted) - 1].end
                message = f"`{command.program}` is told to verify no certificate: {_MESSAGE}"
                yield Hit(at=code.place(start, end), message=message, fixes=(_BY_HAND,))


def _without_letter(code: Code, word: Word, letter: str) -> ReplaceText | None:
    """The edit that takes a letter out of a group of short options (`-sSkL`); None where it is not in it."""
    text = word.text
    if len(text) < 2 or text[0] != "-" or text[1] == "-":
        return None
    for at, found in enumerate(text[1:], 1):
        if found == letter:
            start, end = word.span(at, at + 1)
            return remove_word(code, word) if len(text) == 2 else ReplaceText(place=code.place(start, end), text="")
        if found in tools()["curl"].letters:
            return None
    return None


def _flagged(code: Code, command: Command, word: Word, edit: ReplaceText) -> Hit:
    private = any(is_private(other.text) for other in command.arguments if "://" in other.text)
    return Hit(
        at=code.place(*word.span(0, len(word.text))),
        message=f"`{word.text}` switches the verification of certificates off: {_MESSAGE}",
        severity=Severity.LOW if private else None,
        fixes=(Fix(title=f"Remove {word.text}" if len(word.text) == 2 or word.text.startswith("--") else "Remove -k", safety=Safety.UNSAFE, edits=(edit,)),),
    )
