"""Files into the directory: every fault by row, what changes, nothing twice, history, scope, others at work meanwhile."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest
from django.conf import settings as django_settings
from openpyxl import Workbook
from province import admin

from vonggac.config import zone_from
from vonggac.desk.audit.models import Detail, Entry
from vonggac.desk.audit.verify import verify
from vonggac.desk.organisations import actions, reach
from vonggac.desk.organisations.models import (
    ContactPoint,
    Import,
    ImportFault,
    ImportLine,
    InformationSystem,
    Mandate,
    Name,
    Network,
    Organisation,
    Person,
    Placement,
    SystemAddress,
)
from vonggac.desk.organisations.models.imports import STAGED, StagedReach
from vonggac.desk.organisations.staging import life, queries
from vonggac.desk.organisations.staging.cells import guarded, unguarded
from vonggac.desk.organisations.staging.fillings import filling
from vonggac.desk.organisations.staging.kinds import KINDS
from vonggac.desk.scope.asker import Asker, Held, Origin
from vonggac.desk.scope.models import Reach
from vonggac.errors import DeskError, EditConflict, NotAllowed, NotThere
from vonggac.jobs import directory_export, directory_import, spool

pytestmark = pytest.mark.django_db
ZONE = zone_from("+07:00")


@pytest.fixture
def settings(tmp_path):
    import dataclasses

    return dataclasses.replace(django_settings.VONGGAC, data_dir=tmp_path)


def book(**sheets) -> bytes:
    made = Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


def checked(settings, data: bytes, asker=None, name="danh bạ.xlsx") -> Import:
    asker = asker or admin()
    taken = spool.Spool(settings, spool.UPLOAD_LIMIT)
    taken.write(data)
    row = directory_import.receive(settings, asker, taken.done(), name)
    directory_import.advance(settings, asker, row)
    row.refresh_from_db()
    return row


def apply(settings, row: Import, asker=None) -> Import:
    asker = asker or admin()
    life.start_applying(asker, row.pk)
    directory_import.advance(settings, asker, row)
    row.refresh_from_db()
    return row


def imported(settings, data: bytes, asker=None, name="danh bạ.xlsx") -> Import:
    row = checked(settings, data, asker, name)
    assert row.n_faults == 0, told(row)
    row = apply(settings, row, asker)
    assert row.state == "applied", row.message
    return row


def told(row: Import, *, warnings=False) -> list[tuple]:
    return [
        (one.sheet, one.row, one.column, one.value, one.message.format(**one.params))
        for one in ImportFault.objects.filter(import_id=row.pk, is_warning=warnings).order_by("pk")
    ]


def numbers(row: Import) -> dict[str, tuple[int, int, int]]:
    return {kind: (one["created"], one["changed"], one["unchanged"]) for kind, one in row.counts.items() if one["rows"]}


FULL = {
    "Cơ quan": [
        ("Danh bạ tỉnh",),
        ("MÃ", "tên", "Ten viet tat", "Loại", "Mã cơ quan cấp trên", "Có hiệu lực từ", "Ghi chú"),
        ("X1", "Sở Mẫu", "SM", "Sở, ban, ngành", "", "01/02/2021", "dòng 1\ndòng 2"),
        ("X2", "Xã Mẫu", "", "commune", "X1", datetime(2021, 3, 1), ""),  # noqa: DTZ001  # as a spreadsheet holds it
        ("X3", "Nhà mạng Mẫu", "", "Telecom operator", None, None, None),
    ],
    "People": [
        ("Organisation code", "Full name", "Position", "E-mail", "Telephone"),
        ("X2", "Trần Thị Mẫu", "Phó Chủ tịch", "mau@Xa.Example", "+84 000 000 121"),
        ("X2", "Lê Văn Mẫu", "", "", ""),
    ],
    "Đầu mối liên hệ": [
        ("Mã cơ quan", "Hình thức", "Số hoặc địa chỉ", "Người phụ trách", "Hỗ trợ"),
        ("X2", "Di động", "0000 000 122", "mau@xa.example", "có"),
        ("X2", "E-mail", "truc@xa.example", "Lê Văn Mẫu", ""),
    ],
    "Mạng": [
        ("Dải địa chỉ", "Mã cơ quan", "Phía", "Có hiệu lực từ"),
        ("198.51.100.128/25", "X3", "public", "2021-01-01"),
        ("198.51.100.160 - 198.51.100.175", "X2", "", "2021-05-01 08:30"),
        ("10.0.0.0/8", "X2", "Inner network", ""),
    ],
    "Hệ thống": [
        ("Mã cơ quan", "Mã hệ thống", "Tên hệ thống", "Cấp độ", "Địa chỉ và tên miền", "Mã đơn vị vận hành"),
        ("X2", "CDV", "Cổng dịch vụ công", "Cấp độ 3", "198.51.100.161; dichvu.xa.example", "X3"),
        ("X2", "VB", "=SUM(A1)", 2, "", ""),
    ],
    "Mandates": [
        ("Holder", "Mandate", "Over", "Basis"),
        ("X1", "support", "X2", "QĐ 01"),
    ],
}  # fmt: skip


def full() -> dict:
    kinds = {name: [list(row) for row in rows] for name, rows in FULL.items()}
    kinds["Cơ quan"][2][3] = "department"
    kinds["Hệ thống"][2][2] = "'=SUM(A1)"
    return kinds


def test_one_file_fills_the_directory_and_twice_changes_nothing(db, settings):
    row = imported(settings, book(**full()))
    assert numbers(row) == {
        "organisations": (3, 0, 0), "people": (2, 0, 0), "contacts": (2, 0, 0), "networks": (3, 0, 0),
        "systems": (2, 0, 0), "mandates": (1, 0, 0),
    }  # fmt: skip
    commune = Organisation.objects.get(code="X2")
    assert commune.parent.code == "X1"
    assert commune.valid_from == datetime(2021, 2, 28, 17, tzinfo=UTC)
    assert Organisation.objects.get(code="X1").note == "dòng 1\ndòng 2"
    assert Name.objects.get(organisation=commune).name == "Xã Mẫu"
    assert Placement.objects.get(organisation=commune).parent.code == "X1"
    person = Person.objects.get(name="Trần Thị Mẫu")
    assert (person.email, person.phone) == ("mau@xa.example", "+84 000 000 121")
    mobile = ContactPoint.objects.get(channel="mobile")
    assert (mobile.person, mobile.is_support, mobile.rank) == (person, True, 1)
    assert ContactPoint.objects.get(channel="email").rank == 2
    ranged = Network.objects.get(text="198.51.100.160/28")
    assert (ranged.side, ranged.valid_from) == ("public", datetime(2021, 5, 1, 1, 30, tzinfo=UTC))
    system = InformationSystem.objects.get(code="CDV")
    assert (system.level, system.operator.code) == (3, "X3")
    assert set(SystemAddress.objects.filter(system=system).values_list("value", flat=True)) == {
        "198.51.100.161", "dichvu.xa.example",
    }  # fmt: skip
    assert InformationSystem.objects.get(code="VB").name == "=SUM(A1)"
    assert Mandate.objects.get().over == commune
    before = Entry.objects.filter(action="directory.apply").count()
    again = checked(settings, book(**full()))
    assert (again.n_faults, again.n_lines) == (0, 0)
    assert sum(one["unchanged"] for one in again.counts.values()) == 13
    assert Entry.objects.filter(action="directory.apply").count() == before


def test_records_that_were_imported_are_found_as_those_that_were_typed(db, settings):
    imported(settings, book(**full()))
    kept = ("folded", "sort_key")
    for model in (Organisation, Name, Person, Network, InformationSystem):
        for row in model.objects.all():
            before = {name: getattr(row, name) for name in kept if hasattr(row, name)}
            row.save()
            assert {name: getattr(row, name) for name in before} == before


def test_reach_is_right_after_an_import_and_after_a_move(db, settings):
    imported(settings, book(**full()))
    _assert_reach()
    rows = [
        ("Code", "Name", "Kind", "Parent code", "Renamed or moved on"),
        ("X2", "Xã Mẫu", "commune", "X3", "2024-01-01"),
    ]
    imported(settings, book(Organisations=rows))
    _assert_reach()
    commune = Organisation.objects.get(code="X2")
    places = Placement.objects.filter(organisation=commune).order_by("pk").values_list("parent__code", "valid_until")
    assert list(places) == [("X1", datetime(2023, 12, 31, 17, tzinfo=UTC)), ("X3", None)]


def _assert_reach() -> None:
    stored = set(Reach.objects.values_list("ancestor_id", "descendant_id"))
    ids = list(Organisation.objects.values_list("pk", flat=True))
    wanted = {(above, one) for one, all_above in reach.closure(reach.edges(), ids).items() for above in all_above}
    assert stored == wanted


def test_every_fault_comes_at_once_with_its_place_and_nothing_is_written(db, settings):
    rows = full()
    rows["Cơ quan"] += [("X 4", "", "làng", "KHÔNG", "31/02/2024", "", ""), ("X2", "Trùng", "", "commune", "", "", "")]
    rows["People"] += [("NOPE", "Ai", "", "not-an-address", "abc")]
    rows["Mạng"] += [("192.0.2.1/24", "X2", "public", ""), ("198.51.100.170", "X1", "public", "nay")]
    rows["Hệ thống"] += [("X2", "CDV", "Lặp", 9, "not a domain!", "")]
    rows["Đầu mối liên hệ"] += [("X2", "Di động", "0000 000 129", "Không Có Ai", "có thể")]
    row = checked(settings, book(**rows))
    assert row.state == "checked"
    assert not Organisation.objects.filter(code__startswith="X").exists()
    places = {(sheet, number, column) for sheet, number, column, _value, _text in told(row)}
    assert {
        ("Cơ quan", 6, "MÃ"), ("Cơ quan", 6, "tên"), ("Cơ quan", 6, "Loại"),
        ("Cơ quan", 7, "MÃ"),
        ("People", 4, "Organisation code"), ("People", 4, "E-mail"), ("People", 4, "Telephone"),
        ("Mạng", 5, "Dải địa chỉ"), ("Mạng", 6, "Có hiệu lực từ"),
        ("Hệ thống", 4, "Cấp độ"), ("Hệ thống", 4, "Địa chỉ và tên miền"),
        ("Đầu mối liên hệ", 4, "Hỗ trợ"), ("Đầu mối liên hệ", 4, "Người phụ trách"),
    } <= places, told(row)  # fmt: skip
    assert row.n_faults == len(told(row))
    assert ("Mạng", 5, "Dải địa chỉ", "192.0.2.1/24") in {one[:4] for one in told(row)}
    with pytest.raises(DeskError):
        life.start_applying(admin(), row.pk)
    assert not any(staged.objects.filter(import_id=row.pk).exists() for staged, _target in STAGED)


def test_columns_and_sheets_that_are_not_known_are_named(db, settings):
    rows = [("Mã", "Tên", "Loại", "Màu sắc"), ("X1", "Sở Mẫu", "department", "xanh")]
    row = checked(settings, book(Organisations=rows, Khác=[("a", "b")]))
    assert row.n_faults == 0
    assert {(one[0], one[2]) for one in told(row, warnings=True)} == {("Organisations", "Màu sắc"), ("Khác", "")}
    missing = checked(settings, book(Mạng=[("Mã cơ quan", "Phía"), ("X1", "public")]))
    assert any(column == "Dải địa chỉ" for _sheet, _row, column, _value, _text in told(missing))


def test_a_file_without_any_sheet_of_the_directory_says_what_was_expected(db, settings):
    row = checked(settings, book(Lương=[("a", "b"), (1, 2)]))
    assert row.n_faults == 1
    assert "Cơ quan" in told(row)[0][4]


def test_unreadable_files_are_refused_with_a_reason(db, settings):
    row = checked(settings, b"PK\x03\x04" + b"\0" * 100, name="../../etc/passwd.xlsx")
    assert (row.state, row.file_name) == ("refused", "passwd.xlsx")
    assert row.message
    assert not list((settings.data_dir / "spool").iterdir())


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("C:\\Users\\x\\..\\danh bạ.xlsx", "danh bạ.xlsx"),
        ("/etc/shadow", "shadow"),
        ("a\u202excod.exe", "axcod.exe"),
        ("..", "file"),
        ("", "file"),
        ("x\r\nSet-Cookie: a=b", "xSet-Cookie_ a=b".replace("=", "_")),
        ("<script>.csv", "_script_.csv"),
    ],
)
def test_names_of_files_are_no_paths_and_hide_nothing(name, kept):
    assert life.safe_name(name) == kept


def test_a_change_is_shown_field_by_field_and_history_is_written(db, settings):
    imported(settings, book(**full()))
    rows = [
        ("Code", "Name", "Short name", "Kind", "Renamed or moved on"),
        ("X2", "Phường Mẫu", "PM", "commune", "2025-07-01"),
    ]
    row = checked(settings, book(Organisations=rows))
    line = queries.lines(admin(), row.pk).get()
    assert line.changes == {
        "name": ["Xã Mẫu", "Phường Mẫu"], "short_name": ["", "PM"], "since": ["", "2025-07-01"],
    }  # fmt: skip
    version = Organisation.objects.get(code="X2").version
    apply(settings, row)
    renamed = Organisation.objects.get(code="X2")
    assert (renamed.name, renamed.note, renamed.version) == ("Phường Mẫu", "", version + 1)
    names = Name.objects.filter(organisation=renamed).order_by("pk").values_list("name", "valid_until")
    assert list(names) == [("Xã Mẫu", datetime(2025, 6, 30, 17, tzinfo=UTC)), ("Phường Mẫu", None)]
    assert checked(settings, book(Organisations=rows)).n_lines == 0


def bases(code):
    row = Organisation.objects.get(code=code)
    return [one.basis for model in (Name, Placement) for one in model.objects.filter(organisation=row).order_by("pk")]


def test_documents_of_names_and_places_come_with_them(db, settings):
    head = ("Code", "Name", "Kind", "Parent", "Basis of the name", "Căn cứ về cấp trên", "Renamed or moved on")
    imported(settings, book(Organisations=[head, ("X1", "Sở Mẫu", "department", "", "QĐ 1", "QĐ 2", "")]))
    assert bases("X1") == ["QĐ 1", "QĐ 2"]
    rows = [head, ("X1", "Sở Mẫu mới", "department", "", "NQ 3", "QĐ 2 sửa", "2025-07-01")]
    row = checked(settings, book(Organisations=rows))
    assert queries.lines(admin(), row.pk).get().changes["name_basis"] == ["QĐ 1", "NQ 3"]
    apply(settings, row)
    assert bases("X1") == ["QĐ 1", "NQ 3", "QĐ 2 sửa"]
    assert checked(settings, book(Organisations=rows)).n_lines == 0
    row = checked(
        settings, book(Organisations=[head, ("X1", "Sở Mẫu hai", "department", "", "NQ 3", "", "2025-08-01")])
    )
    assert [one[2:4] for one in told(row, warnings=True)] == [("Basis of the name", "NQ 3")]
    long = checked(settings, book(Organisations=[head, ("X1", "Sở Mẫu", "department", "", "x" * 251, "", "")]))
    assert "too many" in told(long)[0][4]


def test_a_day_in_a_fault_is_told_by_the_rim(db, settings):
    imported(settings, book(**full()))
    head = ("Code", "Name", "Kind", "Renamed or moved on")
    row = checked(settings, book(Organisations=[head, ("X1", "Tên khác", "department", "2020-01-01")]))
    fault = ImportFault.objects.get(import_id=row.pk, is_warning=False)
    assert filling(fault.params) == {"day": datetime(2021, 1, 31, 17, tzinfo=UTC)}


def test_a_rename_without_a_day_corrects_what_is_there(db, settings):
    imported(settings, book(**full()))
    imported(settings, book(Organisations=[("Code", "Name", "Kind"), ("X2", "Xã Mẩu", "commune")]))
    assert Name.objects.get(organisation__code="X2").name == "Xã Mẩu"


def test_an_absent_column_leaves_and_an_empty_cell_empties(db, settings):
    imported(settings, book(**full()))
    imported(settings, book(People=[("Organisation code", "Full name"), ("X2", "Trần Thị Mẫu")]))
    assert Person.objects.get(name="Trần Thị Mẫu").position == "Phó Chủ tịch"
    imported(settings, book(People=[("Organisation code", "Full name", "Position"), ("X2", "Trần Thị Mẫu", "")]))
    assert Person.objects.get(name="Trần Thị Mẫu").position == ""


def test_closing_and_reopening_are_not_done_by_a_file(db, settings):
    imported(settings, book(**full()))
    rows = [("Code", "Name", "Kind", "Valid until"), ("X3", "Nhà mạng Mẫu", "telco", "2025-01-01")]
    assert told(checked(settings, book(Organisations=rows)))[0][2] == "Valid until"


def test_nothing_stands_below_itself(db, settings):
    imported(settings, book(**full()))
    rows = [("Code", "Name", "Kind", "Parent code"), ("X1", "Sở Mẫu", "department", "X2")]
    assert [one[1:3] for one in told(checked(settings, book(Organisations=rows)))] == [(2, "Parent code")]
    circle = [("Code", "Name", "Kind", "Parent code"), ("A", "A", "agency", "B"), ("B", "B", "agency", "A")]
    assert told(checked(settings, book(Organisations=circle)))


def test_the_same_addresses_come_back_as_another_period(db, settings):
    heads = ("Organisation code", "Addresses", "Valid from", "Valid until")
    imported(settings, book(**full()))
    row = imported(
        settings,
        book(
            Networks=[
                heads,
                ("X1", "203.0.113.0/28", "2020-01-01", "2022-01-01"),
                ("X2", "203.0.113.0/28", "2022-01-01", ""),
                ("X1", "203.0.113.16/28", "2020-01-01", "2021-01-01"),
                ("X1", "203.0.113.16/28", "2023-01-01", ""),
            ]
        ),
    )
    assert numbers(row)["networks"] == (4, 0, 0)
    moved = [heads, ("X2", "203.0.113.0/28", "2022-01-01", "2025-01-01")]
    assert numbers(imported(settings, book(Networks=moved)))["networks"] == (0, 1, 0)
    taken = checked(settings, book(Networks=[heads, ("X1", "203.0.113.0/28", "2024-06-01", "")]))
    assert [one[2] for one in told(taken)] == ["Addresses"]


def test_public_addresses_of_somebody_else_are_a_fault_of_the_row(province, settings):
    heads = ("Organisation code", "Addresses")
    clash = book(Networks=[heads, ("donghoa", "192.0.2.0/28"), ("tayson", "198.51.100.8-198.51.100.20")])
    row = checked(settings, clash)
    assert [one[1] for one in told(row)] == [2, 3]
    assert "Trung tâm" in told(row)[0][4]
    within = book(Networks=[heads, ("donghoa", "203.0.113.64/28"), ("tayson", "203.0.113.64/28")])
    assert [one[1] for one in told(checked(settings, within))] == [3]


# ------------------------------------------------------------------------------------------------------------- scope


def below(province, code: str) -> Asker:
    user = province.users["administrator"]
    return Asker(user.pk, "quản trị vùng", (Held("administrator", province.id(code)),), Origin("web"))


def test_an_importer_touches_only_what_is_theirs(province, settings):
    asker = below(province, "soyte")
    rows = {
        "Organisations": [
            ("Code", "Name", "Kind", "Parent code"),
            ("benhvien", "Bệnh viện Mới", "agency", "soyte"),
            ("donghoa", "Của tôi", "commune", "ubnd"),
            ("moi1", "Trạm Y tế", "agency", "soyte"),
            ("moi2", "Trên cùng", "agency", ""),
            ("moi3", "Nơi khác", "agency", "donghoa"),
        ],
        "Networks": [
            ("Organisation code", "Addresses"),
            ("moi1", "203.0.113.1"),
            ("tayson", "203.0.113.2"),
            ("stranger", "203.0.113.3"),
        ],
    }
    row = checked(settings, book(**rows), asker)
    assert {(one[0], one[1]) for one in told(row)} == {
        ("Organisations", 3), ("Organisations", 5), ("Organisations", 6), ("Networks", 3), ("Networks", 4),
    }  # fmt: skip
    rows = {
        name: [one for one in some if one[0] in ("Code", "Organisation code", "benhvien", "moi1")]
        for name, some in rows.items()
    }
    assert imported(settings, book(**rows), asker).n_lines == 3
    assert Organisation.objects.get(code="donghoa").name == "Xã Đông Hòa"


def test_an_organisation_out_of_sight_looks_like_none(province, settings):
    asker = below(province, "soyte")
    messages = []
    for code in ("tayson", "khongco"):
        row = checked(settings, book(Networks=[("Organisation code", "Addresses"), (code, "203.0.113.9")]), asker)
        messages.append(told(row)[0][4].replace(code, "·"))
    assert messages[0] == messages[1]


def test_moving_out_of_ones_scope_is_a_fault(province, settings):
    row = checked(
        settings,
        book(
            Organisations=[
                ("Code", "Name", "Kind", "Parent code"),
                ("benhvien", "Bệnh viện Đa khoa tỉnh", "agency", "ubnd"),
            ]
        ),
        below(province, "soyte"),
    )
    assert [one[2] for one in told(row)] == ["Parent code"]


def test_only_who_uploaded_sees_applies_or_drops_it(province, settings):
    asker = below(province, "soyte")
    row = checked(
        settings,
        book(Organisations=[("Code", "Name", "Kind", "Parent code"), ("moi", "Mới", "agency", "soyte")]),
        asker,
    )
    other = Asker(9999, "người khác", (Held("administrator", province.id("ubnd")),), Origin("web"))
    for act in (life.start_applying, life.abandon):
        with pytest.raises(NotAllowed):
            act(other, row.pk)
    with pytest.raises(NotThere):
        queries.one(other, row.pk)
    spooled = spool.Spool(settings, 10).done()
    with pytest.raises(NotAllowed):
        directory_import.receive(settings, province.asker("analyst"), spooled, "x")
    assert len(list((settings.data_dir / "spool").iterdir())) == 1


def test_a_right_that_was_taken_away_before_applying_counts(province, settings):
    rows = [("Code", "Name", "Kind", "Parent code"), ("moi", "Mới", "agency", "soyte")]
    asker = below(province, "soyte")
    row = checked(settings, book(Organisations=rows), asker)
    life.start_applying(asker, row.pk)
    directory_import.advance(settings, below(province, "donghoa"), row)
    row.refresh_from_db()
    assert (row.state, Organisation.objects.filter(code="moi").exists()) == ("checked", False)
    assert row.n_faults


# ------------------------------------------------------------------------------------------------- others meanwhile


def test_what_changed_since_the_check_is_checked_again_and_told(province, settings):
    rows = [("Code", "Name", "Kind"), ("donghoa", "Xã Đông Hòa Mới", "commune")]
    row = checked(settings, book(Organisations=rows))
    actions.edit_organisation(admin(), province.id("donghoa"), 1, name="Xã Đông Hòa Khác")
    row = apply(settings, row)
    assert row.state == "checked"
    assert "changed" in row.message
    assert queries.lines(admin(), row.pk).get().changes["name"][0] == "Xã Đông Hòa Khác"
    assert Organisation.objects.get(code="donghoa").name == "Xã Đông Hòa Khác"
    assert apply(settings, row).state == "applied"
    assert Organisation.objects.get(code="donghoa").name == "Xã Đông Hòa Mới"


def test_a_change_that_makes_no_difference_stops_nobody(province, settings):
    row = checked(settings, book(Organisations=[("Code", "Name", "Kind"), ("donghoa", "Mới", "commune")]))
    actions.edit_organisation(admin(), province.id("tayson"), 1, name="Xã Tây Sơn Khác")
    assert apply(settings, row).state == "applied"


def test_a_row_that_moved_past_the_record_is_seen_by_its_version(province, settings):
    row = checked(settings, book(Organisations=[("Code", "Name", "Kind"), ("donghoa", "Mới", "commune")]))
    Organisation.objects.filter(code="donghoa").update(name="Lén lút", version=7)
    assert apply(settings, row).state == "checked"
    assert Organisation.objects.get(code="donghoa").name == "Lén lút"


def test_an_import_is_applied_once(province, settings):
    row = imported(settings, book(Organisations=[("Code", "Name", "Kind"), ("donghoa", "Mới", "commune")]))
    with pytest.raises(EditConflict):
        life.start_applying(admin(), row.pk)
    with pytest.raises(EditConflict):
        life.abandon(admin(), row.pk)


def test_two_workers_never_mix_their_rows(db, settings):
    taken = spool.Spool(settings, spool.UPLOAD_LIMIT)
    taken.write(book(**full()))
    row = directory_import.receive(settings, admin(), taken.done(), "x.xlsx")
    first = life.claim(row.pk, "reading")
    assert life.claim(row.pk, "reading") is None
    Import.objects.update(beat_at=datetime(2020, 1, 1, tzinfo=UTC))
    assert life.claim(row.pk, "reading") is not None
    filing = life.Filing(row.pk, first)
    filing.staged(
        STAGED[5][0],
        {"n": 1, "organisation_id": 1, **dict.fromkeys(("text", "first", "last", "provider", "note"), "x")},
    )
    with pytest.raises(life.Superseded):
        filing.flush()


# --------------------------------------------------------------------------------------------------- audit, leftovers


def test_the_record_says_what_was_done_and_the_digest_is_of_the_lines(db, settings):
    row = imported(settings, book(**full()))
    entry = Entry.objects.get(action="directory.apply")
    assert (entry.object_id, entry.n_objects, row.audit_seq) == (str(row.pk), 13, entry.seq)
    content = Detail.objects.get(entry=entry).content
    assert row.digest in content
    assert row.sha256 in content
    assert verify().is_whole
    found = Entry.objects.filter(seq__in=_touched("organisations.organisation", Organisation.objects.get(code="X2").pk))
    assert entry in found


def _touched(kind: str, pk: int):
    from vonggac.desk.audit.models import Touch

    return Touch.objects.filter(object_type=kind, object_id=str(pk)).values("seq")


def test_parts_are_whole_and_together_make_the_file(db, settings, monkeypatch):
    from vonggac.desk.organisations.staging import visible

    monkeypatch.setattr(visible, "FIRST_PART", 4)
    monkeypatch.setattr(visible, "LEAST_PART", 1)
    row = imported(settings, book(**full()))
    assert Entry.objects.filter(action="directory.apply").count() > 2
    assert row.n_applied == row.n_lines == 13
    assert checked(settings, book(**full())).n_lines == 0


def test_between_parts_others_may_work_and_the_rest_is_checked_again(province, settings, monkeypatch):
    from vonggac.desk.organisations.staging import visible

    monkeypatch.setattr(visible, "FIRST_PART", 4)
    monkeypatch.setattr(visible, "LEAST_PART", 1)
    row = checked(settings, book(**full()))
    life.start_applying(admin(), row.pk)

    def meddle(_part) -> None:
        tayson = Organisation.objects.get(code="tayson")
        actions.edit_organisation(admin(), tayson.pk, tayson.version, note=f"{tayson.version}")

    directory_import.advance(settings, admin(), row, progress=meddle)
    row.refresh_from_db()
    assert row.state == "checked"
    assert "part" in row.message
    assert 0 < row.n_lines < 13
    assert apply(settings, row).state == "applied"
    assert checked(settings, book(**full())).n_lines == 0


def test_nothing_is_left_over(db, settings):
    row = imported(settings, book(**full()))
    dropped = checked(settings, book(Organisations=[("Code", "Name", "Kind"), ("Y", "Y", "agency")]))
    life.abandon(admin(), dropped.pk)
    directory_import.sweep(settings)
    assert not list((settings.data_dir / "spool").iterdir())
    for staged, _target in (*STAGED, (StagedReach, Reach)):
        assert not staged.objects.exists()
    assert set(ImportLine.objects.values_list("import_id", flat=True)) == {row.pk}


def test_the_worker_takes_what_waits_and_drops_what_a_dead_command_left(province, settings):
    data = book(Organisations=[("Code", "Name", "Kind", "Parent code"), ("moi", "Mới", "agency", "soyte")])
    asker = province.asker("administrator")
    rows = []
    for one in (asker, admin()):
        taken = spool.Spool(settings, spool.UPLOAD_LIMIT)
        taken.write(data)
        rows.append(directory_import.receive(settings, one, taken.done(), "x.xlsx"))
    Import.objects.filter(pk=rows[1].pk).update(via="cli", created_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert directory_import.run_pending(settings) == 1
    assert [Import.objects.get(pk=row.pk).state for row in rows] == ["checked", "abandoned"]
    life.start_applying(asker, rows[0].pk)
    directory_import.run_pending(settings)
    assert Import.objects.get(pk=rows[0].pk).state == "applied"
    assert Entry.objects.get(action="directory.apply").actor_id == asker.user_id


def test_a_file_that_was_changed_in_the_spool_is_not_taken(db, settings):
    taken = spool.Spool(settings, spool.UPLOAD_LIMIT)
    taken.write(book(**full()))
    row = directory_import.receive(settings, admin(), taken.done(), "x.xlsx")
    (settings.data_dir / "spool" / row.spool).write_bytes(b"Code,Name,Kind\nZ,Z,agency\n")
    directory_import.advance(settings, admin(), row)
    row.refresh_from_db()
    assert row.state == "refused"


# -------------------------------------------------------------------------------------------------------- round trips


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_what_goes_out_and_comes_back_changes_nothing(province, settings, form, language):
    imported(settings, book(**full()))
    commune = Organisation.objects.get(code="X2")
    for position in ("=1+1", "'=1+1", "''@x", "-5", "＝toàn góc", "bình thường", "'trích"):
        actions.add_person(admin(), commune.pk, name="Cùng Tên", position=position)
    person = actions.add_person(
        admin(), commune.pk, name="Cùng Tên", position="x", valid_from=datetime(2020, 1, 1, 5, 7, tzinfo=UTC)
    )
    actions.end_person(admin(), person.pk, 1, at=datetime(2021, 1, 1, 5, 7, 9, 123456, tzinfo=UTC))
    values = {"name": "Phường Mẫu", "since": datetime(2025, 7, 1, tzinfo=UTC), "basis": "NQ 1202/NQ-UBTVQH15"}
    actions.edit_organisation(admin(), commune.pk, commune.version, note="=nhiều\ndòng\tcó thẻ", **values)
    file = io.BytesIO()
    counts = directory_export.export(admin(), form, file, ZONE, language)
    row = checked(settings, file.getvalue(), name=f"x.{form}")
    assert told(row) == []
    assert row.n_lines == 0, list(ImportLine.objects.values("kind", "label", "changes"))
    assert {kind: one["rows"] for kind, one in row.counts.items()} == counts
    assert all(one["absent"] == 0 for one in row.counts.values())


def test_one_csv_is_one_kind(db, settings):
    imported(settings, book(**full()))
    text = "Mã cơ quan;Họ và tên;Chức vụ\nX2;Phạm Mẫu;Chuyên viên\n"
    assert numbers(imported(settings, text.encode(), name="can-bo.csv")) == {"people": (1, 0, 0)}


def test_no_cell_of_an_export_is_a_formula(province, settings):
    commune = province["donghoa"]
    for text in ("=cmd|' /C calc'!A0", "+84", "-1", "@SUM(1)", "＝1", " =1"):
        actions.edit_organisation(admin(), commune.pk, Organisation.objects.get(pk=commune.pk).version, note=text)
        file = io.BytesIO()
        directory_export.export(admin(), "csv", file, ZONE, "en")
        import zipfile

        with zipfile.ZipFile(io.BytesIO(file.getvalue())) as archive:
            rows = list(csv.reader(io.TextIOWrapper(archive.open("organisations.csv"), "utf-8-sig", newline="")))
        assert f"'{text.strip()}" in {cell for row in rows for cell in row}


@pytest.mark.parametrize("text", ["=1", "'=1", "''=1", "-", "'", "'a", "", "+84 000", "\u0130=", "=\u0130", "' =1"])
def test_the_guard_can_be_taken_off_again(text):
    assert unguarded(guarded(text)) == text


def test_an_export_holds_what_its_asker_may_take_along(province, settings):
    asker = province.asker("agency_officer")
    file = io.BytesIO()
    counts = directory_export.export(asker, "csv", file, ZONE, "en")
    mine = province.id("donghoa")
    assert counts == {
        "organisations": 1,
        "people": Person.objects.filter(organisation=mine).count(),
        "contacts": ContactPoint.objects.filter(organisation=mine).count(),
        "networks": Network.objects.filter(organisation=mine).count(),
        "systems": InformationSystem.objects.filter(organisation=mine).count(),
        "mandates": Mandate.objects.filter(holder=mine).count(),
    }
    assert Entry.objects.latest("seq").action == "directory.export"
    with pytest.raises(NotAllowed):
        directory_export.export(province.asker("responder"), "csv", io.BytesIO(), ZONE, "en")
    file = io.BytesIO()
    clerk = directory_export.export(province.asker("records_clerk"), "csv", file, ZONE, "en")
    assert (clerk["networks"], clerk["systems"]) == (0, 0)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_template_is_read_without_a_word_and_its_example_is_left_out(db, settings, language):
    file = io.BytesIO()
    directory_export.template(file, language)
    row = checked(settings, file.getvalue())
    assert (row.n_rows, row.n_faults, row.n_lines, told(row, warnings=True)) == (0, 0, 0, [])
    assert set(row.counts) == set(KINDS)


def test_a_filled_template_is_imported(db, settings):
    from openpyxl import load_workbook

    file = io.BytesIO()
    directory_export.template(file, "vi")
    made = load_workbook(io.BytesIO(file.getvalue()))
    sheet = made["Cơ quan, đơn vị"]
    titles = [cell.value for cell in sheet[1]]
    for name, value in {"Mã": "X9", "Tên": "Xã Điền", "Loại": "Commune"}.items():
        sheet.cell(3, titles.index(name) + 1, value)
    file = io.BytesIO()
    made.save(file)
    assert numbers(imported(settings, file.getvalue()))["organisations"] == (1, 0, 0)
