"""Which subscriptions are made and which removed."""

from __future__ import annotations

import pytest

from bot.core.subscribing import Plan, Wanted, plan, same_address
from bot.ports import Subscription

HERE = "https://leads.example.com/linkedin/webhook"
ADS = Wanted(owner="urn:li:sponsoredAccount:1", lead_type="SPONSORED")
FORM = "urn:li:versionedLeadGenForm:(urn:li:leadGenForm:818,1)"


def there(
    number: str, webhook: str = HERE, owner: str = ADS.owner, form: str = "", entity: str = "", kind: str = "SPONSORED"
) -> Subscription:
    """A subscription that LinkedIn lists."""
    return Subscription(id=number, webhook=webhook, owner=owner, lead_type=kind, form=form, entity=entity)


def ids(done: Plan[Subscription]) -> tuple[int, list[str], list[str]]:
    """How many to create, which to remove, which to keep."""
    return len(done.create), [each.id for each in done.remove], [each.id for each in done.keep]


@pytest.mark.parametrize(
    ("existing", "ours", "expected"),
    [
        ([], [], (1, [], [])),
        ([there("1")], [], (0, [], ["1"])),
        (
            [there("1", HERE.upper().replace("HTTPS", "https").replace("/LINKEDIN/WEBHOOK", "/linkedin/webhook"))],
            [],
            (0, [], ["1"]),
        ),
        ([there("1", "https://leads.example.com:443/linkedin/webhook")], [], (0, [], ["1"])),
        ([there("1", "https://former.example/linkedin/webhook")], ["1"], (1, ["1"], [])),
        ([there("1", "https://crm.example/hook")], [], (1, [], [])),
        ([there("10"), there("9")], [], (0, ["10"], ["9"])),
        ([there("9"), there("10")], ["10"], (0, ["9"], ["10"])),
        ([there("1", form=FORM)], [], (1, [], [])),
        ([there("1", form=FORM), there("2")], ["1"], (0, ["1"], ["2"])),
        ([there("1", form=FORM), there("2")], [], (0, [], ["2"])),
        ([there("1", entity="urn:li:event:1")], [], (1, [], [])),
    ],
    ids=[
        "nothing there",
        "there already",
        "host in capitals",
        "port that goes without saying",
        "ours at the former address",
        "somebody else's",
        "a duplicate to our address",
        "of duplicates ours stays",
        "one form only is not all",
        "ours for one form is stale",
        "somebody's for one form stays",
        "one event only is not all",
    ],
)
def test_what_is_missing_is_made_and_only_ours_or_doubles_are_removed(
    existing: list[Subscription], ours: list[str], expected: tuple[int, list[str], list[str]]
) -> None:
    assert ids(plan([ADS], existing, HERE, ours)) == expected


def test_what_nobody_wants_any_more_goes_only_when_it_is_ours() -> None:
    assert ids(plan([], [there("1"), there("2")], HERE, ["2"])) == (0, ["2"], [])


def test_a_form_is_the_same_with_a_space_in_its_urn() -> None:
    wanted = Wanted(owner=ADS.owner, lead_type="SPONSORED", form=FORM)

    assert ids(plan([wanted], [there("1", form=FORM.replace(",", ", "))], HERE, [])) == (0, [], ["1"])


def test_the_same_wish_twice_is_made_once() -> None:
    assert ids(plan([ADS, ADS], [], HERE, [])) == (1, [], [])


def test_what_was_made_is_found_again_so_that_a_second_plan_is_empty() -> None:
    first = plan([ADS], [there("1", "https://former.example/x")], HERE, ["1"])
    after = [there("2")]

    assert first.create == (ADS,)
    assert ids(plan([ADS], after, HERE, ["2"])) == (0, [], ["2"])


@pytest.mark.parametrize("address", ["", "https://[", "https://x:99999/", "no address"])
def test_an_address_that_is_none_compares_too(address: str) -> None:
    assert same_address(address) == same_address(address)
