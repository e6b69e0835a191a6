"""The traps of YAML, and of the language itself, that people fall into: each is read as meant, or refused in words.

In a text that is refused ‹…› stand around what is wrong: there the problem must point.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from bot.config.load import Read, read_content
from bot.config.model import Config
from bot.config.problems import Severity
from bot.core.hours import Days
from tests.config.builders import TODAY, a_file, a_rule

Meaning = Callable[[Config], object]


def read(content: str | bytes) -> Read:
    raw = content if isinstance(content, bytes) else content.encode()
    return read_content(raw, Path("rules.yaml"), {}, need_secrets=False, today=TODAY)


# ── where the trap stands ──


def asks(line: str) -> str:
    """A condition in a line of its own."""
    return a_rule(f"when:\n  {line}\npost: nobody")


def in_braces(condition: str) -> str:
    return a_rule(f"when: {{{condition}}}\npost: nobody")


def does(lines: str) -> str:
    """What a rule does."""
    return a_rule(lines)


def called(name: str) -> str:
    """The only rule, of that name."""
    return a_file(rules=f'rules:\n  - name: {name}\n    post: "#leads-all"\n')


def with_(more: str) -> str:
    return a_file(more=f"{more}\n")


def with_slack(token: str) -> str:
    return a_file(slack=f"slack:\n  bot_token: {token}\n  signing_secret: ${{SLACK_SIGNING_SECRET}}\n")


# ── what it means ──


def wanted(config: Config) -> object:
    """What the first rule's first condition wants."""
    return [(one.word, *one.operands) for one in config.rules[0].conditions[0].wanted]


def is_not(config: Config) -> object:
    condition = config.rules[0].conditions[0]
    return (condition.negated, [one.operands[-1] for one in condition.wanted])


def name(config: Config) -> object:
    return config.rules[0].name


def post(config: Config) -> object:
    return [target.person or target.address for target in config.rules[0].then.post]


def days(config: Config) -> object:
    return config.rules[0].active


def spans(config: Config) -> object:
    """When the hours called b are open on Mondays, in minutes of the day."""
    return [(span.start, span.end) for span in config.hours["b"].week[0]]


def forms(config: Config) -> object:
    return dict(config.vocabulary.forms)


def email_of_ben(config: Config) -> object:
    return (config.people.by_name["ben"].slack, config.people.by_name["ben"].email)


def signature(config: Config) -> object:
    return config.linkedin.require_signature


def people(config: Config) -> object:
    return list(config.people.by_name)


LINKEDIN = "linkedin: {{client_id: '${{A}}', client_secret: '${{B}}', require_signature: {}}}"
JSON = """{
\t"people": {"anna": {"slack": "U0ANNA", "email": "a@example.com"}},
\t"rules": [{"name": "All", "post": ["#leads-all", "anna"]}],
\t"slack": {"bot_token": "${A}", "signing_secret": "${B}"}
}
"""
ANCHORED = """\
rules:
  - name: A
    when: {country: &dach [DE, AT]}
    post: nobody
  - name: B
    when: {job_title: *dach}
    post: nobody
  - {name: All, post: "#leads-all"}
"""

