r"""What mail servers write into syslog: Postfix (and Zimbra, which is built on it), Exim, Sendmail, Dovecot.

Fields: ``queue_id``, ``from``, ``to`` and the other ``key=value`` pairs by the servers' own names; the peer's ``src_host``
and ``src_ip``, the relay's ``relay_host``, ``dst_ip``, ``dst_port``; ``user``, ``action``, ``reason``. Addresses lose their
``<>``.
"""

from __future__ import annotations

import re

from vonggac.sources.message_patterns import Fields, Parser, one_of, present

_ADDRESS = r"([0-9A-Fa-f.:]{2,45}|unknown)"
_PEER = rf"([^\s\[\]]{{1,255}})\[(?:IPv6:)?{_ADDRESS}\](?::(\d+))?"
_QUEUE_ID = re.compile(r"([0-9A-F]{5,15}|[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{10,26}|NOQUEUE): ")
_PAIR = re.compile(r"([a-z_-]{2,20})=(<[^<>]*>|[^,;\s]*)(?:[,;] ?| |$)")
_RELAY = re.compile(rf"([^\s\[\],]{{1,255}})\s?\[(?:IPv6:)?{_ADDRESS}\](?::(\d+))?")

# Postfix: smtpd(8), smtp(8), postscreen(8); what comes before the queue's key=value lists.
_POSTFIX_BARE = one_of(
    (
        (
            "connect from|disconnect from|lost connection after|timeout after|too many errors after",
            rf"(connect|disconnect|lost connection after \S+|timeout after \S+|too many errors after \S+)(?: \(.*?\))? from {_PEER}",
            "action src_host src_ip src_port",
            {},
        ),
        (
            "warning: ",
            rf"warning: {_PEER}: SASL (\S+) authentication failed:? ?(.*?)(?:, sasl_username=(\S+))?$",
            "src_host src_ip src_port sasl_method reason sasl_username",
            {"action": "authentication failed"},
        ),
        (
            "warning: ",
            rf"warning: hostname (\S+) does not resolve to address {_ADDRESS}",
            "src_host src_ip",
            {"action": "hostname does not resolve"},
        ),
        (
            "Anonymous TLS|Trusted TLS|Untrusted TLS|Verified TLS",
            rf"((?:Anonymous|Trusted|Untrusted|Verified) TLS connection established) (?:from|to) {_PEER}: (\S+)",
            "action src_host src_ip src_port tls_version",
            {},
        ),
        (
            "CONNECT from|PASS|PREGREET|DNSBL|HANGUP|DISCONNECT|COMMAND|BARE|NON-SMTP|WHITELISTED|ALLOWLISTED|BLACKLISTED|DENYLISTED",
            rf"([A-Z][A-Z -]+?)(?: (?:NEW|OLD|rank|\d+|after|from|\S+ limit|TIME LIMIT|[\d.]+)){{0,5}} \[{_ADDRESS}\]:(\d+)",
            "action src_ip src_port",
            {},
        ),
    )
)
_REJECT = re.compile(
    rf"(?:milter-|header |body )?(reject|reject_warning|discard|hold|filter|warn|warning)(?:: [A-Z-]+)? from {_PEER}: (.*?)"
    r"(?:; (from=<.*|proto=.*))?$",
    re.DOTALL,
)


def postfix(message: str) -> Fields | None:
    """``4ABC: to=<b@y.example>, relay=mx.y.example[203.0.113.5]:25, delay=1, dsn=2.0.0, status=sent (250 ok)``."""
    found = _QUEUE_ID.match(message)
    if found is None:
        return _POSTFIX_BARE(message)
    fields: dict[str, str] = {} if found[1] == "NOQUEUE" else {"queue_id": found[1]}
    rest = message[found.end() :]
    if rejected := _REJECT.match(rest):
        action, host, address, port, reason, pairs = rejected.groups()
        fields |= {"action": action, "src_host": host, "src_ip": address, "reason": reason}
        if port:
            fields["src_port"] = port
        rest = pairs or ""
    elif rest == "removed":
        fields["action"] = "removed"
    _add_pairs(fields, rest)
    return (tuple(fields), tuple(fields.values())) if fields else None


def _add_pairs(fields: dict[str, str], text: str) -> None:
    """The list ``key=value, key=<value>, …`` at the beginning of ``text``, and what is in brackets behind it."""
    position = 0
    while pair := _PAIR.match(text, position):
        name, value = pair[1], pair[2]
        if name == "stat":  # Sendmail's result is free text up to the end
            value = text[pair.start(2) :]
        fields.setdefault(name, value[1:-1] if value[:1] == "<" and value[-1:] == ">" else value)
        position = pair.end()
        if name == "relay" and text[position : position + 1] == "[":  # Sendmail: relay=mx.example [203.0.113.5]
            position = max(position, _add_place(fields, "relay_host", "dst", text, pair.start(2)))
            continue
        if name in ("client", "relay"):
            _add_place(
                fields, *(("src_host", "src") if name == "client" else ("relay_host", "dst")), text, pair.start(2)
            )
        elif name == "stat":
            return
        elif name == "status":
            if text[position : position + 1] == "(":
                fields.setdefault("response", text[position + 1 :].removesuffix(")"))
            return


