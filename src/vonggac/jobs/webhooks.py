"""Webhooks go out: signed, to hosts of the internet only (or those that the settings name), each try short, no redirect followed."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from django.utils import timezone

from vonggac import __version__
from vonggac.config import Settings
from vonggac.desk.webhooks import deliveries, secrets
from vonggac.desk.webhooks.models import Delivery
from vonggac.errors import N_
from vonggac.jobs.outgoing import Guarded, Refused

log = logging.getLogger(__name__)

ROUND: Final = 100
ROUND_S: Final = 20.0
"""Deliveries, and seconds, per round, so that other chores get their turn."""
ONE_S: Final = 15.0


@dataclass(frozen=True, slots=True)
class Runner:
    """Carries webhooks out."""

    settings: Settings
    one_s: float = ONE_S

    def round(self, is_stopping: Callable[[], bool] = lambda: False) -> int:
        """Read what happened, then send what is due; gives how many arrived."""
        while deliveries.collect() == deliveries.AT_ONCE and not is_stopping():
            pass
        end = time.monotonic() + ROUND_S
        n = 0
        for _ in range(ROUND):
            if is_stopping() or time.monotonic() > end or (one := deliveries.claim()) is None:
                break
            n += self.carry(one)
        return n

    def carry(self, one: Delivery) -> bool:
        """Send one delivery, and keep what became of it."""
        secret = secrets.opened(one.subscription.secret)
        if not secret:
            deliveries.missed(one, N_("the secret cannot be opened any more: give the webhook a new one"))
            return False
        body = one.body.encode()
        headers = {
            **secrets.signed(secret, one.key, int(timezone.now().timestamp()), body),
            "Content-Type": "application/json",
            "User-Agent": f"Vonggac/{__version__}",
        }
        try:
            with Guarded(inner_hosts(self.settings), whole_s=self.one_s) as session:
                response = session.post(one.subscription.url, data=body, headers=headers)
        except (OSError, ValueError) as why:  # requests raises the first, odd names and answers the second
            fault, reason = _told(why)
            deliveries.missed(one, fault, reason=reason)
        except Exception:  # one message that cannot be sent must not keep the others
            log.exception("webhook %s: an error of ours", one.pk)
            deliveries.missed(one, N_("an error of the program; its log says more"))
        else:
            if 200 <= response.status_code < 300:
                deliveries.arrived(one, response.status_code)
                return True
            deliveries.missed(
                one, N_("the other side answered {code}"), response.status_code, code=response.status_code
            )
        return False


def _told(why: BaseException) -> tuple[str, str]:
    """The English text of why nothing arrived, and what fills it: our own refusal, however deep it lies, or the kind of error."""
    inner: BaseException | None = why
    while inner is not None:
        if isinstance(inner, Refused):
            return N_("not sent, since this address is not asked, or not waited for: {reason}"), str(inner)[:150]
        inner = inner.__cause__ or inner.__context__
    return N_("it could not be reached: {reason}"), type(why).__name__


def inner_hosts(settings: Settings) -> frozenset[str]:
    """The hosts of the inner network that the settings allow."""
    return frozenset(filter(None, (host.strip() for host in settings.webhook_hosts.split(","))))