READ_AS_MEANT: dict[str, tuple[str | bytes, Meaning, object]] = {
    # words and numbers that YAML turns into something else
    "NO is Norway": (in_braces("country: NO"), wanted, [("country", "NO")]),
    "no in a list is Norway": (asks("country: [no, SE]"), wanted, [("country", "NO"), ("country", "SE")]),
    "on is a text": (in_braces("job_title: on"), wanted, [("equals", "on")]),
    "off, y and Yes are texts": (
        asks("job_title: [off, y, Yes]"),
        wanted,
        [("equals", "off"), ("equals", "y"), ("equals", "Yes")],
    ),
    "yes is a switch where one is expected": (with_(LINKEDIN.format("yes")), signature, True),
    "a quoted no as well": (with_(LINKEDIN.format('"no"')), signature, False),
    "09:00 is a time": (with_("hours: {b: {mon-fri: 09:00-17:30}}"), spans, [(540, 1050)]),
    "9:00 is the same time": (with_("hours: {b: {mon-fri: 9:00-17:30}}"), spans, [(540, 1050)]),
    "10:30 is a text": (in_braces("company: 10:30"), wanted, [("equals", "10:30")]),
    "010 is not 8": (with_("names: {forms: {old: 010}}"), forms, {"010": "old"}),
    "0x1F stays what it is": (asks("company: 0x1F"), wanted, [("equals", "0x1F")]),
    "1e3 stays what it is": (asks("company: 1e3"), wanted, [("equals", "1e3")]),
    "1_000 stays what it is": (asks("company: 1_000"), wanted, [("equals", "1_000")]),
    "a date is a text": (asks("company: 2026-11-23"), wanted, [("equals", "2026-11-23")]),
    "a null in quotes is a text": (asks('company: "null"'), wanted, [("equals", "null")]),
    "1.000 is a thousand": (asks("company_size: at least 1.000"), wanted, [("at least", "1000")]),
    "1,000 alone in its line too": (asks("company_size: at least 1,000"), wanted, [("at least", "1000")]),
    "10,001+ alone in its line": (asks("company_size: 10,001+"), wanted, [("equals", "10,001+")]),
    "a percent sign inside": (asks("company: 50% off"), wanted, [("equals", "50% off")]),
    "the number of a form": (asks("form: 6083"), wanted, [("equals", "6083")]),
    "one day": (does("post: nobody\nactive: 2026-12-01"), days, Days(date(2026, 12, 1), date(2026, 12, 1))),
    # not
    "Not and NOT are not": (asks("country: NOT US"), is_not, (True, ["US"])),
    "not with a list": (asks("country: {not: [US, CA]}"), is_not, (True, ["US", "CA"])),
    # how a text is written
    "an apostrophe": (asks("company: Joe's"), wanted, [("equals", "Joe's")]),
    "a doubled apostrophe": (asks("company: 'Joe''s'"), wanted, [("equals", "Joe's")]),
    "quotes inside other quotes": (asks("""company: 'The "best" Inc'"""), wanted, [("equals", 'The "best" Inc')]),
    "a quoted text on two lines": (asks('company: "Acme\n    Inc"'), wanted, [("equals", "Acme Inc")]),
    "a plain text on two lines": (asks("company: Acme\n    Inc"), wanted, [("equals", "Acme Inc")]),
    "a text after |": (asks("company: |\n    Acme"), wanted, [("equals", "Acme")]),
    "a channel after |": (does("post: |\n  #leads-dach"), post, ["#leads-dach"]),
    "a person after >": (does("post: >\n  anna"), post, ["anna"]),
    "a text of 5,000 letters": (asks(f"company: {'x' * 5000}"), wanted, [("equals", "x" * 5000)]),
    "emoji, joined ones too": (called("🔥 Hot 👩‍💻"), name, "🔥 Hot 👩‍💻"),
    "Hebrew with its marks": (asks("company: \u200fאקמה"), wanted, [("equals", "\u200fאקמה")]),
    "a mark of direction on purpose": (asks(r'company: "a\u202eb"'), wanted, [("equals", "a\u202eb")]),
    "typographic quotes inside a text": (called("The “hot” ones"), name, "The “hot” ones"),
    "a Windows path in single quotes": (asks(r"company: 'C:\data'"), wanted, [("equals", r"C:\data")]),
    "a non-breaking space between words": (
        asks("job_title: contains\u00a0head"),
        wanted,
        [("contains", "head")],
    ),
    "a tab after the colon": (does("post:\tnobody"), post, []),
    "a tab before a comment": (does("post: nobody\t# rest"), post, []),
    "a comment after a value": (does("post: nobody # rest"), post, []),
    "a number sign inside a word": (called("Lead#1"), name, "Lead#1"),
    "a space before the colon": (does("post : nobody"), post, []),
    "a key in quotes": (does('"post": nobody'), post, []),
    "a comma at the end of a list": (asks("country: [DE, AT,]"), wanted, [("country", "DE"), ("country", "AT")]),
    "a fact with a capital": (asks("Country: DE"), wanted, [("country", "DE")]),
    "a comma in a company": (asks("company: Acme, Inc"), wanted, [("equals", "Acme, Inc")]),
    "and in a country": (asks("country: Bosnia and Herzegovina"), wanted, [("country", "BA")]),
    # people with odd names
    "a person called on": (a_file(people="people: {on: {slack: U0ON}}\n"), people, ["on"]),
    "a person called 007": (a_file(people="people: {007: {slack: U0BOND}}\n"), people, ["007"]),
    # anchors
    "an alias is what it stands for": (a_file(rules=ANCHORED), lambda c: len(c.rules[1].conditions[0].wanted), 2),
    "<< takes over and own keys win": (
        a_file(
            people="people:\n  anna: &a {slack: U0A, email: a@example.com}\n  ben: {<<: *a, email: b@example.com}\n"
        ),
        email_of_ben,
        ("U0A", "b@example.com"),
    ),
    # how the file is saved
    "a byte order mark": ("\ufeff" + called("All"), name, "All"),
    "CRLF": (called("All").replace("\n", "\r\n"), name, "All"),
    "CR alone": (called("All").replace("\n", "\r"), name, "All"),
    "no line end at the end": (called("All").rstrip("\n"), name, "All"),
    "--- at the top": ("---\n" + called("All"), name, "All"),
    "... at the end": (called("All") + "...\n", name, "All"),
    "%YAML 1.2": ("%YAML 1.2\n---\n" + called("All"), name, "All"),
    "JSON, even with tabs": (JSON, post, ["#leads-all", "anna"]),
    "JSON without spaces": (re.sub(r"\s", "", JSON), post, ["#leads-all", "anna"]),
}

