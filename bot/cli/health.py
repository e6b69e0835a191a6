"""`health`: one request to the server on this machine."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from pathlib import Path

from bot.cli.loading import load_or_live
from bot.cli.printing import complain, print_json, say
from bot.config.model import Config

_DEADLINE_SECONDS = 3.0

#: The server is on this machine: a proxy of the environment would ask its own.
_DIRECTLY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def run_health(config: Path | None, as_json: bool) -> int:
    """0 when the server is ready for leads, 1 when it is not or there is none."""
    loaded = load_or_live(config)
    if loaded is None:
        return 2
    is_ready, detail = _ask(local_address(loaded))
    if as_json:
        print_json({"ready": is_ready, "detail": detail})
    elif is_ready:
        say(detail)
    else:
        complain(detail)
    return 0 if is_ready else 1


def local_address(config: Config) -> str:
    """Where the server listens on this machine; one that listens everywhere also does so here."""
    host = "127.0.0.1" if config.server.host in {"0.0.0.0", "::", ""} else config.server.host  # noqa: S104
    return f"http://[{host}]:{config.server.port}" if ":" in host else f"http://{host}:{config.server.port}"


def _ask(address: str) -> tuple[bool, str]:
    try:
        return _answer(address)
    except (OSError, ValueError, http.client.HTTPException) as error:
        return False, f"no answer from {address}: {getattr(error, 'reason', error)}"


def _answer(address: str) -> tuple[bool, str]:
    try:
        with _DIRECTLY.open(f"{address}/readyz", timeout=_DEADLINE_SECONDS) as answer:
            return True, _text(answer.read())
    except urllib.error.HTTPError as error:
        return False, f"not ready: {_text(error.read())}"


def _text(body: bytes) -> str:
    return body.decode("utf-8", "replace").strip()
