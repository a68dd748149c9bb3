r"""Find where the brakes are taken off an agent."""

from __future__ import annotations

import ast
import re
from functools import cache
from typing import TYPE_CHECKING

from jupyter_mlsecops.detection.agent_flags import Flag, flags, reason, switches, tools
from jupyter_mlsecops.detection.code_edits import remove_keyword, remove_words
from jupyter_mlsecops.detection.command_options import options
from jupyter_mlsecops.detection.written_settings import settings_like
from jupyter_mlsecops.findings import Confidence, Fix, Hit, Safety, Severity
from jupyter_mlsecops.flows.environment import settings
from jupyter_mlsecops.flows.provenance import Origin, provenance
from jupyter_mlsecops.knowledge import table
from jupyter_mlsecops.rule import code_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.notebook.code import Call, Code
    from jupyter_mlsecops.notebook.shell.commands import Command

_BY_HAND = Fix(title="Remove it, or run the agent in a sandbox", safety=Safety.MANUAL)
_RUNS_CODE = 1  # place in the table's list of reasons
_APPROVAL = 3
_MOST_ITEMS = 200


@code_rule(
    category="llm", severity=Severity.HIGH, confidence=Confidence.HIGH, cwe=(94, 502, 918), owasp=("LLM06", "LLM03"), atlas=("AML.T0053",),
    triggers=("allow_", "allow-", "dangerous", "danger-", "bypass", "BYPASS", "skip_permissions", "use_docker", "USE_DOCKER", "yolo", "nsafe",
              "REPL", "ShellTool", "BashProcess", "load_tools", "auto_run", "LocalCommandLine", "authorized_imports", "trust-all",
              "create_python_agent", "CodeInterpreterToolSpec", "PythonCodeExecutionTool", "strands_tools", "python_repl", "dangerFull",
              "gemini", "qwen", "cursor-agent", "interpreter"),
)  # fmt: skip
def dangerous_agent_flag(code: Code) -> Iterator[Hit]:
    r"""An agent is allowed what its makers hold back as dangerous.

    ## What it sees

    `allow_dangerous_…=True` and `allow_unsafe_…=True` of LangChain, DSPy and others, `use_docker: False`, `unsafe_mode`, permission
    modes that ask nobody, imports such as `os` for an agent's interpreter, tools that give a model a shell or a Python prompt, and
    the same as flags of commands and as variables of the environment. Requests and queries that a model chooses are **medium**. An
    index that the same notebook saved is left alone.

    ## Why it matters

    What an agent reads can tell it what to do; these flags decide whether that ends in a wrong answer or in a command on your
    machine (CWE-94, CWE-502, CWE-918; OWASP LLM06 and LLM03; MITRE ATLAS AML.T0053).

    ## What to do

    Remove the flag, or run the agent where it can do no harm: a container, a remote sandbox, credentials that can only read.

    ## Examples

    ```python bad
    from langchain_community.vectorstores import FAISS

    index = FAISS.load_local("downloads/index", embeddings, allow_dangerous_deserialization=True)
    ```

    ```python fixed
    from langchain_community.vectorstores import FAISS

    index = FAISS.load_local("downloads/index", embeddings)
    ```

    ```python bad
    !claude -p "fix the tests" --dangerously-skip-permissions
    ```

    ```python fixed
    !claude -p "fix the tests"
    ```

    ```python good
    from langchain_community.vectorstores import FAISS

    FAISS.from_documents(documents, embeddings).save_local("index")
    index = FAISS.load_local("index", embeddings, allow_dangerous_deserialization=True)
    ```

    ## References

    - <https://docs.langchain.com/oss/python/security-policy>
    - <https://genai.owasp.org/llmrisk/llm062025-excessive-agency/>
    """
    dicts: set[ast.AST] = set()
    # What a dict hands to a call is a fact of the call, so calls come before the dicts that `dict(…)` makes.
    for call in sorted(code.calls, key=lambda call: "dict" in call.names):
        if call.node not in dicts and (hits := list(_called(call))):
            yield max(hits, key=_level)  # one call, one fact
            dicts.update(_unpacked(call))
    yield from _items(code, dicts)
    commanded = [hit for command in code.commands for hit in _commanded(code, command)]
    yield from commanded
    for setting in settings(code):
        if setting.value.strip().strip("'\"").lower() in table("agents")["variables"].get(setting.name, ()):
            place = code.place(setting.start, setting.end)
            yield Hit(at=place, message=f"`{setting.name}`: {reason(_RUNS_CODE)}", fixes=(_BY_HAND,))
    known = [(hit.at.at.start - code.start, hit.at.at.end - code.start) for hit in commanded]
    for pattern in _file_patterns():
        for span in settings_like(code, pattern, known):
            message = f"a setting of an agent: {reason(_APPROVAL)}"
            yield Hit(at=code.place(*span), message=message, fixes=(_BY_HAND,))


