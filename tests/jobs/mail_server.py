"""A small mail server for tests: RFC 5321 as far as a client of ours speaks it, with STARTTLS, AUTH and refusals."""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import email
import email.policy
import ipaddress
import socket
import ssl
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Self


@dataclass
class MailServer:
    """Listens on ``port`` of localhost. ``answers``: verb (RCPT, DATA-END, AUTH, MAIL) to what is said instead of yes."""

    tls: ssl.SSLContext | None = None
    is_implicit: bool = False
    login: tuple[str, str] | None = None
    answers: dict[str, str] = field(default_factory=dict)
    on_message: Any = None
    messages: list[EmailMessage] = field(default_factory=list)
    envelopes: list[tuple[str, list[str]]] = field(default_factory=list)
    was_encrypted: list[bool] = field(default_factory=list)
    port: int = 0

    def __enter__(self) -> Self:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
        self._socket.close()

    def _accept(self) -> None:
        while True:
            try:
                peer, _address = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._guarded, args=(peer,), daemon=True).start()

    def _guarded(self, peer: socket.socket) -> None:
        with contextlib.ExitStack() as opened, contextlib.suppress(OSError):
            opened.callback(peer.close)
            if self.is_implicit and self.tls:
                peer = opened.enter_context(self.tls.wrap_socket(peer, server_side=True))
            self._talk(peer, opened)

    def _talk(self, peer: socket.socket, opened: contextlib.ExitStack) -> None:  # one branch per verb
        stream = opened.enter_context(peer.makefile("rwb"))
        sender, recipients, is_encrypted = "", [], self.is_implicit

        def say(text: str) -> None:
            stream.write(text.encode() + b"\r\n")
            stream.flush()

        say("220 thu.example ready")
        while line := stream.readline():
            text = line.decode().strip()
            verb = text.split(" ")[0].upper()
            if verb == "EHLO":
                offers = ["thu.example", "8BITMIME"]
                offers += ["STARTTLS"] if self.tls and not is_encrypted else []
                offers += ["AUTH PLAIN"] if self.login and (is_encrypted or not self.tls) else []
                for offer in offers[:-1]:
                    say(f"250-{offer}")
                say(f"250 {offers[-1]}")
            elif verb == "STARTTLS" and self.tls:
                say("220 go")
                peer = opened.enter_context(self.tls.wrap_socket(peer, server_side=True))
                stream, is_encrypted = peer.makefile("rwb"), True
            elif verb == "AUTH":
                given = base64.b64decode(text.split(" ")[2]).decode().split("\0")[1:]
                say("235 welcome" if tuple(given) == self.login else "535 5.7.8 wrong name or password")
            elif verb in self.answers:
                say(self.answers[verb])
            elif verb == "MAIL":
                sender, recipients = text, []
                say("250 ok")
            elif verb == "RCPT":
                recipients.append(text.partition(":")[2].strip("<>"))
                say("250 ok")
            elif verb == "DATA":
                say("354 go on")
                self._data(stream, sender, recipients, is_encrypted)
                say(self.answers.get("DATA-END", "250 kept"))
            elif verb == "QUIT":
                say("221 bye")
                return
            else:
                say("250 ok")

    def _data(self, stream: Any, sender: str, recipients: list[str], is_encrypted: bool) -> None:
        lines = []
        while (line := stream.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b"..") else line)
        if "DATA-END" not in self.answers:
            message = email.message_from_bytes(b"".join(lines), policy=email.policy.default)
            self.messages.append(message)
            self.envelopes.append((sender, recipients))
            self.was_encrypted.append(is_encrypted)
            if self.on_message:
                self.on_message(message)


@contextmanager
def certified(folder: Path, name: str = "localhost"):
    """A server's TLS context with a certificate of its own for ``name``, and the file to trust it by."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    names: list[x509.GeneralName] = [x509.DNSName(name)]
    if name == "localhost":
        names.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    trusted, secret = folder / "ca.pem", folder / "key.pem"
    trusted.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(trusted, secret)
    yield context, trusted
