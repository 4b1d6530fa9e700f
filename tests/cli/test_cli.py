"""What all commands share: languages, help, errors, settings, and that nothing of it is undocumented."""

from __future__ import annotations

import gettext
import importlib.util
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
from babel.messages.pofile import read_po

from vonggac import __version__, cli
from vonggac.cli import language
from vonggac.cli.safe import cell, visible, visible_json
from vonggac.config import VARIABLES, Settings, settings_from
from vonggac.errors import ConfigError
from vonggac.sources import SOURCES

ROOT = Path(__file__).parents[2]
Run = Callable[..., object]


def commands(command: click.Command = cli.vonggac, name: str = "vonggac") -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for verb in command.list_commands(context):
            found = command.get_command(context, verb)
            assert found is not None
            yield from commands(found, f"{name} {verb}")


ALL = list(commands())


# Help and languages --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name, _ in ALL])
@pytest.mark.parametrize(("lang", "usage", "examples"), [("en", "Usage:", "Examples:"), ("vi", "Cách dùng:", "Ví dụ:")])
def test_every_command_has_help_with_examples(vonggac: Run, name: str, lang: str, usage: str, examples: str) -> None:
    said = vonggac(*name.split()[1:], "--help", "--lang", lang)
    assert said.status == 0
    assert said.out.startswith(usage)
    assert examples in said.out
    assert "--debug" in said.out


