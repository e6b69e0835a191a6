"""A change of the file in words: what a manager did is what the sentences say, and no more."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config.live.changes import changes
from bot.config.load import read_content
from bot.config.model import Config

_FILE = """
version: 1
timezone: Europe/Berlin
sources: {ads: {owner: sponsoredAccount:507857085, lead_types: [SPONSORED]}}
names: {forms: {demo-request: 6083}}
hours:
  berlin: {timezone: Europe/Berlin, mon-fri: 09:00-18:00}
people:
  anna: {slack: U0ANNA, email: anna@example.com, hours: berlin}
  ben:  {slack: U0BEN, email: ben@example.com}
  dora: {slack: U0DORA, email: dora@example.com}
teams:
  dach: {pick: take turns, members: {anna: 2, ben: 1}, manager: dora, if_nobody_is_free: dora}
escalations:
  hot: [{after: 5 min, do: remind owner}]
rules:
  - name: Students
    when: {job_title: contains student}
    post: nobody
    digest: weekly
  - name: Germany
    when: {country: [DE, AT]}
    post: "#dach"
    owner: dach
    escalate: hot
  - name: Americas
    when: {country: [US, CA]}
    post: ["#americas", ben]
    owner: ben
    email: owner
  - name: Everything else
    post: "#all"
digests:
  weekly: {at: "09:00", days: mon, post: dora}
checks:
  - {lead: {country: US}, expect: {rule: Americas}}
