"""The files of a letter as its pages show them, with what can be done now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext

from vonggac.desk.directives.models import Letter, LetterFile
from vonggac.desk.directives.queries.files import ATTACHMENT, DOCX, PDF, SIGNED, files_of, is_good, letter_itself
from vonggac.desk.directives.queries.letters import may_see_office
from vonggac.desk.directives.states import APPROVED, DRAFT, ISSUED, LETTER, OUT
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import may_on
from vonggac.documents.signature_verdict import REASONS, STATES
from vonggac.errors import N_
from vonggac.jobs.letter_uploads import signers_of

PARTS: Mapping[str, str] = {
    "original": N_("As it came in"),
    SIGNED: N_("Signed"),
    PDF: N_("The letter as PDF"),
    DOCX: N_("The letter as Word document"),
    ATTACHMENT: N_("Attached"),
    "draft_pdf": N_("The draft as PDF"),
    "draft_docx": N_("The draft as Word document"),
    "appendix": N_("Appendices as a workbook"),
    "reply": N_("Reply"),
}
"""Part of a letter to its title, in the order in which they are shown."""
_TONES = {"valid": "ok", "valid_unknown_signer": "medium", "altered": "critical", "broken": "critical"}
_MATCHES = {
    "partly": N_("Its text names this letter only in part: look whether it is the right file."),
    "no": N_("Its text is not that of this letter: another file was signed."),
    "no_text": N_("It holds no text that could be compared with this letter: a scan, perhaps. Look at it yourself."),
}
_CHAINS = {
    "valid": N_("The certificate comes from an authority on our list."),
    "unknown_root": N_("The certificate comes from no authority on our list."),
    "expired": N_("The certificate had expired."),
    "not_yet": N_("The certificate was not valid yet."),
    "revoked": N_("The certificate was revoked."),
    "wrong": N_("The chain of certificates does not hold."),
    "cannot_tell": N_("It cannot be told where the certificate comes from."),
}


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signed: ``at`` as a time stamp proves (``is_proven``) or as their computer says; ``chain``: a sentence about the certificate."""

    name: str
    organisation: str
    issuer: str
    at: datetime | None
    is_proven: bool
    chain: str


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of a file that came back signed, in the reader's language. ``tone``: of badges; ``is_bad``: it is never the letter."""

    title: str
    tone: str
    is_bad: bool
    is_unchanged: bool
    signers: list[Signer]
    reasons: list[str]
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """One file. ``is_letter``: recipients get it as the letter."""

    file: LetterFile
    part: str
    is_letter: bool
    may_remove: bool
    said: Said | None = None


@dataclass(slots=True)
class Files:
    """The panel. ``making``: documents are being made; ``waits``: nothing goes out before the signed file; ``can_send``: it is there, and good."""

    letter: Letter
    items: list[Shown] = field(default_factory=list)
    can_attach: bool = False
    can_sign: bool = False
    can_preview: bool = False
    making: bool = False
    waits: bool = False
    can_send: bool = False


def files_panel(asker: Asker, row: Letter) -> Files:
    """The panel of a letter that the asker was found to see."""
    files = files_of(asker, row)
    sees_office = may_see_office(asker, row)
    may_draft = row.direction == OUT and may_on(asker, "letters.draft", row.office_id)
    itself = letter_itself(files)
    order = list(PARTS)
    items = [
        Shown(
            one, gettext(PARTS.get(one.part, one.part)), one == itself,
            may_draft and row.state == DRAFT and one.part == ATTACHMENT,
            said_of(one.verdict) if one.part == SIGNED and sees_office else None,
        )
        for one in sorted(files, key=lambda one: (order.index(one.part) if one.part in order else 9, -one.pk))
    ]  # fmt: skip
    is_numbered = row.direction == OUT and row.state == ISSUED
    parts = {one.part for one in files}
    waits = is_numbered and row.sent_at is None
    good = any(is_good(one) for one in files)
    return Files(
        row, items,
        can_attach=may_draft and row.state in (DRAFT, APPROVED), can_sign=may_draft and is_numbered,
        can_preview=sees_office and row.direction == OUT and row.form == LETTER and row.state in (DRAFT, APPROVED),
        making=is_numbered and DOCX not in parts, waits=waits,
        can_send=waits and good and may_on(asker, "letters.issue", row.office_id),
    )  # fmt: skip


def said_of(verdict: Mapping[str, Any]) -> Said:
    """A kept verdict in the reader's language."""
    state, match = verdict.get("state", "cannot_tell"), verdict.get("match", "no_text")
    signatures = signers_of(verdict)
    reasons = [*verdict.get("reasons", ()), *(reason for one in signatures for reason in one.get("reasons", ()))]
    is_bad = state in ("altered", "broken") or match == "no"
    tone = "critical" if is_bad else "medium" if match != "yes" else _TONES.get(state, "medium")
    warning = gettext(_MATCHES[match]) if match in _MATCHES else ""
    return Said(
        gettext(STATES.get(state, state)), tone, is_bad, state in ("valid", "valid_unknown_signer"),
        [_signer(one) for one in signatures], list(dict.fromkeys(_reason(one) for one in reasons)), warning,
    )  # fmt: skip


def _signer(one: Mapping[str, Any]) -> Signer:
    stamped, claimed = one.get("stamped_at"), one.get("claimed_at")
    moment = stamped or claimed
    chain = gettext(_CHAINS.get(one.get("chain", ""), _CHAINS["cannot_tell"]))
    return Signer(
        one.get("signer", ""), one.get("organisation", ""), one.get("issuer", ""),
        datetime.fromisoformat(moment) if moment else None, bool(stamped), chain,
    )  # fmt: skip


def _reason(one: Mapping[str, Any]) -> str:
    _state, words = REASONS.get(one.get("name", ""), ("", ""))
    text = gettext(words).format(**one.get("params", {})) if words else str(one.get("name", ""))
    return text[:1].upper() + text[1:]
