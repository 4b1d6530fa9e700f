"""Every write over work: opened, moved by its owner, reviewed, re-checked, its clocks, many at once."""

from vonggac.desk.work.actions.alarms import look_again, ring
from vonggac.desk.work.actions.attribution import Asked, Passed, Question, ask_holder, ask_holders, pass_on
from vonggac.desk.work.actions.bulk import Outcome, undo
from vonggac.desk.work.actions.evidence import add_evidence, remove_evidence
from vonggac.desk.work.actions.log_drops import claim_log, drop_log, forget_log, read_log, require_log
from vonggac.desk.work.actions.moving import (
    acknowledge,
    assign,
    begin,
    comment,
    contain,
    hand_over,
    pause,
    resume,
    set_priority,
    submit,
    unwatch,
    watch,
    withdraw,
)
from vonggac.desk.work.actions.opening import Draft, approve, hide_batch, open_at_once, open_task, publish, stage
from vonggac.desk.work.actions.policies import (
    add_day_off,
    decide_policy,
    move_to_policy,
    propose_policy,
    remove_day_off,
)
from vonggac.desk.work.actions.recheck import pass_recheck, reappear
from vonggac.desk.work.actions.reporting import submit_many
from vonggac.desk.work.actions.review import accept, reopen, return_
from vonggac.desk.work.actions.verbs import VERBS
from vonggac.desk.work.actions.views import delete_view, save_view

__all__ = [
    "VERBS",
    "Asked",
    "Draft",
    "Outcome",
    "Passed",
    "Question",
    "accept",
    "acknowledge",
    "add_day_off",
    "add_evidence",
    "approve",
    "ask_holder",
    "ask_holders",
    "assign",
    "begin",
    "claim_log",
    "comment",
    "contain",
    "decide_policy",
    "delete_view",
    "drop_log",
    "forget_log",
    "hand_over",
    "hide_batch",
    "look_again",
    "move_to_policy",
    "open_at_once",
    "open_task",
    "pass_on",
    "pass_recheck",
    "pause",
    "propose_policy",
    "publish",
    "read_log",
    "reappear",
    "remove_day_off",
    "remove_evidence",
    "reopen",
    "require_log",
    "resume",
    "return_",
    "ring",
    "save_view",
    "set_priority",
    "stage",
    "submit",
    "submit_many",
    "undo",
    "unwatch",
    "watch",
    "withdraw",
]
