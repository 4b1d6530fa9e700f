"""Letters, going out or come in, with what they ask and the files that belong to them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from vonggac.desk.directives.states import DRAFT, LETTER, OUT
from vonggac.desk.organisations.models import Organisation
from vonggac.desk.searching import search_form


class Register(models.Model):
    """The numbers that an office gave in a year: ``last`` is the highest. ``book``: a form of outgoing documents, or ``in``."""

    id = models.BigAutoField(primary_key=True)
    office = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    book = models.CharField(max_length=10)
    year = models.SmallIntegerField()
    last = models.IntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["office", "book", "year"], name="register_once"),)

    def __str__(self) -> str:
        return f"{self.book} {self.year}"


class Letter(models.Model):
    """A letter (or report) in the register of ``office``: the one that issues it, or the one that it came to.

    ``issuer`` and ``issuer_name``: who issues it, as they were called then; ``issuer`` None: a body that the directory does not hold.
    ``superior_name``: the body above the issuer, as it stands over it. ``book``, ``year`` and ``number``: its place in the register
    (of what came in: the number of arrival); None: none yet. ``reference``: number and symbol as they are written ("15/SKHCN-CNTT").

    ``deadline``: by when all is to be answered. ``period_from`` and ``period_until``: the days that it is about (a holiday).
    ``parent``: the letter of a higher body that it carries out. ``source``: the letter that its text was made from; ``template``: the
    shipped one. ``about`` and ``change``: the letter that it amends or replaces, or that a report is on. ``signer_for``: lines
    like "KT. GIÁM ĐỐC". ``links_ask_code``: a link of it opens only with a code to the registered contact. ``sent_at``: since when it is
    its recipients' to see and its work theirs to do; None: not yet. ``batch_id``: that work, 0: none. ``arrived_on`` and ``handler``: of
    one that came in, when, and which unit or person of the office it was given to.
    """

    AUDIT_SECRET: ClassVar = ("folded",)

    id = models.BigAutoField(primary_key=True)
    office = models.ForeignKey(Organisation, models.PROTECT, related_name="letters", db_index=False)
    direction = models.CharField(max_length=3, default=OUT)
    state = models.CharField(max_length=10, default=DRAFT)
    form = models.CharField(max_length=10, default=LETTER)
    issuer = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    issuer_name = models.CharField(max_length=250, blank=True)
    superior_name = models.CharField(max_length=250, blank=True)
    symbol = models.CharField(max_length=40, blank=True)
    book = models.CharField(max_length=10, blank=True)
    year = models.SmallIntegerField(null=True, blank=True)
    number = models.IntegerField(null=True, blank=True)
    reference = models.CharField(max_length=60, blank=True)
    dated = models.DateField(null=True, blank=True)
    place = models.CharField(max_length=80, blank=True)
    subject = models.CharField(max_length=500)
    opening = models.TextField(blank=True)
    closing = models.TextField(blank=True)
    urgency = models.CharField(max_length=12, blank=True)
    deadline = models.DateTimeField(null=True, blank=True)
    period_from = models.DateField(null=True, blank=True)
    period_until = models.DateField(null=True, blank=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    source = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="+")
    template = models.CharField(max_length=40, blank=True)
    about = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="changed_by")
    change = models.CharField(max_length=8, blank=True)
    signer_name = models.CharField(max_length=120, blank=True)
    signer_title = models.CharField(max_length=120, blank=True)
    signer_for = models.CharField(max_length=120, blank=True)
    links_ask_code = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    created_by_name = models.CharField(max_length=150, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_by_name = models.CharField(max_length=150, blank=True)
    issued_at = models.DateTimeField(null=True, blank=True)
    issued_by_name = models.CharField(max_length=150, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdraw_reason = models.CharField(max_length=500, blank=True)
    batch_id = models.BigIntegerField(default=0)
    arrived_on = models.DateField(null=True, blank=True)
    handler = models.CharField(max_length=150, blank=True)
    version = models.IntegerField(default=1)
    folded = models.TextField(editable=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["office", "book", "year", "number"],
                name="letter_number_once",
                condition=models.Q(number__isnull=False),
            ),
        )
        indexes = (
            models.Index(fields=["office", "direction", "-id"], name="letter_of_office"),
            models.Index(fields=["reference"], name="letter_by_reference"),
            models.Index(fields=["batch_id"], name="letter_of_batch", condition=models.Q(batch_id__gt=0)),
        )

    def save(self, *args: Any, **kwargs: Any) -> None:
        """As Django does, with what a search looks at."""
        self.folded = search_form(self.reference, self.subject, self.issuer_name)
        super().save(*args, **kwargs)

    def __str__(self) -> str:
        return self.reference or self.subject


class Clause(models.Model):
    """One passage of a letter in its order ``n``. ``mark``: as it is numbered ("1", "a").

    ``kind``: the kind of Task that answers it, a name of ``work.kinds.OBLIGATIONS``; empty: text that asks nothing by itself.
    ``groups``: codes of the recipient groups that it concerns; none: all who are to act. ``due_at``: by when, where it is not the
    letter's deadline. ``is_daily``: a report on each day of the letter's period, by the hour of ``due_at`` (else of the deadline).
    ``needs_file``: done only with a file. ``proof``: a key of ``states.MACHINE_PROOFS``.
    """

    id = models.BigAutoField(primary_key=True)
    letter = models.ForeignKey(Letter, models.CASCADE, related_name="clauses", db_index=False)
    n = models.SmallIntegerField()
    mark = models.CharField(max_length=12, blank=True)
    title = models.CharField(max_length=250)
    text = models.TextField(blank=True)
    kind = models.CharField(max_length=24, blank=True)
    groups = models.JSONField(default=list)
    due_at = models.DateTimeField(null=True, blank=True)
    is_daily = models.BooleanField(default=False)
    needs_file = models.BooleanField(default=False)
    proof = models.CharField(max_length=12, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["letter", "n"], name="clause_once"),)

    def __str__(self) -> str:
        return f"{self.mark} {self.title}".strip()


class LetterFile(models.Model):
    """A file of a letter, kept in the store of evidence under the SHA-256 of its bytes.

    ``part``: original (as it came in), attachment, docx or pdf (as issued), signed (come back from who signed it), reply (with which a
    recipient answered). ``kind``: of ``work.evidence.KINDS``. ``verdict``: of a signed PDF, what ``jobs.signed_pdf`` said when it came.
    """

    id = models.BigAutoField(primary_key=True)
    letter = models.ForeignKey(Letter, models.CASCADE, related_name="files")
    part = models.CharField(max_length=12)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=16)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    verdict = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now)
    by_name = models.CharField(max_length=150)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["letter", "part", "sha256"], name="letter_file_once"),)
        indexes = (models.Index(fields=["sha256"], name="letter_file_by_content"),)

    def __str__(self) -> str:
        return self.name
