"""What goes in and comes out of the directory's routes. Times are aware; a period is half open, null is open."""

from __future__ import annotations

from typing import Annotated, Literal

from ninja import Query, Schema
from pydantic import Field

from vonggac.web.api.core import Id, Moment, Strict

At = Annotated[Moment | None, Query(None, description="Only what holds at this time")]

Kind = Literal[
    "authority",
    "department",
    "centre",
    "agency",
    "district",
    "commune",
    "telco",
    "platform",
    "police",
    "military",
    "enterprise",
    "other",
]
Channel = Literal["phone", "mobile", "email", "chat", "fax"]
Side = Literal["public", "inner"]
Exposure = Literal["internet", "inner", "isolated"]
Subject = Literal["state_management", "coordination", "specialised_unit", "monitoring", "orders", "support", "abuse"]


class PeriodIn(Strict):
    """When it holds."""

    valid_from: Moment | None = None
    valid_until: Moment | None = None


class PeriodOut(Schema):
    """When it holds."""

    valid_from: Moment | None
    valid_until: Moment | None


class Edit(PeriodIn):
    """A change: ``version`` is the one that was read; only the fields that are given change."""

    version: int = Field(ge=1, lt=2**31)


class Ending(Strict):
    """The end of something: the first moment when it does not hold."""

    version: int = Field(ge=1, lt=2**31)
    at: Moment


class OrganisationIn(PeriodIn):
    """A new organisation."""

    code: str = Field(max_length=40)
    kind: Kind
    name: str = Field(max_length=250)
    short_name: str = Field("", max_length=60)
    parent_id: Id | None = None
    address: str = Field("", max_length=250)
    note: str = Field("", max_length=10_000)


class OrganisationNew(OrganisationIn):
    """An organisation to add; ``basis``: by which document it has its name and place."""

    basis: str = Field("", max_length=250)


class OrganisationEdit(Edit):
    """A change of an organisation. ``since``: from when a new name or place holds; null: what is there was wrong.

    ``basis``: by which document the name or place that is given with it holds.
    """

    code: str | None = Field(None, max_length=40)
    kind: Kind | None = None
    name: str | None = Field(None, max_length=250)
    short_name: str | None = Field(None, max_length=60)
    parent_id: Id | None = None
    address: str | None = Field(None, max_length=250)
    note: str | None = Field(None, max_length=10_000)
    since: Moment | None = None
    basis: str | None = Field(None, max_length=250)


class OrganisationOut(PeriodOut):
    """An organisation."""

    id: int
    code: str
    kind: str
    name: str
    short_name: str
    parent_id: int | None
    address: str
    note: str
    version: int


class PersonIn(PeriodIn):
    """A new person of an organisation."""

    organisation_id: Id
    name: str = Field(max_length=120)
    position: str = Field("", max_length=120)
    email: str = Field("", max_length=254)
    phone: str = Field("", max_length=32)


class PersonEdit(Edit):
    """A change of a person."""

    name: str | None = Field(None, max_length=120)
    position: str | None = Field(None, max_length=120)
    email: str | None = Field(None, max_length=254)
    phone: str | None = Field(None, max_length=32)


class PersonOut(PeriodOut):
    """A person."""

    id: int
    organisation_id: int
    name: str
    position: str
    email: str
    phone: str
    version: int


class ContactIn(PeriodIn):
    """A new contact point; without ``rank`` it goes to the end of the ladder."""

    organisation_id: Id
    person_id: Id | None = None
    label: str = Field("", max_length=120)
    channel: Channel
    value: str = Field(max_length=254)
    rank: int | None = Field(None, ge=1, le=999)
    hours: str = Field("", max_length=60)
    is_support: bool = False


class ContactEdit(Edit):
    """A change of a contact point."""

    person_id: Id | None = None
    label: str | None = Field(None, max_length=120)
    channel: Channel | None = None
    value: str | None = Field(None, max_length=254)
    rank: int | None = Field(None, ge=1, le=999)
    hours: str | None = Field(None, max_length=60)
    is_support: bool | None = None


class ContactOut(PeriodOut):
    """A contact point."""

    id: int
    organisation_id: int
    person_id: int | None
    label: str
    channel: str
    value: str
    rank: int
    hours: str
    is_support: bool
    version: int


class NetworkIn(PeriodIn):
    """A new network: ``text`` is a CIDR, an address or ``first-last``."""

    organisation_id: Id
    text: str = Field(max_length=90)
    side: Side = "public"
    provider: str = Field("", max_length=120)
    note: str = Field("", max_length=250)


class NetworkEdit(Edit):
    """A change of a network."""

    text: str | None = Field(None, max_length=90)
    side: Side | None = None
    provider: str | None = Field(None, max_length=120)
    note: str | None = Field(None, max_length=250)


class NetworkOut(PeriodOut):
    """A network."""

    id: int
    organisation_id: int
    text: str
    side: str
    provider: str
    note: str
    version: int


class OwnerOut(Schema):
    """Who held an address: the network and its organisation, the most specific first."""

    network: NetworkOut
    organisation: OrganisationOut


class SystemIn(PeriodIn):
    """A new information system. ``addresses``: IP addresses and domain names."""

    organisation_id: Id
    code: str = Field(max_length=60)
    name: str = Field(max_length=250)
    level: int | None = Field(None, ge=1, le=5)
    exposure: Exposure = "inner"
    operator_id: Id | None = None
    purpose: str = Field("", max_length=10_000)
    addresses: list[Annotated[str, Field(max_length=253)]] = Field(default_factory=list, max_length=200)


class SystemEdit(Edit):
    """A change of a system; ``addresses`` replaces all of them."""

    code: str | None = Field(None, max_length=60)
    name: str | None = Field(None, max_length=250)
    level: int | None = Field(None, ge=1, le=5)
    exposure: Exposure | None = None
    operator_id: Id | None = None
    purpose: str | None = Field(None, max_length=10_000)
    addresses: list[Annotated[str, Field(max_length=253)]] | None = Field(None, max_length=200)


class SystemOut(PeriodOut):
    """An information system."""

    id: int
    organisation_id: int
    operator_id: int | None
    code: str
    name: str
    level: int | None
    exposure: str
    purpose: str
    addresses: list[str]
    version: int


class MandateIn(PeriodIn):
    """A new mandate of ``holder_id``; ``over_id`` null: the whole province."""

    holder_id: Id
    subject: Subject
    over_id: Id | None = None
    basis: str = Field("", max_length=250)


class MandateEdit(Edit):
    """A change of a mandate."""

    subject: Subject | None = None
    over_id: Id | None = None
    basis: str | None = Field(None, max_length=250)


class MandateOut(PeriodOut):
    """A mandate."""

    id: int
    holder_id: int
    subject: str
    over_id: int | None
    basis: str
    version: int
