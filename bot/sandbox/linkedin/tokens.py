"""The member's consents: codes, access tokens and refresh tokens, and how long each lives. No HTTP here."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

CODE_LIFETIME = timedelta(minutes=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """What a consent is worth until it is exchanged."""

    scopes: frozenset[str]
    redirect_uri: str
    at: datetime


@dataclass(slots=True, kw_only=True)
class Token:
    """An access token or a refresh token."""

    text: str
    scopes: frozenset[str]
    authorized_at: datetime  #: when the member consented
    created_at: datetime
    expires_at: datetime
    is_access: bool
    is_revoked: bool = False

    def status(self, now: datetime) -> str:
        """ "active", "expired" or "revoked"."""
        if self.is_revoked:
            return "revoked"
        return "active" if now < self.expires_at else "expired"


class TokenBook:
    """Every code and token that was given out, also the dead ones. Time is `now()`."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._codes: dict[str, Code] = {}
        self._tokens: dict[str, Token] = {}

    def __iter__(self) -> Iterator[Token]:
        return iter(self._tokens.values())

    def find(self, text: str) -> Token | None:
        """The token, dead or alive."""
        return self._tokens.get(text)

    def new_code(self, scopes: frozenset[str], redirect_uri: str) -> str:
        """A code for one exchange within thirty minutes."""
        text = f"AQ{secrets.token_urlsafe(60)}"
        self._codes[text] = Code(scopes=scopes, redirect_uri=redirect_uri, at=self._now())
        return text

    def code(self, text: str) -> Code | None:
        """A code that was not exchanged yet; it may be too old."""
        return self._codes.get(text)

    def spend(self, text: str) -> Code:
        """Take a code out: it works once. Raises KeyError."""
        return self._codes.pop(text)

    def new_token(
        self, scopes: frozenset[str], *, authorized_at: datetime, expires_at: datetime, is_access: bool
    ) -> Token:
        """A token of about the length of LinkedIn's own."""
        token = Token(
            text=("AQV" if is_access else "AQW") + secrets.token_urlsafe(360),
            scopes=scopes,
            authorized_at=authorized_at,
            created_at=self._now(),
            expires_at=expires_at,
            is_access=is_access,
        )
        self._tokens[token.text] = token
        return token
