"""What can be said of the signatures of a PDF: a small set of states for people, and the reasons that lead to each."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal

from vonggac.errors import N_

State = Literal["valid", "valid_unknown_signer", "altered", "broken", "unsigned", "cannot_tell"]
Chain = Literal["valid", "unknown_root", "expired", "not_yet", "revoked", "wrong", "cannot_tell"]

STATES: dict[State, str] = {
    "valid": N_("Signed, unchanged, and the signer is known"),
    "valid_unknown_signer": N_("Signed and unchanged, but nobody we trust vouches for the signer"),
    "altered": N_("Changed after it was signed"),
    "broken": N_("The signature does not hold"),
    "unsigned": N_("Not signed"),
    "cannot_tell": N_("It cannot be told whether the signature holds"),
}
"""A state's title for people."""

WORST: tuple[State, ...] = ("altered", "broken", "cannot_tell", "valid_unknown_signer", "valid")
"""Of two states the one that stands first here is that of both together."""

REASONS: dict[str, tuple[State, str]] = {
    # the file
    "too_large": ("cannot_tell", N_("the file is larger than {limit} MB")),
    "not_pdf": ("cannot_tell", N_("the file is no PDF")),
    "encrypted": ("cannot_tell", N_("the PDF is encrypted: ask for it without a password")),
    "unreadable": ("cannot_tell", N_("the PDF is damaged, cut off, or not built by the rules ({detail})")),
    "too_deep": ("cannot_tell", N_("the PDF is built so deep or so large that looking at it was given up")),
    "too_many": ("cannot_tell", N_("the PDF has more than {limit} signatures")),
    "took_too_long": ("cannot_tell", N_("looking at the signature took too long or too much memory and was given up")),
    "hidden": ("cannot_tell", N_("the file holds a signature that belongs to none of its fields")),
    "active": ("cannot_tell", N_("the file has scripts or active forms, which may show something else than what was signed")),
    "elsewhere": ("cannot_tell", N_("a part of what is shown lies in another file, which nobody signed")),
    "hybrid_update": ("altered", N_("what was added after signing shows different programs different things")),
    "hybrid": ("valid", N_("the file has two tables of its contents, as Microsoft Word writes them; both are signed")),
    "only_stamp": ("unsigned", N_("there is a time stamp, but nobody signed")),
    "no_signature": ("unsigned", N_("there is no signature in the file")),
    "empty_field": ("valid", N_("a field for a signature is still empty: {field}")),
    # what is signed
    "not_whole": ("altered", N_("the signature does not cover the file from its beginning")),
    "hole": ("altered", N_("the signature leaves out a part of the file")),
    "appended": ("altered", N_("something was appended to the file after signing")),
    "reads_otherwise": ("altered", N_("what was appended changes how the signed part is read")),
    "content_changed": ("altered", N_("the content is not what was signed")),
    "changed_later": ("altered", N_("pages or other content were changed after signing")),
    "filled_later": ("altered", N_("form fields were filled or added after signing: {fields}")),
    "covers_page": ("altered", N_("a field added after signing covers a large part of page {page}")),
    "not_permitted": ("altered", N_("a change after signing goes against what the signer permitted")),
    # the signature itself
    "unreadable_signature": ("broken", N_("the signature cannot be read: it is empty, cut off or badly formed")),
    "false": ("broken", N_("the signature was not made with the key of this certificate")),
    "unknown_kind": ("cannot_tell", N_("the signature is of a kind that is not looked at ({kind})")),
    "weak": ("cannot_tell", N_("the signature uses a method that can be forged today ({method})")),
    "weak_chain": ("cannot_tell", N_("a certificate in the chain uses a method that can be forged today")),
    # the signer
    "unknown_root": ("valid_unknown_signer", N_("the certificate of {signer} comes from no authority on our list")),
    "revoked": ("broken", N_("the certificate of {signer} was revoked")),
    "maybe_revoked": ("cannot_tell", N_("a list in the file says that the certificate was revoked, but cannot be checked")),
    "not_yet": ("broken", N_("the certificate was not yet valid at the time of signing")),
    "expired_then": ("broken", N_("the certificate had expired at the time of signing")),
    "expired_since": (
        "cannot_tell",
        N_("a certificate has expired since, and no trusted time stamp shows that it was signed before"),
    ),
    "wrong_use": ("broken", N_("the certificate is not for signing documents")),
    "chain_wrong": ("broken", N_("the chain of certificates above the signer does not hold")),
    "revocation_unknown": ("valid", N_("nothing in the file says whether the certificate was revoked meanwhile")),
    # time
    "time_claimed": ("valid", N_("the time of signing is what the signer's computer said")),
    "time_ahead": ("cannot_tell", N_("the time of signing lies in the future")),
    "stamp_wrong": ("broken", N_("the time stamp belongs to another signature, or was changed")),
    "stamp_unknown": ("valid", N_("the time stamp comes from no authority on our list and counts for nothing")),
    "requirements": ("cannot_tell", N_("the signature does not meet what the form demands of it")),
}  # fmt: skip
"""A reason's name to the best state that is possible with it, and its text (English template)."""


@dataclasses.dataclass(frozen=True, slots=True)
class Reason:
    """Why; ``name`` is a key of REASONS, ``params`` fill its text."""

    name: str
    params: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def state(self) -> State:
        """The best that is possible with this reason."""
        return REASONS[self.name][0]


@dataclasses.dataclass(frozen=True, slots=True)
class Signature:
    """One signature or time stamp of a file.

    ``signer``, ``organisation``, ``subject``: of the certificate, as it says itself; ``serial``: hexadecimal. ``claimed_at``: the signer's own clock;
    ``stamped_at``: of a trusted time stamp. ``revocation``: good, revoked or unknown. ``coverage``: whole_file, earlier_revision or part;
    ``changes`` after it: none, maintenance, signatures, suspicious or unknown. ``level``: B-B, B-T, B-LT, B-LTA, or empty when it is not PAdES.
    ``certifies``: what a certification permits later (nothing, forms, comments), empty for none. ``locks``: names of fields, "*" for all.
    """

    kind: Literal["signature", "time_stamp"]
    field: str
    state: State
    reasons: tuple[Reason, ...]
    signer: str = ""
    organisation: str = ""
    subject: str = ""
    issuer: str = ""
    serial: str = ""
    fingerprint: str = ""
    claimed_at: datetime | None = None
    stamped_at: datetime | None = None
    chain: Chain = "cannot_tell"
    revocation: Literal["good", "revoked", "unknown"] = "unknown"
    coverage: Literal["whole_file", "earlier_revision", "part"] = "part"
    changes: Literal["none", "maintenance", "signatures", "suspicious", "unknown"] = "unknown"
    method: str = ""
    is_weak: bool = False
    level: Literal["", "B-B", "B-T", "B-LT", "B-LTA"] = ""
    certifies: Literal["", "nothing", "forms", "comments"] = ""
    locks: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Verdict:
    """What is said of a file; ``reasons`` are of the file as a whole."""

    state: State
    reasons: tuple[Reason, ...] = ()
    signatures: tuple[Signature, ...] = ()

    def as_values(self) -> dict[str, Any]:
        """Plain values, as JSON can hold them; times in ISO 8601."""
        values: dict[str, Any] = _plain(dataclasses.asdict(self))
        return values


def worst(states: Iterable[State]) -> State:
    """The state of several together; valid for none."""
    return min(states, key=WORST.index, default="valid")


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value.isoformat() if isinstance(value, datetime) else value
