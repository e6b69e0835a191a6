"""Leads that do not go the way of all: `test_leads:`, and `repeat_leads:` of somebody who was here before."""

from __future__ import annotations

from datetime import timedelta

from bot.config.model import RepeatLeads
from bot.config.names import Book
from bot.config.nodes import Node
from bot.config.problems import did_you_mean, quoted
from bot.config.reading import Reading, read_choice, read_duration, read_switch
from bot.config.rules.targets import read_post
from bot.config.rules.then import read_owner
from bot.core.people import Person, Team
from bot.core.routing import TestLeads, Then

TEST_LEADS_KEYS = ("post", "owner", "count_in_reports")
REPEAT_LEADS_KEYS = ("same_if", "within", "do")
SIGNS = ("email", "linkedin_member")
SAME = "same owner and same thread"


def read_test_leads(book: Book, node: Node | None) -> TestLeads | None:
    """`test_leads:`; None when the file does not have it, so that test leads are routed like any other."""
    if node is None:
        return None
    reading = book.reading
    group = reading.group(node, "test_leads", TEST_LEADS_KEYS)
    if "post" not in group:
        reading.error(node, "test_leads tells nobody", 'Add post: "#leads-test", or post: nobody.')
    owner = read_owner(book, group.get("owner"))
    then = Then(
        post=read_post(reading, group.get("post"), book.names.people, book.channels),
        owner=owner.name if isinstance(owner, Person) else "",
        team=owner.name if isinstance(owner, Team) else "",
    )
    counts = read_switch(reading, group.get("count_in_reports"), default=False)
    return TestLeads(then=then, count_in_reports=counts)


def read_repeat_leads(reading: Reading, node: Node | None, *, keep_leads: timedelta) -> RepeatLeads | None:
    """`repeat_leads:`; None when the file does not have it, so that each lead is a new one."""
    if node is None:
        return None
    group = reading.group(node, "repeat_leads", REPEAT_LEADS_KEYS)
    for key, example in (("same_if", "[email, linkedin_member]"), ("within", "90 days")):
        if key not in group:
            reading.error(node, f"repeat_leads has no {key}", f"Add {key}: {example}.")
    signs = _read_signs(reading, group.get("same_if"))
    within = read_duration(reading, group.get("within"), example="90 days")
    read_choice(reading, group.get("do"), "do", {SAME: SAME})
    if within is not None and not within:
        reading.error(group["within"], "within must be longer than nothing", "90 days is a good value.")
    elif within is not None and within > keep_leads:
        what = "Nobody is remembered so long: keep_leads (under privacy) erases them sooner"
        reading.warn(group["within"], what, f"Write {keep_leads.days} days, or keep leads for longer.")
    return RepeatLeads(by_email="email" in signs, by_member="linkedin_member" in signs, within=within or timedelta(0))


def _read_signs(reading: Reading, node: Node | None) -> set[str]:
    signs: set[str] = set()
    for item in reading.scalars(node, "email, linkedin_member or both"):
        sign = reading.value_of(item)
        if sign in SIGNS:
            signs.add(sign)
        else:
            reading.error(item, f"{quoted(item.text)} does not show who somebody is", did_you_mean(sign, SIGNS))
    return signs