REFUSED: dict[str, tuple[str, tuple[str, ...]]] = {
    # numbers, times, switches, nothing
    "0o10": (asks("form: ‹0o10›"), ('no form called "0o10"', "names: forms")),
    "1e3 as an id": (with_("names: {forms: {old: ‹1e3›}}"), ("not the id of a form", "such as 6083")),
    "1e3 as a number": (asks("company_size: ‹at least 1e3›"), ("needs a number", "at least 200")),
    "1_000 as a number": (asks("company_size: ‹at least 1_000›"), ("needs a number", "at least 200")),
    ".5": (with_("follow_up: {remind_after: ‹.5 h›}"), ("time with its unit", "such as 5 min")),
    "a percentage": (asks("company_size: ‹at least 10%›"), ("needs a number", "at least 200")),
    "9am": (with_("digests: {d: {at: ‹9am›, days: mon, post: anna}}"), ("time of the day", '"09:00"')),
    "a time without a unit": (with_("follow_up: {remind_after: ‹5›}"), ("time with its unit", "5 min, 5 h or 5 days")),
    "on as a switch": (with_(LINKEDIN.format("‹on›")), ('"on" is not yes or no',)),
    "~": (does("post: ‹~›"), ("no value here", "a channel, a person or nobody", "remove the key")),
    "null": (does("post: ‹null›"), ("no value here", "remove the key")),
    "an unquoted null as a text": (asks("company: ‹null›"), ("no value here", "remove the key")),
    "nothing": (does("template: default\npost:‹›"), ("no value here", "remove the key")),
    "no conditions": (a_rule("when:‹›\npost: nobody"), ("no conditions here", "remove when:")),
    "a rule without rules": (a_file(rules="rules:‹›\n"), ("rules must be a list", "- name:")),
    "30 February": (does("post: nobody\nactive: ‹2026-02-30›"), ("no 2026-02-30 in the calendar",)),
    "a German date": (does("post: nobody\nactive: ‹01.12.2026›"), ("not a date", "2026-12-01")),
    "a range with a dash": (does("post: nobody\nactive: ‹2026-11-01 - 2026-12-31›"), ("2026-11-01 to 2026-12-31",)),
    "a timestamp": (does("post: nobody\nactive: ‹2026-12-01T00:00:00Z›"), ("not a date", "2026-12-24")),
    # keys
    "a doubled key at the top": (with_("‹people›: {}"), ("given twice", "line 1")),
    "a doubled key in a rule": (does("post: nobody\n‹post›: anna"), ("given twice", "keep one")),
    "a doubled key, once in quotes": (does('post: nobody\n‹"post"›: anna'), ("given twice", "keep one")),
    "a doubled key in braces": (in_braces("country: DE, ‹country›: AT"), ("given twice", "line 7")),
    "Rules": (a_file().replace("rules:", "‹Rules›:"), ('"Rules" is not a key', 'Did you mean "rules"?')),
    "rule": (a_file().replace("rules:", "‹rule›:"), ('"rule" is not a key', 'Did you mean "rules"?')),
    "Post": (does("‹Post›: nobody"), ('"Post" is not a key', 'Did you mean "post"?')),
    "e-mail": (does("post: nobody\n‹e-mail›: a@example.com"), ("not a key", 'Did you mean "email"?')),
    "countries": (asks("‹countries›: DE"), ("countries", 'Did you mean "country"?')),
    "a space in a fact": (asks("‹job title›: x"), ("job title", 'Did you mean "job_title"?')),
    "a list as a key": (with_("‹[a]›: b"), ("A key must be one word",)),
    "a key of 3,000 letters": (does(f"‹{'x' * 3000}›: y\npost: nobody"), ("too long", "at most 1,000")),
    "yes as a person": (a_file(people="people: {‹yes›: {slack: U0A}}\n"), ("cannot be the name", "such as anna")),
    '"no" as a person': (a_file(people='people: {‹"no"›: {slack: U0A}}\n'), ("cannot be the name", "such as anna")),
    # signs at the beginning
    "an unquoted #channel": (does("post:‹ #leads-dach›"), ("YAML reads nothing", 'Quote it: "#leads-dach"')),
    "an unquoted #channel in a list": (does("post: [‹#leads-dach›, anna]"), ('Quote it: "#leads-dach"',)),
    "an unquoted #channel in braces": (with_("test_leads: {post: ‹#test›, owner: nobody}"), ('Quote it: "#test"',)),
    "an unquoted @name": (does("post: ‹@anna›"), ("cannot begin with @", "without @, like anna")),
    "a quoted @name": (does('post: ‹"@anna"›'), ('no person called "@anna"', 'Did you mean "anna"?')),
    "%": (asks("company: ‹%x›"), ("cannot begin with %", "in quotes")),
    "a backtick": (asks("company: ‹`x`›"), ("cannot begin with `", "in quotes")),
    "[ in a name": (called("[DACH] ‹Enterprise›"), ("behind the ]", "begins with [ goes in quotes")),
    "{ in a name": (called("{DACH} ‹Enterprise›"), ("behind the }", "begins with { goes in quotes")),
    "- in a name": (called("‹- hot›"), ("cannot begin with -", "goes in quotes")),
    "? in a name": (called("‹? hot›"), ("cannot begin with ?", "goes in quotes")),
    "| before a text": (called("‹| hot›"), ("cannot begin with |", "in quotes")),
    "&": (called("‹&co›"), ("word with & in front", 'in quotes: "&co"')),
    "& and a space": (asks("company: ‹& Co›"), ("cannot begin with &", "in quotes")),
    "!": (called("‹!important›"), ("word with ! in front", "in quotes")),
    "! for not": (in_braces("country: ‹!US›"), ("word with ! in front", "write not DE")),
    "!= for not": (asks("country: ‹!= US›"), ("word with ! in front", "write not DE")),
    "> for at least": (asks("company_size: ‹>200›"), ("cannot begin with >", "at least 200")),
    ">= in braces": (in_braces("company_size: ‹>= 200›"), ("cannot begin with >", "at least 200")),
    "< for at most": (asks("company_size: ‹<200›"), ("not a word of the rule language", "at most 200")),
    "= for equal": (asks("company: ‹= Acme›"), ("not a word of the rule language", "without =")),
    "a star for any text": (asks("job_title: ‹*head*›"), ("cannot begin with *", "in quotes")),
    "a quoted star for any text": (asks('job_title: ‹"*head*"›'), ("not a word of the rule language", "contains")),
    "a tag of Python": (does("post: ‹!!python/object/apply:os.system› [ls]"), ("word with ! in front", "in quotes")),
    "!!str": (asks("form: ‹!!str› 6083"), ("word with ! in front",)),
    "a tag of one's own": (does("post: ‹!secret› slack"), ("word with ! in front", "in quotes")),
    # colons, commas, equals
    "no space after the colon": (does("post‹:nobody›\nowner: anna"), ("space after the colon", '"post: nobody"')),
    "no space after a single colon": (asks("‹form:6083›"), ("space after the colon", '"form: 6083"')),
    "no space in braces": (with_("follow_up: {‹remind_after:4 h›}"), ("space after the colon", '"remind_after: 4 h"')),
    "a wide colon": (does("post‹：› nobody\nowner: anna"), ("space after the colon", '"post: nobody"')),
    "= instead of :": (does("‹post = nobody›\nowner: anna"), ("joined by a colon", '"post: nobody"')),
    "a second colon": (called("‹Leads: DACH›"), ("second colon", 'Quote the whole text: "Leads: DACH"')),
    "a second colon in braces": (in_braces("company: a‹: b›"), ("second colon", "in quotes")),
    "contains with a colon": (asks("job_title: ‹contains: head›"), ("second colon", '"contains head"')),
    "contains with a colon in braces": (in_braces("job_title: contains‹: head›"), ("second colon", '"contains head"')),
    "a line without a colon": (does("‹hello›\npost: nobody"), ("no colon in this line", "key: value")),
    "the last line without a colon": (a_file() + "‹tim›", ("no colon in this line", "key: value")),
    "a comma in braces": (in_braces("country: DE, ‹AT›"), ("a comma ends the value", "[ ]")),
    "a number with a comma in braces": (in_braces("company_size: 10,‹001+›"), ("a comma ends the value", "quotes")),
    "two commas": (asks("country: [DE,‹,› AT]"), ("comma too many", "between two commas")),
    "no comma": (in_braces("country: DE company‹: Acme›"), ("second colon", "a comma before the next key")),
    "no comma between quoted texts": (asks("""company: ["A" ‹"B"›]"""), ("comma is missing",)),
    # brackets and quotes
    "{ that stays open": (a_rule("when: ‹{country: DE›\npost: nobody"), ("{ that opens here is never closed", "line")),
    "[ that stays open": (does("post: ‹[anna, ben›\nowner: anna"), ("[ that opens here is never closed", "line")),
    "[ that stays open to the end": (a_file() + "names: ‹[›", ("[ that opens here is never closed",)),
    "[ closed by }": (in_braces("country: [DE, AT‹}›"), ("does not close the [", "Write ]")),
    "{ closed by ]": (in_braces("country: DE‹]›"), ("does not close the {", "Write }")),
    "} too many": (a_rule("when: {country: DE}‹}›\npost: nobody"), ("closes nothing", "Remove it")),
    "a quote that stays open": (does("post: ‹'nobody›"), ("quote that opens here is never closed", "Close it")),
    "quotes inside quotes": (asks('company: "The ‹"best" Inc"›'), ("quotes end before", "single quotes")),
    "an apostrophe inside quotes": (asks("company: 'Joe‹'s'›"), ("quotes end before", "double quotes")),
    "text after a quoted text": (asks('company: "Acme" ‹Inc›'), ("quotes end before", "whole text")),
    "a Windows path in double quotes": (asks('company: "C:‹\\data›"'), ("changes the letters", "single quotes")),
    "typographic quotes": (asks("company: ‹“Acme”›"), ("typographic quotes", 'straight ones: "Acme"')),
    "German quotes around a channel": (does("post: ‹„#leads“›"), ("typographic quotes", 'straight ones: "#leads"')),
    "typographic quotes cut by a comma": (in_braces("company: ‹“Acme›, Inc”"), ("typographic quotes", "straight")),
    # indentation and lists
    "a tab as indentation": (a_file().replace('    post: "#', '‹\t›post: "#'), ("with a tab", "two spaces")),
    "a line of a tab": (does("post: nobody\n‹\t›\nowner: anna"), ("tab at the beginning", "remove the tab")),
    "one space too many": (does("post: nobody\n ‹owner: anna›"), ("does not line up", "same column")),
    "one space too few": (
        a_file(rules="rules:\n  - name: A\n   ‹post: nobody›\n"),
        ("does not line up", "same column"),
    ),
    "a key moved out of its rule": (a_file(rules="rules:\n  - name: A\n  ‹post: x›\n"), ("does not line up", "dash")),
    "non-breaking spaces as indentation": (
        a_file().replace('    post: "#', '‹\u00a0\u00a0›post: "#'),
        ("takes for a letter", "U+00A0", "ordinary space"),
    ),
    "a non-breaking space after the colon": (does("post‹:\u00a0nobody›\nowner: anna"), ("space after the colon",)),
    "a non-breaking space at the end": (does("post: nobody‹\u00a0›"), ("U+00A0", "ordinary space")),
    "no dash": (a_file(rules="rules:\n  ‹name: All›\n  post: nobody\n"), ("rules must be a list", "- name:")),
    "no second dash": (
        a_file(rules="rules:\n  - name: A\n    post: nobody\n    ‹name›: B\n"),
        ('"name" is given twice', 'begin the next one with "- name:"'),
    ),
    "a dash without a space": (
        a_file(rules="rules:\n  ‹-name: All›\n   post: x\n"),
        ("after the dash", '"- name: All"'),
    ),
    "a list with dashes without spaces": (does("post:\n  ‹-anna›\n  -ben"), ("after the dash", '"- anna"')),
    "a list with stars": (does("post:\n  ‹* anna›\n  * ben"), ("ordinary dash, not with *",)),
    "a list with long dashes": (does("post:\n  ‹– anna›\n  – ben"), ("ordinary dash, not with –",)),
    "a list where a text is expected": (does("post: nobody\ntemplate: ‹[a, b]›"), ("list or a group",)),
    "a text where a list is expected": (a_file(rules="rules: ‹all to anna›\n"), ("must be a list", "- name:")),
    "a text where a group is expected": (a_file(people="people: ‹anna›\n"), ("people must be a group", "key: value")),
    "people as a list": (a_file(people="people: ‹[anna]›\n"), ("people must be a group", "key: value")),
    "when as a list": (a_rule("when: ‹[country, DE]›\npost: nobody"), ("when must be a group", "key: value")),
    "when with dashes": (asks("‹- country: DE›\n  - company: Acme"), ("when must be a group", "key: value")),
    "when as a sentence": (a_rule("when: ‹country is DE›\npost: nobody"), ("when must be a group", "key: value")),
    "a list in a list": (asks("country: [‹[DE]›, AT]"), ("list or a group",)),
    # not
    "not inside a list": (asks("country: [‹not US›, not CA]"), ("would always fit", "{not: [first, second]}")),
    "not before a list in braces": (in_braces("country: not ‹[US, CA]›"), ("cannot follow", "{not: [US, CA]}")),
    "not twice": (asks("country: ‹not not US›"), ("cannot stand here",)),
    "not before a fact": (asks("‹not country›: US"), ('"not country"', "country: not US")),
    "not before a list": (asks("country: ‹not [US, CA]›"), ("cannot follow a word", "{not: [US, CA]}")),
    "contains before a list": (asks("job_title: ‹contains [head, VP]›"), ("[contains head, contains VP]",)),
    "contains as a group": (asks("job_title: {‹contains›: head}"), ("without the colon: contains head",)),
    "a quoted contains with a colon": (asks('job_title: ‹"contains: head"›'), ("without the colon",)),
    "a regular expression": (asks("job_title: ‹/head.*/›"), ("no regular expressions",)),
    "countries without brackets": (asks("country: ‹DE, AT, CH›"), ("not several", "[DE, AT, CH]")),
    "countries joined by or": (asks("country: ‹DE or AT›"), ("not several", "[DE, AT]")),
    "countries joined by a slash": (asks("country: ‹DE/AT›"), ("not several", "[DE, AT]")),
    "countries in round brackets": (asks("country: ‹(DE, AT)›"), ("not several", "[DE, AT]")),
    "countries without commas": (asks("country: [‹DE AT›]"), ("not several", "[DE, AT]")),
    "countries with wide commas": (asks("country: [‹DE，AT›]"), ("not several", "[DE, AT]")),
    "countries below |": (asks("country: ‹|›\n    DE\n    AT"), ("not several", "[DE, AT]")),
    "countries that are not wanted": (asks("country: ‹not US, CA›"), ("not several", "[US, CA]")),
    "forms without brackets": (asks("form: ‹6083, 6120›"), ("not several", "[6083, 6120]")),
    "or between conditions": (asks("country: DE\n  ‹or›: x"), ('"or"', "match: any")),
    "and between conditions": (asks("country: DE\n  ‹and›: x"), ('"and"', "one below the other")),
    "not above a condition": (asks("‹not›: {country: US}"), ('"not"', "country: not US")),
    "Nobody with a capital": (does("post: ‹Nobody›"), ('Did you mean "nobody"?',)),
    "persons": (a_file().replace("people:", "‹persons›:"), ('Did you mean "people"?',)),
    "if": (does("‹if›: {country: DE}\npost: nobody"), ('Did you mean "when"?',)),
    "channel": (does("‹channel›: x"), ('Did you mean "post"?',)),
    "= in braces": (in_braces("‹country = DE›"), ("joined by a colon",)),
    "when with dashes, mended": (asks("‹- country: DE›\n  - company: Acme"), ("Remove the dashes",)),
    # anchors
    "an alias of nothing": (does("post: ‹*anna›"), ("the file does not have", "needs quotes")),
    "an alias of itself": (with_("names: &n {forms: ‹*n›}"), ("contains itself", "Remove")),
    "<< of a text": (
        a_file(people="people: {anna: {slack: U0A, <<: ‹hello›}}\n"),
        ("a group of settings", "<<: *name"),
    ),
    # references and secrets
    "a reference that stays open": (asks('company: ‹"${ACME"›'), ("never closed with }",)),
    "a reference in braces": (with_("server: {port: ‹${PORT}›}"), ("must stand in quotes", '"${PORT}"')),
    "a secret in the file": (with_slack("‹hunter2›"), ("must not stand in the file", "${SLACK_BOT_TOKEN}")),
    "a variable without braces": (with_slack("‹$SLACK_BOT_TOKEN›"), ("secret", "${SLACK_BOT_TOKEN}")),
    "a variable as on Windows": (with_slack("‹%SLACK_BOT_TOKEN%›"), ("cannot begin with %", "quotes")),
    "a variable as in templates": (with_slack("‹{{ SLACK_BOT_TOKEN }}›"), ("list or a group", "${SLACK_BOT_TOKEN}")),
    "a token of Slack": (with_slack("‹xoxb-123456789012›"), ("token must not stand", "environment")),
    # comments and lines of other languages
    "// for a comment": (does("‹// rest›\npost: nobody"), ("begins with #, not with //",)),
    "; for a comment": (does("‹; rest›\npost: nobody"), ("begins with #, not with ;",)),
    "/* for a comment": (does("‹/* rest */›\npost: nobody"), ("begins with #, not with /*",)),
    "what git leaves": (a_file() + "‹<<<<<<< HEAD›\na: b\n=======\n", ("left by a merge", "Keep one")),
    "two documents": (called("All") + "‹---›\n" + called("All"), ("second document", "Remove the line")),
    "something after ...": (called("All") + "...\n‹names›: {}\n", ("ends the file", "three dots")),
    "%YAML 3.0": ("‹%YAML 3.0›\n---\n" + called("All"), ("begins with %", "Remove this line")),
    "an unknown order to YAML": ("‹%Rules›\n" + called("All"), ("begins with %", "Remove this line")),
    # what nobody sees
    "a zero-width space": (asks("country: ‹D\u200bE›"), ("invisible", "U+200B", "type the text again")),
    "a zero-width space in a key": (does("‹po\u200bst›: nobody"), ("invisible", "U+200B", "Delete it")),
    "a turned direction": (called("‹Hot\u202eleads›"), ("invisible", "right-to-left override")),
    "a mark of direction in Latin letters": (asks("country: ‹\u200fDE›"), ("invisible", "right-to-left mark")),
    "a soft hyphen": (does('post: ‹"#leads-\u00addach"›'), ("invisible", "soft hyphen")),
    "a control character": (does("post: nobody‹\x07›"), ("no text (U+0007)", "Delete it")),
    "NUL": (does("post: nobody‹\x00›"), ("no text (U+0000)", "UTF-8")),
    "NEL": (with_("# a‹\x85› b"), ("line break here that editors do not show", "Enter")),
    "LS": (with_("# a‹\u2028› b"), ("line break here that editors do not show", "Enter")),
    "PS": (with_("# a‹\u2029› b"), ("line break here that editors do not show", "Enter")),
    "a byte order mark in the middle": (called("All") + "‹\ufeff›names: {}\n", ("no text (U+FEFF)", "Delete it")),
    # files that are something else
    "an empty file": ("‹›", ("The file is empty", "config.yaml")),
    "a file of comments": ("‹# one\n# two\n›", ("The file is empty", "config.yaml")),
    "a web page": ("‹<!DOCTYPE html>›\n<html><title>Rules: ours</title></html>\n", ("web page", "the file itself")),
    "a table": ("‹name;country;post\nAll;DE;anna›\n", ("not a list of settings", "a colon and a space")),
    "a file of TOML": ('‹timezone = "UTC"›\n', ("not a list of settings", "a colon and a space")),
    "a file of INI": ("[rules]\n‹name=All›\n", ("joined by a colon", '"name: All"')),
    "only a list": ("‹- a\n- b›\n", ("not a list of settings", "a colon and a space")),
}

