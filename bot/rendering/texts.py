"""What rendering hands on: words ready for their place. Structure (blocks, MIME, buttons) is added by others."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CardText:
    """The words of a Slack card as finished mrkdwn, every lead's word in it made literal."""

    title: str
    facts: tuple[str, ...]  #: one line each, at most MAX_FACTS
    context: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MailText:
    """The words of a mail. `subject` is one line; `html` is a whole page with its styles inlined."""

    subject: str
    text: str
    html: str


# as many facts as a Slack section has fields, each as long: https://docs.slack.dev/reference/block-kit/blocks/section-block
MAX_FACTS = 10
MAX_LINE = 2000  #: characters
MAX_SUBJECT = 150
