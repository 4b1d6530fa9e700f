"""The API does what its own description says, whatever is sent: schemathesis makes the requests."""

from __future__ import annotations

from datetime import timedelta
from functools import cache

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings

from vonggac.web.api.urls import api
from vonggac.web.wsgi import application

pytestmark = pytest.mark.django_db

# A value may have the form and still not stand (a name taken, an end before its beginning): that is a 422 with its faults.
ACCEPTED = ["2xx", "401", "403", "404", "409", "422"]
# A NUL in an address is refused before any route, which no JSON schema can say of a text.
CONFIG = schemathesis.Config.from_dict(
    {
        "checks": {"positive_data_acceptance": {"expected-statuses": ACCEPTED}},
        "generation": {"allow-x00": False},
    }
)
# The client of schemathesis closes no answer that is a file; servers do.
FILES = dict.fromkeys(
    (
        "/api/v1/export",
        "/api/v1/work/reports/workbook",
        "/api/v1/work/cleanup",
        "/api/v1/work/evidence/{evidence_id}/file",
        "/api/v1/letters/offices/{organisation_id}/register",
    ),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
)
OPERATIONS = [
    pytest.param(path, method, id=f"{method} {path}", marks=[FILES[path]] if path in FILES else [])
    for path, operations in api.get_openapi_schema(path_prefix="/api/v1/")["paths"].items()
    for method in operations
]


@cache
def described():
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application, config=CONFIG)


@pytest.fixture
def schema(db):
    """The description as it is served. A request must not close the connection that the test's transaction is on."""
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    yield described()
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


@pytest.fixture
def secret(province):
    from signing import give_factor

    from vonggac.desk.accounts.actions import create_token
    from vonggac.desk.scope.roles import PERMISSIONS

    asker = province.asker("administrator")
    give_factor(province.users["administrator"])
    allowed = [one for one in sorted(PERMISSIONS) if asker.may(one)]
    return create_token(asker, name="t", permissions=allowed, expires_at=timezone.now() + timedelta(days=1))[1]


class Undo(Exception):
    """What an example wrote goes away with it."""


def hold(operation, secret, n_examples):
    @settings(max_examples=n_examples, deadline=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def holds(case):
        try:
            with transaction.atomic():
                check(case, secret)
                raise Undo  # noqa: TRY301  # it leaves the transaction as a failure would
        except Undo:
            return

    holds()


def check(case, secret):
    answer = case.call_and_validate(headers={"Authorization": f"Bearer {secret}"})
    if case.meta.generation.mode.is_positive and answer.status_code == 422:
        assert answer.json()["code"] == "invalid_values", (answer.json(), case.body)


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_every_answer_is_as_described(path, method, schema, secret):
    hold(schema[path][method.upper()], secret, 6)


@pytest.mark.slow
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_every_answer_is_as_described_many_times(path, method, schema, secret):
    hold(schema[path][method.upper()], secret, 200)


def test_no_two_shapes_have_one_name():
    """In the description a name stands once: the second would silently take the place of the first."""
    from ninja import Schema

    def below(kind):
        return {kind} | {found for one in kind.__subclasses__() for found in below(one)}

    ours = sorted((one.__name__, one.__module__) for one in below(Schema) if one.__module__.startswith("vonggac."))
    names = [name for name, _module in ours]
    assert [one for one in ours if names.count(one[0]) > 1] == []
