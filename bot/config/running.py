"""The part of whoever runs the server: addresses, secrets, the database, how LinkedIn, Slack and mail are reached."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from bot.config import values
from bot.config.model import (
    EmailSettings,
    LinkedInSettings,
    Privacy,
    Secret,
    ServerSettings,
    SlackSettings,
    SmtpSettings,
)
from bot.config.names import Channels
from bot.config.nodes import Mapping, Node, Scalar
from bot.config.problems import Place
from bot.config.reading import Reading, read_duration, read_switch
from bot.config.references import is_one_reference

_LINKEDIN_KEYS = (
    *("client_id", "client_secret", "access_token", "api_url", "auth_url"),
    *("api_version", "require_signature", "poll"),
)
_SLACK_KEYS = ("bot_token", "signing_secret", "api_url", "admin_channel", "managers")
_SHORTEST_POLL, _LONGEST_LOOK_BACK = timedelta(minutes=1), timedelta(days=365)
_SHORTEST_KEEPING = timedelta(days=1)
SHORTEST_KEY = 32  #: characters
_API_VERSION = "202608"  # LinkedIn keeps a version for at least 12 months (linkedin.md §6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slack:
    """`slack:` with what of it belongs to the people."""

    settings: SlackSettings
    managers: frozenset[str]


def read_server(reading: Reading, node: Node | None) -> ServerSettings:
    """`server:`; HOST and PORT of the environment win."""
    group = reading.group(node, "server", ("host", "port", "public_url"))
    host = reading.text(group.get("host"), "a host such as 0.0.0.0") or "0.0.0.0"  # noqa: S104 - it is a server
    port = reading.typed(group.get("port"), values.port, "a port such as 8080")
    public_url = reading.typed(group.get("public_url"), values.url, "an address such as https://leads.example.com")
    if asked := reading.environment.get("PORT"):
        port = values.port(asked)
        if port is None:
            reading.findings.error(
                _place(node), "The variable PORT is no port number", "It must be a number up to 65535."
            )
    return ServerSettings(
        host=reading.environment.get("HOST") or host,
        port=8080 if port is None else port,
        public_url=public_url or "http://localhost:8080",
    )


def read_database(reading: Reading, node: Node | None, folder: Path) -> Path:
    """`database:`, as an absolute path. Its text is never repeated: it could be an address with a password."""
    default = folder / "data" / "leadbell.db"
    text = reading.text(node, "a place such as sqlite:data/leadbell.db")
    if node is None or not text:
        return default
    if text.startswith(("postgres:", "postgresql:", "postgres+", "postgresql+")):
        reading.error(node, "PostgreSQL comes with a later version", "Write sqlite:data/leadbell.db.")
        return default
    path = text.removeprefix("sqlite:")
    if path.startswith("///"):
        path = "/" + path.lstrip("/")
    is_path = text.startswith("sqlite:") and not path.startswith("//") and path.strip("/. ") != ""
    if not is_path or ":memory:" in path or "?" in path or "\0" in path:
        hint = "Write sqlite:data/leadbell.db (beside this file) or sqlite:/var/lib/leadbell/leadbell.db."
        reading.error(node, "The database must be a file", hint)
        return default
    return (folder / path).absolute()


def read_linkedin(reading: Reading, node: Node | None) -> LinkedInSettings:
    """`linkedin:`."""
    group = reading.group(node, "linkedin", _LINKEDIN_KEYS)
    client_id = reading.text(group.get("client_id"), "the id of your LinkedIn app")
    if not client_id:
        reading.lacks(_place(group.get("client_id") or node), "LINKEDIN_CLIENT_ID")
    api_url = reading.typed(group.get("api_url"), values.url, "an address such as https://api.linkedin.com")
    auth_url = reading.typed(group.get("auth_url"), values.url, "an address such as https://www.linkedin.com")
    version = reading.typed(group.get("api_version"), values.api_version, 'a version like "202608" (year and month)')
    every, look_back = _read_poll(reading, group.get("poll"))
    return LinkedInSettings(
        client_id=client_id or "",
        client_secret=_secret(reading, group, "client_secret", "LINKEDIN_CLIENT_SECRET"),
        access_token=reading.secret(
            group.get("access_token"), name="access_token", is_required=False, variable="LINKEDIN_ACCESS_TOKEN"
        ),
        api_url=api_url or "https://api.linkedin.com",
        auth_url=auth_url or "https://www.linkedin.com",
        api_version=version or _API_VERSION,
        require_signature=read_switch(reading, group.get("require_signature"), default=True),
        poll_every=every,
        look_back=look_back,
    )


def _read_poll(reading: Reading, node: Node | None) -> tuple[timedelta, timedelta]:
    group = reading.group(node, "linkedin.poll", ("every", "look_back"))
    every, look_back = read_duration(reading, group.get("every")), read_duration(reading, group.get("look_back"))
    pace, window = every or timedelta(minutes=5), look_back or timedelta(hours=24)
    if node is None:
        return pace, window
    if every == timedelta(0):
        reading.error(group["every"], "every must be longer than nothing", "5 min is a good value.")
    elif pace < _SHORTEST_POLL:
        reading.warn(group["every"], "Asking more than once a minute spends LinkedIn's daily quota", "Use 5 min.")
    if window < pace:
        hint = "Make look_back longer than every; 24 h is a good value."
        reading.error(group.get("look_back", node), "Leads between two looks would never be found", hint)
    if window > _LONGEST_LOOK_BACK:
        reading.error(
            group.get("look_back", node), "LinkedIn keeps leads for 365 days at most", "24 h is a good value."
        )
    return pace, window


def read_slack(reading: Reading, node: Node | None, people: frozenset[str]) -> Slack | None:
    """`slack:`; None when the file has none."""
    if node is None:
        return None
    group = reading.group(node, "slack", _SLACK_KEYS)
    api_url = reading.typed(group.get("api_url"), values.url, "an address such as https://slack.com/api/")
    admin = reading.typed(group.get("admin_channel"), values.channel, 'a channel such as "#leadbell-admin"')
    settings = SlackSettings(
        bot_token=_secret(reading, group, "bot_token", "SLACK_BOT_TOKEN"),
        signing_secret=_secret(reading, group, "signing_secret", "SLACK_SIGNING_SECRET"),
        api_url=(api_url or "https://slack.com/api") + "/",
        admin_channel=admin or "",
    )
    managers = reading.scalars(group.get("managers"), "a list of people", may_be_empty=True)
    names = [reading.one_of(manager, people, "person", "people") for manager in managers]
    return Slack(settings=settings, managers=frozenset(name for name in names if name))


def read_email(reading: Reading, node: Node | None, *, is_used: bool) -> EmailSettings | None:
    """`email:`; None when the file has none. `is_used` says that a rule mails."""
    if node is None:
        return None
    group = reading.group(node, "email", ("smtp", "from", "admin"))
    smtp = _read_smtp(reading, group.get("smtp"), is_used=is_used, section=node)
    sender = reading.typed(group.get("from"), values.sender, "a sender such as Lead alerts <alerts@example.com>")
    if "from" not in group and (is_used or smtp):
        reading.error(node, "email has no from", "Add from: Lead alerts <alerts@example.com>.")
    admin = reading.typed(group.get("admin"), values.mail_address, "an e-mail address")
    name, address = sender or ("", "")
    return EmailSettings(smtp=smtp, sender_name=name, sender_address=address, admin=admin or "")


def _read_smtp(reading: Reading, node: Node | None, *, is_used: bool, section: Node) -> SmtpSettings | None:
    text = _smtp_address(reading, node, is_used=is_used)
    if not text:
        place = node or section
        if is_used and reading.need_secrets:
            reading.lacks(place.place, "SMTP_URL")
        elif is_used:
            hint = "Set SMTP_URL before leadbell run; check and demo work without."
            reading.warn(place, "A rule sends mail, but no mail server is set", hint)
        return None
    settings = values.smtp(text)
    if isinstance(settings, str):
        reading.error(node or section, settings)
        return None
    if settings.password and settings.tls == "none" and not values.is_loopback(settings.host):
        reading.warn(
            node or section, "The mail password travels unencrypted", "Remove ?tls=none if the server can TLS."
        )
    return settings


def _smtp_address(reading: Reading, node: Node | None, *, is_used: bool) -> str:
    """The mail server's address. It is a secret as soon as it holds a login; without one it may stand in the file."""
    if isinstance(node, Scalar) and "@" not in node.text and not is_one_reference(node.text):
        return reading.text(node, "${SMTP_URL:-}") or "" if node.text else ""
    return reading.secret(node, name="smtp", is_required=is_used and node is not None, variable="SMTP_URL").reveal()


