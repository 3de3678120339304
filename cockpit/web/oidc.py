"""
Sign-in at the organisation's identity provider: OpenID Connect, authorization code with PKCE.

Our own routes instead of ``st.login``: that one keeps a cookie of 30 days that the server cannot
take back, and knows nothing of our sessions.
"""

from __future__ import annotations

import hmac
import json
import secrets
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from authlib.integrations.base_client.errors import OAuthError  # type: ignore[import-untyped]
from authlib.integrations.requests_client import OAuth2Session  # type: ignore[import-untyped]
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cockpit.access import oidc as persons
from cockpit.access import secret
from cockpit.access.sign_in import SignInRefusedError
from cockpit.settings import settings
from cockpit.web.client import address_of, agent_of, is_https
from cockpit.web.errors import NotFoundError
from geodata.errors import CockpitError

COOKIE = "cockpit_oidc"
CALLBACK = "/sign-in/oidc/callback"
ALGORITHMS = [
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "ES256",
    "ES384",
    "EdDSA",
]  # never "none", no HMAC
_SECONDS = 600  # for the sign-in at the provider
_WAIT = 10.0  # s for an answer of the provider
_LEEWAY = 60  # s that two clocks may differ
_KEEP = 3600.0  # s for the provider's description
_SCOPES = "openid profile"


class ProviderError(CockpitError):
    """The identity provider cannot be reached, or says what cannot be believed."""


@dataclass(frozen=True)
class Provider:
    """What a provider says about itself."""

    issuer: str
    authorization: str
    token: str
    keys: str


_known: dict[str, tuple[float, Provider]] = {}


async def begin(request: Request, target: str) -> Response:
    """Return the way to the provider; state, nonce and verifier go into a sealed cookie."""
    given = settings()
    if not given.oidc_metadata:
        raise NotFoundError("There is nothing at this address.")
    found = await run_in_threadpool(provider, given.oidc_metadata)
    kept = {
        "state": secrets.token_urlsafe(32),
        "nonce": secrets.token_urlsafe(32),
        "verifier": secrets.token_urlsafe(48),
        "target": target,
        "until": int(time.time()) + _SECONDS,
    }
    with _client(request) as client:
        address, _ = client.create_authorization_url(
            found.authorization, state=kept["state"], nonce=kept["nonce"],
            code_verifier=kept["verifier"],
        )  # fmt: skip
    answer = RedirectResponse(address, 303, {"Cache-Control": "no-store"})
    text = json.dumps(kept).encode().hex()
    answer.set_cookie(
        COOKIE, f"{text}.{secret.sealed('oidc', text)}", max_age=_SECONDS, httponly=True,
        samesite="lax", secure=is_https(request.scope), path="/sign-in/oidc",
    )  # fmt: skip
    return answer


async def end(request: Request) -> tuple[str, str]:
    """
    Return the cookie's value of a new session and where the visitor wanted to go.

    Raises
    ------
    SignInRefusedError
        If the answer does not belong to a sign-in that began here, or no account is meant.
    ProviderError
        If the provider's word cannot be had or cannot be believed.
    """
    if not settings().oidc_metadata:
        raise NotFoundError("There is nothing at this address.")
    kept = _kept(request)
    state = request.query_params.get("state", "")
    if not kept or not hmac.compare_digest(str(kept["state"]).encode(), state.encode()):
        raise SignInRefusedError("This sign-in did not begin here, or long ago. Begin again.")
    if "code" not in request.query_params:
        raise SignInRefusedError("The identity provider has not signed you in.")
    claims = await run_in_threadpool(_claims, request, kept)
    cookie = await run_in_threadpool(
        persons.sign_in_as, str(claims["iss"]), str(claims["sub"]),
        str(claims.get(settings().oidc_claim) or ""), address=address_of(request.scope),
        agent=agent_of(request.scope),
    )  # fmt: skip
    return cookie, str(kept["target"])


def clean(answer: Response) -> None:
    """Take the cookie of the way back from the browser."""
    answer.delete_cookie(COOKIE, path="/sign-in/oidc", httponly=True, samesite="lax")


def _kept(request: Request) -> dict[str, Any]:
    text, _, seal = request.cookies.get(COOKIE, "").partition(".")
    if not text or not secret.fits("oidc", text, seal):
        return {}
    kept: dict[str, Any] = json.loads(bytes.fromhex(text))
    return kept if kept["until"] > time.time() else {}


def _client(request: Request) -> Any:
    given = settings()
    scheme = "https" if is_https(request.scope) else "http"
    return OAuth2Session(
        given.oidc_client_id, given.oidc_client_secret, scope=_SCOPES,
        redirect_uri=f"{scheme}://{request.headers.get('host', '')}{CALLBACK}",
        code_challenge_method="S256",
    )  # fmt: skip


def _claims(request: Request, kept: dict[str, Any]) -> dict[str, Any]:
    """Change the code for an ID token, and return what it says once it is proven."""
    found = provider(settings().oidc_metadata)
    try:
        with _client(request) as client:
            token = client.fetch_token(
                found.token, code=request.query_params["code"], code_verifier=kept["verifier"],
                timeout=_WAIT,
            )  # fmt: skip
            keys = KeySet.import_key_set(_json(found.keys))
        return proven(str(token.get("id_token", "")), keys, found.issuer, str(kept["nonce"]))
    except (requests.RequestException, OAuthError, JoseError, ValueError, KeyError) as error:
        raise _doubt() from error


def proven(id_token: str, keys: KeySet, issuer: str, nonce: str) -> dict[str, Any]:
    """
    Return the claims of an ID token whose signature, issuer, audience, time and nonce are right.

    Raises
    ------
    joserfc.errors.JoseError
        If one of them is not.

    References
    ----------
    OpenID Connect Core 1.0, section 3.1.3.7.
    """
    client = settings().oidc_client_id
    token = jwt.decode(id_token, keys, algorithms=ALGORITHMS)
    registry = jwt.JWTClaimsRegistry(
        leeway=_LEEWAY,
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": client},
        nonce={"essential": True, "value": nonce},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
    )
    registry.validate(token.claims)
    if token.claims.get("azp", client) != client:  # meant for another program
        raise ValueError("azp")
    return token.claims


def provider(metadata: str) -> Provider:
    """
    Return what the provider says about itself, at most an hour old.

    Raises
    ------
    ProviderError
        If it cannot be read, or its addresses are not encrypted (this machine's own may be plain).
    """
    at, found = _known.get(metadata, (0.0, None))
    if found is not None and time.monotonic() - at < _KEEP:
        return found
    try:
        said = _json(metadata)
        made = Provider(
            str(said["issuer"]), str(said["authorization_endpoint"]),
            str(said["token_endpoint"]), str(said["jwks_uri"]),
        )  # fmt: skip
    except (requests.RequestException, ValueError, KeyError) as error:
        raise _doubt() from error
    for address in (metadata, made.authorization, made.token, made.keys):
        parts = urlsplit(address)
        if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
            raise _doubt()
    _known[metadata] = (time.monotonic(), made)
    return made


def _json(address: str) -> Any:
    answer = requests.get(address, timeout=_WAIT)
    answer.raise_for_status()
    return answer.json()


def _doubt() -> ProviderError:
    return ProviderError(
        "The identity provider cannot be reached, or its answer cannot be believed. Sign in with "
        "a password, or try again in a moment."
    )
