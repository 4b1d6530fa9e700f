"""The channels by which messages go. A new one is a file of this folder and a name in CHANNELS."""

from __future__ import annotations

from vonggac.desk.notices.channels.door import Attached, Channel, Message, Reachable, Undelivered
from vonggac.desk.notices.channels.email import Email
from vonggac.desk.notices.channels.portal import Portal

CHANNELS: tuple[type[Channel], ...] = (Email, Portal)
BY_NAME = {channel.name: channel for channel in CHANNELS}

__all__ = ["BY_NAME", "CHANNELS", "Attached", "Channel", "Message", "Reachable", "Undelivered"]
