"""What can have been done with a Task: the words of its timeline."""

from __future__ import annotations

from vonggac.errors import N_

VERBS = {
    "approve": N_("Approved"),
    "acknowledge": N_("Acknowledged"),
    "begin": N_("Work began"),
    "contain": N_("Contained"),
    "submit": N_("Result reported"),
    "progress": N_("Progress reported"),
    "accept": N_("Accepted"),
    "take_in": N_("Taken over into the directory"),
    "return": N_("Returned"),
    "reopen": N_("Reopened"),
    "reappear": N_("Seen again: reopened"),
    "recheck": N_("Re-checked"),
    "close": N_("Closed"),
    "prove": N_("Proven: all work from lists is closed by the machine's re-check"),
    "unprove": N_("No longer proven: work from lists is open again"),
    "withdraw": N_("Withdrawn"),
    "assign": N_("Given to a person"),
    "hand_over": N_("Handed over"),
    "priority": N_("Priority changed"),
    "pause": N_("Clocks stopped"),
    "resume": N_("Clocks run again"),
    "policy": N_("Clocks moved to another policy"),
    "evidence": N_("Evidence added"),
    "remove_evidence": N_("Evidence removed"),
    "warn": N_("Told that a clock is about to break"),
    "break": N_("Told that a clock broke"),
    "climb": N_("Told to the head of the unit"),
    "undo": N_("Undone"),
    "ask": N_("Asked who held the address"),
    "pass_on": N_("Answer passed on"),
    "told": N_("Told who it was inside"),
    "holder_unknown": N_("Nobody can say who held the address"),
    "refer": N_("Put before another body"),
    "same_elsewhere": N_("The same work lies with another organisation"),
}
"""Verb of a Step to its title."""
