"""`/rest/leadFormResponses`: filled-in forms, one, several or by owner."""

from __future__ import annotations

from collections.abc import Callable

from bot.sandbox.linkedin.calls import Answer, Call, read_number
from bot.sandbox.linkedin.holdings import Holdings
from bot.sandbox.linkedin.lists import batch, page
from bot.sandbox.linkedin.parameters import (
    check_owner,
    inside,
    read_entity,
    read_form_urn,
    read_lead_type,
    read_owner,
)
from bot.sandbox.linkedin.records import Json, Submission, decorated_json, entity_urn, milliseconds, response_json
from bot.sandbox.linkedin.refusals import invalid, not_found
from bot.sandbox.linkedin.restli import Value, project

_NAMES = frozenset({"ownerInfo", "leadMetadataInfo", "associatedEntityInfo"})


def get_response(holdings: Holdings, call: Call) -> Answer:
    """One lead by its bare id."""
    call.only()
    return Answer(content=_one(holdings, call, call.keys[0]))


def get_responses(holdings: Holdings, call: Call) -> Answer:
    """Several leads by `ids=List(…)`."""
    call.only("ids")
    return batch(call.ids(), lambda key: _one(holdings, call, key))


def find_responses(holdings: Holdings, call: Call) -> Answer:
    """An owner's leads of one type, newest first."""
    call.finder("owner")
    call.only(
        *("q", "owner", "leadType", "limitedToTestLeads", "versionedLeadGenFormUrn", "associatedEntity"),
        *("submittedAtTimeRange", "start", "count"),
    )
    owner = read_owner(call.parameters.get("owner"))
    fits = _filter(call, owner)
    check_owner(holdings, call, owner)
    found = [one for one in holdings.submissions.values() if one.id not in holdings.deleted and fits(one)]
    found.sort(key=lambda one: one.submitted_at, reverse=True)
    return page(holdings, call, found, lambda one: _shown(holdings, call, one))


def _one(holdings: Holdings, call: Call, key: str) -> Json:
    submission = holdings.submissions.get(key)
    if submission is None or key in holdings.deleted:
        raise not_found("Lead form response")
    check_owner(holdings, call, submission.form.owner)
    return _shown(holdings, call, submission)


def _shown(holdings: Holdings, call: Call, submission: Submission) -> Json:
    if call.fields is None:
        return response_json(submission)
    shown = decorated_json(submission, holdings.owner_name(submission.form.owner))
    if not holdings.names_in_answers:
        shown = {name: value for name, value in shown.items() if name not in _NAMES}
    return project(shown, call.fields)


def _filter(call: Call, owner: str) -> Callable[[Submission], bool]:
    """The finder's conditions on one lead. `limitedToTestLeads=false` does not keep test leads out, as at LinkedIn."""
    given = call.parameters
    lead_type = read_lead_type(inside(given.get("leadType"), "leadType"), owner)
    name = "versionedLeadGenFormUrn"
    form = read_form_urn(given[name], name) if name in given else ""
    entity = read_entity(given["associatedEntity"]) if "associatedEntity" in given else ""
    start, end = _time_range(given.get("submittedAtTimeRange", {}))
    only_tests = call.word("limitedToTestLeads", "false", among=("true", "false")) == "true"

    def fits(one: Submission) -> bool:
        is_meant = (one.form.owner, one.lead_type) == (owner, lead_type)
        is_from = form in {"", one.form.urn} and entity in {"", entity_urn(one)}
        is_in_time = start <= milliseconds(one.submitted_at) < end
        return is_meant and is_from and is_in_time and (one.is_test or not only_tests)

    return fits


def _time_range(value: Value) -> tuple[int, int]:
    """Milliseconds from `start`, without `end` itself: the harsher reading of what LinkedIn leaves open."""
    if not isinstance(value, dict) or not set(value) <= {"start", "end"}:
        raise invalid("submittedAtTimeRange")
    return read_number(value, "start", 0), read_number(value, "end", 2**62)
