r"""Find what opens this machine, or data, to everybody."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from jupyter_mlsecops.detection.cloud_access import public_grants
from jupyter_mlsecops.detection.code_edits import replace_node
from jupyter_mlsecops.detection.command_options import Option, options
from jupyter_mlsecops.detection.written_settings import is_file, settings_like
from jupyter_mlsecops.findings import Confidence, Fix, Hit, Safety, Severity
from jupyter_mlsecops.flows.environment import settings
from jupyter_mlsecops.knowledge import table
from jupyter_mlsecops.knowledge.names import NameTable, name_table
from jupyter_mlsecops.rule import code_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.notebook.code import Call, Code
    from jupyter_mlsecops.notebook.shell.commands import Command

_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104  # what is looked for
_AUTH = Fix(title="Ask for a login: auth=…", safety=Safety.MANUAL)
_BY_HAND = Fix(title="Ask for a login, or keep it to this machine", safety=Safety.MANUAL)
_LONGEST_NAME = 60
_PUBLIC, _ACCOUNT, _EVERYBODY, _NETWORK, _FILES = 0, 1, 2, 3, 6  # places in the table's list of reasons


@code_rule(
    category="transport", severity=Severity.MEDIUM, confidence=Confidence.HIGH, cwe=(306, 668), owasp=("LLM06",), atlas=("AML.T0049",),
    triggers=("share", "SHARE", "grok", "tunnel", "cloudflare", "flask_lt", "ColabCode", "lt -", '"lt"', "'lt'", ".token", "xsrf", "allUsers",
              "0.0.0.0", '"::"', "'::'", "=::", " ::", "llAuthenticated", "AllUsers", "allow-unauth", "ublic", "acl", "ACL", "Principal",  # noqa: S104
              "privileged", "allowed_paths", "serveo", "localhost.run", "pinggy", "srv.us", "bore", "funnel", "zrok", "bind_all", "/:"),
)  # fmt: skip
def public_exposure(code: Code) -> Iterator[Hit]:
    r"""A server, this machine or data is opened to everybody.

    ## What it sees

    Gradio's `share=True` without `auth`, tunnels (ngrok, cloudflared, localtunnel and their like) without a login, buckets and
    roles for `allUsers`, public ACLs and policies, containers that own their host: **medium**. A Jupyter server without a token is
    **high**; servers that listen on every network of this machine, and demos that `--allow-unauthenticated` opens, are **low**.
    Servers in files that are written for a container are left alone: they have to listen.

    ## Why it matters

    Public addresses are found by scanners within minutes; what runs behind them has your files, your tokens and your GPU
    (CWE-306, CWE-668; OWASP LLM06; MITRE ATLAS AML.T0049).

    ## What to do

    Keep it to this machine, or ask for a login: `launch(auth=(user, password))`, `ngrok http --oauth=google`, Jupyter's own token.

    ## Examples

    ```python bad
    import gradio as gr

    demo = gr.Interface(fn=predict, inputs="text", outputs="label")
    demo.launch(share=True, debug=True)
    ```

    ```python fixed
    import gradio as gr

    demo = gr.Interface(fn=predict, inputs="text", outputs="label")
    demo.launch(share=False, debug=True)
    ```

    ```python bad
    !jupyter lab --ip=0.0.0.0 --port=8888 --NotebookApp.token='' --no-browser
    ```

    ```python good
    import gradio as gr

    demo = gr.Interface(fn=predict, inputs="text", outputs="label")
    demo.launch(share=True, auth=(user, password))
    ```

    ## References

    - <https://www.gradio.app/guides/sharing-your-app>
    - <https://jupyter-server.readthedocs.io/en/latest/operators/security.html>
    """
    for call in code.calls_of(_words()):
        yield from _called(call)
    for grant in public_grants(code):
        message = f"{grant.what}: {_why(_EVERYBODY)}"
        yield Hit(at=code.place(grant.start, grant.end), message=message, severity=grant.severity, fixes=(_BY_HAND,))
    commanded = [hit for command in code.commands for hit in _commanded(code, command)]
    yield from commanded
    for setting in settings(code):
        if setting.value.strip().strip("'\"").lower() in table("exposure")["variables"].get(setting.name, ()):
            message = f"`{setting.name}`: {_why(_PUBLIC)}"
            yield Hit(at=code.place(setting.start, setting.end), message=message, fixes=(_BY_HAND,))
    yield from _without_token(code, [(hit.at.at.start - code.start, hit.at.at.end - code.start) for hit in commanded])
    yield from _magics(code)


def _why(number: int) -> str:
    return str(table("exposure")["why"][number])


# -- Python ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Tunnel:
    unless: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class _Server:
    address: str
    unless: list[str] = field(default_factory=list)


@cache
def _tunnels() -> NameTable[_Tunnel]:
    return name_table(table("exposure")["tunnel"], _Tunnel)


@cache
def _servers() -> NameTable[_Server]:
    return name_table(table("exposure")["server"], _Server)


@cache
def _words() -> frozenset[str]:
    return _tunnels().words | _servers().words | {"launch"}


def _called(call: Call) -> Iterator[Hit]:
    if _is_launch(call) and not _is_given(call, ("auth", "auth_dependency")):
        if call.constant("share") is True:
            yield Hit(at=call.place, message=f"`share=True` without `auth`: {_why(_PUBLIC)}", fixes=(_unshared(call),))
            return
        if _opens_files(call):
            yield Hit(at=call.place, message=f'`allowed_paths=["/"]`: {_why(_FILES)}', fixes=(_BY_HAND,))
            return
    if (tunnel := _tunnels().find(call.names)) and not _is_given(call, tuple(tunnel[1].unless)):
        yield Hit(at=call.place, message=f"`{tunnel[0]}`: {_why(_PUBLIC)}", fixes=(_BY_HAND,))
    elif (server := _servers().find(call.names)) and not is_file(call.code):
        yield from _serving(call, *server)


def _is_launch(call: Call) -> bool:
    return isinstance(call.node.func, ast.Attribute) and call.node.func.attr == "launch"


def _is_given(call: Call, starts: tuple[str, ...]) -> bool:
    """Whether an argument is given whose name starts so; one that is None counts as not given."""
    names = (
        {keyword.arg for keyword in call.node.keywords if keyword.arg and keyword.arg.startswith(starts)}
        if starts
        else set()
    )
    return any(call.argument(name) is not None and call.constant(name) is not None for name in (*names, *starts))


def _unshared(call: Call) -> Fix:
    keyword = call.keyword("share")
    if keyword is None or not isinstance(keyword.value, ast.Constant):
        return _AUTH
    edit = replace_node(call.code, keyword.value, "False")
    return Fix(title="Do not share: share=False", safety=Safety.UNSAFE, edits=(edit,))


def _opens_files(call: Call) -> bool:
    paths = call.argument("allowed_paths")
    listed = call.code.program.value(paths) if paths is not None else None
    return isinstance(listed, (ast.List, ast.Tuple)) and any(
        call.code.program.text(item) == "/" for item in listed.elts
    )


def _serving(call: Call, name: str, server: _Server) -> Iterator[Hit]:
    if call.text(server.address) in _EVERYWHERE and not _is_given(call, tuple(server.unless)):
        debugs = call.constant("debug") is True
        why = _why(_ACCOUNT if debugs else _NETWORK)
        severity = Severity.MEDIUM if debugs else Severity.LOW
        message = f"`{name}` listens on every address of this machine{', with a debugger' if debugs else ''}: {why}"
        yield Hit(at=call.place, message=message, severity=severity, fixes=(_BY_HAND,))


# -- commands ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """A row of commands in exposure.toml."""

    programs: frozenset[str]
    has: tuple[re.Pattern[str], ...]
    unless: tuple[re.Pattern[str], ...]
    severity: Severity
    why: str
    whole: bool
    here: bool


@cache
def _rows() -> tuple[_Row, ...]:
    return tuple(_row(row) for row in table("exposure")["command"])


def _row(row: dict[str, Any]) -> _Row:
    return _Row(
        programs=frozenset(row["program"]),
        has=tuple(re.compile(pattern, re.DOTALL) for pattern in row["has"]),
        unless=tuple(re.compile(pattern, re.DOTALL) for pattern in row.get("unless", ())),
        severity=Severity[row.get("level", "medium").upper()],
        why=_why(row["why"]),
        whole=row.get("whole", False),
        here=row.get("here", False),
    )


def _commanded(code: Code, command: Command) -> Iterator[Hit]:
    """What the first row says that fits; one command is one fact."""
    rows = [row for row in _rows() if command.program in row.programs or "*" in row.programs]
    given = options(command) if rows else []
    for row in rows:
        matched = [next((option for option in given if pattern.fullmatch(option.text)), None) for pattern in row.has]
        last = matched[-1]
        if last is None or None in matched or (row.here and is_file(code)):
            continue
        if any(pattern.fullmatch(option.text) for pattern in row.unless for option in given):
            continue
        start, end = (command.start, command.end) if row.whole else (last.start, last.end)
        yield Hit(
            at=code.place(start, end),
            message=f"`{_shown(command, last, whole=row.whole)}`: {row.why}",
            severity=row.severity,
            fixes=(_BY_HAND,),
        )
        return


def _shown(command: Command, last: Option, *, whole: bool) -> str:
    """A short name of what was found."""
    option = last.text[:_LONGEST_NAME]
    return option if not whole else command.program if option.startswith("-") else f"{command.program} {option}"


# -- files and magics --------------------------------------------------------------------------------------------------


@cache
def _file_patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    facts = table("exposure")["file"]
    return re.compile(facts["no_token"], re.MULTILINE), re.compile(facts["password"])


def _without_token(code: Code, known: list[tuple[int, int]]) -> Iterator[Hit]:
    """Configuration of a Jupyter server: assignments in Python, and whatever stands in other files."""
    no_token, password = _file_patterns()
    if "token" not in code.text or password.search(code.text):
        return
    for span in settings_like(code, no_token, known):
        yield _open_server(code, *span)
    for node in code.nodes(ast.Assign):
        if (
            isinstance(node, ast.Assign)
            and any(map(_is_token, node.targets))
            and code.program.constant(node.value) == ""
        ):
            yield _open_server(code, *code.span(node))


def _open_server(code: Code, start: int, end: int) -> Hit:
    message = f"the Jupyter server asks for no token: {_why(_ACCOUNT)}"
    return Hit(at=code.place(start, end), message=message, severity=Severity.HIGH, fixes=(_BY_HAND,))


def _is_token(target: ast.expr) -> bool:
    match target:
        case ast.Attribute(attr="token", value=ast.Attribute(attr=owner)):
            return owner.endswith("App") or owner == "IdentityProvider"
    return False


def _magics(code: Code) -> Iterator[Hit]:
    for magic in code.magics:
        if magic.name == "tensorboard" and re.search(
            r"--bind_all\b|--host[= ](?:0\.0\.0\.0|::)(?!\S)", magic.arguments
        ):
            message = f"`%tensorboard` listens on every address of this machine: {_why(_NETWORK)}"
            place = code.place(magic.start, magic.end)
            yield Hit(at=place, message=message, severity=Severity.LOW, fixes=(_BY_HAND,))
