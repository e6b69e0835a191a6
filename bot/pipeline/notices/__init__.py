"""The words the bot says to whoever runs it. No personal data: ids, names of rules and channels, and what to do."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime

from bot.core.delivery import Dead
from bot.core.errors import UpstreamError
from bot.core.facts import fold
from bot.core.lead import Named
from bot.core.work import DeliveryWork, EditWork, LeadWork, Notice
from bot.ports import Stream


def outage(upstream: str, error: UpstreamError, since: datetime) -> Notice:
    """An upstream is closed to us as a whole."""
    what = {
        "linkedin": "Leads are received and kept, but cannot be fetched",
        "slack": "Alerts are kept, but cannot be posted",
        "email": "Mails are kept, but cannot be sent",
    }.get(upstream, "Work is kept, but cannot go on")
    return Notice(
        key=f"outage:{upstream}:{type(error).__name__}:{since.isoformat()}",
        text=f"{_at(since)}{what}: {error}. {_sentence(error.advice)}"
        "It goes on by itself once this is mended; nothing is lost.",
        about=upstream,
    )


def waiting(upstream: str, error: UpstreamError, now: datetime) -> Notice:
    """Something has waited long for an upstream that is slow, limited or not there; said once a day."""
    what = {
        "linkedin": "Leads wait to be fetched",
        "slack": "Alerts wait to be posted",
        "email": "Mails wait to be sent",
    }
    return Notice(
        key=f"waiting:{upstream}:{now.date().isoformat()}",
        text=f"{_at(now)}{what.get(upstream, 'Work waits')}: {error}. {_sentence(error.advice)}"
        "They are tried again by themselves; nothing is lost.",
        about=upstream,
    )


def pull_refused(stream: Stream, error: UpstreamError, now: datetime) -> Notice:
    """The regular look for missed leads does not work for one stream; said once a month and cause."""
    short = stream.owner.removeprefix("urn:li:")
    return Notice(
        key=f"pull-refused:{stream.owner}:{stream.lead_type}:{error.code}:{now:%Y-%m}",
        text=f"The regular look for missed leads of {stream.source} ({short}, {stream.lead_type}) does not work: "
        f"{error}. {_sentence(error.advice)}"
        "Leads still come by webhook, but one that the webhook misses would not be found.",
    )


def parked(work: LeadWork, error: UpstreamError, now: datetime) -> Notice:
    """A lead cannot be fetched for now; said once a day and cause, of the first one that meets it."""
    return Notice(
        key=f"parked:{error.code}:{now.date().isoformat()}",
        text=f"Lead {work.id} could not be fetched from LinkedIn: {error}. {_sentence(error.advice)}"
        f"It is tried again every hour. `leadbell lead {work.id}` tells its story. Others that meet the same are not "
        "told one by one: `leadbell leads` shows them as parked.",
    )


def poison_lead(work: LeadWork) -> Notice:
    """A lead whose handling ended the process again and again."""
    return Notice(
        key=f"poison:{work.id}",
        text=f"Lead {work.id} was started {work.starts - 1} times and never finished, so it is set aside. "
        "Please report this with the server's log; `leadbell lead {0}` tells its story.".format(work.id),
    )


def unknown_source(owner: str, lead_type: str) -> Notice:
    """A genuine lead of an owner or type that the file does not list."""
    short = owner.removeprefix("urn:li:")
    return Notice(
        key=f"unknown-source:{owner}:{lead_type}",
        text=f"A lead came from {short} with the type {lead_type}, which is not under `sources:` in the rule file. It "
        "was routed all the same, with an empty source. To name it, add under `sources:`\n"
        f"  my-source: {{owner: {short}, lead_types: [{lead_type}]}}",
    )


def unmapped(kind: str, thing: Named) -> Notice:
    """A form or campaign that no nickname and no rule of the file knows; said once for each."""
    called = f" “{thing.name}”" if thing.name else ""
    nickname = re.sub(r"[^a-z0-9]+", "-", fold(thing.name)).strip("-")[:40] or f"my-{kind}"
    return Notice(
        key=f"unmapped:{kind}:{thing.id}",
        text=f"A lead came by the {kind}{called} ({thing.id}), which neither a nickname nor a rule of the file names. "
        f"It was routed by its other answers. To give the {kind} a nickname, add under `names:` `{kind}s:`\n"
        f"  {nickname}: {thing.id}",
    )


def unknown_type(kind: str) -> Notice:
    """A notification of a type that this version does not know."""
    return Notice(
        key=f"unknown-type:{kind}",
        text=f"LinkedIn sent a notification of the type “{kind}”, which this version of Leadbell does not know. It was "
        "recorded and answered, and needs nothing from you unless you expected leads by it.",
    )


def unknown_action(action: str) -> Notice:
    """A lead notification with an action that this version does not know."""
    return Notice(
        key=f"unknown-action:{action}",
        text=f"LinkedIn sent a lead notification with the action “{action}”, which this version of Leadbell does not "
        "know. It was recorded and changes nothing.",
    )


def dead_delivery(work: DeliveryWork, dead: Dead, now: datetime) -> Notice:
    """A delivery, or a whole target, will not go on without a person."""
    where = f"{work.destination} {work.target.address}"
    lead = f"Lead {work.lead.id}" if work.lead else "A message"
    if dead.is_target_down:
        return Notice(
            key=f"down:{where}:{now.isoformat()}",
            text=f"{where} cannot be reached: {dead.error}. {_sentence(dead.advice)}Leads for it go to the last rule's "
            f"targets meanwhile. Once it is mended: `leadbell redeliver --dead`.",
            about=work.destination,
        )
    return Notice(
        key=f"dead:{work.id}:{now.isoformat()}",
        text=f"{lead} could not be delivered to {where}: {dead.error}. {_sentence(dead.advice)}"
        f"To try again: `leadbell redeliver {work.id}`.",
        about=work.destination,
    )


def passed_on(work: DeliveryWork) -> Notice:
    """A notice that its own place could not take. Known by its words, it is passed on once and not to and fro."""
    words = hashlib.sha256(work.text.encode()).hexdigest()
    return Notice(key=f"passed-on:{words}", text=work.text, about=work.destination, only_elsewhere=True)


def still_shown(work: EditWork, error: UpstreamError, now: datetime) -> Notice:
    """Messages about erased leads that the channel does not let us change; said once a day for each channel."""
    where = f"{work.destination} {work.address}"
    return Notice(
        key=f"still-shown:{where}:{error.code}:{now.date().isoformat()}",
        text=f"A card in {where} still shows a person who was removed: it cannot be changed ({error}). "
        f"Please delete that message by hand{_posted(work)}. "
        "Other old cards there may be in the same way.",
    )


def _posted(work: EditWork) -> str:
    return f"; `leadbell lead {work.lead.id}` says when it was posted" if work.lead else ""


def may_still_show(work: DeliveryWork, dead: Dead) -> Notice:
    """A card of an erased lead that may have arrived, and that nobody could look for."""
    where = f"{work.destination} {work.target.address}"
    lead = work.lead.id if work.lead else ""
    return Notice(
        key=f"may-still-show:{work.id}",
        text=f"A card in {where} may show a person who was removed: whether it arrived could not be found out "
        f"({dead.error}). Please look there and delete it by hand; `leadbell lead {lead}` says when it was tried.",
        about=work.destination,
    )


def plain_version(work: DeliveryWork, error: UpstreamError) -> Notice:
    """The channel refused the form of an alert; the plain version goes out."""
    template = work.lead.template if work.lead else ""
    return Notice(
        key=f"plain:{work.destination}:{template}:{error.code}",
        text=f"{work.destination} refused the form of an alert (template “{template}”, {error}), so a plain version "
        "was sent instead. `leadbell render` shows what the template makes.",
        about=work.destination,
    )


def cannot_look(work: DeliveryWork, error: UpstreamError) -> Notice:
    """Nobody could be asked whether a message had arrived, so it was sent again, marked."""
    where = f"{work.destination} {work.target.address}"
    return Notice(
        key=f"cannot-look:{where}:{error.code}",
        text=f"An alert to {where} may stand there twice: its first attempt was cut off, and the channel's history "
        f"cannot be read ({error}). {_sentence(error.advice)}The second one says that it may be a repeat.",
        about=work.destination,
    )


def template_failed(template: str, detail: str) -> Notice:
    """A template could not be used; the built-in alert goes out instead."""
    return Notice(
        key=f"template:{template}:{detail}",
        text=f"The template “{template}” cannot be used: {detail}. "
        "Alerts go out in the built-in form until it is mended.",
    )


def _at(instant: datetime) -> str:
    """When it began: a notice about Slack itself may be read only after Slack is back."""
    return f"{instant.day} {instant:%b %H:%M} UTC: "


def _sentence(advice: str) -> str:
    if not advice:
        return ""
    return advice if advice.endswith((". ", ".\n")) else advice.rstrip(". ") + ". "
