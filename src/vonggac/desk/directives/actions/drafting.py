"""How a letter comes to be: written, edited, made from another one, discarded; its attachments; groups of recipients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.utils import timezone

from vonggac.desk.audit.actions import Recording, recording, snapshot
from vonggac.desk.directives.actions.finding import require_office, to_change
from vonggac.desk.directives.models import Addressee, Clause, Letter, LetterFile, RecipientGroup
from vonggac.desk.directives.queries.letters import addressable, letter, letters
from vonggac.desk.directives.states import APPROVED, DRAFT, ISSUED, LETTER
from vonggac.desk.directives.values import HEAD, AddresseeValues, ClauseValues, LetterValues, clean
from vonggac.desk.organisations.checks import Check
from vonggac.desk.organisations.editing import update
from vonggac.desk.organisations.models import Organisation
from vonggac.desk.organisations.models.graph import KINDS
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import require
from vonggac.desk.work.evidence import BY_NAME, clean_name
from vonggac.errors import N_, Fault, InvalidValues, NotThere


def create(
    asker: Asker, office_id: int, values: LetterValues, *, source_id: int | None = None, template: str = ""
) -> Letter:
    """A new draft in the register of an office; needs letters.draft on it. ``source_id``, ``template``: what it was made from."""
    require_office(asker, "letters.draft", office_id)
    kept = _checked(asker, values)
    source = None if source_id is None else letter(asker, source_id)
    office = Organisation.objects.filter(pk=office_id, valid_until=None).first()
    if office is None:
        raise InvalidValues(
            [Fault("office_id", N_("this organisation exists no longer: choose who took over from it"))]
        )
    with recording(asker, "letters.create", organisation_id=office_id) as record:
        row = Letter(
            office=office, issuer=office, issuer_name=office.name, source=source, template=template,
            created_by_name=asker.name[:150], **{name: getattr(kept, name) for name in HEAD},
        )  # fmt: skip
        row.save(force_insert=True)
        record.on = row
        record.created(row)
        write_lines(row, kept)
    return row


def edit(asker: Asker, letter_id: int, version: int, values: LetterValues) -> Letter:
    """A draft says something else now: head, clauses and recipients as a whole. Needs letters.draft on its office."""
    kept = _checked(asker, values, letter_id)
    with recording(asker, "letters.edit") as record:
        row = to_change(asker, "letters.draft", letter_id, version, DRAFT)
        record.on, record.organisation_id = row, row.office_id
        before = values_of(row)
        update(record, row, version, {name: getattr(kept, name) for name in HEAD})
        write_lines(row, kept)
        record.note(
            clauses=_differing(before.clauses, kept.clauses),
            recipients=list(before.addressees) != list(kept.addressees),
        )
    return row


def _differing(before: Sequence[ClauseValues], after: Sequence[ClauseValues]) -> list[str]:
    """The marks and titles of clauses that were not there like that."""
    return [f"{one.mark} {one.title}".strip()[:80] for one in after if one not in before][:50]


def _checked(asker: Asker, values: LetterValues, letter_id: int | None = None) -> LetterValues:
    check = Check()
    kept = clean(check, values)
    for name in ("parent_id", "about_id"):
        pk = getattr(kept, name)
        if pk is not None and (pk == letter_id or not letters(asker).filter(pk=pk).exists()):
            check.fault(name, N_("there is no such letter here"))
    wanted = {one.organisation_id for one in kept.addressees if one.organisation_id is not None}
    there = set(addressable(asker).filter(pk__in=wanted).values_list("pk", flat=True))
    known = set(RecipientGroup.objects.values_list("pk", flat=True))
    for n, one in enumerate(kept.addressees):
        if one.organisation_id is not None and one.organisation_id not in there:
            check.fault(f"addressees.{n}.organisation_id", N_("there is no such organisation here"))
        if one.group_id is not None and one.group_id not in known:
            check.fault(f"addressees.{n}.group_id", N_("there is no such group"))
    check.done()
    return kept


def write_lines(row: Letter, kept: LetterValues) -> None:
    """Clauses and recipients of a draft as ``kept`` has them, in the place of those before."""
    Clause.objects.filter(letter=row).delete()
    Addressee.objects.filter(letter=row).delete()
    Clause.objects.bulk_create(
        Clause(
            letter=row, n=n, mark=one.mark, title=one.title, text=one.text, kind=one.kind, groups=list(one.groups), due_at=one.due_at,
            is_daily=one.is_daily, needs_file=one.needs_file, proof=one.proof,
        )
        for n, one in enumerate(kept.clauses)
    )  # fmt: skip
    Addressee.objects.bulk_create(
        Addressee(
            letter=row, n=n, role=one.role, is_addressed=one.is_addressed, group_id=one.group_id,
            organisation_id=one.organisation_id, words=one.words,
        )
        for n, one in enumerate(kept.addressees)
    )  # fmt: skip


def values_of(row: Letter) -> LetterValues:
    """What ``row`` says, as ``edit`` takes it."""
    return LetterValues(
        **{name: getattr(row, name) for name in HEAD},
        clauses=[
            ClauseValues(
                one.title, one.mark, one.text, one.kind, one.groups, one.due_at, one.is_daily, one.needs_file, one.proof
            )
            for one in Clause.objects.filter(letter=row).order_by("n")
        ],
        addressees=[
            AddresseeValues(one.role, one.is_addressed, one.group_id, one.organisation_id, one.words)
            for one in Addressee.objects.filter(letter=row).order_by("n")
        ],
    )


def draft_from(asker: Asker, letter_id: int) -> LetterValues:
    """What a new letter says that is made from one that the asker sees: its text and recipients, without any day.

    Made from a letter that came in, that is the one which it carries out; who signed that one, and to whom it went, is its issuer's.
    """
    row = letter(asker, letter_id)
    said = values_of(row)
    if row.direction == "in":
        said = replace(
            said, form=LETTER, parent_id=row.pk, symbol="", superior_name="", place="", signer_name="", signer_title="", signer_for="",
            addressees=(),
        )  # fmt: skip
    else:
        said = replace(said, parent_id=None)
    return replace(
        said, deadline=None, period_from=None, period_until=None, about_id=None, change="",
        clauses=[replace(one, due_at=None) for one in said.clauses],
    )  # fmt: skip


def discard(asker: Asker, letter_id: int, version: int) -> None:
    """Throw a draft away; needs letters.draft."""
    with recording(asker, "letters.discard") as record:
        row = to_change(asker, "letters.draft", letter_id, version, DRAFT)
        record.on, record.organisation_id = row, row.office_id
        if row.children.exists() or row.changed_by.exists():
            raise InvalidValues([Fault("", N_("other letters refer to it"))])
        record.deleted(row, snapshot(row))
        Letter.objects.filter(pk=row.pk).delete()  # ``row`` keeps its id, which the entry names


def attach(asker: Asker, letter_id: int, *, part: str, name: str, kind: str, size: int, sha256: str) -> LetterFile:
    """A file that lies in the store already belongs to a letter: an attachment, or what came back signed.

    Needs letters.draft on its office; what is issued takes no more attachments. The same content again is the file that is there.
    """
    with recording(asker, "letters.attach") as record:
        row = letter(asker, letter_id)
        if part == "attachment" and row.state not in (DRAFT, APPROVED):
            raise InvalidValues([Fault("", N_("it is issued: no more is attached to it"))])
        row = to_change(asker, "letters.draft", letter_id, row.version, DRAFT, APPROVED, ISSUED)
        record.on, record.organisation_id = row, row.office_id
        return put_file(record, row, part=part, name=name, kind=kind, size=size, sha256=sha256)


def put_file(
    record: Recording, row: Letter, *, part: str, name: str, kind: str, size: int, sha256: str,
    verdict: Mapping[str, Any] | None = None,
) -> LetterFile:  # fmt: skip
    """A file of the store becomes a part of ``row`` within an action that is being recorded."""
    made, is_new = LetterFile.objects.get_or_create(
        letter=row, part=part, sha256=sha256,
        defaults={"name": clean_name(name, BY_NAME[kind]), "kind": kind, "size": size, "at": timezone.now(),
                  "by_name": record.asker.name[:150], "verdict": dict(verdict or {})},
    )  # fmt: skip
    if is_new:
        record.created(made)
    return made


def detach(asker: Asker, letter_id: int, version: int, file_id: int) -> None:
    """An attachment no longer belongs to a draft; needs letters.draft."""
    with recording(asker, "letters.detach") as record:
        row = to_change(asker, "letters.draft", letter_id, version, DRAFT)
        record.on, record.organisation_id = row, row.office_id
        file = LetterFile.objects.filter(letter=row, part="attachment", pk=file_id).first()
        if file is None:
            raise NotThere(N_("there is no such file here"))
        before = snapshot(file)
        file.delete()
        record.deleted(file, before)


def save_group(
    asker: Asker, group_id: int | None, version: int, *, name: str, code: str = "", kinds: Sequence[str] = (),
    organisations: Sequence[int] = (), without: Sequence[int] = (),
) -> RecipientGroup:  # fmt: skip
    """A group of recipients, new (``group_id`` None, then with its ``code``) or changed; needs letters.draft everywhere."""
    require(asker, "letters.draft", None)  # groups are everybody's
    check = Check()
    name = check.text("name", name, most=250, needed=True)
    if group_id is None:
        code = check.code("code", code, most=40)
        if RecipientGroup.objects.filter(code=code).exists():
            check.fault("code", N_("there is a group of this code already"))
    for kind in kinds:
        check.one_of("kinds", kind, tuple(KINDS))
    there = set(addressable(asker).filter(pk__in=[*organisations, *without]).values_list("pk", flat=True))
    for field_name, ids in (("organisations", organisations), ("without", without)):
        if set(ids) - there:
            check.fault(field_name, N_("there is no such organisation here"))
    if not kinds and not organisations:
        check.fault("kinds", N_("a group without anybody: choose kinds or single organisations"))
    check.done()
    values = {
        "name": name,
        "kinds": sorted(set(kinds)),
        "organisations": sorted(set(organisations)),
        "without": sorted(set(without)),
    }
    with recording(asker, "letters.save_group") as record:
        if group_id is None:
            row = RecipientGroup(code=code, **values)
            row.save(force_insert=True)
            record.created(row)
        else:
            found = RecipientGroup.objects.select_for_update().filter(pk=group_id).first()
            if found is None:
                raise NotThere(N_("there is no such group"))
            row = found
            update(record, row, version, values)
        record.on = row
    return row