def _add_place(fields: dict[str, str], host: str, side: str, text: str, start: int) -> int:
    found = _RELAY.match(text, start)
    if found is None:
        return start
    fields.setdefault(host, found[1].rstrip("."))
    fields.setdefault(f"{side}_ip", found[2])
    if found[3]:
        fields.setdefault(f"{side}_port", found[3])
    end = found.end()
    while text[end : end + 1] in (",", " "):
        end += 1
    return end


# Sendmail Installation and Operation Guide, 3.1; "(may be forged)" behind a relay.
_SENDMAIL = re.compile(r"([0-9A-Za-z]{12,18}): (?=[a-z_]+\d?=)|(?=ruleset=)")  # refused before there was a message
_SENDMAIL_PAIR = re.compile(r"([a-z_]{2,20}\d?)=(<[^<>]*>|.*?)(?:, (?=[a-z_]{2,20}\d?=)|$)", re.DOTALL)
_SENDMAIL_LIMIT = 4096


def sendmail(message: str) -> Fields | None:
    """``w1AB: to=<b@y.example>, delay=00:00:01, mailer=esmtp, relay=mx.y.example. [203.0.113.5], stat=Sent (ok)``."""
    found = _SENDMAIL.match(message)
    if found is None:
        return None
    fields = {"queue_id": found[1]} if found[1] else {}
    is_inbound = " from=" in message[: found.end() + 6] or "ruleset=" in message[: found.end() + 9]
    for name, value in _SENDMAIL_PAIR.findall(message[found.end() :][:_SENDMAIL_LIMIT]):
        fields.setdefault(name, value[1:-1] if value[:1] == "<" and value[-1:] == ">" else value)
        if name == "relay" and (peer := re.search(rf"\[(?:IPv6:)?{_ADDRESS}\]", value[:300])):
            fields["src_ip" if is_inbound else "dst_ip"] = peer[1]
            if host := value[: peer.start()].strip().rstrip("."):
                fields["src_host" if is_inbound else "relay_host"] = host
    return tuple(fields), tuple(fields.values())


# Exim specification, 53 "Log files": <= arrival, => delivery, -> further address, ** failed, == deferred, *> cut through.
_EXIM_ID = r"[0-9A-Za-z]{6}-(?:[0-9A-Za-z]{6}-[0-9A-Za-z]{2}|[0-9A-Za-z]{11}-[0-9A-Za-z]{4})"
EXIM_ID = re.compile(_EXIM_ID)
_EXIM_LINE = re.compile(rf"(?:({_EXIM_ID}) )?(<=|=>|->|\*>|>>|\*\*|==|Completed|H=)(?: (\S+))?(.*)", re.DOTALL)
# In syslog too Exim writes its own time unless syslog_timestamp is false, and the process number if log_selector has it.
_EXIM_TIME = re.compile(r"\A\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})? (?:[+-]\d{4} )?(?:\[\d{1,10}\] )?")
_EXIM_HOST = re.compile(r"\bH=(?:([^\s()\[\]]{1,255}) )?(?:\(([^()]{0,255})\) )?\[([0-9A-Fa-f.:]{2,45})\](?::(\d+))?")
_EXIM_PAIR = re.compile(r' ([A-Z][A-Za-z]?|id|from|SRR)=("(?:[^"\\]|\\.)*"|<[^<>]*>|\S+)')
_EXIM_NAMES = {
    "F": "from", "P": "protocol", "S": "size", "R": "router", "T": "T", "A": "A", "X": "X", "id": "message_id", "from": "from",
    "C": "response", "U": "U", "DT": "DT", "QT": "QT",
}  # fmt: skip
_EXIM_AUTH = re.compile(
    r"(\S{1,64}) authenticator failed for (?:([^\s()\[\]]{1,255}) )?(?:\(([^()]{0,255})\) )?\[([0-9A-Fa-f.:]{2,45})\]"
    r"(?::(\d+))?(?: [A-Z]=\S+)*: (.*?)(?: \(set_id=(.*)\))?$",
    re.DOTALL,
)
_EXIM_REJECTED = re.compile(
    r"(?:.* )?(rejected [A-Za-z ]+?|temporarily rejected [A-Za-z ]+?) ?(<[^<>]*>|\S+@\S+?)?: (.*)", re.DOTALL
)


