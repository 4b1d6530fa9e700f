"""A report on a letter: begun from its table, edited part by part, made anew without losing what people wrote, its files asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.utils import timezone

from vonggac.desk.audit.actions import Recording, recording, snapshot
from vonggac.desk.directives.actions.drafting import put_file
from vonggac.desk.directives.actions.finding import to_change
from vonggac.desk.directives.models import Addressee, Letter, LetterFile, ReportMaking, ReportPart
from vonggac.desk.directives.queries import reports as queries
from vonggac.desk.directives.queries.letters import addressable, letter, may_see_office
from vonggac.desk.directives.reports import words
from vonggac.desk.directives.reports.numbering import is_below
from vonggac.desk.directives.reports.parts import Made, letter_words
from vonggac.desk.directives.states import DRAFT, LETTER, OUT, REPORT
from vonggac.desk.organisations.checks import Check
from vonggac.desk.organisations.editing import update
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import require
from vonggac.errors import N_, Fault, InvalidValues, NotThere

_LONGEST = 50_000
MOST_PARTS = 250


def begin_report(asker: Asker, letter_id: int) -> Letter:
    """The draft of a report on a letter that was sent, made from its table; one that lies there already is that. Needs letters.draft on its office."""
    seen = letter(asker, letter_id)
    if not may_see_office(asker, seen):
        raise NotThere(N_("there is no such letter here"))
    require(asker, "letters.draft", seen.office_id)
    if seen.direction != OUT or seen.form != LETTER or seen.sent_at is None:
        raise InvalidValues([Fault("", N_("a report is made on a letter of one's own that was sent"))])
    if (there := _draft_on(seen)) is not None:
        return there
    with recording(asker, "letters.begin_report", organisation_id=seen.office_id) as record:
        about = Letter.objects.select_for_update(of=("self",)).select_related("office", "parent").get(pk=seen.pk)
        row = _draft_on(about) or _begin(record, about)  # of two at once the second gets what the first began
        record.on = row
    return row


def _draft_on(about: Letter) -> Letter | None:
    return Letter.objects.filter(about=about, form=REPORT, state=DRAFT).order_by("-pk").first()


def _begin(record: Recording, about: Letter) -> Letter:
    office, asker = about.office, record.asker
    subject = words.lower_first(about.subject)
    row = Letter(
        office=office, issuer=office, issuer_name=office.name, form=REPORT, about=about, parent=about.parent,
        symbol=f"BC-{about.symbol.partition('-')[0]}"[:40] if about.symbol else "", place=about.place,
        superior_name=about.superior_name, subject=f"Kết quả thực hiện {letter_words(about)} về việc {subject}"[:500],
        opening=_opening(about, subject), period_from=about.period_from, period_until=about.period_until,
        closing=f"Trên đây là báo cáo kết quả thực hiện {letter_words(about)}; {office.name} kính báo cáo.",
        signer_name=about.signer_name, signer_title=about.signer_title, signer_for=about.signer_for,
        created_by_name=asker.name[:150],
    )  # fmt: skip
    row.save(force_insert=True)
    record.created(row)
    Addressee.objects.bulk_create(_addressees(asker, about, row))
    ReportPart.objects.bulk_create(
        ReportPart(letter=row, n=n, key=one.key, heading=one.heading[:250], made=one.text)
        for n, one in enumerate(queries.made(asker, about))
    )
    return row


def _opening(about: Letter, subject: str) -> str:
    parent, office = about.parent, about.office.name
    cause = ""
    if parent is not None and parent.reference:
        cause = f"Thực hiện {letter_words(parent)}{f' của {parent.issuer_name}' if parent.issuer_name else ''}, "
    return f"{cause}{office} đã ban hành {letter_words(about)} về việc {subject}. {office} báo cáo kết quả thực hiện như sau:"


def _addressees(asker: Asker, about: Letter, row: Letter) -> list[Addressee]:
    """Those to whom ``about`` went for report, with who issued its parent; else the body above the office. At the end the archive."""
    lines = list(Addressee.objects.filter(letter=about).select_related("organisation").order_by("n"))
    found = [line for line in lines if line.role == "report"]
    parent = about.parent
    if parent is not None and (parent.issuer_id or parent.issuer_name):
        there = {(line.organisation_id, line.words) for line in found}
        issuer_id, name = parent.issuer_id, "" if parent.issuer_id else parent.issuer_name
        if (issuer_id, name) not in there and issuer_id != about.office_id:
            found.append(Addressee(organisation_id=issuer_id, words=name))
    if not found and about.office.parent_id and addressable(asker).filter(pk=about.office.parent_id).exists():
        found.append(Addressee(organisation_id=about.office.parent_id))
    made = [
        Addressee(letter=row, role="report", is_addressed=True, group_id=one.group_id, organisation_id=one.organisation_id, words=one.words)
        for one in found
    ]  # fmt: skip
    archive = [line.words for line in lines if line.role == "archive" and line.words] or ["VT"]
    made += [Addressee(letter=row, role="archive", words=one) for one in archive]
    for n, one in enumerate(made):
        one.n = n
    return made


# -------------------------------------------------------------------------------------------------------------- parts


def _opened(asker: Asker, record: Recording, report_id: int, version: int) -> Letter:
    """The draft of a report, locked, its version counted on, within an action that is being recorded."""
    queries.report(asker, report_id)
    row = to_change(asker, "letters.draft", report_id, version, DRAFT)
    update(record, row, version, {})
    record.on, record.organisation_id = row, row.office_id
    return row


def _part(row: Letter, part_id: int) -> ReportPart:
    part = ReportPart.objects.filter(letter=row, pk=part_id).first()
    if part is None:
        raise NotThere(N_("there is no such part in this report"))
    return part


def edit_ends(asker: Asker, report_id: int, version: int, *, opening: str, closing: str) -> Letter:
    """What stands before the parts of a report and after them; needs letters.draft."""
    check = Check()
    said = {
        "opening": check.text("opening", opening, most=_LONGEST, lines=True),
        "closing": check.text("closing", closing, most=_LONGEST, lines=True),
    }
    check.done()
    with recording(asker, "letters.edit_report_part") as record:
        queries.report(asker, report_id)
        row = to_change(asker, "letters.draft", report_id, version, DRAFT)
        record.on, record.organisation_id = row, row.office_id
        update(record, row, version, said)
    return row


def edit_part(asker: Asker, report_id: int, version: int, part_id: int, *, heading: str, text: str | None) -> Letter:
    """A person writes a part; ``text`` None: as it is made. It is measured by what is made now. Needs letters.draft."""
    check = Check()
    heading = check.text("heading", heading, most=250, needed=True)
    if text is not None:
        text = check.text("text", text, most=_LONGEST, lines=True)
    check.done()
    with recording(asker, "letters.edit_report_part") as record:
        row = _opened(asker, record, report_id, version)
        part = _part(row, part_id)
        before = snapshot(part)
        if part.is_appendix or (part.key and text == part.made):
            text = None
        if text is None and not part.key:
            text = part.text or ""
        part.heading, part.text = heading, text
        part.edited_from = part.made if text is not None and part.key else None
        part.save(update_fields=["heading", "text", "edited_from"])
        record.changed(part, before)
    return row


def add_part(
    asker: Asker, report_id: int, version: int, *, heading: str, text: str, after_id: int | None = None
) -> ReportPart:
    """A part of one's own, behind another one or before the appendices; needs letters.draft."""
    check = Check()
    heading = check.text("heading", heading, most=250, needed=True)
    text = check.text("text", text, most=_LONGEST, lines=True)
    check.done()
    with recording(asker, "letters.add_report_part") as record:
        row = _opened(asker, record, report_id, version)
        there = queries.parts(row)
        if len(there) >= MOST_PARTS:
            raise InvalidValues(
                [Fault("", N_("{n} are too many: at most {most}"), {"n": len(there) + 1, "most": MOST_PARTS})]
            )
        place = sum(not one.is_appendix for one in there)
        if after_id is not None:
            place = min(place, [one.pk for one in there].index(_part(row, after_id).pk) + 1)
        part = ReportPart.objects.create(letter=row, n=len(there), heading=heading, text=text)
        _order([*there[:place], part, *there[place:]])
        record.created(part)
    return part