BYTES: dict[str, tuple[bytes, tuple[int, int], str]] = {
    "Latin-1": (called("Österreich").encode("latin-1"), (6, 11), "not UTF-8"),
    "UTF-16": (called("All").encode("utf-16"), (1, 1), "not UTF-8"),
    "UTF-16 without a mark": (called("All").encode("utf-16-le"), (1, 2), "UTF-8"),
    "UTF-32": (called("All").encode("utf-32"), (1, 1), "UTF-8"),
    "a zip file": (b"PK\x03\x04\x14\x00\x06\x00\x08\x00\xdf\xa4\xd2lZ", (1, 12), "not UTF-8"),
    "a gzip file": (b"\x1f\x8b\x08\x00", (1, 2), "not UTF-8"),
    "a letter cut in two": (called("All").encode() + b"\xc3", (14, 1), "not UTF-8"),
    "more than 1 MiB": (b"# rules\n" * 140_000, (1, 1), "larger than 1 MiB"),
}


def marked(text: str) -> tuple[str, tuple[int, int], tuple[int, int]]:
    """The text without its marks, and line and column of the two."""
    first, last = text.index("‹"), text.index("›") - 1
    bare = text.replace("‹", "", 1).replace("›", "", 1)
    return bare, place(bare, first), place(bare, last)


