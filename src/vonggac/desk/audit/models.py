"""The record of who did what: a chain of hashes that a later change or cut breaks."""

from __future__ import annotations

from django.db import models


class Entry(models.Model):
    """One thing that was done. Never changed, never deleted; ``hash`` covers the entry before it, this one and its Detail.

    ``organisation_id`` scopes it and is no foreign key: an entry outlives what it is about. Nothing here names a person but
    by ``actor_id``; names, addresses and values stand in ``Detail``, which can be erased without breaking the chain.
    """

    seq = models.BigIntegerField(primary_key=True)
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


class Detail(models.Model):
    """The personal part of an entry: canonical JSON ``content`` whose salted SHA-256 stands in the entry.

    ``content``: {"actor", "address", "agent", "session", "changes": [{"type", "id", "label", "before", "after"}]}.
    """

    entry = models.OneToOneField(Entry, models.CASCADE, primary_key=True, related_name="detail", db_column="seq")
    salt = models.CharField(max_length=32)
    content = models.TextField()

    def __str__(self) -> str:
        return f"detail of {self.entry_id}"


class Head(models.Model):
    """The last link: one row, locked last in every transaction that writes."""

    id = models.SmallIntegerField(primary_key=True)
    seq = models.BigIntegerField()
    hash = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"head {self.seq}"
