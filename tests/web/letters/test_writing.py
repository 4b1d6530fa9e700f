"""Letters through their pages: the list, one letter, the editor, its steps, groups."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from letter_of import CLAUSES

from vonggac.desk.directives import actions
from vonggac.desk.directives.models import Addressee, Clause, Letter, RecipientGroup
from vonggac.desk.directives.values import ClauseValues
from vonggac.desk.notices.models import Notice
from vonggac.desk.work.models import Task

pytestmark = pytest.mark.django_db
LOCAL = "%Y-%m-%dT%H:%M"


def form_of(letter, **values):
    """What the editor's form sends for a draft as it stands, with ``values`` in the place of some."""
    said = actions.values_of(letter)
    sent = {
        "version": letter.version, "subject": said.subject, "urgency": said.urgency, "symbol": said.symbol, "place": said.place,
        "superior_name": said.superior_name, "opening": said.opening, "closing": said.closing, "signer_title": said.signer_title,
        "signer_name": said.signer_name, "signer_for": said.signer_for, "n_clauses": len(said.clauses), "n_lines": len(said.addressees),
        "deadline": (timezone.now() + timedelta(days=3)).strftime(LOCAL),
    }  # fmt: skip
    for n, one in enumerate(said.clauses):
        at = f"c{n}-"
        sent |= {f"{at}mark": one.mark, f"{at}title": one.title, f"{at}text": one.text, f"{at}kind": one.kind}
        sent[f"{at}groups"] = list(one.groups)
    for n, line in enumerate(said.addressees):
        sent |= {
            f"a{n}-role": line.role, f"a{n}-addressed": "1" if line.is_addressed else "", f"a{n}-group": line.group_id or "",
            f"a{n}-organisation": line.organisation_id or "", f"a{n}-words": line.words,
        }  # fmt: skip
    return sent | values


def typed(response, suffix):
    """What stands in the fields of the editor whose names end so, in order."""
    text = response.content.decode()
    return [unescape(one) for one in re.findall(rf'name="[ca]\d+-{suffix}" value="([^"]*)"', text)]


# ------------------------------------------------------------------------------------------------------------- the list


def test_the_list_says_how_far_each_letter_is(browser, issued):
    page = browser("leader").get("/letters/")
    assert issued.letter.reference in page.content.decode()
    n = Task.objects.filter(batch_id=issued.letter.batch_id).count()
    assert re.search(rf">0</span></strong> / <span class=\"count\">{n}<", page.content.decode())


def test_each_tab_has_its_own_letters_and_an_empty_one_teaches(browser, drafted):
    holiday, clerk = drafted(), browser("records_clerk")
    assert holiday.letter.subject in clerk.get("/letters/?tab=drafts").content.decode()
    for tab in ("outgoing", "incoming", "reports"):
        page = clerk.get(f"/letters/?tab={tab}").content.decode()
        assert 'class="empty"' in page
        assert holiday.letter.subject not in page


def test_letters_are_found_without_marks_and_by_year(browser, issued):
    leader = browser("leader")
    assert "SKHCN-CNTT" in leader.get("/letters/?q=tang+cuong").content.decode()
    assert 'class="empty"' in leader.get("/letters/?q=khong+co+tu+nay").content.decode()
    assert 'class="empty"' in leader.get("/letters/?year=2001").content.decode()
    assert leader.get("/letters/?year=abc&tab=zzz&page=99999").status_code == 200


def test_the_list_asks_the_same_however_many_letters_there_are(browser, issued, province):
    clerk, leader = province.asker("records_clerk"), browser("leader")
    actions.create(clerk, province.id("sokhcn"), actions.values_of(issued.letter))
    leader.get("/letters/?tab=drafts")
    with CaptureQueriesContext(connection) as few:
        leader.get("/letters/?tab=drafts")
    for _n in range(12):
        actions.create(clerk, province.id("sokhcn"), actions.values_of(issued.letter))
    with CaptureQueriesContext(connection) as many:
        leader.get("/letters/?tab=drafts")
    assert len(many) <= len(few)


