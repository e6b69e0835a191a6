"""What the visitor of the demo has already tried, read off what happened in the workspace and nowhere else."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.sandbox.slack import Message, SlackStandIn

_PRESSES_KEPT = 50


class Step(StrEnum):
    """What a visitor shall have tried, in this order."""

    SUBMIT = "submit"
    CLAIM = "claim"
    REFUSED = "refused"
    CONTACTED = "contacted"
    AGAIN = "again"
    BURST = "burst"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed:
    """A press, with how the workspace looked at that moment."""

    user: str
    channel: str
    ts: str
    label: str  #: what the button said, lower case
    revision: int  #: of the message
    answers: int  #: how many private answers there were


class Progress:
    """The steps done so far, and under which card each private answer belongs."""

    def __init__(self, slack: SlackStandIn) -> None:
        self._slack = slack
        self._done: set[Step] = set()
        self._presses: deque[Pressed] = deque(maxlen=_PRESSES_KEPT)
        self._places: list[str] = []

    def did(self, step: Step) -> None:
        """Tick `step`. Idempotent."""
        self._done.add(step)

    def is_done(self, step: Step) -> bool:
        """Whether the visitor has tried it."""
        return step in self._done

    def pressed(self, *, user: str, channel: str, ts: str, action_id: str) -> None:
        """Remember a press before it is sent, so that what follows can be told from what was."""
        message = self._message(channel, ts)
        if message is not None:
            self._presses.append(
                Pressed(
                    user=user,
                    channel=channel,
                    ts=ts,
                    label=label_of(message.blocks, action_id).casefold(),
                    revision=message.revision,
                    answers=len(self._slack.private),
                )
            )

    def look(self) -> None:
        """Take note of what changed in the workspace. Idempotent; call it after every change."""
        for answer in self._slack.private[len(self._places) :]:
            self._places.append(self._card_of(answer.user, answer.channel))
        for press in self._presses:
            self._judge(press)

    def place(self, number: int) -> str:
        """The `ts` of the card whose button brought private answer `number`, "" when none did."""
        return self._places[number] if number < len(self._places) else ""

    def _judge(self, press: Pressed) -> None:
        message = self._message(press.channel, press.ts)
        if message is None:
            return
        if message.revision != press.revision:
            if press.label.startswith("claim"):
                self.did(Step.CLAIM)
            elif press.label.startswith("contact"):
                self.did(Step.CONTACTED)
        elif any(answer.user == press.user for answer in self._slack.private[press.answers :]):
            self.did(Step.REFUSED)

    def _card_of(self, user: str, channel: str) -> str:
        own = (press.ts for press in reversed(self._presses) if (press.user, press.channel) == (user, channel))
        return next(own, "")

    def _message(self, channel: str, ts: str) -> Message | None:
        there = self._slack.channels.get(channel)
        return next((message for message in there.messages if message.ts == ts), None) if there else None


def label_of(blocks: Sequence[Mapping[str, object]], action_id: str) -> str:
    """What the button `action_id` says, "" when there is no such button."""
    for block in blocks:
        elements = block.get("elements")
        for element in elements if isinstance(elements, list) else ():
            if isinstance(element, dict) and element.get("action_id") == action_id:
                text = element.get("text")
                return str(text.get("text", "")) if isinstance(text, dict) else ""
    return ""
