"""`health`: one request to the server on this machine."""

from __future__ import annotations

import sys
import urllib.error
import urllib.request
from pathlib import Path

from bot.cli.loading import load

_DEADLINE_SECONDS = 3.0


def run_health(config: Path | None) -> int:
    """0 when the server is ready for leads, 1 when it is not or there is none."""
    loaded = load(config, need_secrets=False)
    if loaded is None:
        return 2
    host = "127.0.0.1" if loaded.server.host in {"0.0.0.0", "::", ""} else loaded.server.host  # noqa: S104
    address = f"http://[{host}]:{loaded.server.port}" if ":" in host else f"http://{host}:{loaded.server.port}"
    try:
        with urllib.request.urlopen(f"{address}/readyz", timeout=_DEADLINE_SECONDS) as answer:  # noqa: S310
            print(answer.read().decode("utf-8", "replace").strip())
            return 0
    except urllib.error.HTTPError as error:
        print(f"not ready: {error.read().decode('utf-8', 'replace').strip()}", file=sys.stderr)
    except (OSError, ValueError) as error:
        print(f"no answer from {address}: {error}", file=sys.stderr)
    return 1
