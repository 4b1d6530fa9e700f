"""Column mappings: read from what a user wrote, and remembered for every list with the same header."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

import orjson
import yaml

from vonggac.detectors.indicators.columns import check_mapping
from vonggac.errors import N_, ConfigError

FILE_NAME = "mappings.json"
MAX_BYTES = 4 << 20
_SIGNATURE = re.compile(r"[0-9a-f]{16}")


def parse_mapping(text: str, where: str) -> dict[str, str]:
    """A mapping written as YAML or JSON, header text or column number from 1 to role: ``{"Địa chỉ": victim}``.

    Raises ConfigError that names ``where``, the role that there is not and those that there are.
    """
    try:
        raw = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError) as error:
        raise ConfigError(
            N_("not valid YAML: {reason}"), where=where, reason=" ".join(str(error).split())[:200]
        ) from error
    if not isinstance(raw, dict) or not raw:
        raise ConfigError(N_("a mapping from column headers to roles was expected"), where=where)
    for header, role in raw.items():
        if not isinstance(header, str | int) or isinstance(header, bool) or not isinstance(role, str):
            raise ConfigError(N_("column “{header}”: a header or number, and the name of a role were expected"), where=where,
                              header=header)  # fmt: skip
    mapping = {str(header): role for header, role in raw.items()}
    check_mapping(mapping, where)
    return mapping


class Mappings:
    """The mappings remembered in ``folder``, one for each header signature. The file is read once, when first asked.

    A damaged file raises ConfigError naming it: guesses of columns must not silently replace what a person decided.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE_NAME
        self._known: dict[str, dict[str, str]] | None = None

    def recall(self, signature: str) -> Mapping[str, str] | None:
        """The mapping remembered for lists with this header, None when there is none."""
        return self._load().get(signature)

    def remember(self, signature: str, mapping: Mapping[str, str]) -> None:
        """Keep ``mapping`` for lists with this header; the file is replaced as a whole, or not at all."""
        check_mapping(mapping, str(self.path))
        self._known = None  # another process may have added to it
        self._write(self._load() | {signature: dict(mapping)})

    def forget(self, signature: str) -> bool:
        """Drop the mapping of lists with this header; whether there was one."""
        self._known = None
        known = self._load()
        if signature not in known:
            return False
        self._write({key: mapping for key, mapping in known.items() if key != signature})
        return True

    def _load(self) -> dict[str, dict[str, str]]:
        if self._known is None:
            self._known = self._read()
        return self._known

    def _read(self) -> dict[str, dict[str, str]]:
        where = str(self.path)
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise ConfigError(
                N_("could not be opened: {reason}"), where=where, reason=error.strerror or str(error)
            ) from error
        try:
            raw = orjson.loads(data) if len(data) <= MAX_BYTES else None
        except orjson.JSONDecodeError as error:
            raise ConfigError(N_("damaged: not valid JSON. Mend or delete it"), where=where) from error
        if not isinstance(raw, dict):
            raise ConfigError(N_("damaged: mappings by header signature were expected. Mend or delete it"), where=where)
        for signature, mapping in raw.items():
            is_mapping = isinstance(mapping, dict) and all(isinstance(role, str) for role in mapping.values())
            if not is_mapping or not _SIGNATURE.fullmatch(signature):
                raise ConfigError(N_("damaged: entry “{signature}” is no mapping. Mend or delete it"), where=where,
                                  signature=signature[:80])  # fmt: skip
            check_mapping(mapping, where)
        return raw

    def _write(self, known: dict[str, dict[str, str]]) -> None:
        body = orjson.dumps(known, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)
        temporary = ""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(prefix=".mappings-", dir=self.path.parent)
            with os.fdopen(handle, "wb") as file:
                file.write(body)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(self.path)
        except OSError as error:
            if temporary:
                Path(temporary).unlink(missing_ok=True)
            raise ConfigError(N_("could not be written: {reason}"), where=str(self.path),
                              reason=error.strerror or str(error)) from error  # fmt: skip
        self._known = known
