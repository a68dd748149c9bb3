"""Every registered route, walked: who may ask, how much, where, and what nonsense gets."""

from __future__ import annotations

import pytest

pytest.importorskip(
    "jupyter_server", reason="the server's tests need jupyter_server: pip install jupyter-mlsecops[lab]"
)
pytest.importorskip(
    "pytest_jupyter", reason="the server's tests need pytest-jupyter: pip install jupyter-mlsecops[test]"
)

import jsonschema
from editing import Editor
from jupyter_server.auth.authorizer import Authorizer

from jupyter_mlsecops.rules import all_rules
from jupyter_mlsecops.server import protocol
from jupyter_mlsecops.server.handlers import ROUTES

SCHEMA = protocol.schema()
METHODS = ("get", "post", "delete", "put", "patch", "head")
# For each route: how it is asked, and the fields that its body must have.
KNOWN = {
    "LintHandler": ("POST", "lint", Editor.of("import pickle").request()),
    "PinHandler": ("POST", "pin", {"session": "s", "revision": 1, "key": "k", "versions": {}}),
    "ScansHandler": ("POST", "scans", {"path": ""}),
    "RuleHandler": ("GET", "rules/unsafe-pickle-load", None),
    "HealthHandler": ("GET", "health", None),
    "ScanHandler": ("GET", "scans/nobody", None),
}


def walked() -> list[object]:
    """Every method of every route; a route that nobody has described here fails the walk."""
    found = []
    for _, handler in ROUTES:
        method, route, body = KNOWN[handler.__name__]
        own = [each.upper() for each in METHODS if each in vars(handler)]
        assert method in own
        found += [pytest.param(each, route, body if each == method else None, id=f"{each} {route}") for each in own]
    return found


WALK = pytest.mark.parametrize(("method", "route", "body"), walked())
BODIES = pytest.mark.parametrize(("route", "body"), [known[1:] for known in KNOWN.values() if known[0] == "POST"])
BODY_ROUTES = pytest.mark.parametrize("route", [known[1] for known in KNOWN.values() if known[0] == "POST"])


def checked(kind: str, reply: object) -> None:
    jsonschema.validate(reply, SCHEMA | {"$ref": f"#/$defs/{kind}"}, cls=jsonschema.Draft202012Validator)


class Denying(Authorizer):
    asked: list[tuple[str, str]]

    def is_authorized(self, handler, user, action, resource) -> bool:  # noqa: ARG002
        self.asked.append((action, resource))
        return False


def test_the_routes_below_our_name_are_those_that_are_walked(jp_serverapp):
    rules = [rule for group in jp_serverapp.web_app.default_router.rules for rule in group.target.rules]
    ours = [
        rule.matcher.regex.pattern
        for rule in rules
        if "mlsecops" in rule.matcher.regex.pattern and "static" not in rule.matcher.regex.pattern
    ]
    assert len(ours) == len(ROUTES)


@WALK
async def test_no_token_is_refused(method, route, body, ask):
    status, reply = await ask(method, route, body, headers={"Authorization": "token wrong"})
    assert (status, reply["reason"]) == (403, "forbidden")
    checked("Failure", reply)


@WALK
async def test_the_authorizer_is_asked_and_heard(method, route, body, ask, jp_serverapp):
    authorizer = Denying(parent=jp_serverapp)
    authorizer.asked = []
    jp_serverapp.web_app.settings["authorizer"] = authorizer
    status, reply = await ask(method, route, body)
    assert (status, reply["reason"]) == (403, "forbidden")
    assert authorizer.asked == [("read", "contents")]


@pytest.mark.parametrize("extension_traits", [{"max_body": 1000}])
@BODY_ROUTES
async def test_a_large_body_is_refused_before_it_is_read(route, ask):
    status, reply = await ask("POST", route, "no JSON " * 1000)
    assert (status, reply["reason"]) == (413, "too-large")
    assert "1,000" in reply["message"]


@BODIES
async def test_a_wrong_type_names_the_field(route, body, ask):
    for name in body:
        status, reply = await ask(
            "POST",
            route,
            body | {name: {"no": "sense"} if name not in {"cells", "metadata", "options", "versions"} else 7},
        )
        assert (status, reply["reason"]) == (400, "invalid"), name
        assert f"$.{name}" in reply["message"]


@BODIES
async def test_a_missing_field_is_named(route, body, ask):
    for name in body:
        status, reply = await ask("POST", route, {key: value for key, value in body.items() if key != name})
        assert (status, reply["reason"]) == (400, "invalid")
        assert f"`{name}`" in reply["message"]


@BODIES
async def test_an_unknown_field_is_named(route, body, ask):
    status, reply = await ask("POST", route, body | {"execute": True})
    assert (status, reply["reason"]) == (400, "invalid")
    assert "`execute`" in reply["message"]


@BODY_ROUTES
@pytest.mark.parametrize(
    "body_text", ["", "[]", "nonsense", "null", '{"a": 1', "[" * 100_000, b"\xff\xfe", '"\\ud800"']
)
async def test_nonsense_is_nobodys_fault_but_the_clients(route, body_text, ask):
    status, reply = await ask("POST", route, body_text)
    assert (status, reply["reason"]) == (400, "invalid")
    checked("Failure", reply)


@pytest.mark.parametrize(
    "path", ["../nb.ipynb", "a/../../nb.ipynb", "..", "/../x.ipynb", "a\0b.ipynb", ".hidden/nb.ipynb"]
)
async def test_a_foreign_path_is_not_found(path, ask, jp_root_dir):
    (jp_root_dir.parent / "nb.ipynb").write_text("{}")
    (jp_root_dir / ".hidden").mkdir()
    assert (await ask("POST", "lint", Editor.of("x", path=path).request()))[0] == 404
    assert (await ask("POST", "scans", {"path": path}))[0] == 404


async def test_a_scan_wants_a_folder_that_is_there(ask, jp_root_dir):
    (jp_root_dir / "file.ipynb").write_text("{}")
    for path in ("nothing", "file.ipynb", "nothing/below"):
        status, reply = await ask("POST", "scans", {"path": path})
        assert (status, reply["reason"]) == (404, "not-found")
        assert "$.path" in reply["message"]


async def test_what_nobody_knows_is_not_found(ask):
    status, reply = await ask("GET", "rules/unsafe-pickel-load")
    assert status == 404
    assert "unsafe-pickle-load" in reply["message"]
    for method in ("GET", "DELETE"):
        assert (await ask(method, "scans/nobody"))[0] == 404
    status, reply = await ask("GET", "scans/nobody", params={"since": "-1"})
    assert status == 400
    assert "since" in reply["message"]


async def test_health(ask):
    status, reply = await ask("GET", "health")
    assert status == 200
    checked("Health", reply)
    assert reply["rules"] == len(all_rules())


async def test_a_rule_explains_itself(ask):
    status, reply = await ask("GET", "rules/unsafe-pickle-load")
    assert status == 200
    checked("RulePage", reply)
    assert "## Why it matters" in reply["documentation"]


async def test_nothing_is_kept_by_caches(jp_fetch):
    reply = await jp_fetch("jupyter-mlsecops", "health")
    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.headers["Content-Type"].startswith("application/json")
