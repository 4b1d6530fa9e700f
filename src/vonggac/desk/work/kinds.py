"""The kinds of Task: one literal tuple. A kind says which clocks it has, what its answer holds, what makes it unique, how it is re-checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from vonggac.desk.work.states import ACCEPTED, RECHECKED
from vonggac.errors import N_

FieldKind = Literal["line", "lines", "moment", "count", "organisation"]
Recheck = Literal["", "list", "networks"]


@dataclass(frozen=True, slots=True)
class Field:
    """One question of an answer: ``title`` and ``help`` are English texts of the catalogue.

    ``kind``: line, lines (a long text), moment (a time), count (0 and up), organisation (an id). ``needed_for``: results for which it must
    be there.
    """

    name: str
    title: str
    kind: FieldKind = "line"
    help: str = ""
    most: int = 250
    needed_for: frozenset[str] = frozenset()


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

KINDS: tuple[Kind, ...] = (CLEAN_ADDRESS, IDENTIFY_HOLDER, CONFIRM_NETWORKS, ASSIGNMENT)
BY_NAME = {kind.name: kind for kind in KINDS}
