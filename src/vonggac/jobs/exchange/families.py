"""The family that a name of malware means: as people entered it, else as the shipped table says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from vonggac.desk.intel.queries.indicators import families_by_alias
from vonggac.detectors.indicators.aliases import resolve
from vonggac.detectors.indicators.dates import plain


@dataclass(frozen=True, slots=True)
class Families:
    """``own``: aliases that people entered, letters and digits only in lower case, to the family."""

    own: Mapping[str, str]

    @classmethod
    def load(cls) -> Families:
        """With the aliases as they are now."""
        return cls({_key(alias): family for alias, family in families_by_alias().items()})

    def of(self, name: str) -> str:
        """The family of a written name; the name itself when nobody knows it, empty for an empty one."""
        name = " ".join(name.split())
        if found := self.own.get(_key(name)):
            return found
        family = resolve(name).family
        return self.own.get(_key(family), family)


def _key(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", plain(name)) or name.casefold()
