"""Signing in and out, one's own account, people with accounts, invitations.

Names that begin with ``account_`` and ``mfa_`` are those by which allauth finds its pages; of allauth's others there are none.
"""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from vonggac.web.accounts.views import entrance, invitations, mine, people

urlpatterns: list[URLPattern | URLResolver] = [
    path("account/login/", entrance.sign_in, name="account_login"),
    path("account/login/passkey/", entrance.sign_in_by_passkey, name="mfa_login_webauthn"),
    path("account/login/code/", entrance.second_factor, name="mfa_authenticate"),
    path("account/logout/", entrance.sign_out, name="account_logout"),
    path("account/inactive/", entrance.inactive, name="account_inactive"),
    path("account/sign-on/", entrance.sign_on_start, name="sign_on"),
    path("account/sign-on/callback/", entrance.sign_on_callback, name="sign_on_callback"),
    path("account/invitation/", entrance.invitation, name="invitation"),
    path("account/password/forgotten/", entrance.forgotten, name="account_reset_password"),
    path("account/password/forgotten/sent/", entrance.forgotten_sent, name="account_reset_password_done"),
    path("account/password/new/", entrance.new_password, name="new_password"),
    path("account/password/new/done/", entrance.new_password_done, name="new_password_done"),
    path("account/", mine.profile, name="account_profile"),
    path("account/password/", mine.password, name="account_change_password"),
    path("account/again/", mine.by_password, name="account_reauthenticate"),
    path("account/again/code/", mine.by_code, name="mfa_reauthenticate"),
    path("account/again/passkey/", mine.by_passkey, name="mfa_reauthenticate_webauthn"),
    path("account/first-factor/", mine.first_factor, name="first_factor"),
    path("account/factors/", mine.factors, name="mfa_index"),
    path("account/factors/app/add/", mine.add_app, name="mfa_activate_totp"),
    path("account/factors/app/remove/", mine.remove_app, name="mfa_deactivate_totp"),
    path("account/factors/passkeys/", mine.passkey_list, name="mfa_list_webauthn"),
    path("account/factors/passkeys/add/", mine.add_passkey, name="mfa_add_webauthn"),
    path("account/factors/passkeys/<int:pk>/remove/", mine.remove_passkey, name="mfa_remove_webauthn"),
    path("account/factors/passkeys/<int:pk>/name/", mine.rename_passkey, name="mfa_edit_webauthn"),
    path("account/factors/codes/", mine.recovery_codes, name="mfa_view_recovery_codes"),
    path("account/factors/codes/new/", mine.make_recovery_codes, name="mfa_generate_recovery_codes"),
    path("account/sessions/", mine.sessions, name="account_sessions"),
    path("account/sessions/end/", mine.end_sessions, name="account_end_sessions"),
    path("account/tokens/", mine.tokens, name="account_tokens"),
    path("account/tokens/new/", mine.new_token, name="account_new_token"),
    path("account/tokens/<int:token_id>/revoke/", mine.revoke_token, name="account_revoke_token"),
    path("accounts/", people.accounts, name="accounts"),
    path("accounts/invite/", invitations.invite, name="invite"),
    path("accounts/invitations/", invitations.invitations, name="invitations"),
    path("accounts/invitations/<int:invitation_id>/resend/", invitations.resend, name="invitation-resend"),
    path("accounts/invitations/<int:invitation_id>/revoke/", invitations.revoke, name="invitation-revoke"),
    path("accounts/<int:user_id>/", people.account, name="account"),
    path("accounts/<int:user_id>/edit/", people.edit, name="account-edit"),
    path("accounts/<int:user_id>/grants/new/", people.grant, name="account-grant"),
    path("accounts/<int:user_id>/grants/<int:grant_id>/revoke/", people.revoke, name="account-revoke"),
    path("accounts/<int:user_id>/deactivate/", people.deactivate, name="account-deactivate"),
    path("accounts/<int:user_id>/reactivate/", people.reactivate, name="account-reactivate"),
    path("accounts/<int:user_id>/unlock/", people.unlock, name="account-unlock"),
    path("accounts/<int:user_id>/send-link/", people.send_link, name="account-send-link"),
    path("accounts/<int:user_id>/one-time-password/", people.one_time_password, name="account-one-time-password"),
    path("accounts/<int:user_id>/reset-factors/", people.reset_factors, name="account-reset-factors"),
    path("accounts/<int:user_id>/end-sessions/", people.end_sessions, name="account-end-sessions"),
    path("accounts/<int:user_id>/tokens/<int:token_id>/revoke/", people.revoke_token, name="account-token-revoke"),
]