def leave_out(asker: Asker, report_id: int, version: int, part_id: int, *, is_left_out: bool = True) -> Letter:
    """A part stands in the report no more, or again; one of one's own is gone. Needs letters.draft."""
    with recording(asker, "letters.remove_report_part") as record:
        row = _opened(asker, record, report_id, version)
        part = _part(row, part_id)
        before = snapshot(part)
        if part.key:
            part.is_left_out = is_left_out
            part.save(update_fields=["is_left_out"])
            record.changed(part, before)
        elif is_left_out:
            part.delete()
            record.deleted(part, before)
            _order(queries.parts(row))
    return row


def move_part(asker: Asker, report_id: int, version: int, part_id: int, *, by: int) -> Letter:
    """A part changes places with the one before (``by`` -1) or after it (1); what stands below a part goes along. Needs letters.draft."""
    check = Check()
    check.one_of("by", by, (-1, 1))
    check.done()
    with recording(asker, "letters.move_report_part") as record:
        row = _opened(asker, record, report_id, version)
        part = _part(row, part_id)
        blocks = _blocks(queries.parts(row))
        if is_below(part):
            block = next(one for one in blocks if part in one)
            _swap(block, block.index(part), by, least=1)
        else:
            place = next(n for n, one in enumerate(blocks) if one[0] == part)
            other = place + by
            if 0 <= other < len(blocks) and blocks[other][0].is_appendix == part.is_appendix:
                _swap(blocks, place, by)
        _order([one for block in blocks for one in block])
        record.note(part=part.heading, by=by)
    return row


