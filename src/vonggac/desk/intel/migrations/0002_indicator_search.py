from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("intel", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="indicator",
            name="reason",
            field=models.CharField(blank=True, max_length=250),
        ),
        migrations.AddField(
            model_name="indicator",
            name="first",
            field=models.CharField(blank=True, default="", editable=False, max_length=32),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="indicator",
            name="last",
            field=models.CharField(blank=True, default="", editable=False, max_length=32),
            preserve_default=False,
        ),
        migrations.AddIndex(
            model_name="indicator",
            index=models.Index(fields=["kind", "first"], name="indicator_by_address"),
        ),
        migrations.AddIndex(
            model_name="indicator",
            index=models.Index(fields=["family", "-id"], name="indicator_of_family"),
        ),
    ]
