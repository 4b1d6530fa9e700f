"""What tests of delivery run as processes of their own: ``put N``, ``drain LEASE_S``, ``work LEASE_S``, ``states``."""

from __future__ import annotations

import os
import sys
from datetime import timedelta

import django


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "vonggac.web.settings"
    django.setup()
    from django.conf import settings
    from django.db import transaction

    from vonggac.desk.notices import actions
    from vonggac.desk.notices.models import Chore, Notice, Switch
    from vonggac.jobs import deliver, worker

    verb, number = sys.argv[1], float((sys.argv[2:] or ["0"])[0])
    if verb == "put":
        with transaction.atomic():
            Switch.objects.update_or_create(pk=1, defaults={"is_on": False})
            for n in range(int(number)):
                actions.enqueue(
                    template="test",
                    organisation_id=None,
                    email=f"nguoi-nhan-{n}@xa-tan-an.example",
                    values={"at": "2026-03-01T02:00:00+00:00"},
                    key=f"k{n}",
                )
    elif verb == "drain":
        courier = deliver.Courier(settings.VONGGAC, lease=timedelta(seconds=number))
        while courier.round():
            pass
    elif verb == "work":
        deliver.delivery.LEASE = timedelta(seconds=number)
        deliver_alone = [chore for chore in worker.CHORES if chore.name == "deliver"]
        worker.run(settings.VONGGAC, chores=tuple(deliver_alone))
    elif verb == "states":
        states = Notice.objects.order_by("id").values_list("state", flat=True)
        is_alive = Chore.objects.filter(name="worker", started_at__isnull=False).exists()
        sys.stdout.write(" ".join([*states, str(is_alive)]))


if __name__ == "__main__":
    main()
