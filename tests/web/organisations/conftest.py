"""Browsers (Django's test client) of people who are signed in."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture
def fields() -> Callable[[Any], dict[str, str]]:
    """The values that a browser would send of the form ``#record`` of a page."""
    from html import unescape

    def read(response: Any) -> dict[str, str]:
        page = response.content.decode()
        form = page[page.index('id="record"') : page.index("</form>", page.index('id="record"'))]
        found: dict[str, str] = {}
        for tag in re.findall(r"<input [^>]*>", form):
            values = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
            is_off = values.get("type") in {"checkbox", "radio"} and " checked" not in tag
            if "name" in values and not is_off:
                found[values["name"]] = unescape(values.get("value", ""))
        for name, options in re.findall(r'<select name="([\w-]+)".*?>(.*?)</select>', form, re.DOTALL):
            chosen = re.search(r'<option value="([^"]*)" selected', options)
            first = re.search(r'<option value="([^"]*)"', options)
            found[name] = unescape((chosen or first)[1])  # type: ignore[index]
        for name, text in re.findall(r'<textarea name="([\w-]+)".*?>(.*?)</textarea>', form, re.DOTALL):
            found[name] = unescape(text).removeprefix("\n")
        found.pop("csrfmiddlewaretoken", None)
        return found

    return read
