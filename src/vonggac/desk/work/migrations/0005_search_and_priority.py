"""Searches and priorities by an index of their own; what few Tasks have is indexed for those alone."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("organisations", "0002_imports"),
        ("work", "0004_undo_asks_again"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="task",
            name="assignee",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="task",
            name="parent",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="children",
                to="work.task",
            ),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(fields=["turn", "priority", "due_at", "id"], name="task_by_priority"),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(fields=["folded"], name="task_searched"),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(condition=models.Q(("parent__isnull", False)), fields=["parent"], name="task_of_parent"),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(
                condition=models.Q(("assignee__isnull", False)), fields=["assignee"], name="task_of_assignee"
            ),
        ),
    ]