slack: {bot_token: "${T:-}", signing_secret: "${S:-}", managers: [dora]}
email: {smtp: "${SMTP_URL:-}", from: a@example.com}
"""

_GERMANY = _FILE[_FILE.index("  - name: Germany") : _FILE.index("  - name: Americas")]
_AMERICAS = _FILE[_FILE.index("  - name: Americas") : _FILE.index("  - name: Everything")]


def read(text: str) -> Config:
    found = read_content(text.encode(), Path("config.yaml"), {}, need_secrets=False)
    assert found.config is not None, found.problems
    return found.config


@pytest.mark.parametrize(
    ("old", "new", "sentences"),
    [
        ("# nothing", "# nothing at all", []),
        ('post: "#dach"', 'post: "#x"', ["Rule “Germany” now posts to #x instead of #dach."]),
        (
            'post: ["#americas", ben]',
            "post: nobody",
            ["Rule “Americas” no longer posts to #americas, Ben."],
        ),
        ("owner: dach", "owner: anna", ["Rule “Germany” now gives its leads to Anna instead of dach."]),
        ("    email: owner\n", "", ["Rule “Americas” no longer mails Ben."]),
        ("    escalate: hot\n", "", ["Rule “Germany” no longer escalates by “hot”."]),
        ("country: [DE, AT]", "country: [DE]", ["Rule “Germany” now wants country DE instead of DE, AT."]),
        (
            "{country: [DE, AT]}",
            "{country: [DE, AT], form: demo-request}",
            ["Rule “Germany” now wants form demo-request."],
        ),
        (
            "    when: {country: [DE, AT]}\n",
            "    when: {country: [DE, AT]}\n    match: any\n",
            ["Rule “Germany” now fits when any one line does."],
        ),
        (
            "    when: {country: [DE, AT]}\n",
            "    when: {country: [DE, AT]}\n    active: 2026-11-01 to 2099-12-31\n",
            ["Rule “Germany” is now active 2026-11-01 to 2099-12-31."],
        ),
        ("name: Germany", "name: DACH", ["Rule “DACH” is the former “Germany” under a new name."]),
        (_GERMANY, "", ["Rule “Germany” is gone."]),
        (
            "  - name: Everything else",
            '  - {name: Nordics, when: {country: SE}, post: "#n"}\n  - name: Everything else',
            ["Rule “Nordics” is new, above “Everything else”: it posts to #n."],
        ),
        (_GERMANY + _AMERICAS, _AMERICAS + _GERMANY, ["Rule “Americas” moved above “Germany”."]),
        ("anna: 2, ben: 1", "anna: 2", ["Ben leaves dach."]),
        ("anna: 2, ben: 1", "anna: 2, ben: 1, dora: 1", ["Dora joins dach (weight 1)."]),
        ("anna: 2, ben: 1", "anna: 3, ben: 1", ["Anna has the weight 3 in dach instead of 2."]),
        ("pick: take turns", "pick: first to claim", ["Team dach now picks by first to claim instead of take turns."]),
        (
            "if_nobody_is_free: dora",
            "if_nobody_is_free: wait for opening hours",
            ["When nobody of dach is free, its leads wait for opening hours."],
        ),
        ("managers: [dora]", "managers: [anna, dora]", ["Managers are now Anna, Dora (before: Dora)."]),
        (
            "email: ben@example.com}",
            "email: ben@example.com, away: [2026-12-21 to 2027-01-04]}",
            ["Ben is now away 2026-12-21 to 2027-01-04."],
        ),
        (
            "hours: berlin}",
            "}",
            ["Anna now works at any time (before: the hours berlin)."],
        ),
        (
            "  dora: {slack",
            "  eve: {slack: U0EVE}\n  dora: {slack",
            ["Eve is new under people."],
        ),
        (
            "mon-fri: 09:00-18:00",
            "mon-thu: 09:00-18:00, fri: 09:00-15:00",
            [
                "Hours “berlin” now open on fri 09:00-15:00 instead of 09:00-18:00.",
            ],
        ),
        (
            "{after: 5 min, do: remind owner}",
            "{after: 4 h, do: tell manager}",
            ["Escalation “hot” is now: tell manager after 4 h. Leads under way keep the steps they began with."],
        ),
        ('at: "09:00"', "at: 08:45", ["Digest “weekly” now goes out at 08:45 instead of 09:00."]),
        ("demo-request: 6083", "demo: 6083", ["Form 6083 is now called demo instead of demo-request."]),
        ("{country: US}, expect", "{country: CA}, expect", ["The checks have changed; all pass."]),
        (
            "Europe/Berlin\nsources",
            "Europe/Paris\nsources",
            ["The file now has the time zone Europe/Paris instead of Europe/Berlin."],
        ),
        (
            "version: 1\n",
            "version: 1\ntest_leads: {post: nobody, owner: nobody}\n",
            ["Test leads now go where test_leads says."],
        ),
        (
            "version: 1\n",
            "version: 1\nprivacy: {keep_leads: 90 days}\n",
            ["privacy now has keep_leads: 90 days instead of 365 days."],
        ),
        (
            "version: 1\n",
            "version: 1\nfollow_up: {remind_after: 4 h}\n",
            ["A lead that nobody contacts is now reminded of after 4 h."],
        ),
    ],
)
def test_a_change_is_told_in_a_sentence(old: str, new: str, sentences: list[str]) -> None:
    text = _FILE + "# nothing\n"
    assert text.count(old) == 1

    assert changes(read(text), read(text.replace(old, new))) == sentences


@given(st.permutations(range(6)))
def test_moves_are_as_few_as_can_be_and_lead_to_the_new_order(order: list[int]) -> None:
    lines = [f'  - {{name: R{number}, when: {{country: DE, company: C{number}}}, post: "#c"}}' for number in range(6)]
    head = "version: 1\nrules:\n"
    tail = '\n  - {name: Rest, post: "#all"}\nslack: {bot_token: "${T:-}", signing_secret: "${S:-}"}\n'
    old, new = (read(head + "\n".join(each) + tail) for each in (lines, [lines[number] for number in order]))

    told = changes(old, new)

    names = [rule.name for rule in old.rules]
    for sentence in told:
        moved, below = sentence.split("“")[1].partition("”")[0], sentence.split("“")[2].partition("”")[0]
        names.remove(moved)
        names.insert(names.index(below), moved)
    longest = max(len(each) for each in _rises(order))
    assert len(told) == 6 - longest
    assert names == [rule.name for rule in new.rules]


def _rises(numbers: list[int]) -> list[list[int]]:
    found: list[list[int]] = [[]]
    for number in numbers:
        found += [[*each, number] for each in found if not each or each[-1] < number]
    return found
