"""Settings: what is refused, with which words, and that every one is written down."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from vonggac.config import OTHER_VARIABLES, VARIABLES, Settings, settings_from
from vonggac.config.values import networks_from
from vonggac.errors import ConfigError
from vonggac.web.databases import database_of
from vonggac.web.secret_key import secret_in

ROOT = Path(__file__).resolve().parents[2]


def read(**file: object) -> Settings:
    return settings_from(file, {}, where="config.toml", cache_dir=Path("/cache"), data_dir=Path("/data"))


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("public_url", "https://vonggac.example/portal", "a scheme, a host and a port"),
        ("public_url", "ftp://vonggac.example", "http://, https://"),
        ("public_url", "http://vonggac.example:http", "begins with"),
        ("public_url", "http://vonggac.example:70000", "begins with"),
        ("public_url", "https://admin@vonggac.example", "a scheme, a host and a port"),
        ("database", "postgresql://vonggac:secret@db.example/vonggac", "without a password"),
        ("database", "mysql://db.example/vonggac", "postgresql://"),
        ("database", "postgresql://db.example/vonggac?password=secret", "“password” is no option"),
        ("database", "postgresql://db.example/vonggac?sslmode", "no option"),
        ("smtp_url", "smtp://u:p@mail.example", "without a password"),
        ("listen", "8480", "host:port"),
        ("listen", "0.0.0.0:0", "host:port"),
        ("trusted_proxies", "proxy.example", "addresses or networks"),
        ("trusted_proxies", "10.0.0.5/8", "has host bits set"),
        ("mail_from", "Vọng Gác", "no e-mail address"),
        ("mail_from", "a@b.example\nBcc: c@d.example", "no text on one line"),
        ("anchor_mail", "@", "no e-mail address"),
        ("backup_keep", "-1", "no number"),
        ("backup_keep", True, "no number"),
        ("backup_keep", 99999, "no number"),
        ("webhook_hosts", "http://soc.example", "no name or address"),
        ("webhook_hosts", "soc.example, a b", "no name or address"),
        ("signature_roots", 7, "no list of files or folders"),
        ("signature_roots", ["/a.pem", 7], "no list of files or folders"),
        ("log_level", "loud", "no log level"),
        ("web_workers", "many", "no number of worker processes"),
    ],
)
def test_a_bad_value_is_refused_with_its_place(setting: str, value: object, said: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(said)) as raised:
        read(**{setting: value})
    assert str(raised.value).startswith(f"config.toml: {setting}: ")


@pytest.mark.parametrize(
    ("file", "missing"),
    [
        ({"tls_certificate": "/c.pem"}, "tls_key"),
        ({"tls_key": "/k.pem"}, "tls_certificate"),
        ({"smtp_url": "smtp://mail.example"}, "mail_from"),
        ({"anchor_mail": "a@b.example"}, "smtp_url"),
        ({"oidc_issuer": "https://id.example"}, "oidc_client_id"),
        ({"database_password_file": "/p"}, "database"),
    ],
)
def test_a_setting_says_which_other_it_needs(file: dict[str, object], missing: str) -> None:
    with pytest.raises(ConfigError, match=f"“{missing}”"):
        read(**file)


def test_pages_and_live_stream_do_not_share_a_port() -> None:
    with pytest.raises(ConfigError, match="addresses of their own"):
        read(listen="127.0.0.1:8481")


def test_networks_by_commas() -> None:
    assert [str(network) for network in networks_from("127.0.0.1, 2001:db8::/32,")] == ["127.0.0.1/32", "2001:db8::/32"]


def test_paths_by_commas_or_as_a_list() -> None:
    made = (Path("/etc/roots"), Path("/etc/more.pem"))
    assert read(signature_roots="/etc/roots, /etc/more.pem,").signature_roots == made
    assert read(signature_roots=["/etc/roots", "/etc/more.pem"]).signature_roots == made
    assert read(signature_roots="").signature_roots == ()


def test_every_variable_names_a_setting_and_every_setting_has_one() -> None:
    assert set(VARIABLES.values()) == set(Settings.__dataclass_fields__)
    assert not set(VARIABLES) & OTHER_VARIABLES


def test_settings_and_their_document_name_the_same() -> None:
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)` \|", (ROOT / "docs" / "settings.md").read_text("utf-8"), re.MULTILINE)
    assert {variable: setting for setting, variable in rows} == VARIABLES


def test_a_database_address_becomes_what_django_and_libpq_take(tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("s3 cret\n")
    made = database_of(
        read(
            database="postgresql://v%40g@%2Frun%2FPostgreSQL:5433/desk?sslmode=verify-full",
            database_password_file=str(password),
        )
    )
    assert (made["NAME"], made["USER"], made["HOST"], made["PORT"]) == ("desk", "v@g", "/run/PostgreSQL", "5433")
    assert made["PASSWORD"] == "s3 cret"
    assert made["OPTIONS"]["sslmode"] == "verify-full"


def test_a_secret_file_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^smtp_password_file: .*could not be read"):
        secret_in(tmp_path / "absent", "smtp_password_file")
    (tmp_path / "two").write_text("one\ntwo\n")
    with pytest.raises(ConfigError, match="one line"):
        secret_in(tmp_path / "two", "smtp_password_file")
    assert secret_in(None, "smtp_password_file") == ""
