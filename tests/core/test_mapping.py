"""Whether the file speaks of a form or campaign at all."""

from __future__ import annotations

import pytest

from bot.core.conditions import Condition
from bot.core.lead import Named
from bot.core.mapping import Spoken, is_named, names_in
from bot.core.routing import Rule
from bot.core.wanted import Wanted


def a_rule(fact: str, *texts: str) -> Rule:
    wanted = tuple(Wanted(word="equals", operands=(text,), text=text) for text in texts)
    return Rule(name=fact, line=1, conditions=(Condition(fact=fact, wanted=wanted, line=2),))


@pytest.mark.parametrize(
    ("fact", "text", "thing", "named"),
    [
        ("form", "Demo Request", Named(id="6083", name="demo request"), True),
        ("form", "6083", Named(id="6083", name=""), True),
        ("form", "urn:li:leadGenForm:6083", Named(id="6083", name=""), True),
        ("form", "608", Named(id="6083", name="Demo"), False),
        ("campaign", "6083", Named(id="6083", name=""), False),
        ("company", "6083", Named(id="6083", name=""), False),
        ("form", "", Named(id="6083", name=""), False),
    ],
)
def test_a_form_is_named_by_its_id_its_urn_or_its_title(fact: str, text: str, thing: Named, named: bool) -> None:
    assert is_named("form", thing, names_in([a_rule(fact, "other", text)])) is named


def test_a_campaign_is_named_by_its_own_urn() -> None:
    spoken = names_in([a_rule("campaign", "urn:li:sponsoredCampaign:77")])

    assert is_named("campaign", Named(id="77", name="Nordics"), spoken)


def test_what_is_spoken_of_is_worked_out_once_for_each_set_of_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def counting(rules: tuple[Rule, ...]) -> frozenset[tuple[str, str]]:
        asked.append(rules)
        return names_in(rules)

    monkeypatch.setattr("bot.core.mapping.names_in", counting)
    first, second = (a_rule("form", "a"),), (a_rule("form", "b"),)
    spoken = Spoken()

    for _ in range(3):
        assert spoken.of(first) == {("form", "a")}
    assert spoken.of(second) == {("form", "b")}
    assert spoken.of(first) == {("form", "a")}
    assert len(asked) == 3
