"""The kinds of Task: one literal tuple. A kind says which clocks it has, what its answer holds, what makes it unique, how it is re-checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from vonggac.desk.organisations.models.people import CHANNELS
from vonggac.desk.work.states import ACCEPTED, RECHECKED
from vonggac.errors import N_

FieldKind = Literal["line", "lines", "moment", "count", "organisation", "rows"]
ColumnKind = Literal["line", "choice", "whole", "flag", "phone", "reach", "range", "host", "day"]
Recheck = Literal["", "list", "networks"]
MOST_ROWS = 200
"""Rows of a small table in an answer."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a small table in an answer. ``title`` is an English text of the catalogue, ``example`` what may stand there.

    ``kind``: line, choice (a key of ``choices``: key and title), whole (``least`` to ``most``), flag (True, or not there), phone, reach (what the
    column ``channel`` of its row says: a number or an e-mail address), range (public addresses), host (a public address or a domain name), day (that has begun; kept as ISO text).
    ``most``: characters, of ``whole`` the highest number.
    """

    name: str
    title: str
    kind: ColumnKind = "line"
    most: int = 120
    least: int = 0
    needed: bool = False
    choices: tuple[tuple[str, str], ...] = ()
    example: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """One question of an answer: ``title`` and ``help`` are English texts of the catalogue.

    ``kind``: line, lines (a long text), moment (a time), count (0 and up), organisation (an id), rows (a small table of ``columns``: a
    list of mappings by their names). ``most``: characters, of ``rows`` how many. ``needed_for``: results for which it must be there.
    """

    name: str
    title: str
    kind: FieldKind = "line"
    help: str = ""
    most: int = 250
    needed_for: frozenset[str] = frozenset()
    columns: tuple[Column, ...] = ()


@dataclass(frozen=True, slots=True)
class Kind:
    """``title``: what is to be done; ``ask``: the same in plain words, for who does it seldom.

    ``clocks``: names of ``CLOCKS``. ``results``: result to title; those of ``final`` may be accepted, others are progress reports.
    ``skips``: states that it never comes to. ``needs_approval``: begins as proposed. ``unique``: the keys of ``details`` that make it
    one with its organisation. ``recheck``: what the machine looks at once an answer is accepted. ``guide``: a template of plain steps.
    ``proof_for``: results that need a file or a note as evidence.
    """

    name: str
    title: str
    ask: str
    clocks: tuple[str, ...]
    results: Mapping[str, str]
    final: frozenset[str]
    answer: tuple[Field, ...]
    unique: tuple[str, ...] = ()
    skips: frozenset[str] = frozenset()
    needs_approval: bool = False
    recheck: Recheck = ""
    guide: str = ""
    proof_for: frozenset[str] = frozenset()

    @property
    def is_obligation(self) -> bool:
        """Whether it answers a clause of a letter."""
        return "clause" in self.unique

    @property
    def has_rows(self) -> bool:
        """Whether its answer holds a small table, which no single row of a workbook can tell."""
        return any(field.kind == "rows" for field in self.answer)

    def ends_with(self, result: str) -> bool:
        """Whether a report of ``result`` ends the owner's turn; another one is progress."""
        return result in self.final or result == "not_ours"


_WHEN = (
    Field("received_at", N_("Received at"), "moment"),
    Field("verified_at", N_("Verified at"), "moment"),
    Field("done_at", N_("Done at"), "moment", needed_for=frozenset({"cleaned"})),
)
_CLOSING = (
    Field("evidence", N_("How do you know?"), "lines", N_("What the scan said, what you looked at."), 4000),
    Field("difficulties", N_("Difficulties"), "lines", "", 2000),
    Field("proposals", N_("Proposals"), "lines", "", 2000),
)

CLEAN_ADDRESS = Kind(
    "clean_address",
    N_("Clean an address on the botnet list"),
    N_(
        "A computer behind this address talks to a criminal's server. Find it, isolate it, clean it, and say how you know."
    ),
    ("acknowledge", "contain", "finish"),
    {
        "cleaned": N_("Found and cleaned"),
        "not_found": N_("Looked for, nothing found"),
        "in_progress": N_("Still working on it"),
        "not_ours": N_("Not ours"),
    },
    frozenset({"cleaned", "not_found"}),
    (
        *_WHEN,
        Field("host", N_("Host"), "line", N_("Name of the computer or device.")),
        Field("inner_address", N_("Inner address"), "line", N_("Its address inside your network."), 64),
        Field("malware", N_("Malware or CVE that was found")),
        Field("tool", N_("Tool used"), needed_for=frozenset({"cleaned", "not_found"})),
        Field("n_checked", N_("Hosts checked"), "count", needed_for=frozenset({"cleaned", "not_found"})),
        Field("n_infected", N_("Hosts infected"), "count", needed_for=frozenset({"cleaned"})),
        Field("n_cleaned", N_("Hosts cleaned"), "count", needed_for=frozenset({"cleaned"})),
        *_CLOSING,
    ),
    unique=("address", "malware"),
    recheck="list",
    guide="work/guides/clean_address.html",
    proof_for=frozenset({"cleaned"}),
)

