"""The control plane's records: one app per noun, and the only room that touches the database.

An app holds ``models.py`` (records and their invariants), ``actions.py`` (every write: one function per thing that a person
or a job does, one transaction, one audit entry) and ``queries.py`` (every read, scoped to what the asker may see).
"""
