"""Small tables that are filled in within a form: one control per cell, rows to add and to take away, without script some empty ones."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext

from vonggac.desk.work.kinds import Column, Field
from vonggac.desk.work.rows import is_blank

EMPTY_ROWS = 3
"""Rows that wait to be filled in where there is nothing yet; one where there is something."""
_TYPES = {
    "whole": ("number", "numeric"),
    "phone": ("tel", "tel"),
    "range": ("text", "text"),
    "host": ("text", "url"),
    "day": ("date", ""),
}
_MOST_SENT = 1000
"""Numbers of rows that are looked at; what is too many is the action's to say."""


class RowsWidget(forms.Widget):
    """Controls named ``<field>-<row>-<column>``. ``faults``: what is wrong with a cell, by row and column ("" is the whole row)."""

    template_name = "work/parts/rows.html"
    use_fieldset = True
    input_type = "rows"

    def __init__(self, columns: Iterable[Column] = (), *, most: int = 200) -> None:
        super().__init__()
        self.columns, self.most = tuple(columns), most
        self.faults: dict[tuple[int, str], list[str]] = {}

    def __deepcopy__(self, memo: Any) -> RowsWidget:
        """One for another form, whose faults are its own."""
        copied: RowsWidget = super().__deepcopy__(memo)
        copied.faults = {}
        return copied

    def format_value(self, value: Any) -> Any:
        """Nothing: what two editors typed into a table is not compared cell by cell."""
        return ""

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> list[dict[str, Any]]:
        """The rows that hold something, in their order, cells as they were typed."""
        cell = re.compile(re.escape(name) + r"-(\d{1,4})-([a-z_]{1,40})", re.ASCII)
        known = {column.name for column in self.columns}
        rows: dict[int, dict[str, Any]] = {}
        for key in data:
            found = cell.fullmatch(key)
            if found and found[2] in known and not is_blank(value := data.get(key)):
                rows.setdefault(int(found[1]), {})[found[2]] = value
        return [rows[n] for n in sorted(rows)[:_MOST_SENT]]

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        """Never: an empty table is an answer."""
        return False

    def id_for_label(self, id_: str) -> str:
        """The table has a legend, no label."""
        return ""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """What the template draws: heads, rows of cells, one empty row as the model of more."""
        context = super().get_context(name, None, attrs)
        given = [row for row in (value or ()) if isinstance(row, Mapping)][:_MOST_SENT]
        n_empty = 0 if len(given) >= self.most else (1 if given else EMPTY_ROWS)
        id_ = context["widget"]["attrs"].get("id") or f"id_{name}"
        rows = [self._row(name, id_, n, row) for n, row in enumerate([*given, *({} for _n in range(n_empty))])]
        model = self._row(name, id_, "__row__", {})
        context["widget"] |= {"heads": self.columns, "rows": rows, "model": model, "most": self.most, "id": id_}
        return context

    def _row(self, name: str, id_: str, n: int | str, row: Mapping[str, Any]) -> dict[str, Any]:
        place = n + 1 if isinstance(n, int) else n
        faults = self.faults.get((n, ""), []) if isinstance(n, int) else []
        cells = [self._cell(name, id_, n, column, row.get(column.name)) for column in self.columns]
        return {"place": place, "cells": cells, "faults": faults}

    def _cell(self, name: str, id_: str, n: int | str, column: Column, value: Any) -> dict[str, Any]:
        faults = self.faults.get((n, column.name), []) if isinstance(n, int) else []
        kind, mode = _TYPES.get(column.kind, ("text", "text"))
        return {
            "column": column, "title": gettext(column.title), "name": f"{name}-{n}-{column.name}", "id": f"{id_}-{n}-{column.name}",
            "value": "" if is_blank(value) else str(value), "is_on": value is True or value in ("1", "on"), "type": kind, "mode": mode,
            "choices": [(key, gettext(title), key == value) for key, title in column.choices], "faults": faults,
        }  # fmt: skip


class RowsField(forms.Field):
    """A small table of ``field.columns``: cleaned to a list of mappings of plain values; whether they can stand is the action's to say."""

    widget: Any = RowsWidget

    def __init__(self, field: Field, **kwargs: Any) -> None:
        self.columns = field.columns
        super().__init__(widget=RowsWidget(field.columns, most=field.most), **{"required": False, **kwargs})

    def clean(self, value: Any) -> list[dict[str, Any]]:
        """Rows with their cells as actions take them: whole numbers as numbers where they are some, a mark as True."""
        kinds = {column.name: column.kind for column in self.columns}
        return [{name: _plain(kinds[name], cell) for name, cell in row.items() if name in kinds} for row in value or ()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether other rows were sent than the form began with."""
        return (self.clean(initial) if initial else []) != self.clean(data)


def _plain(kind: str, value: Any) -> Any:
    if kind == "flag":
        return value is True or value in ("1", "on", "True")
    if kind == "whole" and isinstance(value, str):
        text = value.strip()
        return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else text
    return value


def put_fault(form: forms.Form, place: str, text: str) -> bool:
    """Put a fault of a cell (``networks.2.range``) beside that cell and, with its row and column, at its table.

    False where ``place`` is in no table of ``form``. ``place``'s first part is the name of the form's field.
    """
    name, _dot, rest = place.partition(".")
    field = form.fields.get(name)
    row, _dot, column = rest.partition(".")
    if not isinstance(field, RowsField) or not row.isdecimal():
        return False
    titles = {one.name: gettext(one.title) for one in field.columns}
    field.widget.faults.setdefault((int(row), column if column in titles else ""), []).append(text)
    where = gettext("row %(n)d") % {"n": int(row) + 1}
    if column in titles:
        where = f"{where}, {titles[column]}"
    form.add_error(name, f"{where}: {text}")
    return True
