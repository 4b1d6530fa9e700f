"""Texts sort as a Vietnamese reader expects, on both databases."""

from __future__ import annotations

import random
import unicodedata

import pytest
from province import admin, make_organisation

from vonggac.desk.organisations import queries
from vonggac.desk.searching import SORT_KEY_LENGTH, search_form, sort_key

ORDERED = (
    "An", "Àn", "Ản", "Ãn", "Án", "Ạn", "An Bình", "Ăn", "Ân", "Dông", "Dương", "Đa", "Đông", "Em", "Êm", "Ôn", "Ơn",
    "Phường 2", "Phường 10", "Uông", "Ưng", "Xã Yên", "Ý Yên",
)  # fmt: skip
"""In the order of the alphabet, tones last, numbers by their value."""


def test_the_alphabet_then_the_tones_then_nothing():
    shuffled = random.Random(1).sample(ORDERED, len(ORDERED))
    assert sorted(shuffled, key=sort_key) == list(ORDERED)
    assert sort_key("Đông  HÒA ") == sort_key("đông hòa")
    assert sort_key(unicodedata.normalize("NFD", "Đường Ổi")) == sort_key("Đường Ổi")
    assert sort_key("Xã 002") == sort_key("Xã 2")


@pytest.mark.parametrize("text", ["Ỡ" * 250, "漢" * 250, "٣²Ⅷ", "9" * 250, "", " -_ ", "\u0301x", "ﬁ"])
def test_any_text_has_a_key_of_digits_that_fits(text):
    key = sort_key(text)
    assert key.isascii()
    assert key.isdecimal()
    assert len(key) <= SORT_KEY_LENGTH


@pytest.mark.django_db
def test_lists_are_in_this_order():
    for number, name in enumerate(reversed(ORDERED)):
        make_organisation(f"o{number}", name=name)
    assert [row.name for row in queries.organisations(admin())] == list(ORDERED)
    assert [node.name for node in queries.tree(admin())] == list(ORDERED)


def test_what_no_database_holds_is_no_part_of_a_search():
    assert search_form("Xã\0 Đông\ud800 Hòa") == search_form("Xã Đông Hòa") == "xa dong hoa"
