"""Deliver the messages of the outbox that are due."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from django.utils import timezone

from vonggac.config import Settings
from vonggac.desk.notices import delivery, rendering
from vonggac.desk.notices.channels import CHANNELS, Channel, Undelivered
from vonggac.desk.notices.models import Notice
from vonggac.errors import N_
from vonggac.jobs import letter_post
from vonggac.jobs.letter_post import Parcel

log = logging.getLogger(__name__)

REST_S = 30.0
"""How long a channel that is down as a whole is left alone."""
PUT_OFF = timedelta(seconds=5)
WAITS = timedelta(minutes=2)
"""How long a message waits for files that are being made; then it goes with what there is."""
PARCELS: Mapping[str, Callable[[Settings, int], Parcel]] = {"letter": letter_post.parcel}
"""What ``Notice.files`` begins with to what finds the files."""
ROUND = 100
"""Messages per round, so that other chores get their turn."""


@dataclass
class Courier:
    """Carries messages out, round by round. ``lease``: how long one message may take before another worker tries it."""

    settings: Settings
    lease: timedelta = delivery.LEASE
    kinds: Sequence[type[Channel]] = CHANNELS
    resting: dict[str, float] = field(default_factory=dict)
    _last: tuple[str, Parcel] = ("", Parcel())

    def round(self, is_stopping: Callable[[], bool] = lambda: False) -> int:
        """Hold back, merge, and send what is due, up to ROUND; returns how many went out. Stops after the one in hand."""
        delivery.hold_back()
        delivery.merge_due()
        channels = {kind.name: kind(self.settings) for kind in self.kinds}
        n_sent = 0
        try:
            for _ in range(ROUND):
                usable = [name for name, channel in channels.items() if self._is_usable(name, channel)]
                if is_stopping() or not usable or (notice := delivery.claim(usable, self.lease)) is None:
                    break
                n_sent += self._carry(notice, channels[notice.channel])
        finally:
            self._last = ("", Parcel())
            for channel in channels.values():
                channel.close()
        return n_sent

    def _is_usable(self, name: str, channel: Channel) -> bool:
        return not channel.obstacle() and self.resting.get(name, 0.0) <= time.monotonic()

    def _parcel(self, files: str) -> Parcel:
        """The files of a message; one letter goes to many, so that those of the last are kept for the round."""
        if self._last[0] != files or not self._last[1].is_whole:
            source, _colon, pk = files.partition(":")
            self._last = (files, PARCELS[source](self.settings, int(pk)))
        return self._last[1]

    def _carry(self, notice: Notice, channel: Channel) -> bool:
        try:
            message = rendering.message_of(notice)
            if notice.files:
                packed = self._parcel(notice.files)
                if not packed.is_whole and timezone.now() < notice.created_at + WAITS:
                    delivery.put_off(notice, PUT_OFF)
                    return False
                message = rendering.with_files(message, packed.files, packed.left_out)
            channel.send(message)
        except Undelivered as why:
            log.warning("notice %s by %s not delivered: %s %s", notice.pk, notice.channel, why.fault, why.params)
            if why.is_channel:
                self.resting[notice.channel] = time.monotonic() + REST_S
            delivery.undelivered(notice, why)
            return False
        except Exception as error:  # one message that cannot be sent must not keep the others
            log.exception("notice %s by %s: an error of ours", notice.pk, notice.channel)
            kind = type(error).__name__
            delivery.undelivered(
                notice, Undelivered(N_("an error of Vọng Gác itself ({kind}); see its log"), kind=kind)
            )
            return False
        delivery.sent(notice)
        log.info("notice %s (%s) sent by %s", notice.pk, notice.template, notice.channel)
        return True
