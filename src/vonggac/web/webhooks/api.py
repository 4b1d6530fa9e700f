"""Webhooks over the API. A secret is answered once, where it is made. Whoever sets one up is a person: their grants decide what is told."""

from __future__ import annotations

from typing import Any, Literal

from django.conf import settings
from ninja import Router, Schema
from pydantic import Field

from vonggac.desk.webhooks import actions, queries
from vonggac.jobs.webhooks import inner_hosts
from vonggac.web.api.core import ERRORS, After, Id, Limit, Moment, Strict, Version, page_of, written

router = Router(tags=["webhooks"])


class WebhookOut(Schema):
    """A webhook, without its secret."""

    id: int
    name: str
    url: str
    events: list[str]
    organisation_id: int | None
    user_id: int | None
    is_active: bool
    failing_since: Moment | None
    version: int


class MadeOut(WebhookOut):
    """One with its secret, this once."""

    secret: str


class Webhooks(Schema):
    """A page of webhooks."""

    items: list[WebhookOut]
    next: str | None


class WebhookIn(Strict):
    """Who is told what; ``events``: actions (``work.submit``) or nouns (``work``)."""

    name: str = Field(min_length=1, max_length=120)
    url: str = Field(min_length=1, max_length=500)
    events: list[str] = Field(min_length=1, max_length=300)
    organisation_id: Id | None = None


class WebhookEdit(Strict):
    """What changes; what is not given stays."""

    version: int = Field(ge=1, lt=2**31)
    name: str | None = Field(None, min_length=1, max_length=120)
    url: str | None = Field(None, min_length=1, max_length=500)
    events: list[str] | None = Field(None, min_length=1, max_length=300)
    is_active: bool | None = None


class DeliveryOut(Schema):
    """One message: ``key`` is its ``webhook-id``, ``seq`` the number of the audit entry."""

    id: int
    key: str
    seq: int | None
    event: str
    state: Literal["waiting", "sent", "failed"]
    n_attempts: int
    status: int | None
    created_at: Moment
    due_at: Moment
    ended_at: Moment | None


class Deliveries(Schema):
    """A page of messages."""

    items: list[DeliveryOut]
    next: str | None


def out(row: Any) -> WebhookOut:
    """A webhook as it looks outside."""
    return WebhookOut.model_validate(row, from_attributes=True)


def _made(row: Any, secret: str) -> MadeOut:
    return MadeOut(**out(row).model_dump(), secret=secret)


@router.get("/webhooks", response={200: Webhooks, **ERRORS}, operation_id="list_webhooks", summary="List webhooks")
def webhooks(request: Any, limit: Limit, after: After) -> Any:
    """Those that the asker sees."""
    return page_of(queries.subscriptions(request.asker), limit, after, shape=out)


@router.post("/webhooks", response={201: MadeOut, **ERRORS}, operation_id="add_webhook", summary="Add a webhook")
def add(request: Any, body: WebhookIn) -> Any:
    """Its secret is answered this once. A repetition by Idempotency-Key is answered alike for 24 hours."""

    def write() -> MadeOut:
        values = body.model_dump()
        return _made(*actions.add_subscription(request.asker, **values, inner_hosts=inner_hosts(settings.VONGGAC)))

    return written(request, 201, write)


@router.get("/webhooks/{subscription_id}", response={200: WebhookOut, **ERRORS}, operation_id="read_webhook")
def read(request: Any, subscription_id: Id) -> Any:
    """One webhook."""
    return out(queries.subscription(request.asker, subscription_id))


@router.patch("/webhooks/{subscription_id}", response={200: WebhookOut, **ERRORS}, operation_id="change_webhook")
def change(request: Any, subscription_id: Id, body: WebhookEdit) -> Any:
    """Change a webhook; whoever does owns it from then on."""

    def write() -> WebhookOut:
        values = {name: value for name, value in body.model_dump(exclude={"version"}).items() if value is not None}
        hosts = inner_hosts(settings.VONGGAC)
        return out(actions.edit_subscription(request.asker, subscription_id, body.version, **values, inner_hosts=hosts))

    return written(request, 200, write)


@router.post(
    "/webhooks/{subscription_id}/secret", response={200: MadeOut, **ERRORS}, operation_id="renew_webhook_secret"
)
def renew(request: Any, subscription_id: Id, body: Version) -> Any:
    """Another secret, answered this once."""
    return written(request, 200, lambda: _made(*actions.new_secret(request.asker, subscription_id, body.version)))


@router.post("/webhooks/{subscription_id}/test", response={200: DeliveryOut, **ERRORS}, operation_id="test_webhook")
def try_out(request: Any, subscription_id: Id) -> Any:
    """Send a message that says nothing."""

    def write() -> DeliveryOut:
        made = actions.try_subscription(request.asker, subscription_id)
        return DeliveryOut.model_validate(made, from_attributes=True)

    return written(request, 200, write)


@router.post("/webhooks/{subscription_id}/remove", response={204: None, **ERRORS}, operation_id="remove_webhook")
def remove(request: Any, subscription_id: Id, body: Version) -> Any:
    """Tell nothing there any more."""
    return written(request, 204, lambda: actions.remove_subscription(request.asker, subscription_id, body.version))


@router.get(
    "/webhooks/{subscription_id}/deliveries", response={200: Deliveries, **ERRORS}, operation_id="list_deliveries"
)
def deliveries(request: Any, subscription_id: Id, limit: Limit, after: After) -> Any:
    """What was sent and what waits, the oldest first."""
    rows = queries.deliveries(request.asker, subscription_id)
    return page_of(rows, limit, after, shape=lambda row: DeliveryOut.model_validate(row, from_attributes=True))
