"""Detectors: what rules and indicator lists find in event batches. This is the public door; ``docs/library.md`` shows it.

Nothing here reads a file, the environment or the network. Names are loaded when they are first asked for: compiled loops take
a moment to import, and whoever reads lists only needs none of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vonggac.detectors.detector import Detector
    from vonggac.detectors.indicators.detector import IndicatorDetector
    from vonggac.detectors.indicators.indicator import Indicator
    from vonggac.detectors.indicators.lists import IndicatorList, read_list
    from vonggac.detectors.sigma import Rule, RuleSet, SigmaDetector, compile_rules
    from vonggac.detectors.sigma.explain import Part, explain
    from vonggac.detectors.sigma.ruleset import Correlation
    from vonggac.errors import RuleError
    from vonggac.events.finding import Finding, Hit, RuleInfo

__all__ = [
    "Correlation",
    "Detector",
    "Finding",
    "Hit",
    "Indicator",
    "IndicatorDetector",
    "IndicatorList",
    "Part",
    "Rule",
    "RuleError",
    "RuleInfo",
    "RuleSet",
    "SigmaDetector",
    "compile_rules",
    "explain",
    "read_list",
]

_HOMES = {
    "Correlation": "vonggac.detectors.sigma.ruleset",
    "Detector": "vonggac.detectors.detector",
    "Finding": "vonggac.events.finding",
    "Hit": "vonggac.events.finding",
    "Indicator": "vonggac.detectors.indicators.indicator",
    "IndicatorDetector": "vonggac.detectors.indicators.detector",
    "IndicatorList": "vonggac.detectors.indicators.lists",
    "Part": "vonggac.detectors.sigma.explain",
    "Rule": "vonggac.detectors.sigma",
    "RuleError": "vonggac.errors",
    "RuleInfo": "vonggac.events.finding",
    "RuleSet": "vonggac.detectors.sigma",
    "SigmaDetector": "vonggac.detectors.sigma",
    "compile_rules": "vonggac.detectors.sigma",
    "explain": "vonggac.detectors.sigma.explain",
    "read_list": "vonggac.detectors.indicators.lists",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
