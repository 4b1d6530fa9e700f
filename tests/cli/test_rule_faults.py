"""What is wrong with rules, told in the language in use wherever rules are named."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import ACCESS, RULE

Run = Callable[..., object]
ID = "11111111-2222-4333-8444-555555555555"
HEAD = "title: t\nlogsource: {product: windows}\n"
GOOD = f"{HEAD}name: good\ndetection: {{s: {{a: x}}, condition: s}}\n"
MANY = "---\ntitle: m\nname: many\ncorrelation: {type: event_count, rules: [good], group-by: [u], timespan: 5m, condition: {gte: 3}}\n"
VALUES = "value_percentile, condition: {gte: 1, field: f, percentile: 50}"
TOO_MANY = ", ".join(["good"] * 13)


def detection(item: str, condition: str = "s") -> str:
    return f"{HEAD}detection: {{s: {item}, condition: {condition}}}\n"


def correlation(*changes: tuple[str, str]) -> str:
    text = MANY
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return GOOD + text


def of_kind(kind: str, *changes: tuple[str, str]) -> str:
    return correlation(
        ("event_count", kind.partition(",")[0]), ("{gte: 3}", kind.partition("condition: ")[2]), *changes
    )


def filtering(names: str, product: str = "windows") -> str:
    quiet = (
        f"---\ntitle: q\nlogsource: {{product: {product}}}\nfilter: {{rules: {names}, s: {{u: x}}, condition: not s}}\n"
    )
    return GOOD + MANY + quiet


def chain(n: int) -> str:
    return GOOD + "".join(
        MANY.replace("name: many", f"name: k{k}").replace("[good]", f"[k{k - 1}]" if k else "[good]") for k in range(n)
    )


LAUGHS = "\n".join(
    ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
)

FAULTS = {
    "yaml": ("title: [x\n", "not valid YAML: did not find expected ',' or ']'", "không phải YAML hợp lệ: did not find expected ',' or ']'"),
    "yaml_value": ("title: 2026-13-01\n", "not valid YAML: month must be in 1..12", "không phải YAML hợp lệ: month must be in 1..12"),
    "anchor": ("m: &m {k: &k [*k]}\n", "a YAML anchor that holds itself", "neo YAML chứa chính nó"),
    "aliases": (LAUGHS, "YAML aliases that stand for more than 100,000 values", "các bí danh YAML bung ra hơn 100,000 giá trị"),
    "depth": (
        of_kind("temporal, condition: " + "not " * 400 + "good", ("rules: [good], ", "")),
        "nested too deep",
        "lồng nhau quá sâu",
    ),
    "empty": ("", "holds no rule", "không chứa luật nào"),
    "no_map": ("- a\n", "a rule must be a YAML map", "luật phải là một ánh xạ YAML"),
    "pysigma": (detection("{f|foo: x}"), "not a valid Sigma rule: Unknown modifier 'foo'", "không phải luật Sigma hợp lệ: Unknown modifier 'foo'"),
    "id": (
        f"{GOOD}id: {ID}\n---\n{detection('{b: y}')}id: {ID}\n",
        f"has the id {ID} of another rule, at ",
        f"trùng mã {ID} với một luật khác, ở ",
    ),
    "regex": (
        detection("{f|re: '('}"),
        "the regular expression “(” is not valid: missing ) at position 1",
        "biểu thức chính quy “(” không hợp lệ: missing ) at position 1",
    ),
    "comparison": (detection("{f|gt: many}"), "gt needs a number, not many", "gt cần một số, không phải many"),
    "name": (
        detection("{f: x}", "s and t"),
        "the condition names “t”, which the detection does not define",
        "điều kiện nêu “t”, nhưng phần detection không định nghĩa tên này",
    ),
    "selector": (
        detection("{f: x}", "1 of t*"),
        "“1 of t*” fits no part of the detection",
        "“1 of t*” không khớp mục nào của phần detection",
    ),
    "no_keyword": (detection("{'': []}"), "a keyword without a value", "từ khóa không có giá trị"),
    "keyword": (detection("[null]"), "a keyword must be a text or a number", "từ khóa phải là văn bản hoặc số"),
    "placeholder": (
        detection("{f|expand: '%n%'}"),
        "the placeholder %n% has no value here",
        "biến thay thế %n% chưa có giá trị ở đây",
    ),
    "count": (correlation(("{gte: 3}", "{gte: true}")), "gte needs a number, not True", "gte cần một số, không phải True"),
    "large": (
        correlation(("{gte: 3}", f"{{gte: {2**63}}}")),
        "the condition compares with a number that is too large",
        "điều kiện so sánh với một số quá lớn",
    ),
    "percentile": (
        of_kind(VALUES.replace("50", "101")),
        "a percentile must be a whole number from 0 to 100, not 101",
        "phân vị phải là số nguyên từ 0 đến 100, không phải 101",
    ),
    "part_of_a_percentile": (
        of_kind(VALUES.replace("50", "99.9")),
        "a percentile must be a whole number from 0 to 100, not 99.9",
        "phân vị phải là số nguyên từ 0 đến 100, không phải 99.9",
    ),
    "no_percentile": (
        of_kind(VALUES.replace(", percentile: 50", "")),
        "value_percentile needs a percentile",
        "value_percentile cần có percentile",
    ),
    "fields": (of_kind(VALUES.replace("field: f", "field: [f, g]")), "value_percentile needs exactly one field", "value_percentile cần đúng một trường"),
    "field": (
        of_kind("value_count, condition: {gte: 1, field: 5}"),
        "the field of a condition must be a name or a list of names",
        "trường của điều kiện phải là một tên hoặc một danh sách tên",
    ),
    "no_text": (correlation(("[good]", "[5]")), "names a rule by something that is no text", "nêu luật bằng thứ không phải văn bản"),
    "no_rule": (correlation(("[good]", "[]")), "names no rule", "không nêu luật nào"),
    "absent": (
        correlation(("[good]", "[nobody]")),
        "names the rule “nobody”, which is not there or cannot be used",
        "nêu luật “nobody”, nhưng luật này không có hoặc không dùng được",
    ),
    "alias": (
        correlation(("timespan", "aliases: {x: {good: 5}}, timespan")),
        "the alias “x” must give the name of a field for each rule",
        "bí danh “x” phải cho biết tên trường của từng luật",
    ),
    "twice": (
        of_kind("temporal, condition: {gte: 2}", ("[good]", "[good, good]")),
        "names a rule twice, so that they could never all be hit",
        "nêu một luật hai lần nên không bao giờ khớp được tất cả",
    ),
    "order": (
        of_kind("temporal_ordered, condition: {gte: 2}", ("[good]", f"[{TOO_MANY}]")),
        "puts more than 12 rules into an order",
        "xếp thứ tự cho hơn 12 luật",
    ),
    "row": (chain(11), "refers to more than 10 correlations in a row", "tham chiếu hơn 10 luật tương quan nối tiếp nhau"),
    "loop": (
        correlation(("[good]", "[many]")),
        "refers to itself or to a rule that cannot be used",
        "tham chiếu chính nó hoặc một luật không dùng được",
    ),
    "filter": (
        filtering("[many]"),
        "names “many”, which is a correlation: filters are for rules",
        "nêu “many”, nhưng đây là luật tương quan: bộ lọc chỉ dành cho luật thường",
    ),
    "log_source": (
        filtering("[good]", "linux"),
        "has another log source than the rule “good”, so that it is not for it",
        "có nguồn nhật ký khác với luật “good” nên không áp dụng cho luật này",
    ),
    "utf8": (b"title: \xff\n", "not UTF-8 at byte 7", "không phải UTF-8 ở byte 7"),
    "size": (b"#" * ((4 << 20) + 1), "longer than 4,194,304 bytes", "dài hơn 4,194,304 byte"),
}  # fmt: skip


@pytest.mark.parametrize("language", ["en", "vi"])
@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_is_told_in_the_language_asked_for(vonggac: Run, tmp_path: Path, name: str, language: str) -> None:
    text, *told = FAULTS[name]
    file = tmp_path / "r.yml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    said = vonggac("rules", "check", file, "--lang", language)
    assert said.status == 1
    assert any(line.startswith(f"{file}:") and f": {told[language == 'vi']}" in line for line in said.out.splitlines())


def test_names_in_several_files(vonggac: Run, tmp_path: Path) -> None:
    for n in range(2):
        (tmp_path / f"{n}.yml").write_text(GOOD.replace("a: x", f"a: {n}"))
    (tmp_path / "m.yml").write_text(MANY)
    said = vonggac("rules", "check", tmp_path, "--lang", "vi")
    assert f"{tmp_path / 'm.yml'}:2: nêu luật “good”, nhưng có 2 luật mang tên này trong các tệp khác\n" in said.out


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "good.yml").write_text(RULE)
    (folder / "bad.yml").write_text(FAULTS["name"][0])
    (folder / "unread.yml").write_bytes(RULE.encode() + b"\xff")
    return folder


@pytest.mark.parametrize("verb", ["scan", "rules stats", "rules test", "rules list", "rules fetch"])
def test_every_command_tells_faults_in_the_language_asked_for(
    vonggac: Run, rules: Path, tmp_path: Path, verb: str
) -> None:
    log, cases, archive = tmp_path / "access.log", tmp_path / "cases.yml", tmp_path / "rules.zip"
    log.write_text(ACCESS)
    cases.write_text("good: {near_misses: [{source: web_access, event: {a: x}}]}\n")
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("LICENSE", "Detection Rule License (DRL) 1.1\n")
        for path in rules.iterdir():
            file.write(path, f"rules/{path.name}")
    more = {
        "scan": [log, "--rules", rules], "rules stats": [log, "--rules", rules], "rules test": [rules, "--cases", cases],
        "rules list": [rules], "rules fetch": [archive],
    }  # fmt: skip
    at = len(RULE.encode())
    unread = {"en": f"not UTF-8 at byte {at}", "vi": f"không phải UTF-8 ở byte {at}"}
    for language in ("en", "vi", "en"):  # the second and the third time the faults come out of the cache
        said = vonggac(*verb.split(), *more[verb], "--lang", language)
        assert f"bad.yml:1: {FAULTS['name'][1 + (language == 'vi')]}\n" in said.err
        assert f"unread.yml: {unread[language]}\n" in said.err


def test_not_one_usable_rule_says_why_in_the_language_asked_for(vonggac: Run, rules: Path) -> None:
    (rules / "good.yml").unlink()
    said = vonggac("rules", "list", rules, "--lang", "vi")
    assert said.status == 2
    assert said.err == (
        f"Lỗi: không có luật nào dùng được (2 lỗi): {rules / 'unread.yml'}: không phải UTF-8 ở byte {len(RULE.encode())}; "
        f"{rules / 'bad.yml'}:1: {FAULTS['name'][2]}\n"
    )
