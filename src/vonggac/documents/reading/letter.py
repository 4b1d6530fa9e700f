"""What was read from a letter: values, each with its place, whether it is sure, and if not why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as made
from typing import Any, Final, Generic, TypeVar

from vonggac.errors import N_

T = TypeVar("T")

FORMS: Final = {
    "cong_van": N_("Official letter"), "bao_cao": N_("Report"), "ke_hoach": N_("Plan"), "thong_bao": N_("Notice"),
    "to_trinh": N_("Submission"), "quyet_dinh": N_("Decision"), "chi_thi": N_("Directive"), "cong_dien": N_("Official dispatch"),
    "giay_moi": N_("Invitation"), "huong_dan": N_("Guidance"), "phuong_an": N_("Scheme"), "chuong_trinh": N_("Programme"),
    "bien_ban": N_("Minutes of a meeting"), "nghi_quyet": N_("Resolution"), "khac": N_("Another form"),
}  # fmt: skip
"""Form of a document (Decree 30/2020, article 7) to its title."""

URGENCIES: Final = {
    "": N_("Ordinary"),
    "khan": N_("Urgent"),
    "thuong_khan": N_("Very urgent"),
    "hoa_toc": N_("Express"),
}
SECRECIES: Final = {
    "": N_("Not secret"),
    "mat": N_("Secret"),
    "toi_mat": N_("Top secret"),
    "tuyet_mat": N_("Of utmost secrecy"),
}
ROLES: Final = {
    "action": N_("For action"), "report": N_("For report"), "information": N_("For information"), "archive": N_("Archive"),
}  # fmt: skip
RELATIONS: Final = {"parent": N_("carried out or followed"), "basis": N_("legal basis"), "mention": N_("mentioned")}
"""What another document is to the letter."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where something stands: page (from 1; 0: a Word file has none) and paragraph or line of it (from 1; 0: nowhere)."""

    page: int = 0
    paragraph: int = 0

    def __str__(self) -> str:
        return f"{self.page}:{self.paragraph}" if self.page else str(self.paragraph or "")


NOWHERE: Final = Place()


@dataclass(frozen=True, slots=True)
class Doubt:
    """What must be asked: the value's name, an English template, what fills it, and where."""

    field: str
    message: str
    params: Mapping[str, Any] = made(default_factory=dict)
    where: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Value(Generic[T]):
    """One value; ``sure``: it needs no question."""

    value: T
    where: Place = NOWHERE
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Recipient:
    """A line of "Kính gửi" or "Nơi nhận": its words, and why they get it (a name of ``ROLES``)."""

    words: str
    role: str
    where: Place
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Reference:
    """Another document that the letter names; ``number`` as written, ``dated`` None where it is not said; ``relation``: see RELATIONS."""

    kind: str
    number: str
    dated: dt.date | None
    issuer: str
    relation: str
    clause: str
    where: Place
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Deadline:
    """By when; ``kind``: date, daily, weekly, monthly, within (``amount`` of ``unit``), or period (from ``begins`` to ``day``).

    ``written``: the words; ``clause``: path of the clause that says so, empty outside; ``weekday`` 0: Monday; ``day_of_month`` of monthly ones.
    """

    kind: str
    written: str
    clause: str
    where: Place
    day: dt.date | None = None
    time: dt.time | None = None
    begins: dt.date | None = None
    amount: int = 0
    unit: str = ""
    weekday: int | None = None
    day_of_month: int = 0
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Signatory:
    """Who signs: on whose behalf ("TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH"), title, name."""

    on_behalf: tuple[str, ...] = ()
    title: str = ""
    name: str = ""


@dataclass(slots=True)
class Clause:
    """A numbered part: ``mark`` as written ("a)"), ``path`` from the top ("1.a"), all its own text, what stands below it.

    ``title``: its first sentence, cut where it is long. ``depth`` 0: at the top.
    """

    mark: str
    path: str
    title: str
    text: str
    where: Place
    depth: int = 0
    sure: bool = True
    children: list[Clause] = made(default_factory=list)

    def walk(self) -> Iterator[Clause]:
        """This one and all below it, in the order of the text."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, slots=True)
class UnsureWord:
    """A word that was recognised with too little confidence (of 100)."""

    text: str
    confidence: int
    where: Place


@dataclass(slots=True)
class ReadLetter:
    """All that a letter says. ``origin``: docx, pdf or scan. ``rest``: what stands below the signature (annexes)."""

    origin: str
    issuer: Value[str]
    superior: Value[str]
    number: Value[int | None]
    symbol: Value[str]
    reference: Value[str]
    place: Value[str]
    dated: Value[dt.date | None]
    form: Value[str]
    subject: Value[str]
    urgency: Value[str]
    secrecy: Value[str]
    addressed: list[Recipient]
    recipients: list[Recipient]
    references: list[Reference]
    deadlines: list[Deadline]
    signatory: Value[Signatory]
    opening: list[Value[str]]
    clauses: list[Clause]
    closing: list[Value[str]]
    rest: list[Value[str]]
    doubts: list[Doubt]
    words: list[UnsureWord] = made(default_factory=list)

    @property
    def parents(self) -> list[Reference]:
        """The documents that this one carries out or follows."""
        return [one for one in self.references if one.relation == "parent"]

    def all_clauses(self) -> list[Clause]:
        """Every clause of the tree, in the order of the text."""
        return [one for top in self.clauses for one in top.walk()]