def _level(hit: Hit) -> Severity:
    return Severity.HIGH if hit.severity is None else hit.severity


def _unpacked(call: Call) -> Iterator[ast.AST]:
    """The dict literals behind `**` of a call that is reported; they are not to be reported again."""
    for keyword in call.node.keywords:
        if keyword.arg is None:
            yield call.code.program.value(keyword.value)


@cache
def _file_patterns() -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern) for pattern in table("agents")["file"]["patterns"])


# -- calls -------------------------------------------------------------------------------------------------------------


def _called(call: Call) -> Iterator[Hit]:
    for name in _argument_names(call):
        value = call.argument(name)
        if value is not None and (flag := _meant(call.code, name, value, call.names)) and not _is_own(call, flag):
            yield _flagged(call, name, flag)
    yield from _listed(call)
    yield from _tools(call)


def _argument_names(call: Call) -> list[str]:
    names = [keyword.arg for keyword in call.node.keywords if keyword.arg]
    for literal in _unpacked(call):
        if isinstance(literal, ast.Dict):
            keys = [key for key in literal.keys[:_MOST_ITEMS] if key is not None]
            names += [text for key in keys if (text := call.code.program.text(key))]
        elif isinstance(literal, ast.Call):
            names += [keyword.arg for keyword in literal.keywords if keyword.arg]
    return names


def _meant(code: Code, name: str, value: ast.expr, owners: tuple[str, ...]) -> Flag | None:
    """The flag that a value under a name is; `owners`: the names of what it is given to."""
    constant = code.program.constant(value)
    section = (
        "flag" if constant is True else "off" if constant is False else "value" if isinstance(constant, str) else None
    )
    for flag in flags(section) if section else ():
        if flag.means(name) and flag.is_of(owners) and (section != "value" or flag.holds(str(constant))):
            return flag
    return None


def _is_own(call: Call, flag: Flag) -> bool:
    """Whether what a flag lets in was made by this notebook, or checked."""
    if not flag.loads:
        return False
    origin = provenance(call.code, call.argument(flag.loads, 0), call.node)
    return origin.origin is Origin.OWN or origin.verified


def _flagged(call: Call, name: str, flag: Flag) -> Hit:
    keyword = call.keyword(name)
    shown, fix = name, _BY_HAND
    if keyword is not None:
        shown = f"{name}={ast.unparse(keyword.value)[:40]}" if isinstance(keyword.value, ast.Constant) else name
        fix = Fix(title=f"Remove {shown}", safety=Safety.UNSAFE, edits=(remove_keyword(call, keyword),))
    severity = flag.severity
    if name == "allow_code_execution" and call.text("code_execution_mode") == "unsafe":
        severity = Severity.HIGH
    return Hit(at=call.place, message=f"`{shown}`: {flag.why}", severity=severity, fixes=(fix,))