def test_a_letter_is_found_by_the_search_of_every_page(browser, issued):
    page = browser("leader").get("/search?q=tang+cuong").content.decode()
    assert f'href="/letters/{issued.letter.pk}/"' in page
    assert f"/letters/{issued.letter.pk}/" not in browser("stranger").get("/search?q=tang+cuong").content.decode()


def test_who_only_answers_is_led_to_what_they_received(browser, issued):
    officer = browser("agency_officer")
    assert officer.get("/letters/")["Location"] == "/letters/received/"
    got = officer.get(f"/letters/{issued.letter.pk}/")
    assert got["Location"] == f"/letters/received/{issued.recipient('donghoa').pk}/"


# -------------------------------------------------------------------------------------------------------- one letter


def test_the_page_of_a_letter_shows_what_it_asks_and_how_far_each_clause_is(browser, issued):
    page = browser("leader").get(f"/letters/{issued.letter.pk}/").content.decode()
    for clause in CLAUSES:
        assert clause.title in page
    assert "Các doanh nghiệp viễn thông" in page
    assert page.count('class="far"') == len(CLAUSES)
    assert f"/letters/{issued.letter.pk}/table" in page


def test_drafts_and_their_pages_are_nobody_elses(browser, drafted):
    pk = drafted().letter.pk
    for role in ("agency_officer", "telco_desk", "stranger"):
        other = browser(role)
        for page in ("", "edit", "check", "changes", "issue", "send", "withdraw", "discard", "send-back"):
            assert other.get(f"/letters/{pk}/{page}").status_code in (403, 404), (role, page)


def test_who_only_sees_an_office_is_offered_no_step(browser, drafted):
    pk = drafted().letter.pk
    page = browser("auditor").get(f"/letters/{pk}/").content.decode()
    assert f"/letters/{pk}/edit" not in page
    assert f"/letters/{pk}/discard" not in page
    assert browser("auditor").get(f"/letters/{pk}/edit").status_code == 403


# ---------------------------------------------------------------------------------------------------------- beginning


def begin(browser, **values):
    """A draft by the first page, and the page of it that opens then."""
    first = timezone.localdate() + timedelta(days=20)
    sent = {
        "start": "template:holiday", "office": "sokhcn", "period_from": first.isoformat(), "version": "0",
        "period_until": (first + timedelta(days=4)).isoformat(), "deadline": f"{first + timedelta(days=6)}T16:00", **values,
    }  # fmt: skip
    return browser("records_clerk").post("/letters/new", sent)


def test_the_next_holiday_is_ready_after_one_form(browser, province):
    got = begin(browser, occasion="dịp nghỉ Tết <b>Dương lịch</b> {{7*7}}")
    letter = Letter.objects.get()
    assert got["Location"] == f"/letters/{letter.pk}/edit"
    assert letter.subject.endswith("dịp nghỉ Tết <b>Dương lịch</b> {{7*7}}")
    assert letter.clauses.filter(kind="report_day", is_daily=True).count() == 1
    page = browser("records_clerk").get(got["Location"]).content.decode()
    assert "<b>Dương lịch" not in page
    assert "49" not in re.findall(r"Dương lịch.{0,30}", page)[0]
    assert "Nội dung thay đổi" in browser("records_clerk").get(f"/letters/{letter.pk}/").content.decode()


def test_from_an_earlier_letter_it_tells_what_changed(browser, issued):
    got = begin(browser, start=f"letter:{issued.letter.pk}")
    new = Letter.objects.get(source=issued.letter)
    assert got["Location"].endswith(f"/{new.pk}/edit")
    assert [one.title for one in new.clauses.order_by("n")] == [one.title for one in CLAUSES]
    Clause.objects.filter(letter=new, n=0).update(text="Bố trí cán bộ trực 24/24 giờ.")
    page = browser("records_clerk").get(f"/letters/{new.pk}/changes").content.decode()
    assert re.search(r"<del><bdi>[^<]*thời gian nghỉ lễ", page)
    assert re.search(r"<ins><bdi>[^<]*24/24", page)


