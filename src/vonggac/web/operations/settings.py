"""What Django is told about logs and mail. Mail of ours goes through the outbox; Django itself sends none."""

from __future__ import annotations

import os

from vonggac.config.reading import read_settings
from vonggac.web.secret_key import secret_in, secret_key_in

_OURS = read_settings(os.environ)

LOGGING_CONFIG = "vonggac.jobs.logs.configure_django"
LOGGING = {
    "level": _OURS.log_level,
    # Whatever writes one of these into a log writes *** instead.
    "secrets": [
        secret_key_in(_OURS.data_dir),
        secret_in(_OURS.database_password_file, "database_password_file"),
        secret_in(_OURS.smtp_password_file, "smtp_password_file"),
        secret_in(_OURS.oidc_secret_file, "oidc_secret_file"),
        secret_in(_OURS.metrics_token_file, "metrics_token_file"),
    ],
}
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
