"""Who asks: the value that every action and every query takes first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from vonggac.desk.scope.roles import ROLES


class Everywhere:
    """All organisations, those of no tree too."""

    def __repr__(self) -> str:
        return "EVERYWHERE"


EVERYWHERE: Final = Everywhere()


@dataclass(frozen=True, slots=True)
class Held:
    """A role held on an organisation and everything below it; ``None`` is everywhere."""

    role: str
    organisation_id: int | None


@dataclass(frozen=True, slots=True)
class Origin:
    """From where somebody asks. ``via``: web, api, cli or job. ``session``: a digest that names the session or token."""

    via: str = "job"
    address: str = ""
    agent: str = ""
    session: str = ""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, with what they hold now. ``only`` narrows to some permissions (an API token's scope); None: no narrowing."""

    user_id: int | None
    name: str
    held: tuple[Held, ...] = ()
    origin: Origin = field(default_factory=Origin)
    only: frozenset[str] | None = None

    @property
    def roles(self) -> frozenset[str]:
        """The names of the roles held anywhere."""
        return frozenset(held.role for held in self.held)

    def roots(self, permission: str) -> frozenset[int] | Everywhere:
        """The organisations at and below which ``permission`` is held."""
        if self.only is not None and permission not in self.only:
            return frozenset()
        roots = [held.organisation_id for held in self.held if permission in ROLES[held.role].permissions]
        return EVERYWHERE if None in roots else frozenset(root for root in roots if root is not None)

    def may(self, permission: str) -> bool:
        """Whether ``permission`` is held on anything at all."""
        roots = self.roots(permission)
        return isinstance(roots, Everywhere) or bool(roots)


def nobody(origin: Origin | None = None) -> Asker:
    """Somebody not known: may nothing."""
    return Asker(None, "", (), origin or Origin())


def machine(name: str, roles: Iterable[str] = ("administrator",), origin: Origin | None = None) -> Asker:
    """The program itself or who runs it at the command line, with ``roles`` everywhere."""
    return Asker(None, name, tuple(Held(role, None) for role in roles), origin or Origin())
