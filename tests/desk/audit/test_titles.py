"""Everything that is recorded has words that people read."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from django.apps import apps

from vonggac.desk.audit import titles
from vonggac.desk.scope.roles import PERMISSIONS

ACTION = re.compile(rf"({'|'.join(titles.NOUNS)})\.[a-z_]+")
SOURCE = Path(titles.__file__).parents[2]


def recorded() -> set[str]:
    """The actions that the source records: the second argument of each call of ``recording``.

    Where that is a name, every text of the file that has the form of an action and is no permission.
    """
    found = set()
    for path in SOURCE.rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "recording":
                named = node.args[1:2] or [word.value for word in node.keywords if word.arg == "action"]
                texts = texts_of(*named)
                found |= texts or {text for text in texts_of(tree) if ACTION.fullmatch(text)} - PERMISSIONS
    return found


def texts_of(*nodes: ast.AST) -> set[str]:
    constants = (part.value for node in nodes for part in ast.walk(node) if isinstance(part, ast.Constant))
    return {value for value in constants if isinstance(value, str)}


def test_every_action_of_the_source_has_a_title():
    assert recorded() <= titles.ACTIONS.keys()
    assert {"audit.erase", "organisations.edit"} <= recorded()


def test_every_action_is_a_noun_with_a_title_and_a_verb():
    for action in titles.ACTIONS:
        noun, dot, verb = action.partition(".")
        assert noun in titles.NOUNS
        assert dot
        assert verb


def test_every_kind_of_object_of_the_desk_has_a_title_and_a_permission_that_some_role_holds():
    ours = [model for config in apps.get_app_configs() if config.name.startswith("vonggac.desk.")
            for model in config.get_models() if config.label not in {"audit", "scope"} and not model.__name__.startswith("Staged")]  # fmt: skip
    assert {model._meta.label_lower for model in ours} <= titles.KINDS.keys() | titles.NEVER_RECORDED
    assert {kind.permission for kind in titles.KINDS.values()} <= PERMISSIONS


@pytest.mark.parametrize(
    ("action", "kind", "permission"),
    [
        ("networks.edit", "organisations.network", "networks.view"),
        ("people.edit", "organisations.organisation", "organisations.view"),
        ("directory.import", "", "organisations.view"),
        ("audit.erase", "", "audit.view"),
        ("unheard.of", "", "unheard.view"),
    ],
)
def test_who_may_know_of_an_action(action, kind, permission):
    assert titles.permission_to_see(action, kind) == permission


def test_what_has_no_title_shows_its_name():
    assert titles.title_of_action("a.b") == "a.b"
    assert titles.title_of_kind("a.b") == "a.b"
    assert titles.title_of_column("c") == "c"


def test_no_secret_of_any_record_comes_into_an_entry():
    hidden = {"password", "secret", "secrets", "secret_hash", "token", "token_hash", "key_hash", "code_hash"}
    for config in apps.get_app_configs():
        for model in config.get_models() if config.name.startswith("vonggac.desk.") else ():
            if model._meta.label_lower in titles.KINDS:
                secret = {field.name for field in model._meta.concrete_fields} & hidden
                assert secret <= set(getattr(model, "AUDIT_SECRET", ())), model
