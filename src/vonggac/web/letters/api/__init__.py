"""Routes of letters; a piece adds its router to ``ROUTERS``."""

from __future__ import annotations

from ninja import Router

ROUTERS: tuple[Router, ...] = ()
