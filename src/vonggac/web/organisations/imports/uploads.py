"""Uploads that go straight into the spool, counted while they come.

Nothing of a file is kept in memory or under a name that its sender chose. A file over the limit ends the upload: what was
written is removed, and of the rest nothing is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from vonggac.config import Settings
from vonggac.errors import VonggacError
from vonggac.jobs.spool import Spool, Spooled, TooLarge, drop

ENVELOPE = 64 << 10
"""Bytes of a form around its file: token, headers, boundaries."""


class SpoolHandler(FileUploadHandler):
    """Puts the one file of a form into the spool. ``received`` and ``file_name`` say what came, ``error`` why nothing did."""

    chunk_size = 256 << 10

    def __init__(self, settings: Settings, limit: int) -> None:
        super().__init__()
        self.settings, self.limit = settings, limit
        self.received: Spooled | None = None
        self.error: VonggacError | None = None
        self._spool: Spool | None = None
        self._n_files = 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """A file begins; only the first is taken."""
        super().new_file(*args, **kwargs)
        self._n_files += 1
        if self._n_files > 1:
            raise StopUpload(connection_reset=True)
        try:
            self._spool = Spool(self.settings, self.limit)
        except VonggacError as error:
            self._fail(error)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """One piece of it."""
        if self._spool is None:
            return
        try:
            self._spool.write(raw_data)
        except VonggacError as error:
            self._fail(error)

    def file_complete(self, file_size: int) -> None:
        """It is whole."""
        if self._spool is not None and self._spool.size:
            try:
                self.received = self._spool.done()
            except VonggacError as error:
                self._fail(error)
        elif self._spool is not None:
            self._spool.drop()
        self._spool = None

    def upload_interrupted(self) -> None:
        """The connection broke: nothing is left."""
        if self._spool is not None:
            self._spool.drop()
            self._spool = None

    def take(self) -> Spooled | None:
        """The file, which now belongs to the caller."""
        taken, self.received = self.received, None
        return taken

    def forget(self) -> None:
        """Remove what nobody took."""
        if self.received is not None:
            drop(self.settings, self.received)
            self.received = None

    def _fail(self, error: VonggacError) -> None:
        self.error, self._spool = error, None
        raise StopUpload(connection_reset=True)


def spooling(permission: str, settings: Settings, limit: int) -> Callable[[Any], Any]:
    """Let a page's upload go through a SpoolHandler (``request.upload``), for those only who hold ``permission``.

    A body that says it is too long is not even read. The token against forged requests stands in the body, so it is looked for
    once the handler is in place; what nobody took is removed.
    """

    def decorate(view: Any) -> Any:
        protected = csrf_protect(view)

        @csrf_exempt
        @wraps(view)
        def outer(request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
            request.upload = handler = SpoolHandler(settings, limit)
            if request.method != "POST" or not request.user.is_authenticated or not request.asker.may(permission):
                shown: HttpResponseBase = view(request, *args, **kwargs)  # the form, or whoever it is is sent away
                return shown
            length = request.META.get("CONTENT_LENGTH") or "0"
            if not length.isdecimal() or int(length) > limit + ENVELOPE:
                handler.error = TooLarge(limit)
                refused: HttpResponseBase = view(request, *args, **kwargs)  # tells the error and changes nothing
                return refused
            request.upload_handlers = [handler]
            try:
                answer: HttpResponseBase = protected(request, *args, **kwargs)
            finally:
                handler.forget()
            return answer

        return outer

    return decorate
