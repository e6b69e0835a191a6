"""What a person does about a refusal of LinkedIn's: the sentences, chosen by what was asked for. Pure."""

from __future__ import annotations

CONNECT = "Run `leadbell linkedin connect` and sign in to LinkedIn, or set LINKEDIN_ACCESS_TOKEN and restart Leadbell."
SIGN_IN = (
    "LinkedIn does not accept the access token. Connect again with `leadbell linkedin connect`, or, if "
    "LINKEDIN_ACCESS_TOKEN is set, replace it and restart Leadbell. "
    "If the token is new, check that its member still has a role on the Page."
)
IS_SIGNED_IN = "The access token itself works."
NOT_SIGNED = (
    "LinkedIn got the request without its access token. A proxy on the way may drop the Authorization header; "
    "else connect again with `leadbell linkedin connect`, or, if LINKEDIN_ACCESS_TOKEN is set, replace it and "
    "restart Leadbell."
)
VERSION = (
    "LinkedIn has switched this API version off. Set linkedin.api_version in config.yaml to a newer one, "
    "such as the newest month named in LinkedIn's documentation, and restart Leadbell."
)
ADDRESS = "LinkedIn's API did not answer from linkedin.api_url. Check that address, and any proxy on the way."
LOOK_FIRST = "LinkedIn may have done it all the same: look at what is there before doing it again."
CONFLICT = "LinkedIn has such a one already: look at what is there. Two that are alike are not needed."
CHALLENGE = (
    "LinkedIn asked the webhook address to prove that it is yours and got no right answer within three seconds. Check "
    "that Leadbell is running first, that the address is public HTTPS and reaches it from outside (LinkedIn refuses "
    "ngrok addresses), that linkedin.client_secret is the secret of this very app, and that no proxy, login page or "
    "password stands in front. `leadbell doctor` tries it."
)
TOO_MANY_SUBSCRIPTIONS = (
    "LinkedIn keeps at most 1500 subscriptions for each ad account or Page. List them with "
    "`leadbell linkedin subscriptions` and remove those that nobody needs; one for the whole owner replaces one for "
    "each form."
)
DAY_QUOTA = (
    "LinkedIn's quota of calls for today is used up; it returns at 00:00 UTC. "
    "The Analytics tab of the app in LinkedIn's developer portal shows the quotas."
)
VALUES = "Check the ids, URNs, dates and fields that were given; what LinkedIn says above names the wrong one."
OURS = "This is a mistake in Leadbell, not in your set-up. Please report it with the line above."
UNKNOWN = "Check the id. LinkedIn says the same of what the connected member may not see."

_PAGE_ROLE = (
    "The member who connected has no Lead Gen Forms role on the Page. Ask an admin of the Page to make them Lead Gen "
    "Forms manager there"
)
_EVENT_ROLE = (
    "The member who connected has no role on the Page that shows leads of events. Ask an admin of the Page to make "
    "them Content admin or Super admin there (Lead Gen Forms manager is not enough for events)"
)
_AND_ACCOUNT = ", and, for ads, to give them a role on the ad account; the account must belong to a Page"
_LEAD_SCOPE = ". The app needs the permission r_marketing_leadgen_automation."
_WRITE_FORMS = (
    "The member who connected may not write forms. They need the permission rw_ads (connect again with `leadbell "
    "linkedin connect` to consent to it), the role Lead Gen Forms manager on the Page and, for ads, Creative manager "
    "or more on the ad account."
)
_ADS = (
    "The member who connected may not read this ad account. Give them a role on it in Campaign Manager (Viewer is "
    "enough); the app needs the permission r_ads, to which `leadbell linkedin connect` asks for consent."
)
_PAGES = (
    "The member who connected may not read this Page. Make them an admin of it; the app needs the permission "
    "r_organization_admin, to which `leadbell linkedin connect` asks for consent."
)
_EVENTS = (
    "The member who connected may not read this event. They need a role on the Page that holds it; the app needs the "
    "permission r_events, to which `leadbell linkedin connect` asks for consent."
)

_ADS_RESOURCES = frozenset({"adAccounts", "adCampaigns", "creatives"})
_PAGE_RESOURCES = frozenset({"organizations", "organizationsLookup", "organizationAcls"})


def for_forbidden(method: str, *, is_write: bool, lead_type: str) -> str:
    """Which role or permission is missing, as far as the resource (`method`) and the lead type tell."""
    if method in _ADS_RESOURCES:
        return _ADS
    if method in _PAGE_RESOURCES:
        return _PAGES
    if method == "events":
        return _EVENTS
    if method == "leadForms" and is_write:
        return _WRITE_FORMS
    if lead_type == "EVENT":
        return _EVENT_ROLE + _LEAD_SCOPE
    if lead_type and lead_type != "SPONSORED":
        return _PAGE_ROLE + _LEAD_SCOPE
    return _PAGE_ROLE + _AND_ACCOUNT + _LEAD_SCOPE


def for_not_found(method: str) -> str:
    """What a 404 may mean beside "there is none": https://learn.microsoft.com/en-us/linkedin/shared/api-guide/concepts/error-handling"""
    return f"{UNKNOWN} {_ADS}" if method in _ADS_RESOURCES else UNKNOWN
