"""The templates of the live version, and which of them failed since somebody last asked."""

from __future__ import annotations

from bot.config.files import packaged_templates
from bot.core.delivery import Reminder
from bot.core.story import LeadView
from bot.pipeline.live import Live
from bot.rendering import CardText, MailText, Templates
from bot.rendering.sources import KeptFolder


class Words:
    """Words every card and mail by the version that is live when it is sent."""

    def __init__(self, live: Live) -> None:
        self._failures: list[tuple[str, str]] = []
        self._templates = self._made_of(live)

    def follow(self, live: Live) -> None:
        """Use the templates of `live` from now on."""
        self._templates = self._made_of(live)

    def slack(self, template: str, view: LeadView) -> CardText:
        """The words of a card. Never raises."""
        return self._templates.slack(template, view)

    def email(self, template: str, view: LeadView) -> MailText:
        """The words of a mail. Never raises."""
        return self._templates.email(template, view)

    def reminder(self, reminder: Reminder, view: LeadView, recipient: str) -> MailText:
        """The words of a short mail to a person. Never raises."""
        return self._templates.reminder(reminder, view, recipient)

    def take_failures(self) -> list[tuple[str, str]]:
        """Name and what is wrong, each once."""
        taken, self._failures = self._failures, []
        return taken

    def _made_of(self, live: Live) -> Templates:
        config = live.config
        return Templates(
            folders=[KeptFolder(config.path.parent / "templates", live.files.templates), packaged_templates()],
            names=config.templates,
            people=config.people,
            on_failure=lambda template, detail: self._failures.append((template, detail)),
            timezone=config.timezone,
        )
