"""Finding rule files, and keeping what was compiled from them between runs.

The cache is keyed by content: the versions of the compiler and of pySigma, and the name and bytes of every file. It holds
JSON and plain arrays, nothing that can carry code; a damaged entry is made anew.
"""

from __future__ import annotations

import gc
import hashlib
import os
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata, resources
from pathlib import Path

import orjson

from vonggac.detectors.sigma import RuleSet, compile_rules
from vonggac.errors import N_, RuleError, Several, UsageError

FORMAT = 10
"""Number of the cache's format: raise it when a compiled rule or a plan changes its meaning."""

_SUFFIXES = (".yml", ".yaml")
MAX_RULE_BYTES = 4 << 20
_KEPT_SETS = 8

CURRENT = "current"
"""In the folder of a rule set that was fetched: the link to the version fetched last."""
RECORD = "fetched.json"
"""In a version's folder: where it came from."""
FETCHED = "sigma"
"""What the set is called that ``rules fetch`` installs unless told otherwise."""
PACK = "pack"
"""What the starter pack is called where rules are named."""


def named_rules(names: Sequence[str], data_dir: Path) -> list[Path]:
    """The files and folders that ``--rules`` names: what lies there; else ``pack``, or a set that was fetched, by its name.

    A folder of fetched versions, by its name or its path, stands for the version fetched last. Raises UsageError for an empty
    name, which as a path would be the folder where one is, and for a set that was not fetched yet.
    """
    found = []
    for name in names:
        if not name:
            raise UsageError(N_("an empty name names no rules"))
        path = Path(name)
        if not path.exists() and name == PACK:
            path = Path(str(resources.files("vonggac.detectors.sigma").joinpath("pack")))
        elif not path.exists() and "/" not in name:
            fetched = data_dir / "rules" / name
            path = fetched if (fetched / CURRENT).exists() else path
            if name == FETCHED and path != fetched:
                raise UsageError(N_("was not fetched yet: vonggac rules fetch installs it"), where=name)
        found.append((path / CURRENT).resolve() if (path / CURRENT / RECORD).is_file() else path)
    return found


def rule_files(paths: Sequence[Path]) -> list[Path]:
    """The rule files that ``paths`` (files, and folders with all below them) name, each once, sorted within a folder."""
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            below = sorted(p for p in path.rglob("*") if p.suffix.lower() in _SUFFIXES and p.is_file())
            if not below:
                raise RuleError(N_("no rule file (*.yml) in this folder"), where=str(path))
            found.update(dict.fromkeys(below))
        elif path.is_file():
            found[path] = None
        else:
            raise UsageError(N_("no such file or folder"), where=str(path))
    return list(found)


def read_rules(files: Iterable[Path]) -> tuple[list[tuple[str, str]], list[RuleError]]:
    """The ``(place, text)`` of each file, and why the others cannot be read."""
    texts: list[tuple[str, str]] = []
    unreadable: list[RuleError] = []
    for file in files:
        try:
            with file.open("rb") as stream:
                data = stream.read(MAX_RULE_BYTES + 1)
            if len(data) > MAX_RULE_BYTES:
                unreadable.append(RuleError(N_("longer than {limit:,} bytes"), where=str(file), limit=MAX_RULE_BYTES))
            else:
                texts.append((str(file), data.decode("utf-8-sig")))
        except UnicodeDecodeError as error:
            unreadable.append(RuleError(N_("not UTF-8 at byte {at}"), where=str(file), at=error.start))
        except OSError as error:
            unreadable.append(
                RuleError(
                    N_("could not be opened or read: {reason}"), where=str(file), reason=error.strerror or str(error)
                )
            )
    return texts, unreadable


def pack_texts() -> list[tuple[str, str]]:
    """The starter pack: the rules that run when none are named."""
    folder = resources.files("vonggac.detectors.sigma").joinpath("pack")
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(_SUFFIXES))
    return [(f"pack/{name}", folder.joinpath(name).read_text("utf-8")) for name in names]


