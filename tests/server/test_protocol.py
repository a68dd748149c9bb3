"""The contract between browser and server is one: the types here, the schema in the package, the types in TypeScript."""

from __future__ import annotations

import json
from importlib.resources import files

import jsonschema
import msgspec
import pytest

from jupyter_mlsecops.entrypoints.rule_pages import as_json
from jupyter_mlsecops.rules import all_rules
from jupyter_mlsecops.server import protocol

SCHEMA = json.loads(files("jupyter_mlsecops").joinpath("server-protocol-v1.schema.json").read_text("utf-8"))


def test_the_schema_in_the_package_is_that_of_the_types():
    assert protocol.schema() == SCHEMA
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("rule", all_rules())
def test_a_rule_page_is_what_the_command_line_prints(rule: str):
    text = as_json(all_rules()[rule])
    page = msgspec.json.decode(text, type=protocol.RulePage)
    assert json.loads(msgspec.json.encode(page)) == json.loads(text)
