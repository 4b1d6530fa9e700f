"""An undo asks for the permission of what it takes back."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """See the models."""

    dependencies = [("work", "0003_answers_to_pass_on")]

    operations = [
        migrations.AddField(
            "bulk", "permission", models.CharField(default="work.review", max_length=32), preserve_default=False
        ),
    ]
