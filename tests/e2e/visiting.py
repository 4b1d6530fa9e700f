"""People at browsers. Whatever a browser complains about, and whatever it asks of anybody else, is a fault of the portal."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from portal import Portal, one_time_code

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
PATIENCE_MS = 20_000


@dataclass
class Visits:
    """Opens windows of ``browser`` at ``portal``, each in a fresh profile; ``faults`` is empty when all is well."""

    browser: Any
    portal: Portal
    sessions: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    contexts: list[Any] = field(default_factory=list)
    sessions_end: bool = False
    """Sessions are ended while pages are open: their streams are then refused, as they should be."""

    def window(self, role: str = "", path: str | None = "/", **options: Any) -> Any:
        """A page at ``path`` (None: not yet anywhere), signed in as the one who holds ``role``; without it signed out."""
        context = self.browser.new_context(
            **{"viewport": DESKTOP, "locale": "vi-VN", "timezone_id": "Asia/Ho_Chi_Minh", "service_workers": "block", **options}
        )  # fmt: skip
        self.contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        if role:
            name = self.portal.logins[role]["username"] if role in self.portal.logins else role
            context.add_cookies([{"name": "vonggac_session", "value": self.sessions[name], "url": self.portal.url}])
        page = context.new_page()
        self._listen(page)
        if path is not None:
            page.goto(self.portal.url + path)
        return page

    def _listen(self, page: Any) -> None:
        ours = {f"localhost:{self.portal.port}", f"localhost:{self.portal.live_port}"}

        def asked(request: Any) -> None:
            parts = urlsplit(request.url)
            if parts.scheme not in ("data", "blob", "about") and parts.netloc not in ours:
                self.faults.append(f"{page.url} asks {request.url}")

        def answered(response: Any) -> None:
            request = response.request
            if self.sessions_end and response.status == 401 and urlsplit(response.url).path == "/live":
                return
            # Pages answer 403, 404, 409 and 422 on purpose, parts of pages and assets never.
            if response.status >= 500 or (response.status >= 400 and request.resource_type != "document"):
                self.faults.append(f"{page.url}: {response.status} from {request.method} {response.url}")

        def said(line: Any) -> None:
            if line.type in ("error", "warning") and not line.text.startswith("Failed to load resource"):
                self.faults.append(f"{page.url}: {line.text}")

        page.on("request", asked)
        page.on("response", answered)
        page.on("console", said)
        page.on("pageerror", lambda fault: self.faults.append(f"{page.url}: {fault}"))

    def close(self) -> None:
        """Shut all windows."""
        while self.contexts:
            self.contexts.pop().close()


def sign_in(page: Any, portal: Portal, role: str) -> None:
    """Through the door, with password and one-time code."""
    login = portal.logins[role]
    page.goto(f"{portal.url}/account/login/")
    page.fill("[name=login]", login["username"])
    page.fill("[name=password]", login["password"])
    page.click("main button[type=submit] >> nth=0")
    if login["totp"]:
        page.wait_for_url("**/account/login/code/")
        page.fill("[name=code]", one_time_code(login["totp"]))
        page.click("form:has([name=code]) button.primary")
    page.wait_for_url(f"{portal.url}/")


def overflow(page: Any) -> int:
    """By how many pixels the page is wider than its window."""
    wider: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return wider
