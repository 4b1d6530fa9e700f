"""A notice in words: as it goes out, or masked for everybody who looks at it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from html import escape

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext, override

from vonggac.desk.notices import sealed, wording
from vonggac.desk.notices.channels import BY_NAME, Attached, Message, Undelivered
from vonggac.desk.notices.models import Notice
from vonggac.errors import N_


def site() -> str:
    """Where browsers find the portal, without a slash at the end."""
    return str(settings.VONGGAC.public_url).rstrip("/")


def place() -> wording.Place:
    """The portal and the zone of its times."""
    return wording.Place(site(), settings.VONGGAC.zone)


def shown(notice: Notice) -> wording.Wording:
    """What everybody may see of it: secrets are masked, for its recipient too."""
    form = wording.BY_NAME[notice.template]
    return wording.render(form, notice.language, wording.masked(form, notice.values), place())


def message_of(notice: Notice) -> Message:
    """What goes out. Raises Undelivered when it makes no sense any more or cannot be put in words."""
    form = wording.BY_NAME.get(notice.template)
    if form is None:
        raise Undelivered(N_("there is no such message any more: {template}"), is_final=True, template=notice.template)
    if has_run_out(notice):
        raise Undelivered(N_("its link has run out; send a new one"), is_final=True)
    values = dict(notice.values)
    if form.secrets:
        hidden = sealed.opened(notice.secrets)
        if BY_NAME[notice.channel].leaves and not form.secrets <= hidden.keys():
            raise Undelivered(N_("its link has been wiped; send a new one"), is_final=True)
        values = {**wording.masked(form, values), **hidden}
    words = wording.render(form, notice.language, values, place())
    message = Message(
        recipient=notice.recipient,
        subject=words.subject,
        text=words.text,
        html=words.html,
        language=notice.language,
        message_id=_message_id(notice),
        user_id=notice.user_id,
    )
    link = notice.values.get("link", "")
    return replace(message, link=link) if isinstance(link, str) else message


def with_files(message: Message, files: Sequence[Attached], left_out: Sequence[str]) -> Message:
    """``message`` with ``files``, and a last paragraph that names them and what was too large to go along."""
    with override(message.language):
        told = [gettext(N_("Attached: {names}.")).format(names="; ".join(one.name for one in files))] if files else []
        if left_out:
            text = gettext(N_("Too large for an e-mail, to be found by the link above: {names}."))
            told.append(text.format(names="; ".join(left_out)))
    markup = "".join(f"\n<p>{escape(text)}</p>" for text in told)
    text = "".join(f"\n{one}\n" for one in told)
    return replace(message, files=tuple(files), text=message.text + text, html=message.html + markup)


def has_run_out(notice: Notice) -> bool:
    """Whether what the message offers has ended already."""
    until = notice.values.get("expires_at")
    return isinstance(until, str) and datetime.fromisoformat(until) <= timezone.now()


def _message_id(notice: Notice) -> str:
    """The same at every try of this notice, of no other, and not to be guessed."""
    text = f"{settings.SECRET_KEY}:{notice.pk}:{notice.channel}:{notice.recipient}:{notice.key}"
    return hashlib.sha256(text.encode()).hexdigest()[:40]
