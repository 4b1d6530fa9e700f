"""Django's settings, made from ours. The one module that Django reads by its name (DJANGO_SETTINGS_MODULE)."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONE, SELF

from vonggac.config.reading import read_settings
from vonggac.errors import N_
from vonggac.web.databases import database_of
from vonggac.web.secret_key import secret_key_in

VONGGAC = read_settings(os.environ)
"""Our own settings, for everything in ``web`` that needs more than Django's."""

HERE = Path(__file__).parent
PUBLIC = urlsplit(VONGGAC.public_url)
IS_HTTPS = PUBLIC.scheme == "https"
LIVE_URL = VONGGAC.live_url or f"{PUBLIC.scheme}://{PUBLIC.hostname}:{VONGGAC.live_listen.rpartition(':')[2]}"

DEBUG = False
SECRET_KEY = secret_key_in(VONGGAC.data_dir)
ALLOWED_HOSTS = [PUBLIC.hostname or "localhost"]
ROOT_URLCONF = "vonggac.web.urls"
WSGI_APPLICATION = "vonggac.web.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {"default": database_of(VONGGAC)}

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "csp",
    "django_htmx",
    "vonggac.desk.scope",
    "vonggac.desk.replies",
    "vonggac.desk.audit",
    "vonggac.desk.organisations",
    "vonggac.desk.notices",
    "vonggac.desk.accounts",
    "vonggac.desk.work",
    "vonggac.desk.directives",
    "vonggac.desk.intel",
    "vonggac.desk.webhooks",
    "vonggac.web.shell",
    "vonggac.web.accounts",
]

MIDDLEWARE = [
    # What every answer carries comes first, so that probes and assets carry it too.
    "vonggac.web.shell.middleware.headers",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "vonggac.web.operations.middleware.forwarded",
    "vonggac.web.operations.middleware.probes",
    "vonggac.web.operations.middleware.counted",
    "vonggac.web.shell.middleware.request_log",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "vonggac.web.operations.middleware.limited",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "vonggac.web.shell.middleware.language",
    "vonggac.web.shell.middleware.no_nul",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "vonggac.web.shell.middleware.asker",
    "django.contrib.messages.middleware.MessageMiddleware",
    "vonggac.web.accounts.middleware.first_things_first",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "vonggac.web.shell.middleware.desk_errors",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [
            HERE / noun / "templates"
            for noun in (
                "shell",
                "accounts",
                "organisations",
                "audit",
                "notices",
                "operations",
                "work",
                "intel",
                "letters",
                "webhooks",
            )
        ],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "vonggac.web.shell.context.shell",
                "vonggac.web.notices.bell.bell",
            ],
            "builtins": [
                "vonggac.web.shell.templatetags.shell",
                "django.templatetags.i18n",
                "django.templatetags.static",
            ],
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    ["django.template.loaders.filesystem.Loader", "django.template.loaders.app_directories.Loader"],
                )
            ],
            "libraries": {
                "directory": "vonggac.web.organisations.tags",
                "letters": "vonggac.web.letters.tags",
                "inside": "vonggac.web.work.inside_tags",
                "work": "vonggac.web.work.tags",
            },
            "string_if_invalid": "",
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# ------------------------------------------------------------------------------------------ languages and times

LANGUAGE_CODE = "vi"
LANGUAGES = [("vi", N_("Vietnamese")), ("en", N_("English"))]
LOCALE_PATHS = [HERE.parent / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Ho_Chi_Minh"

# ------------------------------------------------------------------------------------------------------- assets

STATIC_URL = "/static/"
STATIC_ROOT = VONGGAC.data_dir / "static"
STATICFILES_DIRS: list[Path] = [
    HERE / noun / "static" for noun in ("organisations", "audit", "work", "intel", "letters")
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

# ----------------------------------------------------------------------------------------------------- security

AUTH_USER_MODEL = "accounts.User"
# With this prefix browsers hold a cookie to this very host, by https only; they refuse it without https.
COOKIE_PREFIX = "__Host-" if IS_HTTPS else ""
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}vonggac_session"
LANGUAGE_COOKIE_NAME = f"{COOKIE_PREFIX}vonggac_language"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
CSRF_COOKIE_SECURE = IS_HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_USE_SESSIONS = True
CSRF_TRUSTED_ORIGINS = [VONGGAC.public_url]
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31536000 if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = False
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "vonggac.web.shell.errors.form_too_old"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "object-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF, LIVE_URL],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "manifest-src": [SELF],
    }
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

from vonggac.web.accounts.settings import *  # noqa: E402, F403  # what allauth is told
from vonggac.web.operations.settings import *  # noqa: E402, F403  # logs, mail
