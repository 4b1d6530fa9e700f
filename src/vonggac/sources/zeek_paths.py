"""Which log a Zeek event without ``_path`` belongs to, told by fields that only this log has."""

from __future__ import annotations

from collections.abc import Collection

# Log kind and sets of fields of Zeek's own scripts (docs.zeek.org, "Log Files") of which one whole set must be there;
# the first that fits counts, so a kind stands before those whose fields it shares.
SIGNATURES: tuple[tuple[str, tuple[frozenset[str], ...]], ...] = tuple(
    (path, tuple(frozenset(fields.split()) for fields in alternatives.split("|")))
    for path, alternatives in (
        ("conn", "conn_state"),
        ("dns", "qtype_name|rcode_name query|trans_id rejected|TTLs|trans_id AA"),
        ("smtp", "helo|mailfrom|rcptto|last_reply"),
        ("http", "trans_depth|status_code|resp_mime_types|request_body_len"),
        ("x509", "certificate.serial|certificate.subject"),
        ("ssl", "established cipher|ssl_history|sni_matches_cert|established resumed|cert_chain_fuids|cert_chain_fps"),
        ("files", "missing_bytes|seen_bytes|timedout|overflow_bytes"),
        ("dce_rpc", "operation endpoint|operation named_pipe|endpoint named_pipe|operation rtt"),
        ("smb_mapping", "share_type"),
        ("smb_files", "times.modified|prev_name|action name id.orig_h|action path fuid"),
        ("kerberos", "request_type"),
        ("ntlm", "server_nb_computer_name|domainname|server_dns_computer_name"),
        ("rdp", "security_protocol|cookie result|client_channels|encryption_method"),
        ("ssh", "auth_attempts|kex_alg|host_key_alg|host_key"),
        ("ftp", "reply_code|data_channel.passive|data_channel.resp_h"),
        ("dhcp", "msg_types|assigned_addr|requested_addr|lease_time"),
        ("radius", "framed_addr|connect_info|reply_msg"),
        ("snmp", "get_requests|community|get_bulk_requests"),
        ("sip", "request_from|request_to|call_id"),
        ("irc", "nick"),
        ("tunnel", "tunnel_type"),
        ("intel", "seen.indicator|seen.where"),
        ("notice", "note actions|note msg|suppress_for"),
        ("weird", "name notice|notice peer"),
        ("software", "software_type|unparsed_version"),
        ("known_services", "port_num port_proto"),
        ("pe", "compile_ts|is_exe"),
        ("mysql", "cmd arg"),
        ("socks", "request_p|bound_p|request.host|bound.host"),
        ("dpd", "analyzer failure_reason"),
        ("ntp", "stratum|ref_id"),
        ("ocsp", "certStatus|issuerNameHash"),
        ("modbus", "func"),
        ("dnp3", "fc_request|fc_reply"),
        ("ldap_search", "search_object|base_object"),
        ("ldap", "message_id"),
        ("capture_loss", "percent_lost"),
        ("stats", "pkts_proc|bytes_recv"),
        ("syslog", "facility severity message"),
        ("reporter", "level message location"),
        ("quic", "client_initial_dcid"),
        ("websocket", "subprotocol"),
    )
)


def path_of(fields: Collection[str]) -> str | None:
    """The log kind of events with ``fields``; None when they could be of several or of none."""
    present = frozenset(fields)
    for path, alternatives in SIGNATURES:
        if any(needed <= present for needed in alternatives):
            return path
    return None