def _blocks(parts: Sequence[ReportPart]) -> list[list[ReportPart]]:
    """Each part with those below it."""
    blocks: list[list[ReportPart]] = []
    for part in parts:
        if blocks and is_below(part):
            blocks[-1].append(part)
        else:
            blocks.append([part])
    return blocks


def _swap(rows: list[Any], place: int, by: int, least: int = 0) -> None:
    other = place + by
    if least <= other < len(rows):
        rows[place], rows[other] = rows[other], rows[place]


def _order(wanted: Sequence[ReportPart]) -> None:
    """The parts stand in this order, one place each."""
    for shift in (-1 - len(wanted), 0):  # first out of each other's way
        for n, part in enumerate(wanted):
            part.n = n + shift
        ReportPart.objects.bulk_update(wanted, ["n"], batch_size=200)


def regenerate(asker: Asker, report_id: int, version: int) -> Letter:
    """All parts are made anew from the table; what people wrote, left out and put in another order stays. Needs letters.draft."""
    with recording(asker, "letters.regenerate_report") as record:
        row = _opened(asker, record, report_id, version)
        if row.about is None:
            raise InvalidValues([Fault("", N_("this report is not on a letter: there is nothing to make it from"))])
        n_changed = _renew(row, queries.parts(row), queries.made(asker, row.about))
        record.note(n_changed=n_changed)
    return row


def _renew(row: Letter, there: Sequence[ReportPart], made: Sequence[Made]) -> int:
    by_key, now = {one.key: one for one in there if one.key}, timezone.now()
    wanted = {one.key for one in made}
    order = [one for one in there if not one.key or one.key in wanted or one.text is not None]
    n_changed = len(there) - len(order)
    ReportPart.objects.filter(pk__in=[one.pk for one in there if one not in order]).delete()
    for one in order:
        if (
            one.key and one.key not in wanted
        ):  # somebody wrote it: it stays, and shows that nothing is made for it any more
            one.made, one.made_at = "", now
    before: ReportPart | None = None
    for new in made:
        part = by_key.get(new.key)
        is_new = part is None
        if part is None:
            part = ReportPart(letter=row, n=1000 + len(order), key=new.key, heading=new.heading[:250])
            place = 0 if before is None else order.index(before) + 1
            order.insert(place, part)
        n_changed += part.made != new.text
        part.made, part.made_at = new.text, now
        if is_new:
            part.save(force_insert=True)
        before = part
    ReportPart.objects.bulk_update([one for one in order if one.key], ["made", "made_at"], batch_size=100)
    _order(order)
    return n_changed


# -------------------------------------------------------------------------------------------------------------- files


def ask_files(asker: Asker, report_id: int) -> ReportMaking:
    """The worker is to make the files of a report; it is made once however often it is asked for. Needs letters.draft."""
    row = queries.report(asker, report_id)
    require(asker, "letters.draft", row.office_id)
    with recording(asker, "letters.make_report_files", on=row, organisation_id=row.office_id):
        made, is_new = ReportMaking.objects.select_for_update().get_or_create(
            letter=row, defaults={"by_name": asker.name[:150]}
        )
        if not is_new and made.state in ("done", "failed"):
            made.state, made.done, made.fault, made.ended_at = "waiting", 0, {}, None
            made.asked_at, made.by_name, made.run, made.beat_at = timezone.now(), asker.name[:150], "", None
            made.save()
    return made


class NewFile(NamedTuple):
    """A file that lies in the store: its ``part``, ``name``, ``kind`` of ``work.evidence.KINDS``, ``size`` and ``sha256``."""

    part: str
    name: str
    kind: str
    size: int
    sha256: str


def keep_files(asker: Asker, report_id: int, files: Sequence[NewFile], *, basis: str) -> None:
    """The files of a report in the making take the place of those before; for the worker, with the ``basis`` that they were made of."""
    with recording(asker, "letters.make_report_files") as record:
        row = Letter.objects.select_for_update(of=("self",)).get(pk=report_id)
        record.on, record.organisation_id = row, row.office_id
        for one in LetterFile.objects.filter(letter=row, part__in=queries.STEPS):
            before = snapshot(one)
            one.delete()
            record.deleted(one, before)
        for new in files:
            put_file(record, row, part=new.part, name=new.name, kind=new.kind, size=new.size, sha256=new.sha256)
        ReportMaking.objects.filter(letter=row).update(
            state="done", done=len(queries.STEPS), basis=basis, run="", beat_at=None, ended_at=timezone.now(), fault={}
        )


def could_not_be_made(report_id: int, run: str, fault: Mapping[str, object]) -> None:
    """The files of a report could not be made; whoever looks is told why. For the worker: it decides nothing."""
    ReportMaking.objects.filter(letter_id=report_id, run=run).update(
        state="failed", run="", beat_at=None, ended_at=timezone.now(), fault=dict(fault)
    )