IDENTIFY_HOLDER = Kind(
    "identify_holder",
    N_("Say who held an address"),
    N_(
        "This address lies in your range. Who held it, and the port, at that time? Your answer goes to who has to clean it."
    ),
    ("acknowledge", "finish"),
    {
        "identified": N_("Known"),
        "not_known": N_("Cannot be told"),
        "in_progress": N_("Still working on it"),
        "not_ours": N_("Not ours"),
    },
    frozenset({"identified", "not_known"}),
    (
        Field("holder", N_("Organisation"), "organisation", N_("If it is in the directory.")),
        Field("holder_name", N_("Name of the holder"), "line", N_("If it is not in the directory.")),
        Field("inner_address", N_("Inner address"), "line", "", 64),
        Field("held_from", N_("Held from"), "moment"),
        Field("held_until", N_("Held until"), "moment"),
        Field("evidence", N_("How do you know?"), "lines", N_("Which log or record says so."), 4000),
    ),
    unique=("address", "port", "at"),
    skips=frozenset({RECHECKED}),
    guide="work/guides/identify_holder.html",
)

CONFIRM_NETWORKS = Kind(
    "confirm_networks",
    N_("Confirm your networks"),
    N_("Are the addresses on record still yours? A warning finds its owner by them alone."),
    ("finish",),
    {
        "confirmed": N_("All is right"),
        "changed": N_("Corrected in the directory"),
        "in_progress": N_("Still working on it"),
    },
    frozenset({"confirmed", "changed"}),
    (Field("note", N_("Note"), "lines", "", 2000),),
    unique=("year",),
    skips=frozenset({ACCEPTED, RECHECKED}),
)

ASSIGNMENT = Kind(
    "assignment",
    N_("Assignment"),
    N_("The centre asks you to do this and to say how it went."),
    ("acknowledge", "finish"),
    {"done": N_("Done"), "in_progress": N_("Still working on it"), "not_ours": N_("Not ours")},
    frozenset({"done"}),
    (
        Field("done_at", N_("Done at"), "moment", needed_for=frozenset({"done"})),
        *_CLOSING,
    ),
    unique=("number",),
    skips=frozenset({RECHECKED}),
)

# ------------------------------------------------------------------------------- what a clause of a letter asks

_RESULTS = {
    "done": N_("Done"),
    "partly": N_("Partly done"),
    "no": N_("Not done"),
    "not_applicable": N_("Does not concern us"),
    "in_progress": N_("Still working on it"),
}
_FINAL = frozenset({"done", "partly", "no", "not_applicable"})
_DONE = frozenset({"done"})
_SOME = frozenset({"done", "partly"})
_REASON = Field(
    "reason",
    N_("Why"),
    "lines",
    N_("What is not done, and why; or why it does not concern you."),
    2000,
    frozenset({"partly", "no", "not_applicable"}),
)
_HOTLINE = Field("hotline", N_("Hotline"), "line", N_("The number that is answered day and night."), 60)
_OF_CLAUSE = ("clause", "day")
_CLAUSE_CLOCKS = ("acknowledge", "finish")
_NO_RECHECK = frozenset({RECHECKED})

CARRY_OUT = Kind(
    "carry_out",
    N_("Carry out"),
    N_("The letter asks you to do this. Say what you did."),
    _CLAUSE_CLOCKS,
    _RESULTS,
    _FINAL,
    (_REASON, *_CLOSING),
    _OF_CLAUSE,
    _NO_RECHECK,
)

STAND_DUTY = Kind(
    "stand_duty",
    N_("Stand duty"),
    N_("Who is on duty in these days, and by which number are they reached?"),
    _CLAUSE_CLOCKS,
    _RESULTS,
    _FINAL,
    (
        Field("n_people", N_("People on duty"), "count", needed_for=_SOME),
        Field(
            "people",
            N_("Who is on duty"),
            "rows",
            N_("A row for each person and shift."),
            MOST_ROWS,
            _SOME,
            (
                Column("day", N_("Day or period"), most=60, needed=True, example="31/12 – 01/01"),
                Column("shift", N_("Shift"), most=60, example="07:00–19:00"),
                Column("name", N_("Full name"), needed=True),
                Column("phone", N_("Telephone"), "phone", 32, needed=True),
                Column("is_leader", N_("Leads the duty"), "flag"),
            ),
        ),
        _HOTLINE,
        _REASON,
        *_CLOSING,
    ),
    _OF_CLAUSE,
    _NO_RECHECK,
)

