"""LinkedIn's names for things ("urn:li:sponsoredAccount:507857085"), taken apart."""

from __future__ import annotations

import re

from bot.sources.linkedin.wire import as_object, as_text, members

# Some copies of the documentation print a space after the comma, some do not.
_SHORT_FORM = re.compile(r"([0-9]{1,30}),([0-9]{1,30})")
_VERSIONED_FORM = re.compile(r"urn:li:versionedLeadGenForm:\(urn:li:leadGenForm:([0-9]{1,30}),([0-9]{1,30})\)")
_FORM = re.compile(r"urn:li:(?:leadGenForm|adForm):([0-9]{1,30})")


def id_of(urn: str) -> str:
    """The id in a URN: everything after the third colon. A bare id is returned as it is."""
    urn = urn.strip()
    return urn.split(":", 3)[3] if urn.startswith("urn:") and urn.count(":") >= 3 else urn


def form_and_version(urn: str) -> tuple[str, str]:
    """Form id and version of a (versioned) form URN, spaces or not; ("", "") when it is none."""
    compact = "".join(urn.split())
    if match := _VERSIONED_FORM.fullmatch(compact):
        return match.group(1), match.group(2)
    if match := _FORM.fullmatch(compact):
        return match.group(1), ""
    return "", ""


def owner_of(union: object) -> str:
    """The URN in an owner such as `{"sponsoredAccount": "urn:li:…"}`, of whichever kind; "" when there is none."""
    owner = as_object(union)
    for kind in ("sponsoredAccount", "organization"):
        if urn := as_text(owner.get(kind)).strip():
            return urn
    return next((as_text(urn).strip() for _, urn in members(union) if as_text(urn).startswith("urn:")), "")


def owner_union(owner: str) -> dict[str, str]:
    """An owner as LinkedIn's requests name it: `{"organization": urn}`. What is no URN is taken for an ad account's."""
    kind = owner.split(":")[2] if owner.count(":") > 2 else "sponsoredAccount"
    return {kind: owner}


def versioned_form(form: str) -> str:
    """The URN of one version of a form, written without spaces, from that URN or from "6083,1"; "" when it is none."""
    compact = "".join(form.split())
    if match := _SHORT_FORM.fullmatch(compact) or _VERSIONED_FORM.fullmatch(compact):
        return f"urn:li:versionedLeadGenForm:(urn:li:leadGenForm:{match.group(1)},{match.group(2)})"
    return ""


def kind_of(urn: str) -> str:
    """What sort of thing a URN names: "event", "sponsoredCreative"; "" when it is none."""
    return urn.split(":")[2] if urn.startswith("urn:") and urn.count(":") >= 3 else ""