def test_a_blank_one_needs_a_subject_and_a_period_both_days(browser, province):
    got = begin(browser, start="blank", period_until="")
    assert got.status_code == 422
    assert not Letter.objects.exists()
    assert begin(browser, start="blank", subject="Về việc rà soát").status_code == 302
    assert Letter.objects.get().subject == "Về việc rà soát"


def test_nobody_begins_a_letter_of_an_office_that_they_do_not_write_for(browser, province):
    assert begin(browser, office="soyte").status_code == 422
    assert begin(browser, start="letter:999").status_code == 422
    assert begin(browser, start="letter:abc").status_code == 422
    assert not Letter.objects.exists()
    assert browser("agency_officer").get("/letters/new").status_code == 403


def test_a_letter_that_replaces_another_says_so_and_ends_its_work(browser, issued):
    old = issued.letter
    url = f"/letters/new?from={old.pk}&change=replaces"
    assert old.reference in browser("records_clerk").get(url).content.decode()
    got = begin(browser, start=f"letter:{old.pk}", change="replaces")
    new = Letter.objects.get(about=old)
    assert new.change == "replaces"
    assert got["Location"] == f"/letters/{new.pk}/edit"


# ---------------------------------------------------------------------------------------------------------- the editor


def test_what_is_typed_is_kept_whole(browser, drafted):
    letter, clerk = drafted().letter, browser("records_clerk")
    got = clerk.post(
        f"/letters/{letter.pk}/edit",
        form_of(letter, subject="Trích yếu mới", **{"c0-title": "Trực lễ", "c0-due": "2099-01-02T09:30", "c0-file": "1", "c1-daily": "1"}),
    )  # fmt: skip
    assert got["Location"] == f"/letters/{letter.pk}/"
    letter.refresh_from_db()
    assert letter.subject == "Trích yếu mới"
    first, second, third = letter.clauses.order_by("n")
    assert (first.title, first.needs_file, first.groups) == ("Trực lễ", True, [])
    assert timezone.localtime(first.due_at, timezone.get_fixed_timezone(420)).strftime(LOCAL) == "2099-01-02T09:30"
    assert second.is_daily
    assert third.groups == ["telcos"]
    assert letter.addressees.count() == 4


def test_rows_come_go_and_move_without_anything_being_saved(browser, drafted):
    letter, clerk = drafted().letter, browser("records_clerk")
    url, titles = f"/letters/{letter.pk}/edit", [one.title for one in CLAUSES]

    def pressed(do, **values):
        got = clerk.post(url, form_of(letter, do=do, **values))
        assert got.status_code == 200
        return got

    assert typed(pressed("down-0"), "title") == [titles[1], titles[0], titles[2]]
    assert typed(pressed("up-2"), "title") == [titles[0], titles[2], titles[1]]
    assert typed(pressed("up-0"), "title") == titles
    assert typed(pressed("remove-1"), "title") == [titles[0], titles[2]]
    assert typed(pressed("add-0"), "title") == [titles[0], "", *titles[1:]]
    assert typed(pressed("add", **{"c0-title": "Đang gõ dở"}), "title") == ["Đang gõ dở", *titles[1:], ""]
    assert len(typed(pressed("line-remove-3"), "role")) == 0  # a select, not a text
    assert pressed("line-remove-3").content.decode().count('-words" value="') == 3
    for odd in ("up-999", "down--1", "remove-x", "line-up-77", "add-888", "zzz", "line-zzz-0", "in-500"):
        assert typed(pressed(odd), "title") == titles
    letter.refresh_from_db()
    assert letter.version == 1
    assert [one.title for one in letter.clauses.order_by("n")] == titles


