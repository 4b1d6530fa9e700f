"""``python -m vonggac.web.operations.demonstration FOLDER``: fill an empty installation with the invented province.

Which installation: as our settings say. It prints what was made, logins among it, as one JSON object; ``vonggac demo`` runs it.
"""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

import orjson

from vonggac.web.operations.first_start import prepare


def demonstrate(folder: Path) -> dict[str, object]:
    """Make the tables and assets, fill them, give what was made as plain values."""
    prepare()
    from django.conf import settings

    from vonggac.jobs.scenario.desk import fill
    from vonggac.web.accounts.sealed import seal

    def set_up_factor(user: object, seed: str) -> None:
        from allauth.mfa.models import Authenticator

        Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": seal(seed)})

    return asdict(fill(settings.VONGGAC, folder, set_up_factor))


if __name__ == "__main__":
    sys.stdout.buffer.write(orjson.dumps(demonstrate(Path(sys.argv[1]))) + b"\n")
