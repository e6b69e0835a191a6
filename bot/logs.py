"""One JSON line per event on standard error: a constant message, ids as fields, never a person or a secret."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

#: What every record carries by itself; the rest was given as `extra` and is a fact of the event.
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "taskName"}

#: Libraries that log bodies, headers or parameters below this level (slack_bolt logs whole requests at INFO).
_PINNED = {
    "slack_bolt": logging.WARNING,
    "slack_sdk": logging.WARNING,
    "aiosqlite": logging.WARNING,
    "aiohttp.access": logging.WARNING,
    "aiohttp.server": logging.CRITICAL,  # quotes the bytes of broken requests
    "apscheduler": logging.WARNING,
    "mail.log": logging.WARNING,
    "asyncio": logging.WARNING,
}


class JsonLines(logging.Formatter):
    """Formats a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """The line. An exception adds its type and where it was raised, not its text, which may quote a lead."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            "where": record.name,
        }
        line |= {name: value for name, value in vars(record).items() if name not in _OWN}
        if record.exc_info and record.exc_info[0] is not None:
            line["exception"] = record.exc_info[0].__name__
            line["stack"] = _frames(record)
        return json.dumps(line, ensure_ascii=False, default=str)


def _frames(record: logging.LogRecord) -> list[str]:
    frames = []
    trace = record.exc_info[2] if record.exc_info else None
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{code.co_filename}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return frames[-8:]


def set_up(level: str = "INFO") -> None:
    """Send everything to standard error as JSON lines; keep the talkative libraries quiet."""
    stream = logging.StreamHandler(sys.stderr)
    stream.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers = [stream]
    root.setLevel(level)
    for name, floor in _PINNED.items():
        logging.getLogger(name).setLevel(floor)
