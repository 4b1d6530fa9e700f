"""Two organisations that have nothing to do with each other: one whose every text says so, one for whoever looks from outside."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import of_exchange
import of_inside
import of_letters_answering
import of_letters_arriving
import of_letters_declaring
import of_letters_files
import of_letters_links
import of_letters_report
import of_letters_table
import of_letters_writing
import of_lists
import of_proofs
import of_work
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db import transaction
from django.utils import timezone
from province import make_organisation, make_user

from vonggac.desk.accounts import actions as accounts
from vonggac.desk.accounts.models import Grant, Lockout, PasswordLink, User
from vonggac.desk.accounts.queries import asker_of
from vonggac.desk.audit.models import Entry
from vonggac.desk.notices.actions import enqueue
from vonggac.desk.notices.models import Notice, Received
from vonggac.desk.organisations import actions
from vonggac.desk.organisations.models import Import, ImportFault, ImportLine, Reorganisation
from vonggac.desk.scope.asker import Origin
from vonggac.desk.scope.roles import ROLES

MARK = "zqmark"
"""Stands in every text of the marked side but its code, and nowhere else; in lower case, as the folded columns have it."""
PASSWORD = "đò ngang chiều vắng 47"
START = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass
class Side:
    """One organisation with a record of every noun. ``ids``: what each argument of a URL stands for on this side."""

    text: str
    """What every text ends with."""
    code: str
    net: str
    """The first three parts of its addresses."""
    ids: dict[str, int] = field(default_factory=dict)
    chief: Any = None
    """An administrator of this side alone."""

    def id(self, name: str) -> int:
        """What an argument of this name stands for."""
        return self.ids[name]


@dataclass
class World:
    """Both sides; ``askers``: everybody who tries, by name, all of them of the ``inside``; ``ruler`` may everything everywhere."""

    outside: Side
    inside: Side
    askers: dict[str, User]
    ruler: Any
    everywhere: dict[str, User]
    secrets: dict[str, str] = field(default_factory=dict)
    """API tokens of everybody, by the same names."""


def build() -> World:
    """The whole of it, written through the actions as far as there are any."""
    ruler = make_user("ruler", ("administrator", None), name="Người Quản Trị")
    outside = _side(Side("Zqmark", "so-tn-07", "203.0.113"), ruler)
    inside = _side(Side("Benha", "ben-nha", "198.51.100"), ruler)
    here = actions_organisation(inside)
    askers = {role: make_user(f"in-{role}".replace("_", "-"), (role, here), organisation=here) for role in ROLES}
    askers["nobody in particular"] = make_user("in-none", organisation=here)
    everywhere = {role: make_user(f"all-{role}".replace("_", "-"), (role, None)) for role in ROLES}
    for user in (ruler, outside.chief, inside.chief, *askers.values(), *everywhere.values()):
        Authenticator.objects.create(user=user, type="totp", data={"secret": "JBSWY3DPEHPK3PXP"})
    world = World(outside, inside, askers, ruler, everywhere)
    world.secrets["outside"] = token_of(outside.chief)
    for name, user in {
        **askers,
        "ruler": ruler,
        **{f"{role} everywhere": one for role, one in everywhere.items()},
    }.items():
        world.secrets[name] = token_of(user)
    world.secrets["a token of nothing"] = token_of(ruler, [])
    return world


def actions_organisation(side: Side) -> Any:
    """The organisation of a side."""
    from vonggac.desk.organisations.models import Organisation

    return Organisation.objects.get(pk=side.id("organisation_id"))


def token_of(user: User, permissions: list[str] | None = None) -> str:
    """A new API token of somebody, for all that they may or for ``permissions``. It is written past the action: a token of nothing is none that it makes."""
    import hashlib
    import secrets

    from vonggac.desk.accounts.models import ApiToken
    from vonggac.desk.scope.roles import PERMISSIONS

    asker = asker_of(user, Origin("web"))
    secret = "vgt_" + secrets.token_urlsafe(32)
    ApiToken.objects.create(
        user=user,
        name=f"token of {user.username}",
        secret_hash=hashlib.sha256(secret.encode()).hexdigest(),
        hint=secret[-4:],
        permissions=sorted(one for one in PERMISSIONS if asker.may(one)) if permissions is None else permissions,
        expires_at=timezone.now() + timedelta(days=9),
    )
    return secret


def _side(side: Side, ruler: User) -> Side:
    """Fill one side; every text ends with ``side.text``."""
    by = asker_of(ruler, Origin("web", agent="Tests"))
    low = side.text.lower()
    root = actions.create_organisation(
        by, code=side.code, kind="department", name=f"Sở Tháp Núi {side.text}", short_name=f"STN {side.text}",
        parent_id=None, address=f"Đường {side.text} 1", note=f"Ghi chú {side.text}", valid_from=START,
    )  # fmt: skip
    below = make_organisation(f"{side.code}-con", root, name=f"Xã Tháp Núi Con {side.text}")
    pairs = [make_organisation(f"{side.code}-cu{n}", root, name=f"Xã Tháp Núi Cũ {n} {side.text}") for n in (1, 2)]
    heir = {"code": f"{side.code}-moi", "kind": "commune", "name": f"Xã Tháp Núi Mới {side.text}", "parent_id": root.pk}
    merged = actions.merge(
        by, [one.pk for one in pairs], successor=heir, at=datetime(2024, 1, 1, tzinfo=UTC), basis=f"NQ {side.text}",
        moves=["people", "networks", "systems", "mandates"],
    )  # fmt: skip
    actions.edit_organisation(by, below.pk, below.version, name=f"Xã Tháp Núi Con Hai {side.text}",
                              since=datetime(2023, 1, 1, tzinfo=UTC))  # fmt: skip
    closed = make_organisation(f"{side.code}-dong", root, name=f"Xã Tháp Núi Đóng {side.text}")
    actions.close_organisation(by, closed.pk, closed.version, at=datetime(2025, 1, 1, tzinfo=UTC))
    person = actions.add_person(
        by, root.pk, name=f"Trần Thị {side.text}", position=f"Trưởng phòng {side.text}", email=f"{low}@{low}.example",
        phone=f"0000 000 {'777' if low == MARK else '555'}", valid_from=START,
    )  # fmt: skip
    contact = actions.add_contact(
        by, root.pk, channel="email", value=f"truc@{low}.example", label=f"Trực {side.text}", hours=f"24/7 {side.text}",
        person_id=person.pk, is_support=False,
    )  # fmt: skip
    actions.add_contact(by, root.pk, channel="chat", value=f"kênh {side.text}", is_support=False)
    network = actions.add_network(
        by,
        root.pk,
        text=f"{side.net}.64/27",
        provider=f"Nhà mạng {side.text}",
        note=f"Tầng {side.text}",
        valid_from=START,
    )
    system = actions.add_system(
        by, root.pk, code=f"{side.code}-web", name=f"Cổng {side.text}", level=3, exposure="internet",
        purpose=f"Để {side.text}", addresses=[f"{low}.example", f"{side.net}.70"], operator_id=below.pk,
    )  # fmt: skip
    mandate = actions.add_mandate(by, root.pk, subject="support", over_id=root.pk, basis=f"QĐ {side.text}")
    side.chief = make_user(
        f"chief-{low}", ("administrator", root), name=f"Lê Văn {side.text}", email=f"chief@{low}.example",
        organisation=root, phone="0000 000 999",
    )  # fmt: skip
    member = make_user(
        f"member-{low}",
        name=f"Hồ Thị {side.text}",
        email=f"member@{low}.example",
        organisation=root,
        phone="0000 000 998",
    )
    shut = make_user(
        f"shut-{low}", name=f"Ngô Thị {side.text}", email=f"shut@{low}.example", organisation=root, is_active=False
    )
    Lockout.objects.create(kind="account", key=low, user=member, n=9, locked_until=timezone.now() + timedelta(hours=1))
    grant = Grant.objects.create(user=member, role="records_clerk", organisation=root, valid_from=START)
    token_of(member)
    token = member.api_tokens.get()
    type(token).objects.filter(pk=token.pk).update(name=f"Thẻ {side.text}")
    factor = Authenticator.objects.create(
        user=member, type="webauthn", data={"name": f"Khóa {side.text}", "credential": {}}
    )
    Authenticator.objects.create(user=member, type="recovery_codes", data={"seed": "0" * 32, "used_mask": 0})
    UserSession.objects.create(
        user=member, session_key="q" * 20 + low, ip=f"{side.net}.77", user_agent=f"Trình duyệt {side.text}", data={}
    )
    PasswordLink.objects.create(user=member, token_hash=low * 4, expires_at=timezone.now() + timedelta(hours=1))
    from vonggac.desk.accounts.actions import GrantValues

    invited, _token = accounts.invite(
        by, email=f"moi@{low}.example", name=f"Khách {side.text}", organisation_id=root.pk,
        grants=[GrantValues("records_clerk", root.pk)], language="vi",
    )  # fmt: skip
    with transaction.atomic():
        enqueue(
            template="import_refused", organisation_id=root.pk, user_id=member.pk, email=member.email, language="vi",
            values={"file": f"danh-ba-{side.text}.xlsx", "n_faults": 3, "link": "/directory/import/"}, key=f"door {low}",
        )  # fmt: skip
    notice = Notice.objects.filter(organisation=root, template="import_refused", channel="email").get()
    failed = Notice.objects.filter(organisation=root).exclude(pk=notice.pk).filter(channel="email").first()
    Notice.objects.filter(pk=failed.pk).update(state="failed", fault=f"{side.text}", reason="")
    received = Received.objects.create(
        user=member, message_id=f"<{low}@x>", subject=f"Tin {side.text}", text=f"Nội dung {side.text}", link="/"
    )
    imported = Import.objects.create(
        state="checked", user_id=side.chief.pk, asker_name=str(side.chief), via="web", file_name=f"ds-{side.text}.xlsx",
        size=9, sha256="0" * 64, n_rows=1, n_lines=1, counts={},
    )  # fmt: skip
    ImportLine.objects.create(
        import_id=imported.pk, n=1, kind="organisations", is_new=True, sheet=f"Tờ {side.text}", row=2, label=f"Dòng {side.text}",
        changes={"name": ["", f"Tên {side.text}"]},
    )  # fmt: skip
    ImportFault.objects.create(
        import_id=imported.pk,
        sheet=f"Tờ {side.text}",
        row=2,
        value=side.text,
        message="the cell is empty",
        is_warning=True,
    )
    act = Reorganisation.objects.filter(successions__successor=merged).distinct().get()
    entry = Entry.objects.filter(organisation_id=root.pk).latest("seq")
    side.ids = {
        "organisation_id": root.pk, "below_id": below.pk, "heir_id": merged.pk, "old_id": pairs[0].pk, "reorganisation_id": act.pk,
        "person_id": person.pk, "contact_id": contact.pk, "network_id": network.pk, "system_id": system.pk,
        "mandate_id": mandate.pk, "user_id": member.pk, "grant_id": grant.pk, "token_id": token.pk, "pk": factor.pk,
        "invitation_id": invited.pk, "notice_id": notice.pk, "received_id": received.pk, "import_id": imported.pk,
        "seq": entry.seq, "shut_id": shut.pk, "closed_id": closed.pk, "failed_id": failed.pk, "session_id": UserSession.objects.get(user=member).pk,
    }  # fmt: skip
    for nouns in (
        of_work,
        of_proofs,
        of_inside,
        of_lists,
        of_exchange,
        of_letters_writing,
        of_letters_links,
        of_letters_table,
        of_letters_answering,
        of_letters_files,
        of_letters_report,
        of_letters_declaring,
        of_letters_arriving,
    ):
        nouns.fill(side, ruler)
    return side


class Undo(Exception):
    """Everything that was written goes away with it."""


@contextmanager
def undone() -> Any:
    """Whatever happens inside has not happened."""
    try:
        with transaction.atomic():
            yield
            raise Undo  # noqa: TRY301  # it leaves the transaction as a failure would
    except Undo:
        return


def hold(blocker: Any, make: Callable[[], Any]) -> Any:
    """For a fixture of a module: what ``make`` builds, in a transaction that is taken back when the module is done."""
    with blocker.unblock():
        try:
            with transaction.atomic():
                yield make()
                raise Undo  # noqa: TRY301  # as above
        except Undo:
            return
