"""Indicators from and to others: STIX 2.1, MISP, and what a person pastes. Pure but for ``intake`` and ``outgo``."""
