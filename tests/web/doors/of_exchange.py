"""Indicators and webhooks of one side, and what is sent through their doors."""

from __future__ import annotations

import json
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from vonggac.desk.accounts.queries import asker_of
from vonggac.desk.intel.actions import aliases
from vonggac.desk.intel.actions.indicators import (
    Draft,
    Seen,
    add_sightings,
    tell_indicators,
    withdraw_indicator,
)
from vonggac.desk.intel.models import Indicator, MalwareAlias
from vonggac.desk.scope.asker import Origin
from vonggac.desk.webhooks import actions as webhooks
from vonggac.desk.webhooks.models import Delivery, Subscription

OTHERS = {
    "indicator-put-back": ("indicator_id", "withdrawn_indicator_id"),
    "put_back_indicator": ("indicator_id", "withdrawn_indicator_id"),
}
EMPTY_HANDED = (
    "indicator-edit", "indicator-withdraw", "indicator-put-back", "alias-edit", "alias-remove",  # the centre's alone
    "webhook-test", "webhook-retry",  # only POST does something: GET leads back
    "list_deliveries",  # tells no text of the webhook
)  # fmt: skip
OF_THEIR_OWN = ("test_webhook",)
"""Operations that read no body."""
READS_THAT_ARE_RECORDED = ("export_indicators",)


def fill(side: Any, ruler: Any) -> None:
    """Give a side what was seen there, and a webhook of its chief; every text ends with ``side.text``."""
    by, home, now = asker_of(ruler, Origin("web")), side.id("organisation_id"), timezone.now()
    low = side.text.lower()
    drafts = [
        Draft("domain", f"xau{n}.{low}.example", family=f"Họ {side.text}", note=f"Ghi chú {side.text}", warnings=f"Danh sách {side.text}")
        for n in (1, 2)
    ]  # fmt: skip
    ids = tell_indicators(by, drafts, f"Nguồn {side.text}", f"Số {side.text}").ids
    one, gone = (ids[draft.key] for draft in drafts)
    add_sightings(by, [Seen(number, f"Nhật ký {side.text}", now, now, home, f"may-{low}") for number in (one, gone)])
    withdraw_indicator(by, gone, 1, f"Nhầm {side.text}")
    alias = aliases.add_alias(by, alias=f"Tên {side.text}", family=f"Họ {side.text}", note=side.text)
    chief = asker_of(side.chief, Origin("web"))
    hook, _secret = webhooks.add_subscription(
        chief, name=f"Móc {side.text}", url=f"https://{low}.example/hook", events=["work"], organisation_id=home
    )
    webhooks.try_subscription(chief, hook.pk)
    Delivery.objects.filter(subscription=hook).update(state="failed", fault=f"{side.text}", ended_at=now)
    side.ids |= {
        "indicator_id": one, "withdrawn_indicator_id": gone, "alias_id": alias.pk, "subscription_id": hook.pk,
    }  # fmt: skip


def _version(model: Any, number: int) -> int:
    return int(model.objects.values_list("version", flat=True).get(pk=number))


def bundle(side: Any) -> bytes:
    """A file of somebody else, of a name of this side."""
    pattern = f"[domain-name:value = 'moi.{side.code}.example']"
    one = {"type": "indicator", "id": "indicator--1", "pattern": pattern, "pattern_type": "stix"}
    return json.dumps({"type": "bundle", "objects": [one]}).encode()


def pages(side: Any) -> dict[str, dict[str, Any]]:
    """Name of a page to the form that is sent there."""
    n = side.ids
    known = {"role": "hostile", "tlp": "green", "confidence": "60", "family": "", "note": ""}
    seen = {"version": _version(Indicator, n["indicator_id"])}
    hook = {"version": _version(Subscription, n["subscription_id"])}
    alias = {"version": _version(MalwareAlias, n["alias_id"])}
    url = f"https://{side.code}.example/khac"
    return {
        "indicator-add": {**known, "text": f"moi.{side.code}.example", "source": "Tay"},
        "indicators-import": {"file": SimpleUploadedFile("x.json", bundle(side)), "source": "CERT", "tlp": "green", "confidence": "50", "do": "take"},
        "indicators-export": {"audience": "organisation", "form": "stix", "state": "", "kind": "", "family": ""},
        "alias-add": {"alias": "Tên mới", "family": "Họ khác", "note": ""},
        "alias-edit": {**alias, "alias": "Tên khác", "family": "Họ khác"},
        "alias-remove": alias,
        "indicator-edit": {**seen, **known, "note": "Khác"},
        "indicator-withdraw": {**seen, "reason": "Nhầm"},
        "indicator-put-back": {"version": _version(Indicator, n["withdrawn_indicator_id"]), "reason": "Vẫn xấu"},
        "webhook-add": {"name": "Móc mới", "url": url, "events": ["work"], "organisation_id": side.code},
        "webhook-edit": {**hook, "name": "Móc khác", "url": url, "events": ["work", "lists"], "organisation_id": side.code, "is_active": "on"},
        "webhook-test": {},
        "webhook-retry": {},
        "webhook-secret": hook,
        "webhook-remove": hook,
    }  # fmt: skip


def routes(side: Any) -> dict[str, Any]:
    """Operation of the API to the body that is sent there."""
    n = side.ids
    seen = {"version": _version(Indicator, n["indicator_id"])}
    hook = {"version": _version(Subscription, n["subscription_id"])}
    alias = {"version": _version(MalwareAlias, n["alias_id"])}
    url = f"https://{side.code}.example/khac"
    return {
        "tell_indicators": {"text": f"moi.{side.code}.example", "source": "Tay"},
        "import_indicators": bundle(side),
        "change_indicator": {**seen, "note": "Khác"},
        "withdraw_indicator": {**seen, "reason": "Nhầm"},
        "put_back_indicator": {"version": _version(Indicator, n["withdrawn_indicator_id"]), "reason": "Vẫn xấu"},
        "add_alias": {"alias": "Tên mới", "family": "Họ khác"},
        "change_alias": {**alias, "family": "Họ khác"},
        "remove_alias": alias,
        "add_webhook": {"name": "Móc", "url": url, "events": ["work"], "organisation_id": n["organisation_id"]},
        "change_webhook": {**hook, "name": "Móc khác"},
        "renew_webhook_secret": hook,
        "test_webhook": None,
        "remove_webhook": hook,
    }  # fmt: skip


NEEDS = {
    "list_indicators": "indicators.view", "read_indicator": "indicators.view", "export_indicators": "indicators.view",
    "tell_indicators": "indicators.edit", "import_indicators": "indicators.edit", "change_indicator": "indicators.edit",
    "withdraw_indicator": "indicators.edit", "put_back_indicator": "indicators.edit", "list_aliases": "indicators.view",
    "add_alias": "indicators.edit", "change_alias": "indicators.edit", "remove_alias": "indicators.edit", "list_webhooks": "webhooks.view",
    "read_webhook": "webhooks.view", "list_deliveries": "webhooks.view", "add_webhook": "webhooks.edit", "change_webhook": "webhooks.edit",
    "renew_webhook_secret": "webhooks.edit", "test_webhook": "webhooks.edit", "remove_webhook": "webhooks.edit",
}  # fmt: skip
