"""Today, and what else belongs to no noun."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from vonggac.web.shell.pages import SIGNED_IN, Request, page


@page(SIGNED_IN)
def today(request: Request) -> HttpResponse:
    """What waits for this person today."""
    return render(request, "shell/today.html")
