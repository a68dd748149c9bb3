r"""Find where the verification of TLS certificates is switched off."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from jupyter_mlsecops.detection.code_edits import remove_item, remove_keyword
from jupyter_mlsecops.detection.tls_settings import BY_HAND, MESSAGE, commanded, facts, matches, texts
from jupyter_mlsecops.findings import Confidence, Fix, Hit, Safety, Severity
from jupyter_mlsecops.flows.environment import settings, whole_span
from jupyter_mlsecops.flows.hosts import is_private
from jupyter_mlsecops.rule import code_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.notebook.code import Call, Code
    from jupyter_mlsecops.notebook.model import Place

_ADDRESSES = frozenset({"url", "base_url", "endpoint_url", "host", "hosts", "endpoint", "uri", "server"})


@code_rule(
    category="transport", severity=Severity.MEDIUM, confidence=Confidence.HIGH, cwe=(295,), owasp=("ML06",), atlas=("AML.T0010",),
    triggers=("verif", "Verif", "VERIFY", "_unverified_", "CERT_NONE", "check_hostname", "insecure", "INSECURE", "certificate", "BUNDLE",
              "curl", "ssl", "SSL", "AutoAddPolicy", "REJECT_UNAUTHORIZED", "nsecure", "disable_warnings", "trust", "allow_invalid", "AllowInvalid", "WarningPolicy"),
)  # fmt: skip
def tls_verification_off(code: Code) -> Iterator[Hit]:
    r"""The verification of TLS certificates is switched off.

    ## What it sees

    `verify=False` of HTTP clients and cloud SDKs, `verify_ssl`, `verify_certs` and the like, unverified `ssl` contexts, `CERT_NONE`,
    `check_hostname = False`, the flags of `curl`, `wget`, `aws` and others, settings of `git`, `conda` and `npm`, and variables of
    the environment and files that a cell writes that do the same. For this machine and private networks it is **low**; silenced
    warnings of urllib3 are **info**.

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
    said: dict[Place, Hit] = {}
    for hit in _hits(code):
        said.setdefault(hit.at, hit)  # a dict that is handed to os.environ is both a dict and a setting
    yield from said.values()


def _hits(code: Code) -> Iterator[Hit]:
    for call in code.calls:
        yield from _called(call)
    for node in code.nodes(ast.Assign, ast.Dict):
        if isinstance(node, ast.Assign):
            yield from _assigned(code, node)
        elif isinstance(node, ast.Dict):
            yield from _items(code, node)
    for command in code.commands:
        yield from commanded(code, command)
    yield from texts(code)
    for setting in settings(code):
        if _is_off(setting.name, setting.value):
            place = code.place(*whole_span(code, setting))
            yield Hit(
                at=place,
                message=f"`{setting.name}` switches the verification of certificates off: {MESSAGE}",
                fixes=(BY_HAND,),
            )


def _is_off(variable: str, value: str) -> bool:
    return value.strip().strip("'\"").lower() in facts()["variables"].get(variable, ())


def _called(call: Call) -> Iterator[Hit]:
    if not set(facts()["calls"]).isdisjoint(call.names):
        yield _hit(call, f"`{call.name}` verifies no certificate: {MESSAGE}", BY_HAND)
    elif any(name.endswith("urllib3.disable_warnings") for name in call.names):
        message = "the warning that certificates are not verified is silenced"
        yield Hit(
            at=call.place,
            message=message,
            severity=Severity.INFO,
            fixes=(Fix(title="Delete this call", safety=Safety.MANUAL),),
        )
    elif keyword := next((keyword for keyword in call.node.keywords if _switches_off(call, keyword)), None):
        shown = f"{keyword.arg}={ast.unparse(keyword.value)[:40]}"
        fix = Fix(title=f"Remove {shown}", safety=Safety.UNSAFE, edits=(remove_keyword(call, keyword),))
        yield _hit(call, f"`{shown}` switches the verification of certificates off: {MESSAGE}", fix)
    elif call.keyword("verify") is None and _is_no(call.constant("verify")) and _sends(call):  # in **kwargs
        yield _hit(call, f"`verify=False` switches the verification of certificates off: {MESSAGE}", BY_HAND)
    elif any(name.endswith(".set_missing_host_key_policy") for name in call.names) and call.node.args:
        names = call.code.program.names(call.node.args[0])
        if any(name.removesuffix("()").endswith(("AutoAddPolicy", "WarningPolicy")) for name in names):
            yield _hit(call, "any key of the SSH server is accepted: whoever is on the path can be it", BY_HAND)


