"""The record of who did what: a chain of hashes that a later change or cut breaks."""

from __future__ import annotations

from typing import Any, Never

from django.db import models

from vonggac.errors import N_, DeskError


class AppendOnly(DeskError):
    """Something tried to change or delete what may only be added to."""

    def __init__(self) -> None:
        super().__init__(N_("the audit record can only be added to: nothing in it is changed or deleted"))


class AppendedRows(models.QuerySet[Any]):
    """Rows that can be read and added, nothing else."""

    def update(self, **_values: Any) -> Never:
        """Refused."""
        raise AppendOnly

    def delete(self) -> Never:
        """Refused."""
        raise AppendOnly

    def bulk_update(self, *_args: Any, **_kwargs: Any) -> Never:
        """Refused."""
        raise AppendOnly


class Appended(models.Model):
    """A row that is written once. Triggers in the database (``guard``) refuse the same for whoever goes past the models."""

    objects = AppendedRows.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Add it; refused when it stands already."""
        if not self._state.adding:
            raise AppendOnly
        super().save(*args, **kwargs | {"force_insert": True})

    def delete(self, *_args: Any, **_kwargs: Any) -> Never:
        """Refused."""
        raise AppendOnly


class Entry(Appended):
    """One thing that was done. Never changed, never deleted; ``hash`` covers the entry before it, this one and its Detail.

    ``organisation_id`` scopes it and is no foreign key: an entry outlives what it is about. Nothing here names a person but
    by ``actor_id``; names, addresses and values stand in ``Detail``, which can be erased without breaking the chain.
    ``seq`` is given by the chain, without gaps from 1 on; its field's kind makes it the row number on SQLite.
    """

    seq = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(db_index=True)
    actor_id = models.BigIntegerField(null=True)
    via = models.CharField(max_length=8)
    action = models.CharField(max_length=64)
    object_type = models.CharField(max_length=64)
    object_id = models.CharField(max_length=64)
    organisation_id = models.BigIntegerField(null=True)
    n_objects = models.IntegerField()
    detail_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        indexes = (
            models.Index(fields=["organisation_id", "-seq"], name="entry_of_organisation"),
            models.Index(fields=["object_type", "object_id", "-seq"], name="entry_of_object"),
            models.Index(fields=["actor_id", "-seq"], name="entry_of_actor"),
            models.Index(fields=["action", "-seq"], name="entry_of_action"),
        )

    def __str__(self) -> str:
        return f"{self.seq} {self.action}"


class Detail(Appended):
    """The personal part of an entry: canonical JSON ``content`` whose salted SHA-256 stands in the entry.

    ``content``: {"actor", "address", "agent", "session", "label", "changes": [{"type", "id", "label", "before", "after"} or
    {"note"}]}. ``folded`` is the search form of actor and labels; it goes when the row is erased.
    """

    entry = models.OneToOneField(
        Entry, models.DO_NOTHING, primary_key=True, related_name="detail", db_column="seq", db_constraint=False
    )
    salt = models.CharField(max_length=32)
    folded = models.TextField(default="")
    content = models.TextField()

    def __str__(self) -> str:
        return f"detail of {self.entry_id}"


class Touch(models.Model):
    """An object that an entry changed beside the one that it is about, so that its history can be found."""

    id = models.BigAutoField(primary_key=True)
    object_type = models.CharField(max_length=64)
    object_id = models.CharField(max_length=64)
    seq = models.BigIntegerField()

    class Meta:
        indexes = (models.Index(fields=["object_type", "object_id", "-seq"], name="touch_of_object"),)

    def __str__(self) -> str:
        return f"{self.seq} {self.object_type} {self.object_id}"


class Head(models.Model):
    """The last link: one row, locked last in every transaction that writes."""

    id = models.SmallIntegerField(primary_key=True)
    seq = models.BigIntegerField()
    hash = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"head {self.seq}"


class Door(models.Model):
    """While a row stands here the triggers let deletions pass. It is made and removed within one transaction (``guard.opened``)."""

    id = models.SmallIntegerField(primary_key=True)

    def __str__(self) -> str:
        return "door"
