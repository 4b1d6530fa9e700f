"""Names of malware: one family under the names that lists and vendors give it (``malware_aliases.yml``)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib import resources
from typing import NamedTuple

import yaml

from vonggac.detectors.indicators.dates import plain


class Malware(NamedTuple):
    """``family``: the name used for all aliases, the given one when it is unknown. ``kind``: a class of
    ``jobs/priority.yml``, ``unknown`` when neither the table nor the name tells.
    """

    family: str
    kind: str


_KIND_WORDS = (
    ("ransomware", "ransomware"), ("ransom", "ransomware"), ("wiper", "wiper"), ("stealer", "stealer"),
    ("infostealer", "stealer"), ("psw", "stealer"), ("pws", "stealer"), ("spyware", "stealer"), ("keylogger", "stealer"),
    ("banker", "banker"), ("rat", "backdoor"), ("backdoor", "backdoor"), ("loader", "loader"), ("downloader", "loader"),
    ("dropper", "loader"), ("worm", "worm"), ("virus", "worm"), ("proxy", "proxy"), ("miner", "miner"),
    ("coinminer", "miner"), ("adware", "adware"), ("pup", "adware"), ("pua", "adware"), ("scanner", "scanner"),
    ("phishing", "phishing"), ("botnet", "botnet"), ("bot", "botnet"),
)  # fmt: skip
_WORD = re.compile(r"[a-z]+[0-9]*[a-z0-9]*|[0-9]+")


@cache
def table() -> Mapping[str, Malware]:
    """Every known name, letters and digits only in lower case, to its family."""
    text = resources.files(__package__).joinpath("malware_aliases.yml").read_text("utf-8")
    names: dict[str, Malware] = {}
    for family, entry in yaml.safe_load(text).items():
        malware = Malware(family, entry["kind"])
        for name in (family, *entry["also"]):
            if names.setdefault(_key(name), malware) != malware:
                raise ValueError(f"malware_aliases.yml: {name!r} names two families")
    return names


def is_known(name: str) -> bool:
    """Whether ``name`` means a family of the table."""
    return resolve(name) in table().values()


def _key(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", plain(name))


@lru_cache(maxsize=4096)
def resolve(name: str) -> Malware:
    """The family that ``name`` means: an alias, or a detection name that holds one (``Backdoor:Linux/Mirai.B!MTB``)."""
    name = " ".join(name.split())
    if not name:
        return Malware("", "unknown")
    names = table()
    if found := names.get(_key(name)):
        return found
    words = _WORD.findall(plain(name))
    for n_words in (3, 2, 1):
        for start in range(len(words) - n_words + 1):
            key = "".join(words[start : start + n_words])
            if len(key) > 3 and (found := names.get(key)):
                return found
    kind = next((kind for word, kind in _KIND_WORDS if word in words), "unknown")
    return Malware(name, kind)
