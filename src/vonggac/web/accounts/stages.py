"""What stands between the password and the session."""

from __future__ import annotations

from typing import Any

from allauth.mfa.stages import AuthenticateStage


class SecondFactorStage(AuthenticateStage):  # type: ignore[misc]  # allauth has no types
    """The second factor of whoever has one, unless the sign-on service vouches that it has just seen one."""

    def _should_handle(self, request: Any) -> bool:
        return not getattr(request, "sign_on_has_mfa", False) and bool(super()._should_handle(request))
