"""E-mail by SMTP (RFC 5321), over TLS unless the settings say ``smtp+plain``."""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ValidationError
from django.core.mail import DNS_NAME, EmailMultiAlternatives
from django.core.mail.backends.smtp import EmailBackend
from django.core.validators import validate_email

from vonggac.config import Settings
from vonggac.desk.notices.channels.door import Message, Reachable, Undelivered
from vonggac.errors import N_, Fault, InvalidValues

TIMEOUT_S = 20
PORTS = {"smtp": 587, "smtps": 465, "smtp+plain": 25}
_NO_ADDRESS = Fault("email", N_("this is no e-mail address; expected name@example.vn"))
_PAGE = '<!doctype html>\n<html lang="{language}"><head><meta charset="utf-8"></head><body>\n{html}\n</body></html>\n'


class Email:
    """Through the one mail server of the settings; its certificate is verified against the system's authorities."""

    name = "email"
    title = N_("E-mail")
    leaves = True
    merges = True
    carries_files = True

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._connection: smtplib.SMTP | None = None

    @staticmethod
    def recipient(to: Reachable) -> str:
        """The address, its domain in lower case. Raises InvalidValues when it is none."""
        if not to.email:
            return ""
        try:
            validate_email(to.email)  # refuses more than 320 characters; the column takes 254 (RFC 5321 §4.5.3.1.3)
        except ValidationError:
            raise InvalidValues([_NO_ADDRESS]) from None
        if len(to.email) > 254:
            raise InvalidValues([_NO_ADDRESS])
        name, _at, domain = to.email.rpartition("@")
        return f"{name}@{domain.lower()}"

    def obstacle(self) -> str:
        """No server, or nobody to send as."""
        if not self._settings.smtp_url:
            return N_("no mail server is set up (setting smtp_url)")
        if not self._settings.mail_from:
            return N_("no sender address is set up (setting mail_from)")
        return ""

    def send(self, message: Message) -> None:
        """Hand it to the mail server, whose answer decides."""
        mail = EmailMultiAlternatives(
            subject=" ".join(message.subject.split()),
            body=message.text,
            from_email=self._settings.mail_from,
            to=[message.recipient],
            headers={
                "Message-ID": self._message_id(message),
                "Auto-Submitted": "auto-generated",  # RFC 3834: no out-of-office answers, please
                "X-Auto-Response-Suppress": "All",
            },
        )
        mail.attach_alternative(_PAGE.format(language=message.language, html=message.html), "text/html")
        for file in message.files:
            mail.attach(file.name, file.data, file.kind)
        try:
            self._opened().send_messages([mail])
        except smtplib.SMTPRecipientsRefused as error:
            code, answer = next(iter(error.recipients.values()))
            raise _refusal(N_("the mail server refused the recipient: {answer}"), code, answer) from None
        except smtplib.SMTPSenderRefused as error:  # the sender is of the settings: somebody will mend it
            self.close()
            raise Undelivered(
                N_("the mail server refused the sender {sender}: {answer}"),
                is_channel=True,
                sender=error.sender,
                answer=_readable(error.smtp_code, error.smtp_error),
            ) from None
        except smtplib.SMTPServerDisconnected:
            self.close()
            raise Undelivered(N_("the mail server broke off the connection"), is_channel=True) from None
        except smtplib.SMTPResponseException as error:
            self.close()
            raise _refusal(
                N_("the mail server refused the message: {answer}"), error.smtp_code, error.smtp_error
            ) from None
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise _unreachable(error) from None

    def knock(self) -> None:
        """Connect, sign in and leave again; nothing is sent. Raises Undelivered."""
        self._opened()
        self.close()

    def close(self) -> None:
        """Say good-bye to the server, if it is still there."""
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                with contextlib.suppress(OSError, smtplib.SMTPException):
                    connection.quit()
            finally:
                connection.close()

    def _message_id(self, message: Message) -> str:
        host = urlsplit(self._settings.public_url).hostname or "localhost"
        return f"<{message.message_id}@{host}>"

    def _opened(self) -> EmailBackend:
        """Django's sender over our connection, which is kept for all messages of a round.

        We open it ourselves: Django's own leaves the socket open when the greeting, TLS or the sign-in fails.
        """
        if self._connection is None:
            parts, password = urlsplit(self._settings.smtp_url), self._password()
            try:
                self._connection = _connected(parts.scheme, parts.hostname or "", parts.port or PORTS[parts.scheme])
                if parts.scheme == "smtp":
                    self._connection.starttls(context=ssl.create_default_context())
                if parts.username:
                    self._connection.login(unquote(parts.username), password)
            except (OSError, smtplib.SMTPException) as error:
                self.close()
                raise _unopened(error) from None
        backend = EmailBackend(fail_silently=False)
        backend.connection = self._connection
        return backend

    def _password(self) -> str:
        file = self._settings.smtp_password_file
        try:
            return file.read_text("utf-8").strip() if file else ""
        except (OSError, UnicodeDecodeError):
            raise Undelivered(
                N_("the password file of the mail server cannot be read: {file}"), is_channel=True, file=str(file)
            ) from None


def _connected(scheme: str, host: str, port: int) -> smtplib.SMTP:
    name = str(DNS_NAME)
    if scheme == "smtps":
        return smtplib.SMTP_SSL(host, port, name, timeout=TIMEOUT_S, context=ssl.create_default_context())
    return smtplib.SMTP(host, port, name, timeout=TIMEOUT_S)


def _unopened(error: Exception) -> Undelivered:
    """Why there is no connection."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return Undelivered(
            N_("the mail server did not accept our name and password: {answer}"),
            is_channel=True,
            answer=_readable(error.smtp_code, error.smtp_error),
        )
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return Undelivered(
            N_("the mail server offers no encryption or no sign-in; smtp_url asks for it"), is_channel=True
        )
    return _unreachable(error)


def _refusal(fault: str, code: int, answer: bytes | str) -> Undelivered:
    """5yz is final, 4yz is not (RFC 5321 §4.2.1); 421 and 5yz about the session are the server's own trouble."""
    return Undelivered(
        fault, is_final=500 <= code < 600, is_channel=code in (421, 530, 535), answer=_readable(code, answer)
    )


def _unreachable(error: Exception) -> Undelivered:
    if isinstance(error, ssl.SSLError):
        return Undelivered(
            N_("the mail server's encryption could not be trusted: {reason}"),
            is_channel=True,
            reason=getattr(error, "verify_message", "") or error.reason or "TLS",
        )
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return Undelivered(N_("the mail server could not be reached: {reason}"), is_channel=True, reason=reason[:150])


def _readable(code: int, answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return f"{code} {' '.join(text.split())}"[:150]
