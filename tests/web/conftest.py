"""What tests of the portal stand on: an invented province. Django is not ready while this file is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client
    from province import Province

    from vonggac.desk.accounts.models import User


@pytest.fixture
def graph(db: None) -> Province:
    """The organisations of an invented province, without users."""
    from province import build_graph

    return build_graph()


@pytest.fixture
def province(db: None) -> Province:
    """An invented province with somebody for every role."""
    from province import build_province

    return build_province()


@pytest.fixture
def signed_in() -> Callable[[Client, User], Client]:
    """``signed_in(client, user)``: the client as that user, who has just shown a second factor and owes no step."""
    from signing import sign_in

    return sign_in


@pytest.fixture
def browser(province: Province, signed_in: Callable[[Client, User], Client]) -> Callable[[str], Client]:
    """``browser("agency_officer")``: the client of whoever has that role in the province, the second factor shown."""
    from django.test import Client

    return lambda role: signed_in(Client(), province.users[role])
