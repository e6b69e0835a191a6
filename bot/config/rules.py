"""`rules:` and `test_leads:`: which lead goes where, with every name checked."""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from bot.config import values
from bot.config.audience import LEAD_TYPES
from bot.config.dead_rules import covers, outline
from bot.config.nodes import Entry, Mapping, Node, Scalar, Sequence
from bot.config.not_yet import later
from bot.config.problems import Place, did_you_mean, quoted
from bot.config.reading import Reading
from bot.config.references import has_reference
from bot.core.conditions import Condition, Wanted, parse_wanted, split_not
from bot.core.delivery import Target
from bot.core.facts import BUILT_IN, NO, PREFIXES, YES, Vocabulary, fact_key, fold
from bot.core.fields import PREDEFINED
from bot.core.people import Person
from bot.core.routing import Rule, TestLeads, Then

_RULE_KEYS = ("name", "when", "match", "post", "owner", "email", "template")
_NOBODY = "nobody"
_MOST_COMPARED = 300  #: rules; each is compared with all before it, and a check must stay well under a second


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Every name that a rule may use. `teams` are known only so that they are not called unknown as well."""

    people: AnyMapping[str, Person]
    vocabulary: Vocabulary
    templates: AnyMapping[str, str]
    teams: frozenset[str] = frozenset()


@dataclass(slots=True)
class Channels:
    """Where the file first posts to Slack and first sends mail; None = it never does."""

    posts: Place | None = None
    mails: Place | None = None


@dataclass(slots=True)
class _Rules:
    """Reads the rules one after the other."""

    reading: Reading
    names: Names
    channels: Channels = field(default_factory=Channels)


def read_rules(reading: Reading, node: Node | None, names: Names, channels: Channels) -> tuple[Rule, ...]:
    """`rules:`; the findings include rules that can never fire."""
    if not isinstance(node, Sequence) or not node.items:
        _explain_no_rules(reading, node)
        return ()
    reader = _Rules(reading, names, channels)
    read = [(item, _read_rule(reader, item)) for item in node.items]
    rules = [(item, rule) for item, rule in read if rule is not None]
    _check_names(reading, rules)
    _check_order(reading, rules)
    return tuple(rule for _, rule in rules)


def read_test_leads(reading: Reading, node: Node | None, names: Names, channels: Channels) -> TestLeads | None:
    """`test_leads:`; None when the file does not have it, so that test leads are routed like any other."""
    if node is None:
        return None
    reader = _Rules(reading, names, channels)
    group = reading.group(node, "test_leads", ("post", "owner"))
    then = Then(post=_read_post(reader, group.get("post")), owner=_read_owner(reader, group.get("owner")))
    if "post" not in group:
        reading.error(node, "test_leads tells nobody", 'Add post: "#leads-test", or post: nobody.')
    return TestLeads(then=then)


def _explain_no_rules(reading: Reading, node: Node | None) -> None:
    hint = 'A rule for all begins with "- name: Everything else".'
    if node is None:
        reading.findings.error(Place(1, 1), "There are no rules, so nobody would be told of a lead", hint)
    else:
        reading.error(node, "rules must be a list with at least one rule", hint)


def _read_rule(reader: _Rules, node: Node) -> Rule | None:
    reading = reader.reading
    if not isinstance(node, Mapping):
        reading.error(node, "A rule must be a group that begins with - name:")
        return None
    group = reading.group(node, "rules.*", _RULE_KEYS)
    name = reading.text(group.get("name"), "the rule's name")
    if "name" not in group:
        reading.error(node, "This rule has no name", "Begin it with - name: and a few words.")
    then = _read_then(reader, node, group)
    return Rule(
        name=(name or "").strip() or f"rule in line {node.place.line}",
        line=node.place.line,
        conditions=_read_when(reader, group.get("when")),
        match_any=_read_match(reading, group.get("match")),
        then=then,
    )


def _read_match(reading: Reading, node: Node | None) -> bool:
    if node is None:
        return False
    return reading.typed(node, {"any": True, "all": False}.get, "any or all") or False


# ── then ──


def _read_then(reader: _Rules, rule: Mapping, group: AnyMapping[str, Node]) -> Then:
    reading, post, email = reader.reading, group.get("post"), group.get("email")
    owner = _read_owner(reader, group.get("owner"))
    then = Then(
        post=_read_post(reader, post),
        email=_read_email(reader, email, owner),
        owner=owner,
        template=_read_template(reader, group.get("template")),
    )
    says_nobody = isinstance(post, Scalar) and reading.value_of(post) == _NOBODY
    if post is None and email is None:
        hint = 'Add post: "#channel" or email:. To tell nobody on purpose, write post: nobody.'
        reading.error(rule, "This rule tells nobody", hint)
    if says_nobody and post is not None and then.owner and email is None:
        hint = f"Post it, mail it (email: owner), or leave out owner: {then.owner}."
        reading.error(post, f"{then.owner} would own the lead and never hear of it", hint)
    return then


def _read_owner(reader: _Rules, node: Node | None) -> str:
    reading = reader.reading
    if node is None or reading.text(node, "a person's name, or nobody") is None or not isinstance(node, Scalar):
        return ""
    if reading.value_of(node) == _NOBODY:
        return ""
    person = _person(reader, node, "owner")
    if person is not None and not person.slack:
        reading.warn(node, f"{person.name} has no slack, so they cannot press Claim", "Add slack: under people.")
    return person.name if person else ""


def _person(reader: _Rules, node: Scalar, field_name: str) -> Person | None:
    """The person that a value names; unknown ones are an error, teams of a later version are not named twice."""
    reading = reader.reading
    name = reading.value_of(node)
    if name in reader.names.teams:
        return None
    if name.startswith("#"):
        reading.error(node, f"{field_name} cannot be a channel", "Name a person, or nobody.")
        return None
    known = reading.one_of(node, [*reader.names.people, _NOBODY], "person", "people")
    return reader.names.people.get(known) if known else None


def _read_post(reader: _Rules, node: Node | None) -> tuple[Target, ...]:
    reading = reader.reading
    items = reading.scalars(node, "a channel, a person or nobody")
    if any(reading.value_of(item) == _NOBODY for item in items):
        if len(items) > 1:
            reading.error(items[0], "nobody cannot stand together with others", "Remove nobody, or all the others.")
        return ()
    targets = [_post_target(reader, item) for item in items]
    if targets and reader.channels.posts is None:
        reader.channels.posts = items[0].place
    return tuple(dict.fromkeys(target for target in targets if target is not None))


def _post_target(reader: _Rules, node: Scalar) -> Target | None:
    reading, text = reader.reading, reader.reading.value_of(node)
    if values.channel(text):
        return Target(destination="slack", address=text)
    if text.startswith("#"):
        hint = "Slack's channel names are small letters, digits, - and _, such as #leads-dach."
        reading.error(node, f"{quoted(node.text)} cannot be a channel", hint)
        return None
    if values.mail_address(text):
        reading.error(node, f"{quoted(node.text)} is a mail address", f"Write it under email: {node.text}.")
        return None
    if text not in reader.names.people and text not in reader.names.teams:
        close = did_you_mean(text, reader.names.people) if _is_close(text, reader.names.people) else ""
        channel = values.channel(f"#{node.text.strip().lower()}") or "#leads"
        hint = close or f'A channel is written "{channel}", a person must stand under people.'
        reading.error(node, f"There is no person called {quoted(node.text)}", hint)
        return None
    person = _person(reader, node, "post")
    if person is not None and not person.slack:
        reading.error(node, f"{person.name} has no slack, so nothing can be posted to them", "Add slack: under people.")
    return Target(destination="slack", address=person.slack, person=person.name) if person and person.slack else None


def _read_email(reader: _Rules, node: Node | None, owner: str) -> tuple[Target, ...]:
    items = reader.reading.scalars(node, "an address, a person or owner")
    if [reader.reading.value_of(item) for item in items] == [_NOBODY]:
        return ()
    targets = [_mail_target(reader, item, owner) for item in items]
    if targets and reader.channels.mails is None:
        reader.channels.mails = items[0].place
    unique: dict[str, Target] = {}
    for target in targets:
        if target is not None and (target.address.lower() not in unique or target.person):
            unique[target.address.lower()] = target
    return tuple(unique.values())


def _mail_target(reader: _Rules, node: Scalar, owner: str) -> Target | None:
    reading, text = reader.reading, reader.reading.value_of(node)
    if text == "owner":
        return _mail_to_owner(reader, node, owner)
    if "@" in text:
        if values.mail_address(text) is None:
            reading.error(node, f"{quoted(node.text)} is not an e-mail address")
            return None
        known = next((one for one in reader.names.people.values() if one.email.lower() == text.lower()), None)
        return Target(destination="email", address=text, person=known.name if known else "")
    person = _person(reader, node, "email")
    return _mail_to(reading, node, person) if person else None


def _mail_to_owner(reader: _Rules, node: Scalar, owner: str) -> Target | None:
    if not owner:
        if not reader.names.teams:
            hint = "Name an owner, or write an address or a person here."
            reader.reading.error(node, "email: owner needs an owner, and this rule has none", hint)
        return None
    return _mail_to(reader.reading, node, reader.names.people[owner])


def _mail_to(reading: Reading, node: Scalar, person: Person) -> Target | None:
    if not person.email:
        reading.error(node, f"{person.name} has no email, so nothing can be mailed to them", "Add email: under people.")
        return None
    return Target(destination="email", address=person.email, person=person.name)


def _read_template(reader: _Rules, node: Node | None) -> str:
    if node is None or reader.reading.text(node, "a name of templates:") is None or not isinstance(node, Scalar):
        return "default"
    return reader.reading.one_of(node, reader.names.templates, "template", "templates") or "default"


# ── when ──


def _read_when(reader: _Rules, node: Node | None) -> tuple[Condition, ...]:
    if node is None:
        return ()
    entries = reader.reading.entries(node, "when")
    if not entries and isinstance(node, Mapping | Scalar) and not getattr(node, "entries", ()):
        hint = "Write at least one condition, or remove when: if the rule is for every lead."
        reader.reading.error(node, "There are no conditions here", hint)
    conditions = [_read_condition(reader, entry) for entry in entries]
    return tuple(condition for condition in conditions if condition is not None)


def _read_condition(reader: _Rules, entry: Entry) -> Condition | None:
    reading, fact = reader.reading, entry.key.text
    if not _is_known_fact(reader, entry):
        return None
    negated, items = _wanted_items(reading, entry.value)
    wanted = [_read_wanted(reader, fact, item, negated, is_alone=len(items) == 1) for item in items]
    if not wanted or any(one is None for one in wanted):
        return None
    kept = tuple(one for one in wanted if one is not None)
    is_negated = negated or (len(items) == 1 and split_not(reading.value_of(items[0]))[0])
    return Condition(fact=fact, wanted=kept, line=entry.key.place.line, negated=is_negated)


def _wanted_items(reading: Reading, node: Node) -> tuple[bool, tuple[Scalar, ...]]:
    """Whether the list is negated, and its values."""
    if not isinstance(node, Mapping):
        return False, reading.scalars(node, "what is wanted")
    value = node.get("not")
    others = [entry for entry in node.entries if entry.key.text != "not"]
    if value is None or others:
        hint = "Only {not: [first, second]} may stand here; a list alone is [first, second]."
        what = f"{quoted(others[0].key.text)} cannot stand in a condition" if others else "A condition is missing here"
        reading.error((others[0].key if others else node), what, hint)
        return True, ()
    if isinstance(value, Mapping):
        reading.error(value, "not needs a value or a list", "Write {not: [first, second]}.")
        return True, ()
    return True, reading.scalars(value, "what is not wanted")


def _read_wanted(reader: _Rules, fact: str, node: Scalar, negated: bool, *, is_alone: bool) -> Wanted | None:
    reading = reader.reading
    text = reading.value_of(node)
    has_not, rest = split_not(text)
    if has_not and (negated or not is_alone):
        hint = "Remove the inner not." if negated else "Write {not: [first, second]} for the whole list."
        always = "not inside {not: …} turns itself round" if negated else "not inside a list would always fit"
        reading.error(node, always, hint)
        return None
    wanted = parse_wanted(rest if has_not else text)
    if isinstance(wanted, str):
        is_from_outside = has_reference(node.text)
        reading.error(node, "What is filled in here is no wanted value" if is_from_outside else wanted)
        return None
    if _is_switch_fact(fact):
        return _read_switch(reading, node, wanted)
    if wanted.word == "equals":
        _check_name(reader, fact_key(fact), node, wanted.operands[0])
    return wanted


def _is_switch_fact(fact: str) -> bool:
    return fact_key(fact) == "test" or fact_key(fact).startswith("consent.")


def _read_switch(reading: Reading, node: Scalar, wanted: Wanted) -> Wanted | None:
    if wanted.word.startswith("is "):
        return wanted
    is_on = values.switch(wanted.text)
    if is_on is None:
        reading.error(node, f"{quoted(node.text)} is not yes or no")
        return None
    return replace(wanted, operands=(YES if is_on else NO,))


def _is_known_fact(reader: _Rules, entry: Entry) -> bool:
    reading, key = reader.reading, fact_key(entry.key.text)
    if answer := later(f"rules.*.when.{key}"):
        reading.error(entry.key, f"{entry.key.text} comes with a later version", f"{answer.why}.")
        return False
    own = {fact_key(name) for name in reader.names.vocabulary.fields}
    if key in BUILT_IN | PREDEFINED | own or (key.startswith(PREFIXES) and key not in PREFIXES):
        return True
    known = sorted(BUILT_IN | PREDEFINED | own)
    hint = did_you_mean(key, known) or "A question of your own form gets its name under fields:."
    reading.error(entry.key, f"No lead has a fact called {quoted(entry.key.text)}", hint)
    return False


def _check_name(reader: _Rules, fact: str, node: Scalar, wanted: str) -> None:
    """Names of the file's own must exist; a title of LinkedIn's cannot be checked and is let through."""
    words = reader.names.vocabulary
    if fact == "source" and fold(wanted) not in {fold(name) for name in words.sources.values()}:
        hint = did_you_mean(wanted, words.sources.values()) or "Add it under sources."
        reader.reading.error(node, f"There is no source called {quoted(node.text)}", hint)
    elif fact == "lead_type" and wanted.upper() not in LEAD_TYPES:
        reader.reading.warn(node, f"{quoted(node.text)} is no lead type we know", did_you_mean(wanted, LEAD_TYPES))
    elif fact == "form":
        _check_nickname(reader.reading, node, wanted, words.forms, "form")
    elif fact == "campaign":
        _check_nickname(reader.reading, node, wanted, words.campaigns, "campaign")


def _check_nickname(reading: Reading, node: Scalar, wanted: str, nicknames: AnyMapping[str, str], kind: str) -> None:
    known = {fold(nickname) for nickname in nicknames.values()}
    if fold(wanted) in known or values.digits(wanted) or wanted.startswith("urn:li:"):
        return
    looks_like_a_nickname = re.fullmatch(r"[a-z0-9]+(?:[-_.][a-z0-9]+)*", wanted) is not None
    if looks_like_a_nickname or _is_close(wanted, nicknames.values()):
        hint = did_you_mean(wanted, nicknames.values()) or f"Add it under names: {kind}s:."
        reading.error(node, f"There is no {kind} called {quoted(node.text)}", hint)


def _is_close(word: str, known: Iterable[str]) -> bool:
    return bool(get_close_matches(word.lower()[:80], [name.lower() for name in known], n=1, cutoff=0.8))


# ── the rules together ──


def _check_names(reading: Reading, rules: list[tuple[Node, Rule]]) -> None:
    first: dict[str, Rule] = {}
    for node, rule in rules:
        other = first.setdefault(fold(rule.name), rule)
        if other is not rule:
            hint = f"The other one stands in line {other.line}; a decision names its rule, so each needs its own."
            reading.error(node, f"Two rules are called {quoted(rule.name)}", hint)


def _check_order(reading: Reading, rules: list[tuple[Node, Rule]]) -> None:
    has_when = [isinstance(node, Mapping) and node.get("when") is not None for node, _ in rules]
    if has_when and has_when[-1]:
        hint = "Add a last rule for everything else, so that no lead is lost."
        reading.error(rules[-1][0], "The last rule must have no when", hint)
    catch_all = has_when.index(False) if False in has_when else len(rules)
    for node, rule in rules[catch_all + 1 :]:
        reading.warn(node, _dead(rule, rules[catch_all][1]), "That one has no when; move it to the end.")
    compared = rules[: min(catch_all, _MOST_COMPARED)]
    outlines = [outline(rule) for _, rule in compared]
    for index, (node, rule) in enumerate(compared):
        earlier = next((before for before in range(index) if covers(outlines[before], outlines[index])), None)
        if earlier is not None:
            hint = "Move it up, or make the earlier one narrower."
            reading.warn(node, _dead(rule, rules[earlier][1]), hint)


def _dead(rule: Rule, earlier: Rule) -> str:
    return f"{quoted(rule.name)} can never fire: {quoted(earlier.name)} (line {earlier.line}) takes its leads"
