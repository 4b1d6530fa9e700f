"""Words of letters: their states, directions, forms, degrees of urgency. Layout and terms after Decree 30/2020/NĐ-CP."""

from __future__ import annotations

from typing import Final

from vonggac.errors import N_

DRAFT: Final = "draft"
APPROVED: Final = "approved"
ISSUED: Final = "issued"
WITHDRAWN: Final = "withdrawn"
STATES: Final = {
    DRAFT: N_("Draft"),
    APPROVED: N_("Approved, without a number yet"),
    ISSUED: N_("Issued"),
    WITHDRAWN: N_("Withdrawn"),
}
"""State of a letter to its title. One that came in is issued from the start, by who sent it."""

OUT: Final = "out"
IN: Final = "in"
DIRECTIONS: Final = {OUT: N_("Outgoing"), IN: N_("Incoming")}

URGENCIES: Final = {
    "": N_("Ordinary"),
    "khan": N_("Urgent"),
    "thuong_khan": N_("Very urgent"),
    "hoa_toc": N_("Express"),
}
"""Degrees of urgency (Decree 30/2020, article 8), the least first."""
PRIORITY_OF: Final = {"": 3, "khan": 2, "thuong_khan": 2, "hoa_toc": 1}
"""Degree of urgency to the priority of the Tasks that a letter opens."""

LETTER: Final = "cong_van"
REPORT: Final = "bao_cao"
FORMS: Final = {LETTER: N_("Official letter"), REPORT: N_("Report")}
"""Form of a document to its title; each has its own numbers."""

ACTION: Final = "action"
ROLES: Final = {
    ACTION: N_("For action"),
    "report": N_("For report"),
    "information": N_("For information"),
    "archive": N_("Archive"),
}
"""Why somebody stands among the recipients."""

CHANGES: Final = {"": N_("Neither"), "amends": N_("Amends it"), "replaces": N_("Takes its place")}
"""What a letter does to the one that it is about."""

VIAS: Final = {
    "portal": N_("In the portal"),
    "link": N_("By the link in the message"),
    "phone": N_("By telephone"),
    "letter": N_("By letter"),
    "mail": N_("By e-mail"),
}
"""How a recipient acknowledged."""

LINK_USES: Final = {
    "seen": N_("Address fetched, nothing opened"),
    "opened": N_("Opened"),
    "wrong_code": N_("Wrong code"),
    "confirmed": N_("Code confirmed"),
    "saved": N_("Draft saved"),
    "acknowledged": N_("Acknowledged"),
    "answered": N_("Answered"),
    "file": N_("File fetched"),
}
"""What was done with a link (``LinkUse.what``). What programs do that look at mail is ``seen``: a person presses a button."""

MACHINE_PROOFS: Final = {"": N_("None"), "lists": N_("Work from lists is clean by the machine's re-check")}
"""What turns an accepted answer to a clause from declared into proven."""
