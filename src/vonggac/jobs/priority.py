"""How urgent a row of the worklist is; formula and weights stand in ``priority.yml``."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from importlib import resources

import yaml

from vonggac.detectors.indicators.aliases import resolve
from vonggac.errors import N_, ConfigError

DAY_US = 86_400 * 1_000_000


@dataclass(frozen=True)
class Priorities:
    """The settings of ``priority.yml``, which says what each means."""

    weights: Mapping[str, float]
    classes: Mapping[str, float]
    recency: tuple[tuple[float, float], ...]
    recency_older: float
    recency_unknown: float
    level_unknown: float
    hosts_full: int
    warned: float
    _known: dict[tuple[str, float, int | None, int, bool], float] = field(
        default_factory=dict, init=False, compare=False
    )

    def class_of(self, malware: str) -> str:
        """The class of malware named ``malware``; ``unknown`` when neither the alias table nor the name tells."""
        kind = resolve(malware).kind
        return kind if kind in self.classes else "unknown"

    def points(
        self, *, malware_class: str, age_us: int | None, level: int | None, n_hosts: int, is_warned: bool = False
    ) -> float:
        """0 to 100, to one decimal. ``age_us``: how long before the reference time it was last seen, None unknown."""
        key = malware_class, self._recency(age_us), level, n_hosts, is_warned
        points = self._known.get(key)
        if points is None:
            points = self._known[key] = self._points(*key)
        return points

    def _points(self, malware_class: str, recency: float, level: int | None, n_hosts: int, is_warned: bool) -> float:
        parts = {
            "malware": self.classes.get(malware_class, self.classes["unknown"]),
            "seen": recency,
            "level": self.level_unknown if level is None else level / 5,
            "hosts": min(1.0, math.log1p(n_hosts) / math.log1p(self.hosts_full)),
        }
        total = sum(self.weights[name] * share for name, share in parts.items())
        return round(total * (self.warned if is_warned else 1), 1)

    def _recency(self, age_us: int | None) -> float:
        if age_us is None:
            return self.recency_unknown
        for days, share in self.recency:
            if age_us <= days * DAY_US:
                return share
        return self.recency_older


def parse(text: str, where: str) -> Priorities:
    """Read settings in the form of ``priority.yml``; raises ConfigError that names ``where``."""
    try:
        raw = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(N_("not valid YAML: {reason}"), where=where, reason=str(error)) from error
    names = {one.name for one in fields(Priorities) if one.init}
    if not isinstance(raw, dict) or set(raw) != names:
        raise ConfigError(
            N_("exactly these settings were expected: {names}"), where=where, names=", ".join(sorted(names))
        )
    try:
        raw["recency"] = tuple((float(days), float(share)) for days, share in raw["recency"])
        found = Priorities(**raw)
        is_whole = set(found.weights) == {"malware", "seen", "level", "hosts"} and sum(found.weights.values()) == 100
        is_known = "unknown" in found.classes
        is_share = all(
            0 <= share <= 1 for share in [*found.classes.values(), *(s for _, s in found.recency), found.warned]
        )
    except (TypeError, ValueError, AttributeError) as error:
        raise ConfigError(N_("a setting has the wrong form: {reason}"), where=where, reason=str(error)) from error
    if not (is_whole and is_known and is_share and found.hosts_full > 0):
        raise ConfigError(
            N_("the weights must add up to 100, shares be from 0 to 1, and there must be a class “unknown”"),
            where=where,
        )
    return found


@cache
def default() -> Priorities:
    """The settings that come with the program."""
    return parse(resources.files(__package__).joinpath("priority.yml").read_text("utf-8"), "priority.yml")
