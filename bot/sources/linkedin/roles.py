"""What the connected member lacks to see an owner's leads, read from their ad accounts and Page roles. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.sources.linkedin.records import AdAccount, PageRole

#: Roles on a Page that open its leads; events need one of the stronger two.
#: https://learn.microsoft.com/en-us/linkedin/marketing/lead-sync/leadsync
_PAGE_ROLES = frozenset({"ADMINISTRATOR", "LEAD_GEN_FORMS_MANAGER", "CURATOR", "CONTENT_ADMINISTRATOR", "ANALYST"})
_EVENT_ROLES = frozenset({"ADMINISTRATOR", "CONTENT_ADMINISTRATOR"})

_GIVE_ACCOUNT = (
    "In Campaign Manager, open the ad account's settings, Manage access, and give the connected member a role there "
    "(Viewer is enough). If the account number in `sources:` is a slip, mend it."
)
_LINK_PAGE = "In Campaign Manager, open the ad account's settings and link it to the company's Page."
_GIVE_ROLE = (
    "Ask an admin of the Page to make the connected member Lead Gen Forms manager there (Admin tools, Manage admins)."
)
_GIVE_EVENT_ROLE = "Ask an admin of the Page to make the connected member Content admin or Super admin there."


@dataclass(frozen=True, slots=True, kw_only=True)
class Lack:
    """What is missing. `is_certain`: LinkedIn's own list says so, whatever a call for leads answers."""

    what: str
    advice: str
    is_certain: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What the member may use; None = LinkedIn would not tell, for lack of a permission."""

    accounts: Sequence[AdAccount] | None
    roles: Sequence[PageRole] | None

    def lack(self, owner: str, lead_type: str) -> Lack | None:
        """What keeps this owner's leads from the member; None = nothing that is known of."""
        if lead_type != "SPONSORED":
            return self._lack_of_role(owner, lead_type)
        if self.accounts is None:
            return None
        account = next((each for each in self.accounts if each.urn == owner), None)
        if account is None:
            return Lack(what="the connected member has no role on this ad account", advice=_GIVE_ACCOUNT)
        if not account.organization:
            return Lack(
                what="the ad account is linked to no Page, and then it shows no leads",
                advice=_LINK_PAGE,
                is_certain=True,
            )
        return self._lack_of_role(account.organization, lead_type)

    def _lack_of_role(self, page: str, lead_type: str) -> Lack | None:
        if self.roles is None:
            return None
        held = {each.role for each in self.roles if each.organization == page and each.state in {"APPROVED", ""}}
        if held & (_EVENT_ROLES if lead_type == "EVENT" else _PAGE_ROLES):
            return None
        number = page.rpartition(":")[2]
        if lead_type == "EVENT" and held:
            what = f"the leads of events need a stronger role on the Page {number} than the connected member has"
            return Lack(what=what, advice=_GIVE_EVENT_ROLE)
        what = f"the connected member has no role on the Page {number} that opens its leads"
        return Lack(what=what, advice=_GIVE_EVENT_ROLE if lead_type == "EVENT" else _GIVE_ROLE)
