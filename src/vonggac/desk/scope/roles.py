"""Roles as data: ``roles.yml`` says what each may do and whether it needs a second factor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType

import yaml


@dataclass(frozen=True, slots=True)
class Role:
    """``title`` is an English text of the catalogue."""

    name: str
    title: str
    mfa: bool
    permissions: frozenset[str]


def _read() -> Mapping[str, Role]:
    text = files(__package__).joinpath("roles.yml").read_text("utf-8")
    return MappingProxyType(
        {
            name: Role(name, row["title"], row["mfa"], frozenset(row["permissions"]))
            for name, row in yaml.safe_load(text).items()
        }
    )


ROLES = _read()
PERMISSIONS = frozenset(permission for role in ROLES.values() for permission in role.permissions)