def _switches_off(call: Call, keyword: ast.keyword) -> bool:
    name = keyword.arg
    if name is None:
        return False
    if name == "cert_reqs":
        return _is_none(call.code, keyword.value)
    value = call.code.program.constant(keyword.value)
    if name in facts()["true-keywords"]:
        return value is True
    if not _is_no(value):
        return False
    return (
        name in facts()["keywords"]
        or (name == "verify" and _sends(call))
        or (name == "ssl" and matches(call.names, facts()["ssl"]))
    )


def _is_no(value: object) -> bool:
    return value is False or (isinstance(value, int) and value == 0)


def _is_none(code: Code, node: ast.expr) -> bool:
    """Whether an expression is `ssl.CERT_NONE`."""
    return any(name.endswith("CERT_NONE") for name in code.program.names(node)) or code.program.text(node) in (
        "CERT_NONE",
        "NONE",
    )


def _hit(call: Call, message: str, fix: Fix) -> Hit:
    url = _address(call)
    severity = Severity.LOW if url and is_private(url) else None
    return Hit(at=call.place, message=message, severity=severity, fixes=(fix,), subject=url if "://" in url else "")


def _address(call: Call) -> str:
    """Where a call connects to; "" where that is not seen."""
    given = [*call.node.args[:2], *(keyword.value for keyword in call.node.keywords if keyword.arg in _ADDRESSES)]
    texts = (call.code.program.text(node) or "" for node in given)
    return next((text for text in texts if "://" in text or text.startswith(("localhost", "127.0.0.1"))), "")


def _sends(call: Call) -> bool:
    """Whether `verify` of a call means the certificate of a server."""
    if matches(call.names, facts()["verify"]):
        return True
    method = getattr(call.node.func, "attr", "")
    known = bool(call.names) and not call.names[0].startswith("<notebook>")
    texts = (call.text("url", position) or "" for position in (0, 1))
    return method in facts()["methods"] and (not known or any(text.startswith("http") for text in texts))


def _assigned(code: Code, node: ast.Assign) -> Iterator[Hit]:
    value = code.program.constant(node.value)
    for target in node.targets:
        if not isinstance(target, ast.Attribute):
            continue
        off = (
            (target.attr in facts()["keywords"] and _is_no(value))
            or (target.attr == "verify" and _is_no(value) and _is_session(code, target))
            or (target.attr == "verify_mode" and _is_none(code, node.value))
            or (
                target.attr == "_create_default_https_context"
                and any("unverified" in name for name in code.program.names(node.value))
            )
        )
        if off:
            message = f"`{target.attr}` switches the verification of certificates off: {MESSAGE}"
            yield Hit(at=code.place(*code.span(node)), message=message, fixes=(BY_HAND,))


def _is_session(code: Code, target: ast.Attribute) -> bool:
    names = code.program.names(target.value)
    return matches(names, facts()["verify"]) or "session" in ast.unparse(target.value)[-40:].lower()


def _items(code: Code, node: ast.Dict) -> Iterator[Hit]:
    """Variables and options in a dict that is handed on: `env={"PYTHONHTTPSVERIFY": "0"}`, `sslopt={"cert_reqs": ssl.CERT_NONE}`."""
    for key, value in zip(node.keys, node.values, strict=True):
        name = code.program.text(key) if key is not None else None
        if key is None or name is None:
            continue
        text = code.program.text(value)
        off = (
            (name == "cert_reqs" and _is_none(code, value))
            or (name in facts()["keywords"] and _is_no(code.program.constant(value)))
            or (text is not None and _is_off(name, text))
        )
        if off:
            start, end = code.span(key)[0], code.span(value)[1]
            fix = Fix(
                title=f"Remove {name}", safety=Safety.UNSAFE, edits=(remove_item(code, start, end, *code.span(node)),)
            )
            yield Hit(
                at=code.place(start, end),
                message=f"`{name}` switches the verification of certificates off: {MESSAGE}",
                fixes=(fix,),
            )