def place(text: str, at: int) -> tuple[int, int]:
    above = text[:at].split("\n")
    return len(above), len(above[-1]) + 1


@pytest.mark.parametrize("trap", READ_AS_MEANT)
def test_is_read_as_meant(trap: str) -> None:
    content, meaning, meant = READ_AS_MEANT[trap]

    found = read(content)

    assert found.config is not None, "\n".join(map(str, found.problems))
    assert meaning(found.config) == meant


@pytest.mark.parametrize("trap", REFUSED)
def test_is_refused_where_it_stands_in_words_that_help(trap: str) -> None:
    text, words = REFUSED[trap]
    bare, first, last = marked(text)

    found = read(bare)

    assert found.config is None
    errors = [problem for problem in found.problems if problem.severity is Severity.ERROR]
    said = [str(problem) for problem in errors if all(word in f"{problem.message} {problem.hint}" for word in words)]
    assert said, "\n".join(map(str, errors))
    there = [(problem.line, problem.column) for problem in errors if str(problem) in said]
    assert any(first <= where <= last for where in there), f"{said} between {first} and {last}"


@pytest.mark.parametrize("trap", BYTES)
def test_a_file_saved_as_something_else_is_refused_at_its_first_wrong_byte(trap: str) -> None:
    content, where, words = BYTES[trap]

    found = read(content)

    (problem,) = found.problems
    assert found.config is None
    assert (problem.line, problem.column) == where
    assert words in str(problem)
    assert problem.hint


def test_a_sign_that_nobody_sees_is_all_that_is_said() -> None:
    """What follows from it would only confuse: no "There is no person called “anna”. Did you mean “anna”?"."""
    text = does("po\u200bst: nobody\nowner: an\u200bna")

    found = read(text)

    assert [(problem.line, problem.column) for problem in found.problems] == [(8, 7), (9, 14)]


def test_at_least_70_traps_are_known() -> None:
    assert len(READ_AS_MEANT) + len(REFUSED) + len(BYTES) >= 70
