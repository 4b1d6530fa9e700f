"""What holds for every template, style and script of the portal: they parse, nothing is inline, nothing comes from outside."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.template import engines

WEB = Path(__file__).parents[3] / "src/vonggac/web"
TEMPLATES = sorted(WEB.glob("*/templates/**/*.html"))
ASSETS = sorted(path for ending in ("css", "js", "svg") for path in WEB.glob(f"*/static/**/*.{ending}"))
NOT_LOADED = ("http://www.w3.org/",)
"""Names of XML, which no browser fetches."""


def name_of(path: Path) -> str:
    return str(path.relative_to(WEB))


class Inline(HTMLParser):
    """Collects what the content policy forbids: inline scripts and styles, handlers, addresses that run."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []
        self._in: str | None = None

    def handle_starttag(self, tag, attrs):
        names = dict(attrs)
        self.faults += [f"{tag} {name}" for name in names if re.fullmatch(r"style|on[a-z]+|hx-on.*", name)]
        self.faults += [
            f"{tag} {name}" for name, value in attrs if value and value.strip().lower().startswith("javascript:")
        ]
        is_data = names.get("type") == "application/json"  # never run, so the policy lets it be
        if tag == "style" or (tag == "script" and "src" not in names and not is_data):
            self.faults.append(f"inline {tag}")


def inline_in(text: str) -> list[str]:
    parser = Inline()
    without_comments = re.sub(r"{#.*?#}|{% comment %}.*?{% endcomment %}", "", text, flags=re.DOTALL)
    parser.feed(re.sub(r"{{.*?}}", "x", re.sub(r"{%.*?%}", " ", without_comments)))
    return parser.faults


def test_the_scan_sees_what_it_looks_for():
    assert inline_in("<p style='color:red'>") == ["p style"]
    assert inline_in("<a onclick='x()' href='javascript:x()'>") == ["a onclick", "a href"]
    assert inline_in("<a {% if one.on %}onfocus='{{ x }}'{% endif %}>") == ["a onfocus"]
    assert inline_in("<script>x()</script><script src='/a.js'></script>") == ["inline script"]


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_template_parses(path):
    engines["django"].engine.get_template(str(path.relative_to(next(p for p in path.parents if p.name == "templates"))))


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_template_has_nothing_inline_and_nothing_from_outside(path):
    text = path.read_text("utf-8")
    assert inline_in(text) == []
    assert re.findall(r"""(?:src|href|action|content|hx-\w+)\s*=\s*["'](?:https?:)?//[^"']*""", text) == []


@pytest.mark.parametrize("path", ASSETS, ids=name_of)
def test_asset_names_no_other_host(path):
    code = re.sub(r"(?m)^\s*//.*$", "", path.read_text("utf-8"))
    found = re.findall(r"(?:https?:)?//[\w-]+(?:\.[\w-]+)+[^\s\"'`)]*", code)
    assert [url for url in found if not url.startswith(NOT_LOADED)] == []


@pytest.mark.parametrize("path", [p for p in ASSETS if p.suffix == ".js"], ids=name_of)
def test_script_makes_no_markup_of_text(path):
    text = path.read_text("utf-8")
    assert not re.search(
        r"\binnerHTML\b|\bouterHTML\s*=|insertAdjacentHTML|document\.write|\beval\(|new Function", text
    )


def test_every_icon_that_is_named_is_drawn():
    from vonggac.web.shell.samples import icon_names

    named = {name for path in TEMPLATES for name in re.findall(r"{% icon [\"']([\w-]+)[\"']", path.read_text("utf-8"))}
    assert named - set(icon_names()) == set()
