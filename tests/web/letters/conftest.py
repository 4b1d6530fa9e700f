"""A letter of the invented province. Django is not ready while this file is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from letter_of import Holiday
    from province import Province


@pytest.fixture
def drafted(province: Province) -> Callable[..., Holiday]:
    """Makes the draft of a holiday letter of three clauses to all communes and telcos; see ``letter_of.draft``."""
    from letter_of import draft

    return lambda **values: draft(province, **values)


@pytest.fixture
def issued(province: Province) -> Holiday:
    """A holiday letter of three clauses to all communes and telcos, issued and sent."""
    from letter_of import draft

    return draft(province).issued()
