"""In the portal: the list that somebody finds behind the bell."""

from __future__ import annotations

from vonggac.config import Settings
from vonggac.desk.notices.channels.door import Message, Reachable, Undelivered
from vonggac.desk.notices.models import Received
from vonggac.errors import N_


class Portal:
    """Stays in the house, so it is not held; a list needs no digest. Secrets never come here (``wording.render`` masks them)."""

    name = "portal"
    title = N_("In the portal")
    leaves = False
    merges = False
    carries_files = False

    def __init__(self, settings: Settings) -> None:
        pass

    @staticmethod
    def recipient(to: Reachable) -> str:
        """The account."""
        return "" if to.user_id is None else f"user:{to.user_id}"

    def obstacle(self) -> str:
        """Nothing stands in the way."""
        return ""

    def send(self, message: Message) -> None:
        """Put it on the list, once."""
        if message.user_id is None:
            raise Undelivered(N_("the account is gone"), is_final=True)
        Received.objects.bulk_create(
            [
                Received(
                    user_id=message.user_id,
                    message_id=message.message_id,
                    subject=message.subject[:250],
                    text=message.text,
                    link=message.link,
                )
            ],
            ignore_conflicts=True,
        )

    def close(self) -> None:
        """Nothing is open."""
