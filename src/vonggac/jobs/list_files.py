"""Files of lists: one file or a feed's folder to indicators, with the recogniser of this machine for what is a picture."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import orjson

from vonggac.detectors.indicators.faults import Fault, shorten
from vonggac.detectors.indicators.indicator import Place
from vonggac.detectors.indicators.lists import IndicatorList, read_list, read_recognised
from vonggac.errors import N_, InputError
from vonggac.jobs import list_scans, pictures
from vonggac.tables.table import LeftOut, PicturesFound

_EVENT = re.compile(r"[0-9A-Za-z-]{1,64}")
MANIFEST: Final = "manifest.json"
"""Of a feed of MISP: the events that there are, by their id; each is a file beside it."""


def read_file(data: bytes, filename: str, **how: Any) -> IndicatorList:
    """As ``read_list``, and pages that are pictures are recognised. Raises InputError, with the command that installs the recogniser."""
    if pictures.is_picture(data[:16]):
        return _recognised(data, filename, (), how)
    try:
        found = read_list(data, filename, **how)
    except PicturesFound as error:
        return _recognised(data, filename, error.params["pages"], how)
    pages = [part for part in found.skipped if part.reason == "picture_page"]
    if not pages or not pictures.has_vietnamese(pictures.recogniser()):
        return found
    try:
        others = _recognised(data, filename, [int(part.sheet.removeprefix("page ")) for part in pages], how)
    except InputError:
        return found
    return _together(replace(found, skipped=[part for part in found.skipped if part not in pages]), others)


def may_have_pictures(data: bytes) -> bool:
    """Whether a file is a picture, or a PDF that holds some."""
    return pictures.is_picture(data[:16]) or (b"%PDF-" in data[:1024] and b"/Image" in data)


def _recognised(data: bytes, filename: str, pages: list[int] | tuple[()], how: Mapping[str, Any]) -> IndicatorList:
    return replace(read_recognised(list_scans.read_pages(data, filename, pages), filename, **how), form="scan")


def _together(one: IndicatorList, other: IndicatorList) -> IndicatorList:
    passed = {key: (one.passed_over or {}).get(key, 0) + (other.passed_over or {}).get(key, 0)
              for key in {*(one.passed_over or ()), *(other.passed_over or ())}}  # fmt: skip
    return replace(
        one, indicators=[*one.indicators, *other.indicators], faults=[*one.faults, *other.faults], tables=[*one.tables, *other.tables],
        skipped=[*one.skipped, *other.skipped], passed_over=passed,
    )  # fmt: skip


def read_path(path: Path, read_bytes: Callable[[Path], bytes], **how: Any) -> IndicatorList:
    """A file, or the folder of a MISP feed: its manifest and all events that it names."""
    if not path.is_dir():
        return read_file(read_bytes(path), str(path), **how)
    found: IndicatorList | None = None
    for name, event in _events(path, read_bytes):
        if event is not None:
            one = _event(event, read_bytes, how)
        else:
            fault = Fault(Place(str(path / MANIFEST), "", 0), "missing_event", shorten(f"{name}.json"))
            one = IndicatorList([], [fault], {}, "", form="misp")
        found = one if found is None else _together(found, one)
    if found is None:
        raise InputError(N_("a feed without events"), where=str(path))
    return found


def _event(path: Path, read_bytes: Callable[[Path], bytes], how: Mapping[str, Any]) -> IndicatorList:
    """One event of a feed; a broken one does not cost the others."""
    try:
        return read_list(read_bytes(path), str(path), **how)
    except InputError as error:
        return IndicatorList([], [], {}, "", skipped=[LeftOut(path.name, "damaged_sheet", error=error)], form="misp")


def _events(folder: Path, read_bytes: Callable[[Path], bytes]) -> Iterator[tuple[str, Path | None]]:
    """The events that the manifest names; None for one that is not in the folder."""
    if not (folder / MANIFEST).is_file():
        raise InputError(
            N_("a folder is read when it is a feed of MISP (manifest.json and its events): name the files"),
            where=str(folder),
        )
    try:
        told = orjson.loads(read_bytes(folder / MANIFEST))
    except orjson.JSONDecodeError as error:
        raise InputError(N_("not JSON: {reason}"), where=str(folder / MANIFEST), reason=str(error)) from None
    if not isinstance(told, dict):
        raise InputError(
            N_("the manifest of a feed was expected: ids of events to what they are"), where=str(folder / MANIFEST)
        )
    for name in told:
        event = folder / f"{name}.json"
        is_inside = _EVENT.fullmatch(name) is not None  # nothing that leads elsewhere
        yield name, event if is_inside and event.is_file() else None
