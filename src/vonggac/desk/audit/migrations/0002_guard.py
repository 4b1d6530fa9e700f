"""The triggers that refuse to change or delete audit rows."""

from django.db import migrations

from vonggac.desk.audit import guard


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [migrations.RunPython(lambda _apps, editor: guard.build(editor.connection), migrations.RunPython.noop)]
