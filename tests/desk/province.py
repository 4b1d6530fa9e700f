"""A small invented province with its graph, people, networks, systems and somebody for every role."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from vonggac.desk.accounts.models import Grant, User
from vonggac.desk.accounts.queries import asker_of
from vonggac.desk.organisations import actions
from vonggac.desk.organisations.models import Organisation
from vonggac.desk.scope.asker import Asker, Origin, machine
from vonggac.desk.scope.roles import ROLES

START = datetime(2020, 1, 1, tzinfo=UTC)
"""Since when everything here holds."""

ORGANISATIONS = {
    "ubnd": ("authority", "Ủy ban nhân dân tỉnh Thạch Lâm", "UBND tỉnh", None),
    "sokhcn": ("department", "Sở Khoa học và Công nghệ", "Sở KH&CN", "ubnd"),
    "trungtam": ("centre", "Trung tâm Giám sát an toàn thông tin", "TTGS", "sokhcn"),
    "soyte": ("department", "Sở Y tế", "SYT", "ubnd"),
    "benhvien": ("agency", "Bệnh viện Đa khoa tỉnh", "BVĐK", "soyte"),
    "donghoa": ("commune", "Xã Đông Hòa", "", "ubnd"),
    "tayson": ("commune", "Xã Tây Sơn", "", "ubnd"),
    "duongmai": ("commune", "Phường Đường Mai", "", "ubnd"),
    "nhamang1": ("telco", "Viễn thông Thạch Lâm", "VTTL", None),
    "stranger": ("enterprise", "Công ty Người Lạ", "", None),
}
"""Code: kind, name, short name, code of the parent."""

NETWORKS = {
    "trungtam": ("192.0.2.0/28", "2001:db8:1::/48"),
    "benhvien": ("192.0.2.64/27",),
    "donghoa": ("198.51.100.1-198.51.100.9",),
    "tayson": ("198.51.100.32/29",),
    "stranger": ("203.0.113.128/25",),
}
"""Public networks by code."""

HOLDERS = {
    "leader": "sokhcn",
    "duty_officer": None,
    "analyst": None,
    "responder": None,
    "agency_officer": "donghoa",
    "telco_desk": "nhamang1",
    "authority_liaison": "ubnd",
    "records_clerk": "sokhcn",
    "auditor": None,
    "administrator": None,
}
"""Role to the code of the organisation on which somebody holds it; None: everywhere."""

PASSWORD = "đò ngang chiều vắng 47"


@dataclass
class Province:
    """``orgs`` by code; ``users`` by role, and ``stranger``: an officer of an organisation outside the tree."""

    orgs: dict[str, Organisation] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)

    def __getitem__(self, code: str) -> Organisation:
        return self.orgs[code]

    def id(self, code: str) -> int:
        """The id of an organisation by its code."""
        return self.orgs[code].pk

    def asker(self, role: str) -> Asker:
        """Who holds ``role`` (or is the ``stranger``), as the portal would see them now."""
        return asker_of(self.users[role], Origin("web"))


def admin() -> Asker:
    """The program itself, with everything."""
    return machine("tests")


def granted(*roles: tuple[str, Organisation | None]) -> Asker:
    """Somebody invented with these roles on these organisations (None: everywhere), without an account."""
    from vonggac.desk.scope.asker import Held

    return Asker(1, "somebody", tuple(Held(role, None if one is None else one.pk) for role, one in roles))


def make_organisation(code: str, parent: Organisation | None = None, **values: Any) -> Organisation:
    """One more organisation, a commune of this code unless ``values`` say otherwise."""
    known = {"kind": "commune", "name": f"Xã {code}", "valid_from": START}
    return actions.create_organisation(
        admin(), code=code, parent_id=None if parent is None else parent.pk, **{**known, **values}
    )


def make_user(username: str, *grants: tuple[str, Organisation | None], **values: Any) -> User:
    """A user with the PASSWORD and these roles on these organisations (None: everywhere)."""
    user = User(
        username=username, **{"name": f"Người dùng {username}", "email": f"{username}@vonggac.example", **values}
    )
    user.set_password(PASSWORD)
    user.save()
    for role, organisation in grants:
        Grant.objects.create(user=user, role=role, organisation=organisation, valid_from=START)
    return user


def build_graph() -> Province:
    """The organisations of the province, with networks, a person, contact points and two systems; nobody signs in yet."""
    found = Province()
    for code, (kind, name, short_name, parent) in ORGANISATIONS.items():
        found.orgs[code] = make_organisation(
            code, found.orgs[parent] if parent else None, kind=kind, name=name, short_name=short_name
        )
    for code, texts in NETWORKS.items():
        for text in texts:
            actions.add_network(admin(), found.id(code), text=text, valid_from=START)
    for code in ("trungtam", "donghoa", "stranger"):
        person = actions.add_person(
            admin(), found.id(code), name=f"Nguyễn Văn {code.title()}", email=f"{code}@{code}.example", valid_from=START
        )
        actions.add_contact(
            admin(),
            found.id(code),
            channel="mobile",
            value="0000 000 123",
            person_id=person.pk,
            is_support=code == "trungtam",
        )
        actions.add_system(
            admin(),
            found.id(code),
            code=f"{code}-web",
            name=f"Cổng thông tin {code}",
            level=2,
            exposure="internet",
            addresses=[f"{code}.example"],
        )
    return found


def build_province() -> Province:
    """The graph with somebody for every role; every one's password is PASSWORD."""
    found = build_graph()
    for role in ROLES:
        code = HOLDERS[role]
        where = found.orgs[code] if code else None
        found.users[role] = make_user(role, (role, where), organisation=where)
    found.users["stranger"] = make_user(
        "stranger", ("agency_officer", found["stranger"]), organisation=found["stranger"]
    )
    return found
