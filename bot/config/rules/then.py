"""What a rule does with a lead that fits: who is told, who owns it, what follows."""

from __future__ import annotations

from collections.abc import Mapping as AnyMapping

from bot.config.names import Book
from bot.config.nodes import Mapping, Node, Scalar
from bot.config.reading import read_name
from bot.config.rules.targets import Mails, is_nobody, read_person, read_post
from bot.core.people import Person, Team
from bot.core.routing import Then

THEN_KEYS = ("post", "owner", "email", "template", "escalate", "digest")


def read_then(book: Book, rule: Mapping, group: AnyMapping[str, Node]) -> Then:
    """The keys of a rule that say what happens; a rule that tells nobody by accident is an error."""
    reading, names = book.reading, book.names
    owner = read_owner(book, group.get("owner"))
    mails = Mails(reading, names.people, owner)
    then = Then(
        post=read_post(reading, group.get("post"), names.people, book.channels),
        email=mails.read(group.get("email"), book.channels),
        owner=owner.name if isinstance(owner, Person) else "",
        team=owner.name if isinstance(owner, Team) else "",
        mails_owner=mails.mails_owner,
        escalate=read_name(reading, group.get("escalate"), names.escalations, "escalation", "escalations") or "",
        digest=read_name(reading, group.get("digest"), names.digests, "digest", "digests") or "",
        template=read_name(reading, group.get("template"), names.templates, "template", "templates") or "default",
    )
    _check_somebody_hears(book, rule, group, then)
    return then


def read_owner(book: Book, node: Node | None) -> Person | Team | None:
    """`owner:`; None for nobody."""
    reading = book.reading
    if reading.text(node, "a person, a team, or nobody") is None or not isinstance(node, Scalar):
        return None
    owner = read_person(reading, node, book.names.people, "owner")
    if isinstance(owner, Person) and not owner.slack:
        reading.warn(node, f"{owner.name} has no slack, so they cannot press Claim", "Add slack: under people.")
    return owner


def _check_somebody_hears(book: Book, rule: Mapping, group: AnyMapping[str, Node], then: Then) -> None:
    reading, post, email = book.reading, group.get("post"), group.get("email")
    if post is None and email is None and "digest" not in group:
        hint = 'Add post: "#channel", email: or digest:. To tell nobody on purpose, write post: nobody.'
        reading.error(rule, "This rule tells nobody", hint)
    owner = then.owner or then.team
    is_silent = (post is None or is_nobody(reading, post)) and (email is None or is_nobody(reading, email))
    if owner and is_silent and (post or "digest" in group):
        hint = f"Post it, mail it (email: owner), or leave out owner: {owner}."
        reading.error(post or group["owner"], f"{owner} would own the lead and never hear of it", hint)
