"""Every read over accounts: who somebody is and what they hold now, and what an administrator sees of others."""

from vonggac.desk.accounts.queries.askers import asker_of, asker_of_token, has_second_factor, needs_second_factor
from vonggac.desk.accounts.queries.invitations import Offer, invitations, offer_of
from vonggac.desk.accounts.queries.links import link_user
from vonggac.desk.accounts.queries.people import (
    STATES,
    account,
    account_named,
    accounts,
    factors,
    factors_of,
    grants_of,
    is_manageable,
    locked_until,
    own,
    own_grants,
    own_sessions,
    own_tokens,
    roles_to_give,
    sessions_of,
    tokens_of,
)

__all__ = [
    "STATES",
    "Offer",
    "account",
    "account_named",
    "accounts",
    "asker_of",
    "asker_of_token",
    "factors",
    "factors_of",
    "grants_of",
    "has_second_factor",
    "invitations",
    "is_manageable",
    "link_user",
    "locked_until",
    "needs_second_factor",
    "offer_of",
    "own",
    "own_grants",
    "own_sessions",
    "own_tokens",
    "roles_to_give",
    "sessions_of",
    "tokens_of",
]