def exim(message: str) -> Fields | None:
    """``1abcde-000001-AB <= a@x.example H=mail.x.example [192.0.2.1]:4000 P=esmtps S=1234 id=…``, its main log."""
    message = _EXIM_TIME.sub("", message)
    if failed := _EXIM_AUTH.match(message):
        method, host, helo, address, port, reason, user = failed.groups()
        return present(
            ("action", "method", "src_host", "helo", "src_ip", "src_port", "reason", "user"),
            ("authentication failed", method, host, helo, address, port, reason, user),
        )
    found = _EXIM_LINE.match(message)
    if found is None:
        return None
    queue_id, flag, address, rest = found.groups()
    fields: dict[str, str] = {"queue_id": queue_id} if queue_id else {}
    is_arrival = flag in ("<=", "H=")
    if flag == "H=":
        rest = f" H={address or ''}{rest}"
    else:
        fields["action"] = flag
        if address and flag != "Completed":
            fields["from" if flag == "<=" else "to"] = address.strip("<>")
    rest, _, recipients = rest.partition(" for ") if flag == "<=" else (rest, "", "")
    if recipients:
        fields["to"] = recipients
    if peer := _EXIM_HOST.search(rest[:2000]):
        side = "src" if is_arrival else "dst"
        named = (("relay_host", "src_host")[is_arrival], peer[1]), ("helo", peer[2]), (f"{side}_ip", peer[3])
        fields.update({name: value for name, value in (*named, (f"{side}_port", peer[4])) if value})
    for name, value in _EXIM_PAIR.findall(rest[:8192]):
        if name in _EXIM_NAMES:
            fields.setdefault(_EXIM_NAMES[name], value.strip('"<>'))
    if user := re.match(r"[^:]+:(.+)", fields.get("A", "")):
        fields["user"] = user[1]
    if is_arrival and (rejected := _EXIM_REJECTED.match(rest[:4000])):
        fields["action"] = rejected[1].strip()
        fields["reason"] = rejected[3]
        if rejected[2]:
            fields["to"] = rejected[2].strip("<>")
    return tuple(fields), tuple(fields.values())


# Dovecot: login_log_format_elements, auth's passdb lines.
_DOVECOT_LOGIN = re.compile(
    r"([a-z0-9-]+-login): (?:Info: )?(Login|Logged in|Disconnected|Aborted login|Connection closed|Disconnected: [^:(]{1,80})"
    r"(?:[:.] ?([^(:=]{1,120}))?(?: \(([^()]{1,200}(?:\([^()]*\)[^()]{0,80})?)\))?: (.*)",
    re.DOTALL,
)
_DOVECOT_PAIR = re.compile(r"([a-z_]{2,20})=(<[^<>]*>|[^,\s]*)(?:, |$)?")
_DOVECOT_AUTH = re.compile(
    r"auth(?:-worker)?(?:\([^()]*\))?: (?:Info: |Error: |Debug: )?(?:conn [^:]{1,80}: )?([a-z0-9-]+)\(([^(),]{0,255}),"
    r"([0-9A-Fa-f.:]{2,45})(?:,<?[^<>()]*>?)?\): (.*)",
    re.DOTALL,
)
_DOVECOT_SESSION = re.compile(r"([a-z0-9-]+)\(([^()\s]{1,255})\)(?:<\d+>)?(?:<[^<>]*>)?: (?:Info: )?(.*)", re.DOTALL)


def dovecot(message: str) -> Fields | None:
    """``imap-login: Login: user=<b>, method=PLAIN, rip=203.0.113.9, lip=192.0.2.1, mpid=7, TLS, session=<x>``."""
    if login := _DOVECOT_LOGIN.match(message):
        service, action, more, reason, rest = login.groups()
        fields = {"service": service, "action": action}
        if reason or more:
            fields["reason"] = reason or more
        for name, value in _DOVECOT_PAIR.findall(rest[:4096]):
            fields.setdefault(name, value.strip("<>"))
        return tuple(fields), tuple(fields.values())
    if auth := _DOVECOT_AUTH.match(message):
        return ("service", "action", "passdb", "user", "rip", "reason"), ("auth", "auth", *auth.groups())
    if session := _DOVECOT_SESSION.match(message):
        service, user, rest = session.groups()
        return ("service", "user", "action"), (service, user, rest[:200])
    return None


PARSERS: dict[str, Parser] = {
    "postfix": postfix,
    "postscreen": postfix,
    "exim": exim,
    "exim4": exim,
    "sendmail": sendmail,
    "sm-mta": sendmail,
    "sm-msp-queue": sendmail,
    "dovecot": dovecot,
}
"""Program name in lower case to its parser; programs of Postfix are called ``postfix/smtpd`` and the like."""
