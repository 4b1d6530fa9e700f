"""The door of a channel: what it is handed, what it may say, what it must be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from vonggac.config import Settings


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that goes along; ``kind``: its media type."""

    name: str
    kind: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """What goes out: whole, in the recipient's language. ``message_id`` is the same at every try of the same notice.

    ``html`` is a fragment made of ``p``, ``br``, ``a``, ``ul``, ``li`` and ``bdi`` without attributes but ``href``. ``link`` is a path in
    the portal, or nothing.
    """

    recipient: str
    subject: str
    text: str
    html: str
    language: str
    message_id: str
    user_id: int | None = None
    link: str = ""
    files: tuple[Attached, ...] = ()


class Undelivered(Exception):
    """A message did not go out. ``fault``: an English template of the catalogue, filled by ``params``.

    ``is_final``: trying again cannot help. ``is_channel``: the channel as a whole is down, so others need not be tried now.
    """

    def __init__(self, fault: str, /, *, is_final: bool = False, is_channel: bool = False, **params: Any) -> None:
        super().__init__(fault)
        self.fault = fault
        self.params = params
        self.is_final = is_final
        self.is_channel = is_channel


@dataclass(frozen=True, slots=True)
class Reachable:
    """What is known of how to reach somebody."""

    user_id: int | None = None
    email: str = ""


class Channel(Protocol):
    """One way for a message to reach somebody. Made once per round of delivery, closed after it.

    ``name`` stands in the database; ``title`` is an English text of the catalogue; ``leaves``: messages go out of the house, so
    the switch holds them; ``merges``: what is not urgent is merged into digests; ``carries_files``: files go
    along.
    """

    name: str
    title: str
    leaves: bool
    merges: bool
    carries_files: bool

    def __init__(self, settings: Settings) -> None: ...

    @staticmethod
    def recipient(to: Reachable) -> str:
        """How this channel names the person (up to 254 characters); empty when it does not reach them."""

    def obstacle(self) -> str:
        """Why nothing can be sent at all (an English text of the catalogue); empty when it can. Messages wait meanwhile."""

    def send(self, message: Message) -> None:
        """Hand ``message`` over. Raises Undelivered."""

    def close(self) -> None:
        """Let go of connections."""
