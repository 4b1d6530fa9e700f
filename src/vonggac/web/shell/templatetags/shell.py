"""The components of the design language as template tags; every page has them without loading."""

from __future__ import annotations

from django import template

register = template.Library()