def test_clauses_are_numbered_from_their_structure_and_other_marks_stay(browser, drafted):
    clauses = [
        ClauseValues("Đầu", "1"),
        ClauseValues("Một", "1.a"),
        ClauseValues("Hai", "1.b"),
        ClauseValues("Phụ", "Phần II"),
        ClauseValues("Cuối", "2"),
    ]
    letter, clerk = drafted(clauses=clauses).letter, browser("records_clerk")
    url = f"/letters/{letter.pk}/edit"

    def marks(do):
        return typed(clerk.post(url, form_of(letter, do=do)), "mark")

    assert marks("remove-1") == ["1", "1.a", "Phần II", "2"]
    assert marks("down-1") == ["1", "1.a", "1.b", "Phần II", "2"]
    assert marks("out-2") == ["1", "1.a", "2", "Phần II", "3"]
    assert marks("in-4") == ["1", "1.a", "1.b", "Phần II", "1.c"]
    assert marks("add-1") == ["1", "1.a", "1.b", "1.c", "Phần II", "2"]
    assert marks("number") == ["1", "1.a", "1.b", "2", "3"]


def test_the_keyboard_stays_with_the_row_that_moved(browser, drafted):
    letter, clerk = drafted().letter, browser("records_clerk")
    page = clerk.post(f"/letters/{letter.pk}/edit", form_of(letter, do="down-0")).content.decode()
    assert re.search(r'id="c1-down"[^>]*autofocus', page)
    assert page.count("autofocus") == 1
    assert re.search(r'role="status" id="said">[^<]+2[^<]+3', page)
    assert "autofocus" not in clerk.get(f"/letters/{letter.pk}/edit").content.decode()


def test_recipients_are_added_by_group_by_typing_and_by_words(browser, drafted, province):
    letter, clerk = drafted().letter, browser("records_clerk")
    url = f"/letters/{letter.pk}/edit"
    group = RecipientGroup.objects.get(code="so-nganh")
    page = clerk.post(url, form_of(letter, do="add-group", new_group=group.pk)).content.decode()
    assert page.count(f'-group" value="{group.pk}"') == 1
    page = clerk.post(
        url, form_of(letter, do="add-organisation", new_organisation="benhvien · Bệnh viện Đa khoa tỉnh")
    ).content.decode()
    assert f'-organisation" value="{province.id("benhvien")}"' in page
    page = clerk.post(url, form_of(letter, do="add-words", new_words="Lưu: <i>VT</i>")).content.decode()
    assert "Lưu: &lt;i&gt;VT&lt;/i&gt;" in page
    page = clerk.post(url, form_of(letter, do="add-organisation", new_organisation="xã")).content.decode()
    assert 'class="field faulty"' in page
    assert Addressee.objects.filter(letter=letter).count() == 4


def test_the_pick_box_names_everybody_to_whom_a_letter_can_go(browser, drafted):
    drafted()
    page = browser("records_clerk").get("/letters/addressable?q=uy+ban&list=l").content.decode()
    assert "Ủy ban nhân dân tỉnh Thạch Lâm" in page  # above the clerk's own office
    assert browser("agency_officer").get("/letters/addressable?q=uy").status_code == 403


def test_how_many_will_receive_it_follows_what_is_chosen(browser, drafted):
    letter, clerk = drafted().letter, browser("records_clerk")
    url = f"/letters/{letter.pk}/edit"

    def reach(**values):
        page = clerk.post(url, form_of(letter, do="show", **values)).content.decode()
        return re.search(r'id="reach"[^>]*><p><strong>(\d+)', page)[1]

    assert reach() == "5"  # three communes, a telco, the people's committee
    assert reach(n_lines=1) == "3"