def _listed(call: Call) -> Iterator[Hit]:
    for flag in flags("listed"):
        if not flag.is_of(call.names) or any(call.text(name) in values for name, values in flag.unless):
            continue
        for name in flag.names:
            listed = call.argument(name, 0 if flag.calls else None)
            values = call.code.program.value(listed) if listed is not None else None
            if not isinstance(values, (ast.List, ast.Tuple, ast.Set)):
                continue
            texts = (call.code.program.text(item) for item in values.elts[:_MOST_ITEMS])
            if found := next((text for text in texts if text and flag.holds(text)), None):
                yield Hit(
                    at=call.place,
                    message=f"`{name}` holds `{found}`: {flag.why}",
                    severity=flag.severity,
                    fixes=(_BY_HAND,),
                )


def _tools(call: Call) -> Iterator[Hit]:
    if (found := tools("tool").find(call.names)) and not _is_held_back(call, found[1].unless):
        name, tool = found
        yield Hit(at=call.place, message=f"`{name.rpartition('.')[2]}`: {reason(tool.why)}", fixes=(_BY_HAND,))
    run = tools("function").find(name for name in call.names if name.endswith(".run"))
    if run is not None and call.node.args and not isinstance(call.constant("command", 0), str):
        yield Hit(at=call.place, message=f"`{run[0]}`: {reason(run[1].why)}", fixes=(_BY_HAND,))
    for node in _handed(call):
        if function := tools("function").find(call.code.program.names(node)):
            name, tool = function
            message = f"`{name}` is handed to an agent: {reason(tool.why)}"
            yield Hit(at=call.place, message=message, fixes=(_BY_HAND,))


def _handed(call: Call) -> Iterator[ast.expr]:
    """What a call is given as tools, or as the function of one."""
    for argument in ("tools", "func", "function", "coroutine"):
        handed = call.argument(argument)
        value = call.code.program.value(handed) if handed is not None else None
        if isinstance(value, (ast.List, ast.Tuple)):
            yield from value.elts[:_MOST_ITEMS]
        elif value is not None:
            yield value


def _is_held_back(call: Call, names: list[str]) -> bool:
    """Whether an argument asks a human, or names another place to run."""
    return any(call.argument(name) is not None and call.constant(name) not in (None, False) for name in names)


# -- dicts, attributes, commands ---------------------------------------------------------------------------------------


def _items(code: Code, reported: set[ast.AST]) -> Iterator[Hit]:
    """`{"use_docker": False}` and `interpreter.auto_run = True`."""
    for node in code.nodes(ast.Dict, ast.Assign):
        if isinstance(node, ast.Dict) and node not in reported:
            for key, value in zip(node.keys, node.values, strict=True):
                name = code.program.text(key) if key is not None else None
                if key is not None and name and (flag := _meant(code, name, value, ())):
                    place = code.place(code.span(key)[0], code.span(value)[1])
                    yield Hit(at=place, message=f"`{name}`: {flag.why}", severity=flag.severity, fixes=(_BY_HAND,))
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Attribute) and (flag := _attribute(code, target, node.value)):
                    place = code.place(*code.span(node))
                    yield Hit(
                        at=place, message=f"`{target.attr}`: {flag.why}", severity=flag.severity, fixes=(_BY_HAND,)
                    )


def _attribute(code: Code, target: ast.Attribute, value: ast.expr) -> Flag | None:
    flag = _meant(code, target.attr, value, code.program.names(target.value))
    return flag if flag and not flag.loads else None


def _commanded(code: Code, command: Command) -> Iterator[Hit]:
    """What the first switch says that fits; one command is one fact."""
    given = options(command)
    for switch in switches():
        if command.program not in switch.programs and "*" not in switch.programs:
            continue
        if found := switch.find([option.text for option in given]):
            option = next(option for option in given if option.text == found)
            edit = remove_words(code, option.first, option.last)
            fix = Fix(title=f"Remove {found}", safety=Safety.UNSAFE, edits=(edit,)) if edit else _BY_HAND
            yield Hit(at=code.place(option.start, option.end), message=f"`{found}`: {switch.why}", fixes=(fix,))
            return
