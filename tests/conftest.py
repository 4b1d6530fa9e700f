"""What every test may use. Settings that pytest itself can hold are in pyproject.toml."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent

# Django reads its settings once per process, so what the tests of the desk need is said before: a folder of their own and
# the database ($DESK_TEST_DATABASE, a postgresql:// address; SQLite without).
for _name in list(os.environ):
    if _name.startswith("VONGGAC_") and _name != "VONGGAC_CORPORA":
        del os.environ[_name]
os.environ["VONGGAC_DATA_DIR"] = tempfile.mkdtemp(prefix="vonggac-tests-")
os.environ["VONGGAC_DATABASE"] = os.environ.get("DESK_TEST_DATABASE", "")
os.environ["DJANGO_SETTINGS_MODULE"] = "vonggac.web.settings"


def pytest_configure(config: pytest.Config) -> None:
    """Django is ready before any test module is imported; assets are served as they are, not by their hashed names."""
    import django
    from django.conf import settings as django_settings

    django_settings.STORAGES = {
        **django_settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    if "DESK_TEST_DATABASE" not in os.environ:
        # A file, as in use: in memory all threads share one connection, and a server that still answers a browser locks the test out.
        database = django_settings.DATABASES["default"]
        database["TEST"] = {"NAME": Path(os.environ["VONGGAC_DATA_DIR"]) / "tests.sqlite3"}
        database["OPTIONS"]["init_command"] += "; PRAGMA synchronous=OFF"
    # An empty folder of collected assets: whitenoise warns where there is none.
    Path(django_settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
    django.setup()
    if config.getoption("numprocesses", None) and not hasattr(config, "workerinput"):
        # A worker of xdist that inherits this name has Django's settings, and with them our folder, before it reads this file.
        del os.environ["DJANGO_SETTINGS_MODULE"]

    from django.contrib.auth.hashers import Argon2PasswordHasher

    # The same algorithm at the least cost: a province of people is made for many tests.
    Argon2PasswordHasher.time_cost, Argon2PasswordHasher.memory_cost, Argon2PasswordHasher.parallelism = 1, 8, 1


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL only what touches a database runs: the rest has been tried already, and would be the same."""
    if "DESK_TEST_DATABASE" not in os.environ:
        return
    others = [
        item
        for item in items
        if item.get_closest_marker("any_database")
        or (
            not any(map(item.get_closest_marker, ("django_db", "database")))
            and not {"db", "transactional_db"}.intersection(getattr(item, "fixturenames", ()))
        )
    ]
    config.hook.pytest_deselected(items=others)
    left_out = set(others)
    items[:] = [item for item in items if item not in left_out]


# The machine decides how long an example takes (numba compiles in the first), not the property. In CI the same
# examples every time, so that a red run is about the change; elsewhere new ones, so that more is tried over time.
settings.register_profile("here", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.register_profile("ci", settings.get_profile("here"), derandomize=True, database=None)
settings.load_profile("ci" if os.environ.get("CI") else "here")


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder with the real data: ``$VONGGAC_CORPORA``, by default ``../shared/data``; skips where it is absent."""
    folder = Path(os.environ.get("VONGGAC_CORPORA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"the real data is not at {folder}; $VONGGAC_CORPORA names another place")
    return folder


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the settings and caches of whoever runs it, or depends on their language and zone."""
    home = tmp_path_factory.getbasetemp() / "home"
    home.mkdir(exist_ok=True)
    monkeypatch.setenv("HOME", str(home))
    for name in list(os.environ):
        if name.startswith(("XDG_", "LC_", "VONGGAC_")) and name != "VONGGAC_CORPORA":
            monkeypatch.delenv(name)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.delenv("LANGUAGE", raising=False)


@pytest.fixture(autouse=True)
def _empty_spool() -> None:
    """No file of another test waits: its record went with its transaction, the file did not."""
    from django.conf import settings

    from vonggac.jobs.spool import spool_folder

    for path in spool_folder(settings.VONGGAC).iterdir():
        path.unlink()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A headless Chromium for Playwright; skips where there is none, and says how to get it."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
    if found is None:
        pytest.skip("Chromium is missing. On Debian or Ubuntu, as root: apt-get install chromium fonts-dejavu-core")
    from playwright.sync_api import sync_playwright

    arguments = ["--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright runs a loop in this thread; Django would take that for a call out of asynchronous code.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        browser = playwright.chromium.launch(executable_path=found, args=arguments)
        yield browser
        browser.close()
