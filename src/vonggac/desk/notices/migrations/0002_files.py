"""What is attached to a message when it goes out."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notices", "0001_initial")]

    operations = [
        migrations.AddField("notice", "files", models.CharField(blank=True, default="", max_length=40)),
    ]
