"""Every write over accounts: people, grants, invitations, passwords, second factors, sessions, API tokens, signing in."""

from vonggac.desk.accounts.actions.factors import (
    factor_added,
    factor_removed,
    recovery_codes_made,
    reset_factors,
    use_code_step,
)
from vonggac.desk.accounts.actions.grants import grant, revoke
from vonggac.desk.accounts.actions.invitations import GrantValues, accept, invite, resend, revoke_invitation
from vonggac.desk.accounts.actions.passwords import (
    ask_for_link,
    change_password,
    one_time_password,
    send_link,
    set_by_link,
)
from vonggac.desk.accounts.actions.people import (
    choose,
    deactivate,
    edit_account,
    edit_own,
    end_own_sessions,
    end_sessions,
    first_administrator,
    reactivate,
    unlock,
)
from vonggac.desk.accounts.actions.signing import (
    admit_factor,
    admit_password,
    factor_right,
    factor_wrong,
    linked,
    password_right,
    password_wrong,
    session_seen,
    signed_in,
    signed_out,
)
from vonggac.desk.accounts.actions.tokens import create_token, revoke_token
from vonggac.desk.accounts.actions.upkeep import clear_old

__all__ = [
    "GrantValues",
    "accept",
    "admit_factor",
    "admit_password",
    "ask_for_link",
    "change_password",
    "choose",
    "clear_old",
    "create_token",
    "deactivate",
    "edit_account",
    "edit_own",
    "end_own_sessions",
    "end_sessions",
    "factor_added",
    "factor_removed",
    "factor_right",
    "factor_wrong",
    "first_administrator",
    "grant",
    "invite",
    "linked",
    "one_time_password",
    "password_right",
    "password_wrong",
    "reactivate",
    "recovery_codes_made",
    "resend",
    "reset_factors",
    "revoke",
    "revoke_invitation",
    "revoke_token",
    "send_link",
    "session_seen",
    "set_by_link",
    "signed_in",
    "signed_out",
    "unlock",
    "use_code_step",
]
