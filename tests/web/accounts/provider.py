"""A small OpenID Connect provider: a process of its own, driven by what ``/control`` was told last.

``python provider.py PORT`` serves discovery, authorisation code flow with PKCE (S256), token, user info and keys.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

PORT = int(sys.argv[1])
ISSUER = f"http://127.0.0.1:{PORT}"
CLIENT, SECRET = "vonggac", "s3cret"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
CONTROL: dict[str, Any] = {}
CODES: dict[str, dict[str, str]] = {}
TOKENS: dict[str, dict[str, Any]] = {}


def claims() -> dict[str, Any]:
    now = int(time.time())
    base = {"iss": ISSUER, "aud": CLIENT, "iat": now, "exp": now + 300, "sub": "subject-1", "jti": secrets.token_hex(8)}
    return {**base, **CONTROL.get("claims", {})}


def id_token() -> str:
    kind = CONTROL.get("signature", "right")
    if kind == "none":
        return jwt.encode(claims(), None, algorithm="none", headers={"kid": "k1"})
    if kind == "hs256":
        return jwt.encode(claims(), "x" * 32, algorithm="HS256", headers={"kid": "k1"})
    key = OTHER_KEY if kind == "wrong" else KEY
    return jwt.encode(claims(), key, algorithm="RS256", headers={"kid": "k1"})


class Provider(BaseHTTPRequestHandler):
    def log_message(self, *_args: Any) -> None:
        pass

    def answer(self, body: Any, status: int = 200, **headers: str) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/.well-known/openid-configuration":
            found = {
                "issuer": ISSUER,
                "authorization_endpoint": f"{ISSUER}/authorize",
                "token_endpoint": f"{ISSUER}/token",
                "userinfo_endpoint": f"{ISSUER}/userinfo",
                "jwks_uri": f"{ISSUER}/keys",
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
            }
            self.answer({**found, **CONTROL.get("discovery", {})})
        elif parts.path == "/authorize":
            code = secrets.token_urlsafe(8)
            CODES[code] = query
            back = f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"
            self.answer({}, 302, Location=back)
        elif parts.path == "/keys":
            public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
            self.answer({"keys": [{**public, "kid": "k1", "alg": "RS256", "use": "sig"}]})
        elif parts.path == "/userinfo":
            self.answer({"sub": "subject-1", **CONTROL.get("userinfo", {})})
        else:
            self.answer({}, 404)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/control":
            CONTROL.clear()
            CONTROL.update(json.loads(body))
            self.answer({})
            return
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        asked = CODES.pop(form.get("code", ""), None)
        verifier = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(verifier).rstrip(b"=").decode()
        is_right = (
            asked is not None
            and asked.get("code_challenge") == challenge
            and asked["redirect_uri"] == form.get("redirect_uri")
            and (form.get("client_id"), form.get("client_secret")) == (CLIENT, SECRET)
        )
        if not is_right:
            self.answer({"error": "invalid_grant"}, 400)
            return
        self.answer({"access_token": "at", "token_type": "Bearer", "id_token": id_token(), **CONTROL.get("token", {})})


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", PORT), Provider).serve_forever()
