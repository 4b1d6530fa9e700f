"""The editor: a whole draft on one page. Rows are moved, added and taken out by buttons that work without script, too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext

from vonggac.desk.directives import actions, queries
from vonggac.desk.directives.models import Addressee, Letter, RecipientGroup
from vonggac.desk.directives.queries.expanding import expanded, members
from vonggac.desk.directives.states import ACTION, DRAFT, IN, ISSUED, LETTER, MACHINE_PROOFS, OUT, ROLES
from vonggac.desk.directives.values import LetterValues
from vonggac.desk.organisations.models import Organisation
from vonggac.desk.scope.rule import require
from vonggac.errors import EditConflict, Fault, InvalidValues
from vonggac.web.letters.writing import sheet as sheets
from vonggac.web.letters.writing.changes import shown as shown_changes
from vonggac.web.letters.writing.forms import PICKED, AddresseePick, AddresseeWidget, HeadForm, addressed
from vonggac.web.letters.writing.sheet import LineRow, Sheet
from vonggac.web.organisations.editing import capital
from vonggac.web.organisations.fields import told
from vonggac.web.shell.pages import Request, page
from vonggac.web.shell.words import tell, tell_fault

_RELATED = 60
"""Letters that can be chosen as the one that is carried out or changed."""


@dataclass
class Editor:
    """One draft on its way through the page."""

    request: Request
    row: Letter
    head: HeadForm
    sheet: Sheet
    version: int
    adds: dict[str, str]
    conflict: str = ""
    changes: Any = None
    summary: Sequence[tuple[str, str]] = ()


@page("letters.draft", "POST")
def edit(request: Request, letter_id: int) -> HttpResponseBase:
    """Everything that a draft says."""
    row = queries.letter(request.asker, letter_id)
    require(request.asker, "letters.draft", row.office_id)
    home = reverse("letter", args=[row.pk])
    if row.state != DRAFT or row.direction != OUT or row.form != LETTER:
        messages.warning(request, gettext("Only the draft of a letter is edited here."))
        return redirect(home)
    if request.method != "POST":
        said = actions.values_of(row)
        head = _head(request, row, initial={**_initial(said), "version": row.version})
        return _show(Editor(request, row, head, sheets.of_values(said.clauses, said.addressees), row.version, {}))
    editor = Editor(
        request, row, _head(request, row, request.POST), sheets.of_post(request.POST), _version(request), {}
    )
    do = request.POST.get("do", "save")
    if do in ("save", "check"):
        return _save(editor, do)
    if do.startswith("add-") and do in _ADDS:
        _ADDS[do](editor)
    else:
        sheets.act(editor.sheet, do)
    return _show(editor)


def _version(request: Request) -> int:
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def _head(request: Request, row: Letter, data: Any = None, **kwargs: Any) -> HeadForm:
    seen = queries.letters(request.asker).exclude(pk=row.pk)
    own = seen.filter(office_id=row.office_id)
    parents = list(own.filter(direction=IN)[:_RELATED])
    abouts = list(own.filter(direction=OUT, form=LETTER, state=ISSUED)[:_RELATED])
    for rows, one in ((parents, row.parent), (abouts, row.about)):
        if one is not None and one not in rows:
            rows.append(one)
    return HeadForm(data, parents=parents, abouts=abouts, **kwargs)


def _initial(said: LetterValues) -> dict[str, Any]:
    return {name: getattr(said, name) for name in HeadForm.base_fields if hasattr(said, name)}


# ---------------------------------------------------------------------------------------------------------- saving


def _save(editor: Editor, do: str) -> HttpResponseBase:
    """Write what was typed, or show what stands in the way with everything kept."""
    request, row = editor.request, editor.row
    clauses, lines = list(sheets.clause_values(editor.sheet)), list(sheets.line_values(editor.sheet))
    is_head_valid = editor.head.is_valid()
    is_valid = is_head_valid and not any(one.faults for one in editor.sheet.clauses)
    values = None
    if is_head_valid:
        said = {name: _as_stored(value) for name, value in editor.head.cleaned_data.items() if name != "version"}
        values = LetterValues(form=row.form, clauses=clauses, addressees=lines, **said)
    if is_valid and values is not None:
        try:
            actions.edit(request.asker, row.pk, editor.version, values)
        except InvalidValues as error:
            _spread(editor, error.faults)
        except EditConflict as error:
            now = queries.letter(request.asker, row.pk)
            editor.conflict, editor.version = capital(tell(error)), now.version
            editor.changes = shown_changes(actions.values_of(now), values)
            return _show(editor, 409)
        else:
            messages.success(request, gettext("The draft was saved."))
            return redirect(reverse("letter-check" if do == "check" else "letter", args=[row.pk]))
    editor.summary = _summary(editor)
    return _show(editor, 422)


def _as_stored(value: Any) -> Any:
    """Lines of a text end as they are kept, so that nothing differs by that alone."""
    return value.replace("\r\n", "\n") if isinstance(value, str) else value


def _spread(editor: Editor, faults: Sequence[Fault]) -> None:
    """Each fault to the field that it is of."""
    for fault in faults:
        text = capital(tell_fault(fault))
        part, _dot, rest = fault.field.partition(".")
        at, _dot, name = rest.partition(".")
        rows: Sequence[Any] = _rows(editor.sheet, part)
        if at.isdecimal() and int(at) < len(rows):
            rows[int(at)].faults.setdefault(name or "title", []).append(text)
        else:
            editor.head.add_error(fault.field if fault.field in editor.head.fields else None, text)


def _rows(sheet: Sheet, part: str) -> Sequence[Any]:
    return sheet.clauses if part == "clauses" else sheet.lines if part == "addressees" else ()


def _summary(editor: Editor) -> list[tuple[str, str]]:
    """What is wrong, each with the id of the field where it is."""
    fields = editor.head.fields
    found = [
        (f"id_{name}", f"{fields[name].label}: {text}" if name in fields else str(text))
        for name, texts in editor.head.errors.items()
        for text in texts
    ]
    for n, clause in enumerate(editor.sheet.clauses):
        where = f"{clause.mark} {clause.title}".strip()[:60] or gettext("Clause {n}").format(n=n + 1)
        found += [(f"c{n}-title", f"{where}: {text}") for texts in clause.faults.values() for text in texts]
    for n, line in enumerate(editor.sheet.lines):
        found += [
            (f"a{n}-role", gettext("Recipient {n}: {text}").format(n=n + 1, text=text))
            for texts in line.faults.values()
            for text in texts
        ]
    return found


# ---------------------------------------------------------------------------------------------------- adding a line


def _add_group(editor: Editor) -> None:
    code = editor.request.POST.get("new_group", "")
    if code.isascii() and code.isdecimal() and len(code) < 19 and all(one.group != code for one in editor.sheet.lines):
        _added(editor, LineRow(ACTION, True, group=code), "new-group")


def _add_organisation(editor: Editor) -> None:
    field = AddresseePick(required=False)
    field.asker = editor.request.asker
    text = editor.request.POST.get("new_organisation", "")
    try:
        found = field.clean(text[:400])
    except Exception as error:  # noqa: BLE001  # Django's own ValidationError, told beside the field
        editor.adds["organisation"] = " ".join(getattr(error, "messages", [str(error)]))
        editor.adds["typed"] = text[:400]
        return
    if found is not None and all(one.organisation != str(found.pk) for one in editor.sheet.lines):
        _added(editor, LineRow(ACTION, True, organisation=str(found.pk)), "id_new_organisation")


def _add_words(editor: Editor) -> None:
    if words := editor.request.POST.get("new_words", "").strip()[:250]:
        _added(editor, LineRow("archive", False, words=words), "id_new_words")


def _added(editor: Editor, line: LineRow, focus: str) -> None:
    editor.sheet.lines.append(line)
    editor.sheet.said, editor.sheet.focus = gettext("The recipient was added."), focus


_ADDS = {"add-group": _add_group, "add-organisation": _add_organisation, "add-words": _add_words}


# --------------------------------------------------------------------------------------------------------- showing


def _show(editor: Editor, status: int = 200) -> HttpResponse:
    groups = list(queries.groups())
    reach = _named(editor, groups)
    widget_attrs = {"id": "id_new_organisation", "aria-label": gettext("Organisation")}
    known = {row.code: row.name for row in groups}
    stray = {code for one in editor.sheet.clauses for code in one.groups if code not in known}
    context = {
        "letter": editor.row,
        "head": editor.head,
        "sheet": editor.sheet,
        "version": editor.version,
        "groups": [(row, len(members(row))) for row in groups],
        "group_choices": [*known.items(), *((code, code) for code in sorted(stray))],
        "kinds": sheets.kinds(),
        "kind_help": {name: told for name, _title, told in sheets.kinds()},
        "proofs": [(key, gettext(title)) for key, title in MACHINE_PROOFS.items()],
        "roles": [(key, gettext(title)) for key, title in ROLES.items()],
        "reach": reach,
        "pick": AddresseeWidget().render("new_organisation", editor.adds.get("typed", ""), widget_attrs),
        "adds": editor.adds,
        "conflict": editor.conflict,
        "changes": editor.changes,
        "summary": editor.summary,
    }
    return render(editor.request, "letters/writing/edit.html", context, status=status)


def _named(editor: Editor, groups: Sequence[RecipientGroup]) -> dict[str, Any]:
    """Give each line its name and number; gives who will receive it in all."""
    by_id = {str(row.pk): row for row in groups}
    wanted = [
        int(one.organisation)
        for one in editor.sheet.lines
        if one.organisation.isdecimal() and len(one.organisation) < 19
    ]
    organisations = {str(row.pk): row for row in queries.addressable(editor.request.asker).filter(pk__in=wanted)}
    lines = []
    for one in editor.sheet.lines:
        group, organisation = by_id.get(one.group), organisations.get(one.organisation)
        if group is not None:
            one.name, one.n = group.name, len(members(group))
        elif organisation is not None:
            one.name = organisation.name
        else:
            one.name = one.words or gettext("exists no longer")
        if one.role in ROLES and (group or organisation or one.words):
            lines.append(
                Addressee(
                    role=one.role,
                    group=group,
                    organisation=organisation,
                    words="" if group or organisation else one.words,
                )
            )
    return reach_of(lines, editor.row)


def reach_of(lines: Sequence[Addressee], row: Letter) -> dict[str, Any]:
    """Who receives a letter of these lines, without the office itself: how many are to act, and all by name."""
    found = [
        one for one in expanded(lines) if not (one.organisation and one.organisation.pk == row.office_id and one.groups)
    ]
    acting = [one for one in found if one.role == ACTION and one.organisation is not None]
    return {
        "n": sum(one.organisation is not None for one in found),
        "n_acting": len(acting),
        "names": [one.name for one in found],
    }


@page("letters.draft")
def pick(request: Request) -> HttpResponse:
    """The options of the pick box: everybody to whom a letter can be addressed, the name alone of those beyond one's scope."""
    text = (request.GET.get("q", "") or request.GET.get(request.GET.get("field", ""), ""))[:200]
    found: list[Organisation] = list(addressed(request.asker, text)[:PICKED]) if text.strip() else []
    context = {
        "options": [(row, told(row)) for row in found],
        "list_id": request.GET.get("list", "")[:60],
        "text": text,
    }
    return render(request, "letters/writing/options.html", context)
