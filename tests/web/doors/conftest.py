"""The two sides of ``marked``, once for every file of tests: each try is taken back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(scope="module")
def world(django_db_setup: Any, django_db_blocker: Any) -> Any:
    """Two organisations, everybody who tries, and a ruler."""
    from marked import build, hold

    yield from hold(django_db_blocker, build)


@pytest.fixture(scope="module")
def ways(world: Any) -> Iterator[Any]:
    """Browsers and API clients of everybody in it, who are not asked again who they are however long a file takes."""
    from django.test import override_settings
    from reach import Ways

    with override_settings(ACCOUNT_REAUTHENTICATION_TIMEOUT=86_400):
        yield Ways(world)


@pytest.fixture
def _django_db_helper(world: Any) -> Any:
    """In place of pytest-django's: each test takes itself back within the transaction of the module."""
    from marked import undone

    with undone():
        yield
