"""Answers about a holder are found by an index of their own, however many Tasks of other kinds are closed."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds the index."""

    dependencies = [("work", "0002_host_searches")]

    operations = [
        migrations.AddIndex(
            model_name="task",
            index=models.Index(
                condition=models.Q(("kind", "identify_holder"), ("state", "closed")),
                fields=["kind", "state"],
                name="task_answered",
            ),
        ),
    ]
