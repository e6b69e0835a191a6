"""`/oauth/v2`: consent, tokens and what is known of them, in LinkedIn's words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from bot.sandbox.linkedin.calls import Answer, SeenRequest
from bot.sandbox.linkedin.holdings import Holdings
from bot.sandbox.linkedin.records import Json
from bot.sandbox.linkedin.subscriptions import is_loopback
from bot.sandbox.linkedin.tokens import CODE_LIFETIME, Token

_DEAD = "The provided authorization grant or refresh token is invalid, expired or revoked."
_MISMATCH = (
    "Unable to retrieve access token: appid/redirect uri/code verifier does not match authorization code. "
    "Or authorization code expired. Or external member binding exists"
)


class _OAuthError(Exception):
    """`{"error": …, "error_description": …}` with its status."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(description)
        self.answer = Answer(status=status, content={"error": error, "error_description": description})


def answer_oauth(holdings: Holdings, seen: SeenRequest) -> Answer:
    """What LinkedIn's authorization server answers."""
    path, _, raw_query = seen.raw_path.partition("?")
    try:
        match seen.method, path.removeprefix("/oauth/v2/"):
            case "GET", "authorization":
                return _authorize(holdings, raw_query)
            case "POST", "accessToken":
                return _give_token(holdings, _form(seen))
            case "POST", "introspectToken":
                return _introspect(holdings, _form(seen))
            case _, ("authorization" | "accessToken" | "introspectToken"):
                return _OAuthError(405, "method_not_allowed", f"{seen.method} is not supported").answer
            case _:
                return _OAuthError(404, "not_found", "Resource not found").answer
    except _OAuthError as error:
        return error.answer


def _authorize(holdings: Holdings, raw_query: str) -> Answer:
    """Send the member back with a code, or with the error. What makes the way back unsafe is told on the spot."""
    asked = _query(raw_query)
    if _required(asked, "client_id") != holdings.client_id:
        raise _OAuthError(400, "invalid_request", "The passed in client_id is invalid")
    back = _redirect_uri(holdings, _required(asked, "redirect_uri"))
    scopes = frozenset(asked.get("scope", "").split(" ")) - {""}
    if asked.get("response_type") != "code":
        return _send_back(back, asked, "unsupported_response_type", "The response_type must be code")
    if not scopes or (unknown := sorted(scopes - holdings.app_scopes)):
        text = f'Scope "{unknown[0]}" is not authorized for your application' if scopes else "Scope is missing"
        return _send_back(back, asked, "unauthorized_scope_error" if scopes else "invalid_scope", text)
    if not holdings.member_consents:
        return _send_back(back, asked, "user_cancelled_authorize", "The user cancelled the authorization")
    _forget_other_scopes(holdings, scopes)
    return _redirect(back, {"code": holdings.tokens.new_code(scopes, asked["redirect_uri"])} | _state(asked))


def _forget_other_scopes(holdings: Holdings, scopes: frozenset[str]) -> None:
    """A consent to another set of scopes makes every earlier token of the member invalid."""
    for token in holdings.tokens:
        if token.scopes != scopes:
            token.is_revoked = True
    if holdings.scopes != scopes:
        holdings.ended[holdings.access_token] = "revoked"


def _give_token(holdings: Holdings, asked: Mapping[str, str]) -> Answer:
    kind = _required(asked, "grant_type")
    names = {"authorization_code": ("code", "redirect_uri"), "refresh_token": ("refresh_token",)}
    for name in names.get(kind, ()):
        _required(asked, name)
    _check_client(holdings, asked)
    if kind == "authorization_code":
        return _exchange(holdings, asked["code"], asked["redirect_uri"])
    if kind == "refresh_token":
        return _refresh(holdings, asked["refresh_token"])
    if kind == "client_credentials":
        raise _OAuthError(401, "access_denied", "This application is not allowed to create application tokens")
    raise _OAuthError(400, "unsupported_grant_type", f'The grant type "{kind}" is not supported')


def _exchange(holdings: Holdings, text: str, redirect_uri: str) -> Answer:
    code = holdings.tokens.code(text)
    if code is None:
        raise _OAuthError(401, "invalid_request", "Unable to retrieve access token: authorization code not found")
    now = holdings.now()
    if code.redirect_uri != redirect_uri or now - code.at >= CODE_LIFETIME:
        raise _OAuthError(400, "invalid_redirect_uri", _MISMATCH)
    holdings.tokens.spend(text)
    refresh = None
    if holdings.gives_refresh_tokens:
        end = code.at + holdings.refresh_lifetime
        refresh = holdings.tokens.new_token(code.scopes, authorized_at=code.at, expires_at=end, is_access=False)
    return _granted(holdings, code.scopes, code.at, refresh)


