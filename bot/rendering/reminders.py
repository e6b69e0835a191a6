"""What a reminder says, in Slack and by mail: always about the lead as it stands now. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.core.delivery import Reminder
from bot.core.lead import LeadState
from bot.core.mrkdwn import clean, cut
from bot.core.people import People
from bot.core.story import LeadView
from bot.rendering.formats import TEXT
from bot.rendering.standing import Speech, headline, outcome, team_of
from bot.rendering.texts import MAX_SUBJECT, MailText

_CONTACTS = (("E-mail", "email"), ("Work e-mail", "work_email"), ("Phone", "phone"), ("Work phone", "work_phone"))
_CONTACT_LIMIT = 254
_UNCLAIMED = frozenset({LeadState.UNASSIGNED, LeadState.ASSIGNED})


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderWords:
    """A sentence that says how it is, and what is to be done; `to_do` is "" when nothing is left to do."""

    what: str  #: without its full stop
    since: str = ""  #: ", submitted …", "; it was Ben's before": how the sentence goes on where there is room
    to_do: str = ""

    @property
    def text(self) -> str:
        """Everything, ready to read."""
        return f"{self.what}{self.since}. {self.to_do}".rstrip()


def reminder_words(
    reminder: Reminder, view: LeadView, recipient: str, *, lead: str, speech: Speech, where: str = ""
) -> ReminderWords:
    """The words for `recipient` (a name under `people:`, "" = a whole channel), with `lead` as the lead is called.

    `where` follows "Claim it": " on its card in Slack" where the message itself has no buttons.
    """
    now = _now(view, recipient, speech)
    if reminder is Reminder.TAKEN_BACK and view.owner != recipient:
        return ReminderWords(what=f"{lead} is no longer yours: {now}")
    if not _holds(reminder, view, recipient):
        return ReminderWords(what=f"{lead}: {now}")
    submitted = f", submitted {speech.moment(view.lead.submitted_at)}" if view.lead else ""
    match reminder:
        case Reminder.WAITS:
            to_do = f"Claim it{where}, or give it back."
            return ReminderWords(what=f"{lead} waits for you", since=submitted, to_do=to_do)
        case Reminder.OFFERED:
            anybody = f"anybody of {team_of(view, speech) or 'the team'}"
            return ReminderWords(what=f"{lead}: {anybody} can claim it now", to_do=f"Press Claim{where} to take it.")
        case Reminder.NOBODY_ACTS:
            to_do = f"{now[:1].upper()}{now[1:]}. Claim it{where}, or see that somebody does."
            return ReminderWords(what=f"Nobody has claimed {lead}", since=submitted, to_do=to_do)
        case Reminder.YOURS_NOW:
            has_been = view.given_back_by not in {"", recipient}
            before = f"; it was {speech.person(view.given_back_by)}'s before" if has_been else submitted
            return ReminderWords(what=f"{lead} is for you now", since=before, to_do=f"Claim it{where}.")
        case _:
            claimed = f", which you claimed {speech.moment(view.claimed_at)}" if view.claimed_at else ""
            to_do = f"Press Contacted{where} once you have talked to them, or give it back."
            return ReminderWords(what=f"Nobody pressed Contacted for {lead}", since=claimed, to_do=to_do)


def reminder_mail(reminder: Reminder, view: LeadView, recipient: str, people: People, zone: ZoneInfo) -> MailText:
    """The same by mail: a subject, and a text that ends with how the person can be reached."""
    speech = Speech(
        literal=lambda text, limit: cut(clean(text), limit),
        person=lambda owner: _label(owner, people),
        moment=lambda instant: TEXT.moment(instant, zone),
    )
    lead = headline(view, speech)
    words = reminder_words(reminder, view, recipient, lead=lead, speech=speech, where=" on its card in Slack")
    paragraphs = [words.text, *_contacts(view)] if words.to_do else [words.text]
    return MailText(subject=cut(words.what, MAX_SUBJECT), text="\n".join(paragraphs) + "\n", html="")


def _contacts(view: LeadView) -> list[str]:
    lead = view.lead
    answered = {} if lead is None else {name: clean(lead.answered(field)) for name, field in _CONTACTS}
    told = [f"{name}: {cut(text, _CONTACT_LIMIT)}" for name, text in answered.items() if text]
    return ["", *told] if told else []


def _label(owner: str, people: People) -> str:
    person = people.get(owner)
    return person.label if person else "a colleague"


def _holds(reminder: Reminder, view: LeadView, recipient: str) -> bool:
    """Is what the reminder was made for still to be done, and by the one who is reminded?"""
    is_theirs = recipient in {"", view.owner}
    match reminder:
        case Reminder.OFFERED:
            return view.state is LeadState.UNASSIGNED or (view.state is LeadState.ASSIGNED and view.is_offered)
        case Reminder.NOBODY_ACTS:
            return view.state in _UNCLAIMED
        case Reminder.UNCONTACTED:
            return view.state is LeadState.CLAIMED and is_theirs
        case Reminder.WAITS | Reminder.YOURS_NOW:
            return view.state is LeadState.ASSIGNED and is_theirs
        case _:
            return False


def _now(view: LeadView, recipient: str, speech: Speech) -> str:
    """Who has it now, as a clause: "Ben claimed it"."""
    who = "you" if recipient and view.owner == recipient else speech.person(view.owner)
    match view.state:
        case LeadState.ASSIGNED:
            return f"it is for {who} now"
        case LeadState.CLAIMED:
            return f"{who} claimed it"
        case LeadState.CONTACTED:
            return f"{who} talked to them"
        case LeadState.MEETING | LeadState.WON | LeadState.LOST | LeadState.JUNK:
            return f"the outcome is “{outcome(view, speech)}”"
        case _ if view.team:
            return f"anybody of {team_of(view, speech)} can claim it"
        case _:
            return "nobody has it now"
