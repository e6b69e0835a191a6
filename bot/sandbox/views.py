"""The stand-ins' contents as JSON for the demo's page. 64-bit ids are texts: JavaScript would round them."""

from __future__ import annotations

from typing import TypeAlias

from bot.sandbox.linkedin import Form
from bot.sandbox.mailbox import Mail
from bot.sandbox.progress import Progress
from bot.sandbox.slack import Channel, Message, SlackStandIn

Json: TypeAlias = dict[str, object]

_MOST_SHOWN = 80  # newest messages of a channel


def form_view(form: Form, lead_type: str) -> Json:
    """A form as the page draws it."""
    return {
        "id": str(form.id),
        "name": form.name,
        "lead_type": lead_type,
        "questions": [
            {
                "name": question.name,
                "text": question.text,
                "predefined": question.predefined,
                "options": list(question.options),
            }
            for question in form.questions
        ],
        "consents": [{"text": text, "required": is_required} for _, text, is_required in form.consents],
    }


def slack_view(slack: SlackStandIn, progress: Progress) -> Json:
    """The workspace: members, channels with their newest messages, private answers with the card they belong to."""
    return {
        "users": {user.id: user.name for user in slack.users.values()},
        "channels": [_channel_view(channel) for channel in slack.channels.values()],
        "private": [
            {
                "number": number,
                "channel": answer.channel,
                "user": answer.user,
                "text": answer.text,
                "blocks": answer.blocks,
                "ts": answer.ts,
                "under": progress.place(number),
            }
            for number, answer in enumerate(slack.private)
        ],
    }


def _channel_view(channel: Channel) -> Json:
    return {
        "id": channel.id,
        "name": channel.name,
        "user": channel.user or None,
        "messages": [_message_view(message) for message in channel.messages[-_MOST_SHOWN:]],
    }


def _message_view(message: Message) -> Json:
    return {
        "ts": message.ts,
        "text": message.text,
        "blocks": message.blocks,
        "user": message.user,
        "edited": message.edited,
        "revision": message.revision,
        "thread_ts": message.thread_ts,
    }


def mail_view(number: int, mail: Mail) -> Json:
    """A mail without its HTML, which the page shows by address in a frame of its own."""
    return {
        "number": number,
        "sender": mail.headers.get("From", mail.sender),
        "recipients": list(mail.recipients),
        "subject": mail.subject,
        "text": mail.text,
        "has_html": bool(mail.html),
        "at": int(mail.at.timestamp() * 1000),
    }