def test_faults_stand_beside_their_rows_with_everything_kept(browser, drafted):
    letter, clerk = drafted().letter, browser("records_clerk")
    sent = form_of(
        letter, **{"c1-title": "", "c2-due": "hôm nào đó", "c0-text": "Chữ\u202eđảo", "n_lines": 5, "a4-role": "action"}
    )
    got = clerk.post(f"/letters/{letter.pk}/edit", sent)
    page = got.content.decode()
    assert got.status_code == 422
    assert 'href="#c2-title"' in page  # a day that is none is told before the action is asked
    assert "hôm nào đó" in page
    got = clerk.post(f"/letters/{letter.pk}/edit", {**sent, "c2-due": ""})
    page = got.content.decode()
    assert got.status_code == 422
    for anchor in ("#c1-title", "#c0-title", "#a4-role"):
        assert f'href="{anchor}"' in page, anchor
    letter.refresh_from_db()
    assert letter.version == 1


def test_the_second_of_two_editors_loses_nothing_and_sees_what_differs(browser, drafted, province):
    letter, clerk = drafted(closing="Dòng một.\nDòng hai.").letter, browser("records_clerk")
    mine = form_of(
        letter, closing="Dòng một.\r\nDòng hai.", **{"c0-title": "Trực theo bản của tôi"}
    )  # as browsers send lines
    actions.edit(
        province.asker("records_clerk"), letter.pk, 1, replace(actions.values_of(letter), opening="Người khác đã sửa.")
    )
    got = clerk.post(f"/letters/{letter.pk}/edit", mine)
    page = got.content.decode()
    assert got.status_code == 409
    assert "Trực theo bản của tôi" in page
    assert re.search(r"<del><bdi>[^<]*Người khác đã sửa", page)
    assert "Dòng một" not in page[: page.index('id="letter-form"')]  # nobody changed that
    assert 'name="version" value="2"' in page
    again = clerk.post(f"/letters/{letter.pk}/edit", {**mine, "version": 2})
    assert again.status_code == 302


def test_hostile_text_is_text(browser, drafted):
    letter, clerk = drafted().letter, browser("records_clerk")
    evil = '"><script>alert(1)</script>{{ 7*7 }}{% load x %}${7*7}'
    clerk.post(
        f"/letters/{letter.pk}/edit", form_of(letter, subject=evil, opening=evil, **{"c0-title": evil, "c0-text": evil})
    )
    letter.refresh_from_db()
    assert letter.subject == evil
    for url in (
        "/letters/?tab=drafts",
        f"/letters/{letter.pk}/",
        f"/letters/{letter.pk}/edit",
        f"/letters/{letter.pk}/check",
        f"/letters/new?from={letter.pk}",
    ):
        page = clerk.get(url).content.decode()
        assert "<script>alert" not in page, url
        assert "{{ 7*7 }}" in unescape(page) or "check" in url, url


def test_two_hundred_clauses_and_long_texts_are_a_letter_and_more_are_not(browser, drafted):
    many = [ClauseValues(f"Nội dung {n}", str(n + 1), "Văn bản dài. " * 40, "carry_out") for n in range(200)]
    letter, clerk = drafted(clauses=many).letter, browser("records_clerk")
    for page in ("", "edit", "check", "changes"):
        assert clerk.get(f"/letters/{letter.pk}/{page}").status_code == 200
    got = clerk.post(f"/letters/{letter.pk}/edit", form_of(letter, do="add"))
    assert len(typed(got, "title")) == 200
    assert clerk.post(f"/letters/{letter.pk}/edit", form_of(letter)).status_code == 302
    letter.refresh_from_db()
    lost = form_of(letter)
    del lost["n_clauses"]  # not one clause is lost for that
    assert len(typed(clerk.post(f"/letters/{letter.pk}/edit", {**lost, "do": "show"}), "title")) == 200
    over = form_of(letter, n_clauses="99999999")
    assert clerk.post(f"/letters/{letter.pk}/edit", over).status_code == 422
    assert clerk.post(f"/letters/{letter.pk}/edit", form_of(letter, opening="x" * 60_000)).status_code == 422


