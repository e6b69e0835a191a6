"""The three ways a value is written: Slack's mrkdwn, HTML, plain text. Each makes hostile text literal in its own way.

Finished mark-up is a `Markup`, whatever the format; anything else is raw and is escaped when it is printed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from markupsafe import Markup
from markupsafe import escape as escape_html

from bot.core import mrkdwn
from bot.rendering.addresses import dial_target, mail_target, web_target
from bot.rendering.lead import Answer, Fact, FactKind

_LONGEST_PIECE = 3000  #: raw characters of one printed piece on a card; Slack's limit for a section


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """How one format writes text, links and times. Every function takes raw text and returns what may be printed."""

    name: str
    is_markup: bool  #: whether raw text must be escaped at all
    escape: Callable[[str], str]
    link: Callable[[str, str], str]  #: (address, label); "" as label shows the address
    mailto: Callable[[str, str], str]  #: (address, label); a label shows in HTML only
    tel: Callable[[str, str], str]  #: (number, label); the same
    moment: Callable[[datetime, ZoneInfo], str]

    def show(self, fact: Fact) -> str:
        """A fact's value, as the link that fits its kind."""
        match fact.kind:
            case FactKind.EMAIL:
                return self.mailto(fact.text, "")
            case FactKind.PHONE:
                return self.tel(fact.text, "")
            case FactKind.URL:
                return self.link(fact.text, "")
            case FactKind.TEXT:
                return self.escape(fact.text)

    def written(self, value: object, zone: ZoneInfo) -> str:
        """What a template prints for `value`. Raises TypeError for what has no words (a list, a mapping)."""
        if isinstance(value, Markup):
            return value
        if isinstance(value, Fact):
            return self.show(value)
        if isinstance(value, datetime):
            return self.moment(value, zone)
        return self.escape(raw_text(value))


def raw_text(value: object) -> str:
    """The words of a plain value. A number is written as it is, nothing (`none`) as nothing."""
    if isinstance(value, Markup):
        return str(value)
    if isinstance(value, str):
        return value
    if isinstance(value, Answer | Fact):
        return value.text
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return str(value)
    raise TypeError(f"a {type(value).__name__} cannot be printed as it is; loop over it or use the join filter")


def _slack_escape(text: str) -> str:
    body = text.strip()
    if not body:
        return Markup(" ") if text else Markup("")
    before, after = " " * text[:1].isspace(), " " * text[-1:].isspace()
    return Markup(before + mrkdwn.escape_text(body, limit=_LONGEST_PIECE) + after)  # noqa: S704 - just escaped


def _slack_moment(instant: datetime, zone: ZoneInfo) -> str:
    return Markup(mrkdwn.date_token(instant, _in_zone(instant, zone)))  # noqa: S704 - made of digits and our own words


def _in_zone(instant: datetime, zone: ZoneInfo) -> str:
    local = instant.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M %Z}"


def _html_anchor(target: str, label: str) -> str:
    return Markup('<a href="{}" rel="noopener noreferrer nofollow">{}</a>').format(target, label)


def _html_link(address: str, label: str) -> str:
    target = web_target(address)
    return _html_anchor(target, label or address) if target else escape_html(label or address)


def _html_mailto(address: str, label: str) -> str:
    target = mail_target(address)
    return _html_anchor(target, label or address) if target else escape_html(address)


def _html_tel(number: str, label: str) -> str:
    target = dial_target(number)
    return _html_anchor(target, label or number) if target else escape_html(number)


def _as_typed(text: str, _label: str = "") -> str:
    return text


def _text_link(address: str, label: str) -> str:
    return f"{label}: {address}" if label and label != address else address


SLACK = Format(
    name="slack",
    is_markup=True,
    escape=_slack_escape,
    link=lambda address, label: Markup(mrkdwn.link(address, label)),  # noqa: S704 - escaped by mrkdwn
    mailto=lambda address, _label: Markup(mrkdwn.mailto(address)),  # noqa: S704
    tel=lambda number, _label: Markup(mrkdwn.tel(number)),  # noqa: S704
    moment=_slack_moment,
)

HTML = Format(
    name="html",
    is_markup=True,
    escape=escape_html,
    link=_html_link,
    mailto=_html_mailto,
    tel=_html_tel,
    moment=lambda instant, zone: escape_html(_in_zone(instant, zone)),
)

TEXT = Format(
    name="text",
    is_markup=False,
    escape=_as_typed,
    link=_text_link,
    mailto=_as_typed,
    tel=_as_typed,
    moment=_in_zone,
)
