"""Which access token a command calls LinkedIn with, and the parts for keeping one where no server runs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from bot.app import utc_now
from bot.cli.loading import load
from bot.config.model import Config
from bot.control import NoServer, ask
from bot.core.connection import ADVICE_CONNECT, Grant, Renewal
from bot.core.errors import SignInNeeded, UpstreamError
from bot.keys import Keyring
from bot.sources.linkedin.oauth import OAuth
from bot.store.credentials import SqliteCredentials, read_grant
from bot.store.database import opened, opened_to_read

_SESSION_TIMEOUT = aiohttp.ClientTimeout(total=10, connect=5)


def load_to_call(explicit: Path | None) -> Config | None:
    """The file with the secrets that LinkedIn's commands need; None after every problem has been printed.

    What only Slack or mail need may be missing: LinkedIn is often connected first. A file that reads secrets from files
    is read in full all the same, for elsewise they would look empty and another key would be used.
    """
    loaded = load(explicit, need_secrets=False)
    if loaded is not None and "${file:" in loaded.text:
        return load(explicit, need_secrets=True)
    return loaded


async def access_token(config: Config) -> str:
    """LINKEDIN_ACCESS_TOKEN, else the connected account's token, renewed first when it has run out.

    A running server renews it, so that there is one refresher. Raises SignInNeeded when there is no token that is
    alive, StoreError when what is stored cannot be read, UpstreamError when LinkedIn cannot renew it now.
    """
    if static := config.linkedin.access_token.reveal().strip():
        return static
    grant = await stored_grant(config)
    if grant is not None and not grant.is_alive(utc_now()) and grant.can_renew(utc_now()):
        await _renew(config)
        grant = await stored_grant(config)
    if grant is None:
        raise SignInNeeded(
            "LinkedIn is not connected",
            code="not_connected",
            advice="Run `leadbell linkedin connect`, or set LINKEDIN_ACCESS_TOKEN.",
        )
    if not grant.is_alive(utc_now()):
        raise SignInNeeded("LinkedIn's access has ended", code="ended", advice=ADVICE_CONNECT)
    return grant.access_token


async def stored_grant(config: Config) -> Grant | None:
    """The connected account's grant, beside a running server or without one; None when nobody connected.

    Makes nothing, no key either. Raises StoreError, such as KeyMissing, when what is stored cannot be read.
    """
    if not config.database.exists():
        return None
    keys = Keyring.existing(config.secret_key.reveal(), beside=config.database)
    async with opened_to_read(config.database) as database:
        return await read_grant(database, keys)


@asynccontextmanager
async def authority(config: Config) -> AsyncIterator[OAuth]:
    """LinkedIn's sign-in server."""
    async with aiohttp.ClientSession(timeout=_SESSION_TIMEOUT) as session:
        yield OAuth(
            session,
            auth_url=config.linkedin.auth_url,
            client_id=config.linkedin.client_id,
            client_secret=config.linkedin.client_secret.reveal(),
            now=utc_now,
        )


@asynccontextmanager
async def credentials_alone(config: Config) -> AsyncIterator[SqliteCredentials]:
    """The stored grant for writing, with the database's lock. Raises AlreadyRunning beside a server."""
    async with opened(config.database) as database:
        yield SqliteCredentials(database, Keyring.of(config.secret_key.reveal(), beside=config.database))


async def worth(config: Config, token: str) -> Renewal:
    """What LinkedIn itself says of a token that its API has refused: ALIVE, or NONE, also where it does not say."""
    try:
        async with authority(config) as linkedin:
            return (await linkedin.introspect(token)).renewal
    except UpstreamError:
        return Renewal.NONE


async def _renew(config: Config) -> None:
    try:
        await ask(config.database, "linkedin-renew", {})
    except NoServer:
        async with credentials_alone(config) as credentials, authority(config) as linkedin:
            grant = await credentials.load()
            if grant is not None and grant.can_renew(utc_now()):
                await credentials.save(await linkedin.refresh(grant), now=utc_now())