def read_secret_key(reading: Reading, node: Node | None) -> Secret:
    """`secret_key:`: one key, or several separated by commas, the first of which signs."""
    key = reading.secret(node, name="secret_key", is_required=False, variable="LEADBELL_SECRET_KEY")
    if node is not None and any(len(part.strip()) < SHORTEST_KEY for part in key.reveal().split(",") if key):
        reading.error(node, "The secret key is shorter than 32 characters", "Leave it empty and one is made.")
    return key


def read_privacy(reading: Reading, node: Node | None) -> Privacy:
    """`privacy:`."""
    group = reading.group(node, "privacy", ("keep_leads", "keep_raw_answers", "keep_log"))
    kept = {key: read_duration(reading, value, example="365 days") for key, value in group.items()}
    for key, time in kept.items():
        if time is not None and time < _SHORTEST_KEEPING:
            reading.error(group[key], f"{key} would erase what is still worked with", "Keep it for a day at least.")
    usual = Privacy()
    return Privacy(
        keep_leads=kept.get("keep_leads") or usual.keep_leads,
        keep_raw_answers=kept.get("keep_raw_answers") or usual.keep_raw_answers,
        keep_log=kept.get("keep_log") or usual.keep_log,
    )


def check_channels(reading: Reading, channels: Channels, *, slack: Node | None, email: Node | None) -> None:
    """A rule that posts needs `slack:`, a rule that mails needs `email:`."""
    if channels.posts is not None and slack is None:
        hint = "Add slack: with bot_token: ${SLACK_BOT_TOKEN} and signing_secret: ${SLACK_SIGNING_SECRET}."
        reading.findings.error(channels.posts, "This posts to Slack, but the file has no slack:", hint)
    if channels.mails is not None and email is None:
        hint = "Add email: with smtp: ${SMTP_URL:-} and from: Lead alerts <alerts@example.com>."
        reading.findings.error(channels.mails, "This sends mail, but the file has no email:", hint)


def _secret(reading: Reading, group: dict[str, Node], key: str, variable: str) -> Secret:
    return reading.secret(group.get(key), name=key, is_required=True, variable=variable)


def _place(node: Node | None) -> Place:
    return node.place if isinstance(node, Scalar | Mapping) else Place(1, 1)
