"""Parameters and body fields that several resources share: owners, lead types, forms, entities, keys."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.sandbox.linkedin.calls import Call
from bot.sandbox.linkedin.holdings import Holdings
from bot.sandbox.linkedin.refusals import RefusedError, invalid, no_permission
from bot.sandbox.linkedin.restli import Value

_LEAD_TYPES = frozenset({"SPONSORED", "EVENT", "COMPANY", "ORGANIZATION_PRODUCT"})
_OWNERS = {"sponsoredAccount": "sponsoredAccount", "organization": "organization"}
_ENTITIES = {"sponsoredCreative": "sponsoredCreative", "associatedCreative": "sponsoredCreative", "event": "event"}
_FORM = re.compile(r"urn:li:versionedLeadGenForm:\(urn:li:leadGenForm:([0-9]+), ?([0-9]+)\)")


def read_owner(value: object) -> str:
    """The URN in `(sponsoredAccount:urn)` or `(organization:urn)`, whose key must fit it. Raises RefusedError(400)."""
    urn = _union(value, _OWNERS)
    if not urn:
        raise invalid("owner")
    return urn


def read_entity(value: object) -> str:
    """The URN in a union such as `(event:urn)`, or bare, for nobody knows which it is. Raises RefusedError(400)."""
    if isinstance(value, str) and value.count(":") == 3:
        value = {value.split(":")[2]: value}
    urn = _union(value, _ENTITIES)
    if not urn:
        raise invalid("associatedEntity")
    return urn


def read_form_urn(value: object, name: str) -> str:
    """A form's versioned URN without the space that LinkedIn sometimes prints. Raises RefusedError(400)."""
    match = _FORM.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise invalid(name)
    return f"urn:li:versionedLeadGenForm:(urn:li:leadGenForm:{match[1]},{match[2]})"


def read_lead_type(value: object, owner: str) -> str:
    """A lead type that this kind of owner can have. Raises RefusedError(400)."""
    if not isinstance(value, str) or value not in _LEAD_TYPES:
        raise invalid("leadType")
    if (value == "SPONSORED") != owner.startswith("urn:li:sponsoredAccount:"):
        raise RefusedError(400, "ILLEGAL_ARGUMENT", f"Lead type {value} is not supported for the owner {owner}")
    return value


def read_key(key: str) -> int:
    """A key that is a number. Raises RefusedError(400)."""
    if not (key.isascii() and key.isdigit() and len(key) <= 20):
        raise RefusedError(400, "ILLEGAL_ARGUMENT", f"Key parameter value '{key}' is invalid")
    return int(key)


def inside(value: Value | None, key: str) -> Value | None:
    """What stands in `(key:…)`; None when it is something else."""
    return value[key] if isinstance(value, dict) and set(value) == {key} else None


def check_owner(holdings: Holdings, call: Call, owner: str) -> None:
    """Raise RefusedError(403) when the member has no role for this owner's leads."""
    if owner in holdings.forbidden:
        raise no_permission(call.resource, call.method, call.version)


def _union(value: object, kinds: Mapping[str, str]) -> str:
    """The URN in a union of one key that fits it, "" when it is none."""
    if not isinstance(value, dict) or len(value) != 1:
        return ""
    key, urn = next(iter(value.items()))
    is_fitting = key in kinds and isinstance(urn, str) and re.fullmatch(f"urn:li:{kinds[key]}:[0-9]+", urn)
    return str(urn) if is_fitting else ""
