"""What tests of jobs over the desk stand on: an invented province. Django is not ready while this file is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from province import Province


@pytest.fixture
def province(db: None) -> Province:
    """An invented province with somebody for every role."""
    from province import build_province

    return build_province()