# ------------------------------------------------------------------------------------------------- on its way out


def step(client, letter, name, **values):
    """One step by its form."""
    letter.refresh_from_db()
    return client.post(f"/letters/{letter.pk}/{name}", {"version": letter.version, **values})


def test_from_checks_to_withdrawal(browser, drafted):
    letter, clerk, leader = drafted().letter, browser("records_clerk"), browser("leader")
    page = leader.get(f"/letters/{letter.pk}/check").content.decode()
    assert "4 đơn vị nhận công văn để thực hiện, 9 việc bắt đầu" in page
    assert "đang bị giữ" in page  # nobody has released messages yet
    assert step(leader, letter, "approve", confirms="1").status_code == 302
    page = clerk.get(f"/letters/{letter.pk}/issue").content.decode()
    assert "Số tiếp theo trong sổ là 1" in page
    assert step(clerk, letter, "issue", sends="later", number="", dated="").status_code == 302
    letter.refresh_from_db()
    assert (letter.reference, letter.sent_at) == ("01/SKHCN-CNTT", None)
    assert step(clerk, letter, "send").status_code == 302
    assert Task.objects.filter(details__letter=letter.pk).count() == 9
    assert "9 việc chưa xong được thu hồi" in leader.get(f"/letters/{letter.pk}/withdraw").content.decode()
    assert step(leader, letter, "withdraw", why="").status_code == 422
    assert step(leader, letter, "withdraw", why="Ban hành nhầm").status_code == 302
    assert "Ban hành nhầm" in clerk.get(f"/letters/{letter.pk}/").content.decode()
    assert Notice.objects.filter(template="letter_withdrawn").exists()


def test_what_is_wrong_leads_to_where_it_is_and_is_not_approved(browser, drafted):
    clauses = [replace(CLAUSES[0], groups=("khong-co",)), CLAUSES[1]]
    letter = drafted(clauses=clauses, symbol="").letter
    clerk, leader = browser("records_clerk"), browser("leader")
    page = clerk.get(f"/letters/{letter.pk}/check").content.decode()
    assert f"/letters/{letter.pk}/edit#c0-title" in page
    assert f"/letters/{letter.pk}/edit#id_symbol" in page
    assert f"/letters/{letter.pk}/approve" not in leader.get(f"/letters/{letter.pk}/check").content.decode()
    assert step(leader, letter, "approve", confirms="1").status_code == 422
    letter.refresh_from_db()
    assert letter.state == "draft"


def test_warnings_stand_in_the_way_until_they_are_confirmed(browser, drafted):
    letter, leader = drafted(closing="Danh sách gửi kèm theo công văn này.").letter, browser("leader")
    assert step(leader, letter, "approve").status_code == 422
    assert step(leader, letter, "approve", confirms="1").status_code == 302


def test_an_old_page_approves_nothing_and_nothing_goes_out_twice(browser, drafted):
    letter, clerk, leader = drafted().letter, browser("records_clerk"), browser("leader")
    assert leader.post(f"/letters/{letter.pk}/approve", {"version": 7, "confirms": "1"}).status_code == 409
    assert step(leader, letter, "approve", confirms="1").status_code == 302
    letter.refresh_from_db()
    body = {"version": letter.version, "sends": "now"}
    assert clerk.post(f"/letters/{letter.pk}/issue", body).status_code == 302
    assert clerk.post(f"/letters/{letter.pk}/issue", body).status_code in (409, 422)
    assert Letter.objects.filter(number=1).count() == 1
    assert Task.objects.filter(details__letter=letter.pk).count() == 9


