"""`/rest/leadNotifications`: who is told of an owner's leads."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from bot.sandbox.linkedin.calls import Answer, Call, created
from bot.sandbox.linkedin.holdings import Holdings
from bot.sandbox.linkedin.lists import page
from bot.sandbox.linkedin.parameters import (
    check_owner,
    inside,
    read_entity,
    read_form_urn,
    read_key,
    read_lead_type,
    read_owner,
)
from bot.sandbox.linkedin.posting import Subscribed, passes_challenge
from bot.sandbox.linkedin.records import Json, owner_json
from bot.sandbox.linkedin.refusals import RefusedError, invalid, not_found, wrong_fields
from bot.sandbox.linkedin.restli import Value

_REFUSED_HOSTS = (".ngrok.io", ".ngrok.app", ".ngrok-free.app", ".ngrok.dev")


async def create_subscription(holdings: Holdings, call: Call) -> Answer:
    """Subscribe an address, once it has passed the challenge."""
    call.only()
    wanted = _wanted(holdings, call.body())
    check_owner(holdings, call, wanted.owner)
    if any(_is_same(one, wanted) for one in holdings.subscriptions.values()):
        raise RefusedError(409, "CONFLICT", "A lead notification with the same criteria already exists")
    if sum(one.owner == wanted.owner for one in holdings.subscriptions.values()) >= holdings.subscription_limit:
        text = f"The owner has reached the limit of {holdings.subscription_limit} lead notifications"
        raise RefusedError(400, "ILLEGAL_ARGUMENT", text)
    if holdings.http is None or not await passes_challenge(holdings.http, holdings.client_secret, wanted.webhook):
        raise RefusedError(400, "ILLEGAL_ARGUMENT", "This URL did not pass the security challenge check")
    holdings.subscriptions[wanted.id] = wanted
    return created(wanted.id)


def get_subscription(holdings: Holdings, call: Call) -> Answer:
    """One subscription."""
    call.only()
    return Answer(content=_json(_known(holdings, call)))


def find_subscriptions(holdings: Holdings, call: Call) -> Answer:
    """An owner's subscriptions of one lead type; the owner is wrapped once more: `(value:(…))`."""
    call.finder("criteria")
    call.only("q", "owner", "leadType", "versionedForm", "associatedEntity", "start", "count")
    given = call.parameters
    owner = read_owner(inside(given.get("owner"), "value"))
    lead_type = read_lead_type(inside(given.get("leadType"), "leadType"), owner)
    form = read_form_urn(_unwrapped(given["versionedForm"]), "versionedForm") if "versionedForm" in given else ""
    entity = read_entity(_unwrapped(given["associatedEntity"])) if "associatedEntity" in given else ""
    check_owner(holdings, call, owner)
    found = [
        one
        for one in holdings.subscriptions.values()
        if (one.owner, one.lead_type) == (owner, lead_type) and form in {"", one.form} and entity in {"", one.entity}
    ]
    return page(holdings, call, found, _json)


def delete_subscription(holdings: Holdings, call: Call) -> Answer:
    """Unsubscribe."""
    call.only()
    del holdings.subscriptions[_known(holdings, call).id]
    return Answer(status=204)


def _known(holdings: Holdings, call: Call) -> Subscribed:
    found = holdings.subscriptions.get(str(read_key(call.keys[0])))
    if found is None:
        raise not_found("Lead notification")
    check_owner(holdings, call, found.owner)
    return found


def _unwrapped(value: Value) -> Value:
    """A criterion with or without the `(value:…)` around it, for only the owner's is documented."""
    within = inside(value, "value")
    return value if within is None else within


def _wanted(holdings: Holdings, body: Json) -> Subscribed:
    """The subscription that a body describes. Raises RefusedError(400)."""
    required, known = {"webhook", "owner", "leadType"}, {"webhook", "owner", "leadType", "versionedForm"}
    problems = [(name, "field is required but not found") for name in sorted(required - set(body))]
    problems += [(name, "unrecognized field found") for name in sorted(set(body) - known - {"associatedEntity"})]
    if problems:
        raise wrong_fields(problems)
    owner = read_owner(body["owner"])
    form = read_form_urn(body["versionedForm"], "versionedForm") if "versionedForm" in body else ""
    if form and not any(form in one.urns and one.owner == owner for one in holdings.forms.values()):
        raise invalid("versionedForm")
    is_for_one = "associatedEntity" in body
    if is_for_one and not isinstance(body["associatedEntity"], dict):
        raise invalid("associatedEntity")
    return Subscribed(
        id=holdings.new_subscription_id(),
        webhook=_webhook(body["webhook"]),
        owner=owner,
        lead_type=read_lead_type(body["leadType"], owner),
        form=form,
        entity=read_entity(body["associatedEntity"]) if is_for_one else "",
    )


def _webhook(value: object) -> str:
    """An address that LinkedIn could call. Raises RefusedError(400). Plain HTTP only on this machine."""
    try:
        parts = urlsplit(value if isinstance(value, str) else "")
        host = parts.hostname or ""
    except ValueError:
        raise invalid("webhook") from None
    is_usable = bool(host) and not parts.fragment and not parts.username and not host.endswith(_REFUSED_HOSTS)
    if not is_usable or not (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))):
        raise wrong_fields([("webhook", "Only public HTTPS URLs are supported")])
    return str(value)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_same(one: Subscribed, other: Subscribed) -> bool:
    def mark(subscribed: Subscribed) -> tuple[str, ...]:
        return (subscribed.webhook, subscribed.owner, subscribed.lead_type, subscribed.form, subscribed.entity)

    return mark(one) == mark(other)


def _json(subscribed: Subscribed) -> Json:
    """An element of the list; its id is a number here and a text in the header."""
    shown: Json = {
        "owner": owner_json(subscribed.owner),
        "id": int(subscribed.id),
        "leadType": subscribed.lead_type,
        "webhook": subscribed.webhook,
    }
    if subscribed.form:
        shown["versionedForm"] = subscribed.form
    if subscribed.entity:
        shown["associatedEntity"] = {subscribed.entity.split(":")[2]: subscribed.entity}
    return shown
