"""Who our own bot is in the workspace, asked once and when it is first needed."""

from __future__ import annotations

from dataclasses import dataclass

from bot.destinations.slack.api import SlackApi, text_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Self:
    """Our bot as auth.test tells it; "" where it does not."""

    bot_id: str = ""
    bot_user_id: str = ""
    team_id: str = ""
    app_id: str = ""


class Identity:
    """Asks auth.test until it has answered once. https://docs.slack.dev/reference/methods/auth.test"""

    def __init__(self, api: SlackApi) -> None:
        self._api = api
        self._known: Self | None = None

    @property
    def known(self) -> Self | None:
        """What is known without asking; None before the first answer."""
        return self._known

    async def who_am_i(self) -> Self:
        """Our bot. Raises OutageError for a dead token, other UpstreamErrors when Slack cannot be asked now."""
        if self._known is None:
            self._known = await self.ask()
        return self._known

    async def ask(self) -> Self:
        """The same, asked anew: the proof that the token works."""
        answer = await self._api.call("auth.test", {})
        return Self(
            bot_id=text_of(answer, "bot_id"),
            bot_user_id=text_of(answer, "user_id"),
            team_id=text_of(answer, "team_id"),
            app_id=text_of(answer, "app_id"),
        )
