"""Sigma rules on columns: ``compile_rules`` or ``load_rules`` make a :class:`RuleSet`, :class:`SigmaDetector` runs it."""

from __future__ import annotations

from collections.abc import Iterable

from vonggac.detectors.sigma.engine import SigmaDetector
from vonggac.detectors.sigma.ruleset import LogSource, Rule, RuleSet

__all__ = ["LogSource", "Rule", "RuleSet", "SigmaDetector", "compile_rules"]


def compile_rules(texts: Iterable[tuple[str, str]]) -> RuleSet:
    """Compile ``(place, YAML text)`` pairs; a fault in one rule leaves the others usable."""
    from vonggac.detectors.sigma import compile as compiler  # pySigma takes long to import; a cached set needs it not

    return compiler.compile_rules(texts)
