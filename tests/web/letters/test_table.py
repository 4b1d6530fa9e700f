"""The leader's one page, the answers to a clause, both as files and over the API: as the table says, and only one's own."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import pytest
from django.utils import timezone
from openpyxl import load_workbook

pytestmark = pytest.mark.django_db

FORMULA = '=HYPERLINK("http://hostile.example","x")'
MARKUP = "<img src=x onerror=alert(1)>"
CHECKED = {"n_servers": 2, "n_workstations": 30, "n_checked": 32, "n_infected": 3, "n_cleaned": 3}


def answer(issued, code: str, place: int, result: str, **values) -> None:
    from province import granted

    from vonggac.desk.work import actions

    task = issued.tasks(code)[place]
    who = granted(("agency_officer", issued.province[code]))
    actions.submit(who, task.pk, task.version, result=result, values=values)


@pytest.fixture
def answered(issued):
    """Đông Hòa cleaned three machines, Tây Sơn says no with a hostile reason, the others nothing."""
    answer(issued, "donghoa", 1, "done", **CHECKED)
    answer(issued, "tayson", 1, "no", reason=FORMULA, difficulties=MARKUP)
    return issued


def page(browser, role: str, path: str) -> str:
    answer = browser(role).get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_leader_reads_three_numbers_and_who_has_not_answered_with_whom_to_call(answered, browser) -> None:
    text = page(browser, "duty_officer", f"/letters/{answered.letter.pk}/table")
    figures = re.findall(r'<a class="figure[^"]*"[^>]*><b>(.*?)</b>', text)
    assert [re.sub(r"<[^>]*>", "", one) for one in figures] == ["0/4", "4", "1"]
    owing = text[text.index('id="owing"') : text.index('id="bad"')]
    assert "Xã Đông Hòa" in owing
    assert 'href="tel:0000000123"' in owing  # of the contact ladder
    bad = text[text.index('id="bad"') : text.index('id="clauses"')]
    task = answered.tasks("tayson")[1]
    assert f'href="/letters/received/{answered.recipient("tayson").pk}/#c{task.pk}"' in bad
    assert "HYPERLINK" in bad


def test_what_recipients_write_is_text(answered, browser) -> None:
    clause = answered.letter.clauses.get(n__gte=0, kind="check_machines").pk
    for path in ("", f"/{clause}", f"/{clause}?show=words"):
        text = page(browser, "leader", f"/letters/{answered.letter.pk}/table{path}")
        assert "<img src=x" not in text


def test_a_number_is_shown_to_who_may_see_people_there(answered, browser) -> None:
    # The department's leader sees the letter's recipients, who stand beside the department, not the people of theirs.
    assert "tel:" not in page(browser, "leader", f"/letters/{answered.letter.pk}/table")


def test_the_matrix_links_each_cell_and_filters_and_sorts_by_the_address(answered, browser) -> None:
    path = f"/letters/{answered.letter.pk}/table"

    def names(query: str) -> list[str]:
        text = page(browser, "leader", path + query)
        return re.findall(r'<tr><th scope="row"><a href="/letters/received/\d+/"><bdi>(.*?)</bdi>', text)

    assert len(names("")) == 4
    assert names("?show=trouble") == ["Xã Tây Sơn"]
    assert names("?group=telcos") == ["Viễn thông Thạch Lâm"]
    assert names("?q=duong+mai") == ["Phường Đường Mai"]
    assert names("?q=khong+co+ai") == []
    assert names("?sort=lag")[-1] in {"Xã Đông Hòa", "Xã Tây Sơn"}
    assert names("?sort=%27&group=x&compare=99999999999999999999") == []
    assert len(names("?show=nonsense&sort=nonsense")) == 4
    text = page(browser, "leader", path)
    task = answered.tasks("donghoa")[1]
    assert f"/letters/received/{answered.recipient('donghoa').pk}/#c{task.pk}" in text


def test_a_recipient_sees_its_own_row_and_nothing_of_its_neighbours(answered, browser) -> None:
    clause = answered.letter.clauses.get(kind="check_machines").pk
    for path in (f"/letters/{answered.letter.pk}/table", f"/letters/{answered.letter.pk}/table/{clause}"):
        text = page(browser, "agency_officer", path)
        assert "Xã Đông Hòa" in text
        assert "Tây Sơn" not in text
        assert "HYPERLINK" not in text
        assert browser("stranger").get(path).status_code == 404
    told = browser("agency_officer").get(f"/api/v1/letters/{answered.letter.pk}/table").json()
    assert ([line["name"] for line in told["lines"]], told["is_whole"]) == (["Xã Đông Hòa"], False)
    assert [
        one["name"] for one in browser("agency_officer").get(f"/api/v1/letters/{answered.letter.pk}/said").json()
    ] == ["Xã Đông Hòa"]
    assert browser("stranger").get(f"/api/v1/letters/{answered.letter.pk}/table").status_code == 404


def test_a_clause_of_another_letter_is_not_here(answered, browser) -> None:
    from vonggac.desk.directives import actions

    clerk, home = answered.province.asker("records_clerk"), answered.province.id("sokhcn")
    other = actions.create(clerk, home, actions.draft_from(clerk, answered.letter.pk))
    clause = other.clauses.get(n=1).pk
    assert browser("leader").get(f"/letters/{answered.letter.pk}/table/{clause}").status_code == 404
    assert browser("leader").get(f"/letters/{other.pk}/table").status_code == 200  # says that there is none yet


def test_the_api_tells_what_the_table_says(answered, browser) -> None:
    told = browser("leader").get(f"/api/v1/letters/{answered.letter.pk}/table").json()
    clause = next(one for one in told["clauses"] if one["kind"] == "check_machines")
    assert told["total"]["asked"] == 9
    assert told["total"]["answered"] == 2
    assert told["total"]["outcomes"] == {"done": 1, "partly": 0, "no": 1, "not_applicable": 0, "open": 7}
    assert told["by_clause"][str(clause["id"])]["counts"][str(clause["id"])]["n_checked"] == 32
    assert [group["key"] for group in told["groups"]] == ["communes", "telcos"]
    words = browser("leader").get(f"/api/v1/letters/{answered.letter.pk}/said?clause_id={clause['id']}").json()
    assert {one["name"]: one["words"].get("reason") for one in words} == {"Xã Đông Hòa": None, "Xã Tây Sơn": FORMULA}


def test_a_workbook_holds_the_table_and_its_sums_and_no_formula(answered, browser) -> None:
    from vonggac.desk.audit.models import Entry

    answer = browser("leader").get(f"/letters/{answered.letter.pk}/table/export")
    book = load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    assert len(book.sheetnames) == 5
    matrix, counts, _sums, _groups, words = (list(book[name].values) for name in book.sheetnames)
    assert [row[0] for row in matrix[1:]] == ["Phường Đường Mai", "Xã Đông Hòa", "Xã Tây Sơn", "Viễn thông Thạch Lâm"]
    column = next(place for place, title in enumerate(counts[0]) if "rà soát" in str(title) or "checked" in str(title))
    by_name = {row[0]: row[column] for row in counts[1:]}
    assert by_name["Xã Đông Hòa"] == 32
    assert list(by_name.values()).count(32) == 3  # itself, its group, all
    assert any(FORMULA in str(cell) for row in words for cell in row)
    for name in book.sheetnames:
        for row in book[name].iter_rows():
            for cell in row:
                assert cell.data_type != "f"
                assert not str(cell.value or "").startswith("=")
    assert Entry.objects.filter(action="letters.export").count() == 1


def test_the_csv_holds_what_is_shown_and_only_ones_own(answered, browser) -> None:
    path = f"/letters/{answered.letter.pk}/table/export?form=csv"

    def rows(role: str, query: str = "") -> list[list[str]]:
        text = browser(role).get(path + query).content.decode("utf-8-sig")
        return list(csv.reader(io.StringIO(text)))

    assert [row[0] for row in rows("leader", "&show=trouble")[1:]] == ["Xã Tây Sơn"]
    assert [row[0] for row in rows("agency_officer")[1:]] == ["Xã Đông Hòa"]
    assert browser("stranger").get(path).status_code == 404


def test_beside_the_letter_before_it_says_what_changed(answered, browser) -> None:
    from dataclasses import replace

    from vonggac.desk.directives import actions

    clerk, leader = answered.province.asker("records_clerk"), answered.province.asker("leader")
    values = replace(actions.draft_from(clerk, answered.letter.pk), deadline=timezone.now() + timedelta(days=2))
    row = actions.create(clerk, answered.province.id("sokhcn"), values, source_id=answered.letter.pk)
    row = actions.approve(leader, row.pk, row.version, confirms=True)
    later = replace(answered, letter=actions.issue(clerk, row.pk, row.version))
    answer(later, "donghoa", 1, "done", **{**CHECKED, "n_checked": 40, "n_infected": 1, "n_cleaned": 1})
    text = page(browser, "leader", f"/letters/{later.letter.pk}/table")
    assert f'<option value="{answered.letter.pk}"' in text
    text = page(browser, "leader", f"/letters/{later.letter.pk}/table?compare={answered.letter.pk}")
    both = text[text.index('id="compared"') : text.index('id="matrix"')]
    plain = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", both))
    assert "32 40 + 8" in plain
    assert "3 1 -2" in plain or "3 1 -2" in plain.replace("−", "-")
    # of a letter that one does not see, nothing is said
    assert 'id="compared"><' not in page(browser, "agency_officer", f"/letters/{later.letter.pk}/table?compare=1")


def test_of_a_withdrawn_letter_nobody_is_said_to_have_answered(answered, browser) -> None:
    from vonggac.desk.directives import actions
    from vonggac.desk.directives.models import Letter

    row = Letter.objects.get(pk=answered.letter.pk)
    actions.withdraw(answered.province.asker("leader"), row.pk, row.version, "Ban hành nhầm")
    text = page(browser, "leader", f"/letters/{row.pk}/table")
    assert "notice success" not in text
    assert "notice warning" in text
