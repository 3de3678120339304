"""Sign-in at an identity provider: a small one on this machine, honest and dishonest."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from sqlalchemy.orm import Session

from cockpit.access import accounts, oidc, sessions
from cockpit.settings import settings
from cockpit.store.session import engine
from cockpit.web import oidc as flow
from tests.entering import PASSWORD, Browser, account, trail
from tests.web.asgi import cockpit_app

CLIENT, SECRET = "cockpit", "a secret of the cockpit"
KEY = RSAKey.generate_key(2048, {"kid": "one"})


class Provider:
    """What it will say next, and what it was asked."""

    def __init__(self) -> None:
        self.claims: dict[str, Any] = {}
        self.key: Any = KEY
        self.algorithm = "RS256"
        self.challenge = ""
        self.nonce = ""
        self.asked: dict[str, str] = {}
        self.address = ""

    def description(self) -> dict[str, str]:
        return {
            "issuer": self.address,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "jwks_uri": f"{self.address}/keys",
        }

    def token(self, given: dict[str, str]) -> dict[str, str]:
        self.asked = given
        digest = hashlib.sha256(given["code_verifier"].encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != self.challenge:
            return {"error": "invalid_grant"}
        now = int(time.time())
        claims = {
            "iss": self.address, "aud": CLIENT, "sub": "4711", "nonce": self.nonce, "iat": now,
            "exp": now + 300, "preferred_username": "li", **self.claims,
        }  # fmt: skip
        header = {"alg": self.algorithm, "kid": "one"}
        made = jwt.encode(header, claims, self.key, algorithms=[self.algorithm])
        return {"access_token": "x", "token_type": "Bearer", "id_token": made}


@pytest.fixture
def provider(accounts_here: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    there = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            keys = {"keys": [KEY.as_dict(private=False, kid="one")]}
            self.answer(there.description() if "well-known" in self.path else keys)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self.answer(there.token({k: v[0] for k, v in parse_qs(body).items()}))

        def answer(self, content: object) -> None:
            sent = json.dumps(content).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    there.address = f"http://127.0.0.1:{server.server_port}"
    metadata = f"{there.address}/.well-known/openid-configuration"
    for name, value in (("METADATA", metadata), ("CLIENT_ID", CLIENT), ("CLIENT_SECRET", SECRET)):
        monkeypatch.setenv(f"COCKPIT_OIDC_{name}", value)
    settings.cache_clear()
    yield there
    server.shutdown()
    server.server_close()
    thread.join()
    flow._known.clear()


@pytest.fixture
def browser(provider: Provider) -> Browser:
    return Browser(cockpit_app())


def begin(browser: Browser, provider: Provider, target: str = "/population") -> dict[str, str]:
    answer = browser.get(f"/sign-in/oidc?next={target}")
    assert answer.status == 303
    address = urlsplit(answer.header("location"))
    assert f"{address.scheme}://{address.netloc}{address.path}" == f"{provider.address}/authorize"
    asked = {k: v[0] for k, v in parse_qs(address.query).items()}
    provider.challenge, provider.nonce = asked["code_challenge"], asked["nonce"]
    return asked


def come_back(browser: Browser, state: str) -> Any:
    return browser.get(f"/sign-in/oidc/callback?code=abc&state={state}")


def test_an_account_without_password_signs_in_and_is_linked(
    browser: Browser, provider: Provider
) -> None:
    account("li", password="")
    asked = begin(browser, provider)
    assert asked["client_id"] == CLIENT
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == "http://cockpit.test/sign-in/oidc/callback"
    assert SECRET not in str(asked)
    answer = come_back(browser, asked["state"])
    assert (answer.status, answer.header("location")) == (303, "/population")
    visitor = sessions.visitor_by_cookie(browser.cookies[sessions.COOKIE])
    assert (visitor.account, visitor.roles) == ("li", ("planner",))
    assert flow.COOKIE not in browser.cookies
    assert not any("_streamlit_user" in line for line in browser.sent)
    with Session(engine()) as db:
        known = accounts.find(db, "li")
    assert known is not None
    assert known.subject == oidc.subject_of(provider.address, "4711")
    # From now on the person counts, not the name that the provider says.
    provider.claims = {"preferred_username": "somebody.else"}
    assert come_back(browser, begin(browser, provider)["state"]).status == 303
    provider.claims = {"sub": "666"}
    assert come_back(browser, begin(browser, provider)["state"]).status == 401


@pytest.mark.parametrize("has", ["no account", "a password", "another person", "switched off"])
def test_the_word_of_a_provider_gives_no_rights(
    browser: Browser, provider: Provider, has: str
) -> None:
    if has == "a password":
        account("li", password=PASSWORD)
    elif has == "another person":
        account("li", password="", subject=f"{provider.address} 666")
    elif has == "switched off":
        account("li", password="")
        with Session(engine()) as db:
            accounts.disable(db, "li", by="test")
            db.commit()
    answer = come_back(browser, begin(browser, provider)["state"])
    assert answer.status == 401
    assert sessions.COOKIE not in browser.cookies
    assert len(trail("sign in refused")) == 1


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"aud": "another program"},
        {"iss": "https://evil.example"},
        {"exp": 1_700_000_000},
        {"sub": None},
        {"azp": "another program"},
    ],
)
def test_a_token_that_is_not_for_this_sign_in_is_not_believed(
    browser: Browser, provider: Provider, claims: dict[str, Any]
) -> None:
    account("li", password="")
    provider.claims = claims
    answer = come_back(browser, begin(browser, provider)["state"])
    assert answer.status == 400
    assert answer.alert.startswith("The identity provider cannot be reached, or its answer")
    assert sessions.COOKIE not in browser.cookies


@pytest.mark.parametrize("forged", ["another key", "hmac"])
def test_a_signature_of_somebody_else_is_not_believed(
    browser: Browser, provider: Provider, forged: str
) -> None:
    account("li", password="")
    if forged == "hmac":
        provider.key, provider.algorithm = OctKey.import_key(SECRET), "HS256"
    else:
        provider.key = RSAKey.generate_key(2048, {"kid": "one"})
    assert come_back(browser, begin(browser, provider)["state"]).status == 400
    assert sessions.COOKIE not in browser.cookies


def test_only_the_browser_that_began_can_end(browser: Browser, provider: Provider) -> None:
    account("li", password="")
    asked = begin(browser, provider)
    other = Browser(browser.app)
    for one, state in ((other, asked["state"]), (browser, "guessed"), (browser, "")):
        answer = come_back(one, state)
        assert answer.status == 401
        assert answer.alert == "This sign-in did not begin here, or long ago. Begin again."
    kept = browser.cookies[flow.COOKIE]
    browser.cookies[flow.COOKIE] = kept[:-1] + ("1" if kept.endswith("0") else "0")
    assert come_back(browser, asked["state"]).status == 401
    forged = json.dumps({"state": "s", "nonce": "n", "until": 9e9}).encode().hex()
    browser.cookies[flow.COOKIE] = f"{forged}.{'0' * 64}"
    assert come_back(browser, "s").status == 401


def test_a_stolen_code_is_worth_nothing_without_its_verifier(
    browser: Browser, provider: Provider
) -> None:
    account("li", password="")
    asked = begin(browser, provider)
    provider.challenge = "of another browser"
    assert come_back(browser, asked["state"]).status == 400


def test_the_way_on_stays_here(browser: Browser, provider: Provider) -> None:
    account("li", password="")
    asked = begin(browser, provider, target="//evil.example")
    assert come_back(browser, asked["state"]).header("location") == "/"


def test_a_provider_without_encryption_is_not_asked(
    browser: Browser, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    described = provider.description() | {"token_endpoint": "http://idp.example/token"}
    monkeypatch.setattr(provider, "description", lambda: described)
    answer = browser.get("/sign-in/oidc")
    assert answer.status == 400
    assert answer.alert.startswith("The identity provider cannot be reached")


def test_without_a_provider_there_is_no_such_address(accounts_here: object) -> None:
    browser = Browser(cockpit_app())
    assert "oidc" not in browser.get("/sign-in").text
    assert "There is nothing at this address." in browser.get("/sign-in/oidc").text
    assert browser.get("/sign-in/oidc/callback?code=x&state=y").status == 400