CHECK_MACHINES = Kind(
    "check_machines",
    N_("Check machines for malware"),
    N_("Look at all servers and workstations. How many are there, were checked, infected, cleaned?"),
    _CLAUSE_CLOCKS,
    _RESULTS,
    _FINAL,
    (
        Field("n_servers", N_("Servers in all"), "count", needed_for=_SOME),
        Field("n_workstations", N_("Workstations in all"), "count", needed_for=_SOME),
        Field("n_checked", N_("Machines checked"), "count", needed_for=_SOME),
        Field("n_infected", N_("Machines infected"), "count", needed_for=_SOME),
        Field("n_cleaned", N_("Machines cleaned"), "count", needed_for=_SOME),
        Field("tool", N_("Tool used")),
        _REASON,
        *_CLOSING,
    ),
    _OF_CLAUSE,
    _NO_RECHECK,
)

PATCH_SYSTEMS = Kind(
    "patch_systems",
    N_("Patch systems"),
    N_("Which of your systems are concerned, and how many are patched?"),
    _CLAUSE_CLOCKS,
    _RESULTS,
    _FINAL,
    (
        Field("n_patched", N_("Systems patched"), "count", needed_for=_SOME),
        Field("n_pending", N_("Systems that wait for it"), "count", needed_for=_SOME),
        Field("n_unknown", N_("Systems not known about"), "count"),
        _REASON,
        *_CLOSING,
    ),
    _OF_CLAUSE,
    _NO_RECHECK,
)

HANDLE_CASES = Kind(
    "handle_cases",
    N_("Settle cases"),
    N_("How many requests, reports or incidents came, and how many are settled?"),
    _CLAUSE_CLOCKS,
    {"nothing": N_("Nothing came"), **_RESULTS},
    _FINAL | {"nothing"},
    (
        Field("n_received", N_("Cases received"), "count", needed_for=_SOME),
        Field("n_settled", N_("Cases settled"), "count", needed_for=_SOME),
        Field("n_open", N_("Cases still open"), "count"),
        _REASON,
        *_CLOSING,
    ),
    _OF_CLAUSE,
    _NO_RECHECK,
)

REPORT_DAY = Kind(
    "report_day",
    N_("Report on the day"),
    N_("Did anything happen today? “Nothing to report” is a report, too."),
    ("finish",),
    {
        "nothing": N_("Nothing to report"),
        "something": N_("There is something to report"),
        "not_applicable": N_("Does not concern us"),
    },
    frozenset({"nothing", "something", "not_applicable"}),
    (
        Field("n_incidents", N_("Incidents"), "count", needed_for=frozenset({"something"})),
        Field("what", N_("What happened, and what was done"), "lines", "", 4000, frozenset({"something"})),
        Field("reason", N_("Why"), "lines", N_("Why it does not concern you."), 2000, frozenset({"not_applicable"})),
        *_CLOSING[1:],
    ),
    _OF_CLAUSE,
    _NO_RECHECK,
)

DECLARE = Kind(
    "declare",
    N_("Declare contacts, networks and systems"),
    N_("Who is reached at your unit, which addresses and systems does it have?"),
    _CLAUSE_CLOCKS,
    _RESULTS,
    _FINAL,
    (
        Field(
            "contacts",
            N_("Contact points"),
            "rows",
            N_("Who is called or written to when something happens, the first to be tried at the top."),
            MOST_ROWS,
            _SOME,
            (
                Column("label", N_("Name or post"), needed=True),
                Column("channel", N_("By"), "choice", needed=True, choices=tuple(CHANNELS.items())),
                Column("value", N_("Number or address"), "reach", 254, needed=True),
            ),
        ),
        _HOTLINE,
        Field(
            "networks",
            N_("Public address ranges"),
            "rows",
            N_("As your provider gave them to you; addresses inside your own network do not belong here."),
            MOST_ROWS,
            columns=(
                Column("range", N_("Address, CIDR or range"), "range", 90, needed=True, example="203.0.113.0/28"),
                Column("since", N_("Held since, if you know"), "day", 10),
            ),
        ),
        Field(
            "systems",
            N_("Information systems"),
            "rows",
            N_("Each system that your unit owns; leave the level empty while none is approved."),
            MOST_ROWS,
            columns=(
                Column("name", N_("Name of the system"), most=250, needed=True),
                Column("level", N_("Security level"), "whole", 5, 1),
                Column("address", N_("Public address or domain name"), "host", 253, example="donghoa.example"),
            ),
        ),
        Field("n_servers", N_("Servers in all"), "count"),
        Field("n_workstations", N_("Workstations in all"), "count"),
        _REASON,
        *_CLOSING[1:],
    ),
    _OF_CLAUSE,
    _NO_RECHECK,
)

OBLIGATIONS: tuple[Kind, ...] = (
    CARRY_OUT,
    STAND_DUTY,
    CHECK_MACHINES,
    PATCH_SYSTEMS,
    HANDLE_CASES,
    REPORT_DAY,
    DECLARE,
)
"""What answers a clause of a letter: opened by its issue alone, and the recipient's to the end."""

KINDS: tuple[Kind, ...] = (CLEAN_ADDRESS, IDENTIFY_HOLDER, CONFIRM_NETWORKS, ASSIGNMENT, *OBLIGATIONS)
BY_NAME = {kind.name: kind for kind in KINDS}