@dataclass(frozen=True, slots=True)
class RuleCache:
    """The folder that keeps one compiled set and its plans."""

    folder: Path

    def load(self, source: str) -> bytes | None:
        """What ``save`` was given for ``source``; None when nothing, or nothing readable, is kept."""
        try:
            return (self.folder / f"plan-{source}.npz").read_bytes()
        except OSError:
            return None

    def save(self, source: str, data: bytes) -> None:
        """Keep ``data`` for ``source``."""
        _write(self.folder / f"plan-{source}.npz", data)

    def rules(self) -> RuleSet | None:
        """The compiled set, None when it is not kept or damaged."""
        collecting = gc.isenabled()
        gc.disable()  # half a million small lists that all stay: looking for garbage among them takes longer than reading
        try:
            return RuleSet.from_json(orjson.loads((self.folder / "rules.json").read_bytes()))
        except (OSError, ValueError, KeyError, TypeError):
            return None
        finally:
            if collecting:
                gc.enable()

    def save_rules(self, rules: RuleSet) -> None:
        """Keep the compiled set."""
        with suppress(TypeError):  # a file's name that is not UTF-8 cannot stand in JSON
            _write(self.folder / "rules.json", orjson.dumps(rules.to_json()))


def _write(path: Path, data: bytes) -> None:
    """Write atomically; a cache that cannot be written is a slower next run, not an error."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
            Path(name).replace(path)
        except OSError:
            Path(name).unlink()
    except OSError:
        return


@dataclass(frozen=True, slots=True)
class LoadedRules:
    """Rules ready to run, where their plans are kept, and why files could not be read."""

    ruleset: RuleSet
    cache: RuleCache | None
    unreadable: Sequence[RuleError]

    def faults(self) -> list[RuleError]:
        """All that cannot be used: files, then rules."""
        return [*self.unreadable, *self.ruleset.faults]


def load_rules(paths: Sequence[Path], cache_dir: Path | None) -> LoadedRules:
    """Compile the rules that ``paths`` name (the starter pack when there are none), or take them from the cache.

    Raises RuleError when not one rule can be used: an empty rule set never looks like a clean result.
    """
    texts, unreadable = read_rules(rule_files(paths)) if paths else (pack_texts(), [])
    return load_texts(texts, unreadable, cache_dir)


def load_texts(
    texts: Sequence[tuple[str, str]], unreadable: Sequence[RuleError], cache_dir: Path | None
) -> LoadedRules:
    """Compile ``(place, text)`` pairs, or take them from the cache; raises RuleError when not one rule can be used."""
    cache = RuleCache(cache_dir / "sigma" / _digest(texts)) if cache_dir is not None else None
    ruleset = cache.rules() if cache else None
    if ruleset is None:
        ruleset = compile_rules(texts)
        if cache:
            cache.save_rules(ruleset)
            _forget_oldest(cache.folder.parent)
    elif cache:
        _touch(cache.folder)
    loaded = LoadedRules(ruleset, cache, unreadable)
    if not ruleset.rules:
        faults = loaded.faults()
        raise RuleError(N_("not one usable rule ({n} faults): {faults}"), n=len(faults), faults=Several(faults[:5]))
    return loaded


def _touch(folder: Path) -> None:
    try:
        os.utime(folder)
    except OSError:
        return


def _digest(texts: Sequence[tuple[str, str]]) -> str:
    digest = hashlib.blake2b(
        f"{FORMAT}\0{metadata.version('pysigma')}\0{metadata.version('vonggac')}".encode(), digest_size=16
    )
    for name in (
        "routing.yml",
        "layout.py",
        "grams.py",
        "gram_kernels.py",
        "compile.py",
        "meta_rules.py",
        "modifiers.py",
        "regex.py",
        "ruleset.py",
    ):
        digest.update(resources.files("vonggac.detectors.sigma").joinpath(name).read_bytes())
    for place, text in texts:
        body = text.encode()
        digest.update(f"{place}\0{len(body)}\0".encode("utf-8", "surrogateescape"))
        digest.update(body)
    return digest.hexdigest()


def _forget_oldest(folder: Path) -> None:
    """Keep the few sets used last; remove the others' files."""
    try:
        sets = sorted((p for p in folder.iterdir() if p.is_dir()), key=lambda p: p.stat().st_mtime, reverse=True)
        for old in sets[_KEPT_SETS:]:
            for file in old.iterdir():
                file.unlink(missing_ok=True)
            old.rmdir()
    except OSError:
        return
