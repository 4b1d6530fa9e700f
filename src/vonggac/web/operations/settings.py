"""What Django is told about logs and mail."""

from __future__ import annotations

LOGGING_CONFIG = None
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