def test_steps_that_are_not_open_lead_back(browser, drafted):
    letter, clerk, leader = drafted().letter, browser("records_clerk"), browser("leader")
    for who, page in ((clerk, "issue"), (clerk, "send"), (leader, "withdraw"), (leader, "send-back")):
        assert who.get(f"/letters/{letter.pk}/{page}")["Location"] == f"/letters/{letter.pk}/"
    assert step(leader, letter, "approve", confirms="1").status_code == 302
    assert clerk.get(f"/letters/{letter.pk}/edit")["Location"] == f"/letters/{letter.pk}/"
    assert step(leader, letter, "send-back", why="Thiếu hạn trả lời").status_code == 302
    letter.refresh_from_db()
    assert letter.state == "draft"
    assert step(clerk, letter, "discard").status_code == 302
    assert not Letter.objects.filter(pk=letter.pk).exists()


def test_who_may_not_is_refused(browser, drafted):
    letter = drafted().letter
    assert step(browser("records_clerk"), letter, "approve", confirms="1").status_code == 403
    assert step(browser("leader"), letter, "discard").status_code == 403
    assert browser("leader").get(f"/letters/{letter.pk}/edit").status_code == 403


# ---------------------------------------------------------------------------------------------------- groups, Today


def test_groups_are_seen_by_who_writes_and_changed_by_who_writes_everywhere(browser, province):
    group = RecipientGroup.objects.get(code="xa-phuong")
    clerk, admin = browser("records_clerk"), browser("administrator")
    assert group.name in clerk.get("/letters/groups/").content.decode()
    assert clerk.get(f"/letters/groups/{group.pk}/").status_code == 403
    assert "Xã Đông Hòa" in admin.get(f"/letters/groups/{group.pk}/").content.decode()
    sent = {"version": group.version, "name": "Các xã", "kinds": ["commune"], "leave_out": "tayson", "also": "benhvien"}
    assert admin.post(f"/letters/groups/{group.pk}/", sent).status_code == 302
    group.refresh_from_db()
    assert group.without == [province.id("tayson")]
    assert group.organisations == [province.id("benhvien")]
    page = admin.get(f"/letters/groups/{group.pk}/").content.decode()
    assert f'name="without" value="{province.id("tayson")}"' in page
    assert admin.post(f"/letters/groups/{group.pk}/", sent).status_code == 409
    kept = {"version": group.version, "name": "Các xã", "kinds": ["commune"]}
    assert admin.post(f"/letters/groups/{group.pk}/", kept).status_code == 302
    group.refresh_from_db()
    assert (group.without, group.organisations) == ([], [])


def test_a_new_group_needs_a_code_of_its_own_and_somebody(browser, province):
    admin = browser("administrator")
    assert (
        admin.post("/letters/groups/new", {"name": "Nhóm", "code": "so-nganh", "kinds": ["commune"]}).status_code == 422
    )
    assert admin.post("/letters/groups/new", {"name": "Nhóm", "code": "nhom"}).status_code == 422
    assert admin.post("/letters/groups/new", {"name": "Nhóm", "code": "nhom", "kinds": ["telco"]}).status_code == 302


def test_today_says_which_letters_wait_for_whom(browser, drafted):
    letter = drafted().letter
    clerk, leader = browser("records_clerk"), browser("leader")
    assert f'href="/letters/{letter.pk}/check"' in leader.get("/").content.decode()
    assert f"/letters/{letter.pk}/" not in clerk.get("/").content.decode()
    step(leader, letter, "approve", confirms="1")
    page = clerk.get("/").content.decode()
    assert f'href="/letters/{letter.pk}/"' in page
    assert re.search(r'href="/letters/"[^>]*>.{0,400}class="tally"[^>]*><span class="count">1<', page, re.DOTALL)
    step(clerk, letter, "issue", sends="now")
    assert f'href="/letters/{letter.pk}/table"' in leader.get("/").content.decode()
    assert f"/letters/{letter.pk}/" not in browser("agency_officer").get("/").content.decode().replace(
        "/letters/received/", ""
    )
