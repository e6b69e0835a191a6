"""What the connected member lacks."""

from __future__ import annotations

import pytest

from bot.sources.linkedin.records import AdAccount, PageRole
from bot.sources.linkedin.roles import Access

ACCOUNT, PAGE = "urn:li:sponsoredAccount:1", "urn:li:organization:2"


def account(organization: str = PAGE) -> AdAccount:
    return AdAccount(
        id="1", name="Nordwind", status="ACTIVE", is_test=False, organization=organization, organization_name=""
    )


def access(*roles: str, accounts: list[AdAccount] | None = None, state: str = "APPROVED") -> Access:
    held = [PageRole(organization=PAGE, role=role, state=state) for role in roles]
    return Access(accounts=[account()] if accounts is None else accounts, roles=held)


@pytest.mark.parametrize(
    ("held", "lead_type", "words"),
    [
        (access("LEAD_GEN_FORMS_MANAGER"), "SPONSORED", ""),
        (access("ANALYST"), "SPONSORED", ""),
        (access("RECRUITING_POSTER"), "SPONSORED", "no role on the Page 2"),
        (access("ADMINISTRATOR", state="REQUESTED"), "SPONSORED", "no role on the Page 2"),
        (access(), "SPONSORED", "no role on the Page 2"),
        (access("ADMINISTRATOR", accounts=[]), "SPONSORED", "no role on this ad account"),
        (access("ADMINISTRATOR", accounts=[account("")]), "SPONSORED", "linked to no Page"),
        (access("ANALYST"), "COMPANY", ""),
        (access(), "COMPANY", "no role on the Page 2"),
        (access("CONTENT_ADMINISTRATOR"), "EVENT", ""),
        (access("ANALYST"), "EVENT", "stronger role on the Page 2"),
        (access(), "EVENT", "no role on the Page 2"),
    ],
)
def test_the_missing_role_is_named(held: Access, lead_type: str, words: str) -> None:
    lack = held.lack(ACCOUNT if lead_type == "SPONSORED" else PAGE, lead_type)

    assert words in lack.what if lack else not words
    assert lack is None or lack.advice


def test_only_an_account_without_a_page_is_certain_whatever_a_call_answers() -> None:
    no_page = access(accounts=[account("")]).lack(ACCOUNT, "SPONSORED")
    no_role = access().lack(ACCOUNT, "SPONSORED")

    assert no_page is not None
    assert no_page.is_certain
    assert no_role is not None
    assert not no_role.is_certain


def test_what_linkedin_would_not_tell_is_not_called_missing() -> None:
    blind = Access(accounts=None, roles=None)

    assert blind.lack(ACCOUNT, "SPONSORED") is None
    assert blind.lack(PAGE, "EVENT") is None
    assert Access(accounts=[account()], roles=None).lack(ACCOUNT, "SPONSORED") is None