@pytest.mark.parametrize(
    ("environment", "flags", "speaks"),
    [
        ({}, (), "vi"),
        ({"LANG": "C.UTF-8"}, (), "vi"),
        ({"LANG": "en_GB.UTF-8"}, (), "en"),
        ({"LANG": "fr_FR.UTF-8"}, (), "vi"),
        ({"LANG": "en_GB.UTF-8", "LC_ALL": "vi_VN.UTF-8"}, (), "vi"),
        ({"LANG": "vi_VN.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, (), "en"),
        ({"LANG": "en_US.UTF-8", "VONGGAC_LANG": "vi"}, (), "vi"),
        ({"VONGGAC_LANG": "vi"}, ("--lang", "en"), "en"),
        ({"VONGGAC_LANG": "en"}, ("--lang=vi",), "vi"),
    ],
)
def test_the_language_is_the_flag_then_the_variable_then_the_locale(
    vonggac: Run, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], flags: tuple[str, ...], speaks: str
) -> None:
    monkeypatch.delenv("LANG")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    said = vonggac("scan", "--nothing", *flags)
    assert said.status == 2
    assert said.err.startswith(
        {"vi": "Lỗi: Không có tùy chọn '--nothing'", "en": "Error: No such option '--nothing'"}[speaks]
    )


def test_the_settings_file_chooses_the_language_too(
    vonggac: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "own.toml"
    file.write_text('language = "vi"\n')
    monkeypatch.setenv("VONGGAC_CONFIG", str(file))
    assert "Thiếu" in vonggac("scan").err
    assert "Missing" in vonggac("scan", "--lang", "en").err


def test_help_is_quick() -> None:
    best = min(timed([sys.executable, "-m", "vonggac", "--help"]) for _ in range(3))
    nothing = min(timed([sys.executable, "-c", "import click"]) for _ in range(3))
    assert best < nothing + 0.5  # about 0.05 on a machine at rest; heavy imports would take seconds


def timed(command: list[str]) -> float:
    begun = time.monotonic()
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    return time.monotonic() - begun


def test_help_loads_nothing_heavy() -> None:
    program = "import sys, vonggac.cli as c\ntry: c.main(['scan', '--help'])\nexcept SystemExit: print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=60)
    loaded = set(done.stdout.splitlines()[-1].split())
    assert not loaded & {"numpy", "numba", "rich", "orjson", "sigma", "yaml", "openpyxl", "django"}
    assert "vonggac.cli.scan" in loaded


def test_version(vonggac: Run) -> None:
    assert vonggac("--version").out == f"vonggac {__version__}\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script_that_asks_vonggac(vonggac: Run, shell: str) -> None:
    said = vonggac("completion", shell)
    assert said.status == 0
    assert "_VONGGAC_COMPLETE" in said.out


def test_completion_completes(process: Run) -> None:
    said = process(_VONGGAC_COMPLETE="bash_complete", COMP_WORDS="vonggac sc", COMP_CWORD="1")
    assert "plain,scan" in said.out.split()


# Errors --------------------------------------------------------------------------------------------------------------


def test_an_error_of_ours_is_one_line_and_debug_shows_where(vonggac: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(environment: object) -> None:
        raise ZeroDivisionError("by\x1bzero")

    monkeypatch.setattr("vonggac.config.reading.read_settings", broken)
    said = vonggac("sources")
    assert said.status == 1
    assert said.err.count("\n") == 1
    assert "ZeroDivisionError: by\\x1bzero" in said.err
    assert "Traceback" in vonggac("sources", "--debug").err


@pytest.mark.parametrize(
    "arguments", [(), ("scam",), ("--bogus",), ("rules",), ("rules", "chek"), ("completion", "tcsh")]
)
def test_wrong_usage_is_status_2(vonggac: Run, arguments: tuple[str, ...]) -> None:
    said = vonggac(*arguments)
    assert said.status == 2
    assert "Traceback" not in said.err


# Settings ------------------------------------------------------------------------------------------------------------


def settings(file: dict[str, object], environment: dict[str, str]) -> Settings:
    return settings_from(file, environment, where="config.toml", cache_dir=Path("/cache"), data_dir=Path("/data"))


def test_the_environment_goes_over_the_file_over_the_defaults() -> None:
    assert settings({}, {}) == Settings("", "+07:00", 0, Path("/cache"), Path("/data"))
    made = settings(
        {"zone": "UTC", "jobs": 3, "cache_dir": "/c"}, {"VONGGAC_JOBS": "5", "VONGGAC_ZONE": "", "HOME": "/x"}
    )
    assert made == Settings("", "UTC", 5, Path("/c"), Path("/data"))


@pytest.mark.parametrize(
    ("file", "environment", "where"),
    [
        ({"jbos": 3}, {}, "config.toml"),
        ({}, {"VONGGAC_ZNOE": "UTC"}, "VONGGAC_ZNOE"),
        ({"jobs": "many"}, {}, "config.toml: jobs"),
        ({"jobs": True}, {}, "config.toml: jobs"),
        ({"jobs": -1}, {}, "config.toml: jobs"),
        ({"jobs": 257}, {}, "config.toml: jobs"),
        ({"zone": 7}, {}, "config.toml: zone"),
        ({}, {"VONGGAC_ZONE": "+25:00"}, "VONGGAC_ZONE"),
        ({}, {"VONGGAC_ZONE": "../../etc/passwd"}, "VONGGAC_ZONE"),
        ({}, {"VONGGAC_LANG": "fr"}, "VONGGAC_LANG"),
        ({"cache_dir": ["x"]}, {}, "config.toml: cache_dir"),
    ],
)
def test_wrong_settings_say_where(file: dict[str, object], environment: dict[str, str], where: str) -> None:
    with pytest.raises(ConfigError) as caught:
        settings(file, environment)
    assert caught.value.where == where


def test_an_unknown_setting_names_the_valid_ones(vonggac: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    file = tmp_path / "vonggac" / "config.toml"
    file.parent.mkdir()
    file.write_text("colour = true\n")
    said = vonggac("sources")
    assert said.status == 2
    assert str(file) in said.err
    assert all(name in said.err for name in VARIABLES.values())
    for text in (b"zone = [", b"\xff\xfe"):
        file.write_bytes(text)
        assert vonggac("sources").status == 2


def test_a_settings_file_that_was_asked_for_must_exist(vonggac: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VONGGAC_CONFIG", "/nowhere.toml")
    assert vonggac("sources").status == 2


# Harmless text -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "code", [0, 7, 8, 9, 10, 13, 27, 127, 0x85, 0x9B, 0x61C, 0x200B, 0x200F, 0x2028, 0x202E, 0x2066, 0xFEFF]
)
def test_what_could_steer_a_terminal_or_hide_becomes_visible(code: int) -> None:
    assert visible(f"a{chr(code)}b").isascii()
    line = b'"a' + chr(code).encode() + b'b"'
    if code >= 32:
        assert visible_json(line).isascii()
        assert visible_json(line).isalnum() is False
    assert chr(code) not in cell(f"a{chr(code)}b") or code in (9, 10, 13)


def test_vietnamese_text_stays_as_it_is() -> None:
    text = "Sở Y tế – bóc gỡ mã độc “khẩn” 中文"
    assert visible(text) == cell(text) == text
    assert visible_json(text.encode()) == text.encode()


# Catalogues ----------------------------------------------------------------------------------------------------------


def catalogues() -> object:
    spec = importlib.util.spec_from_file_location("catalogues", ROOT / "tools" / "catalogues.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_text_has_a_translation_and_the_catalogue_is_compiled() -> None:
    tool = catalogues()
    catalogue = tool.update()
    assert tool.untranslated(catalogue) == []
    kept = [(tool.FOLDER / name).read_bytes() for name in ("messages.po", "messages.mo")]
    # Compared first: to show how a megabyte differs would take minutes.
    is_same = kept == [tool.po_bytes(catalogue), tool.mo_bytes(catalogue)]
    assert is_same, "run tools/catalogues.py"


def test_translations_keep_the_fields_of_their_texts() -> None:
    with (language.FOLDER / "vi" / "LC_MESSAGES" / "messages.po").open("rb") as stream:
        for message in read_po(stream):
            ids = message.id if isinstance(message.id, tuple) else (message.id,)
            texts = message.string if isinstance(message.string, tuple) else (message.string,)
            if message.id:
                fields = {field for one in ids for field in re.findall(r"\{[^{}]*\}", one)}
                for text in texts:
                    assert set(re.findall(r"\{[^{}]*\}", text)) <= fields, message.id
                if len(ids) == 1:
                    assert set(re.findall(r"\{[^{}]*\}", texts[0])) == fields, message.id


def test_a_text_of_click_is_translated_through_the_same_catalogue() -> None:
    vietnamese = gettext.translation("messages", str(language.FOLDER), ["vi"])
    assert vietnamese.gettext("Usage:") == "Cách dùng:"
    assert vietnamese.ngettext(
        "Option {name!r} requires an argument.", "Option {name!r} requires {nargs} arguments.", 1
    )


# Documentation -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name, _ in ALL])
def test_every_command_and_option_is_documented(name: str) -> None:
    text = (ROOT / "docs" / "commands.md").read_text("utf-8")
    section = re.search(rf"^#+ `{re.escape(name)}[ `].*?(?=^#+ `|\Z)", text, re.DOTALL | re.MULTILINE)
    assert section, f"docs/commands.md has no section on {name}"
    shared = {"--lang", "--debug", "--help"}
    for parameter in dict(ALL)[name].params:
        for flag in parameter.opts:
            if flag.startswith("--") and (flag not in shared or name == "vonggac"):
                assert f"`{flag}" in section[0], f"docs/commands.md, {name}: {flag}"


def test_no_option_is_documented_that_is_not_there() -> None:
    text = (ROOT / "docs" / "commands.md").read_text("utf-8")
    known = {flag for _, command in ALL for parameter in command.params for flag in parameter.opts}
    assert set(re.findall(r"`(--[a-z0-9-]+)", text)) <= known


def test_every_source_is_documented() -> None:
    text = (ROOT / "docs" / "sources.md").read_text("utf-8")
    for source in SOURCES:
        assert f"`{source.name}`" in text


def test_every_setting_and_variable_is_documented() -> None:
    text = (ROOT / "docs" / "settings.md").read_text("utf-8")
    for name in (*Settings.__dataclass_fields__, *VARIABLES, "VONGGAC_CONFIG"):
        assert f"`{name}`" in text


def test_every_exit_status_is_documented() -> None:
    text = (ROOT / "docs" / "commands.md").read_text("utf-8")
    for status in (0, 1, 2, 3, 4, 10, 130, 143):
        assert re.search(rf"^\| {status} \|", text, re.MULTILINE)
