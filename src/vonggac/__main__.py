"""``python -m vonggac`` is the ``vonggac`` command."""

from vonggac.cli import main

main()