def _refresh(holdings: Holdings, text: str) -> Answer:
    token = holdings.tokens.find(text)
    if token is not None and not token.is_access and token.is_revoked:
        raise _OAuthError(400, "invalid_grant", "Token has been expired or revoked.")
    if token is None or token.is_access or token.status(holdings.now()) != "active":
        raise _OAuthError(400, "invalid_request", _DEAD)
    return _granted(holdings, token.scopes, token.authorized_at, token)


def _granted(holdings: Holdings, scopes: frozenset[str], authorized_at: datetime, refresh: Token | None) -> Answer:
    """A new access token, cut to what is left of the refresh token, whose own end never moves."""
    now = holdings.now()
    end = now + holdings.access_lifetime
    if refresh is not None:
        end = min(end, refresh.expires_at)
    access = holdings.tokens.new_token(scopes, authorized_at=authorized_at, expires_at=end, is_access=True)
    content: Json = {
        "access_token": access.text,
        "expires_in": int((end - now).total_seconds()),
        "scope": " ".join(sorted(scopes)),
        "token_type": "Bearer",
    }
    if refresh is not None:
        content["refresh_token"] = refresh.text
        content["refresh_token_expires_in"] = int((refresh.expires_at - now).total_seconds())
    return Answer(content=content)


def _introspect(holdings: Holdings, asked: Mapping[str, str]) -> Answer:
    """What is known of an access token; of another app's only that it is not active. Times are seconds."""
    text = _required(asked, "token")
    _check_client(holdings, asked)
    token = _given(holdings) if text == holdings.access_token else holdings.tokens.find(text)
    if token is None or not token.is_access:
        return Answer(content={"active": False})
    status = token.status(holdings.now())
    return Answer(
        content={
            "active": status == "active",
            "client_id": holdings.client_id,
            "authorized_at": int(token.authorized_at.timestamp()),
            "created_at": int(token.created_at.timestamp()),
            "status": status,
            "expires_at": int(token.expires_at.timestamp()),
            "scope": ",".join(sorted(token.scopes)),
            "auth_type": "3L",
        }
    )


def _given(holdings: Holdings) -> Token:
    """The token that the stand-in was made with. Its end is always a whole lifetime away."""
    status = holdings.ended.get(holdings.access_token, "active")
    end = datetime(1970, 1, 1, tzinfo=UTC) if status == "expired" else holdings.now() + holdings.access_lifetime
    return Token(
        text=holdings.access_token,
        scopes=frozenset(holdings.scopes),
        authorized_at=holdings.now(),
        created_at=holdings.now(),
        expires_at=end,
        is_access=True,
        is_revoked=status == "revoked",
    )


def _check_client(holdings: Holdings, asked: Mapping[str, str]) -> None:
    if _required(asked, "client_id") != holdings.client_id:
        raise _OAuthError(400, "invalid_request", "The passed in client_id is invalid")
    if _required(asked, "client_secret") != holdings.client_secret:
        raise _OAuthError(401, "invalid_client", "Client authentication failed")


def _required(asked: Mapping[str, str], name: str) -> str:
    if not asked.get(name):
        raise _OAuthError(400, "invalid_request", f'A required parameter "{name}" is missing')
    return asked[name]


def _query(raw_query: str) -> dict[str, str]:
    """The parameters of an authorization request. A space is %20 there, as documented; "+" is a plus."""
    pairs = (pair.partition("=") for pair in raw_query.split("&"))
    return {unquote(name): unquote(value) for name, _, value in pairs}


def _form(seen: SeenRequest) -> dict[str, str]:
    """A form-encoded body; {} for any other kind, so that the first parameter is missing."""
    kind = seen.headers.get("Content-Type", "").partition(";")[0].strip()
    if kind != "application/x-www-form-urlencoded":
        return {}
    return dict(parse_qsl(seen.body.decode("utf-8", errors="replace"), keep_blank_values=True))


def _redirect_uri(holdings: Holdings, uri: str) -> str:
    parts = urlsplit(uri)
    host = parts.hostname or ""
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    is_registered = not holdings.redirect_uris or uri.partition("?")[0] in holdings.redirect_uris
    if not (is_safe and host and is_registered) or "#" in uri:
        raise _OAuthError(400, "invalid_redirect_uri", "The redirect_uri does not match the registered value")
    return uri


def _state(asked: Mapping[str, str]) -> dict[str, str]:
    return {"state": asked["state"]} if "state" in asked else {}


def _send_back(back: str, asked: Mapping[str, str], error: str, description: str) -> Answer:
    return _redirect(back, {"error": error, "error_description": description} | _state(asked))


def _redirect(back: str, told: Mapping[str, str]) -> Answer:
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in told.items())
    return Answer(status=302, headers={"Location": f"{back}{'&' if '?' in back else '?'}{query}"})
