"""`/rest/leadForms`: forms read, made, changed and archived."""

from __future__ import annotations

from typing import cast

from bot.sandbox.linkedin.calls import Answer, Call, created
from bot.sandbox.linkedin.form_bodies import written_form
from bot.sandbox.linkedin.holdings import Holdings
from bot.sandbox.linkedin.lists import batch, page, projected
from bot.sandbox.linkedin.parameters import check_owner, read_key, read_owner
from bot.sandbox.linkedin.records import Form, Json, form_json
from bot.sandbox.linkedin.refusals import RefusedError, not_found, wrong_fields

_CHANGEABLE = frozenset({"name", "state", "content", "hiddenFields"})
_READ_ONLY = frozenset({"id", "versionId", "created", "lastModified", "reviewInfo"})
_FIRST_ID = 20_000_000


def get_form(holdings: Holdings, call: Call) -> Answer:
    """One form in its latest version."""
    call.only()
    return Answer(content=projected(form_json(_known(holdings, call, call.keys[0])), call.fields))


def get_forms(holdings: Holdings, call: Call) -> Answer:
    """Several forms by `ids=List(…)`."""
    call.only("ids")
    return batch(call.ids(), lambda key: projected(form_json(_known(holdings, call, key)), call.fields))


def find_forms(holdings: Holdings, call: Call) -> Answer:
    """An owner's forms."""
    call.finder("owner")
    call.only("q", "owner", "start", "count")
    owner = read_owner(call.parameters.get("owner"))
    check_owner(holdings, call, owner)
    found = [form for form in holdings.forms.values() if form.owner == owner]
    return page(holdings, call, found, lambda form: projected(form_json(form), call.fields))


def create_form(holdings: Holdings, call: Call) -> Answer:
    """Make a form, a draft or published at once."""
    call.only()
    form = written_form(call.body(), form_id=max([_FIRST_ID, *holdings.forms]) + 1)
    if form.state == "ARCHIVED":
        raise wrong_fields([("state", "a new form cannot be archived")])
    check_owner(holdings, call, form.owner)
    holdings.forms[form.id] = form
    return created(str(form.id))


def update_form(holdings: Holdings, call: Call) -> Answer:
    """Change some fields by `{"patch": {"$set": {…}}}`. New content of a published form is a new version of it."""
    call.only()
    form = _known(holdings, call, call.keys[0])
    changes = _changes(call.body())
    body = {name: value for name, value in form_json(form).items() if name not in _READ_ONLY}
    is_new_version = form.state == "PUBLISHED" and "content" in changes
    changed = written_form(body | changes, form_id=form.id, version=form.version + is_new_version)
    if form.state != "DRAFT" and changed.state == "DRAFT":
        raise wrong_fields([("state", f"cannot be changed from {form.state} to DRAFT")])
    if form.state == "ARCHIVED" and "content" in changes:
        raise wrong_fields([("content", "an archived form cannot be changed")])
    holdings.forms[form.id] = changed
    return Answer(status=204)


def _known(holdings: Holdings, call: Call, key: str) -> Form:
    form = holdings.forms.get(read_key(key))
    if form is None:
        raise not_found("Lead form")
    check_owner(holdings, call, form.owner)
    return form


def _changes(body: Json) -> Json:
    """What a partial update sets. Raises RefusedError(400)."""
    match body:
        case {"patch": {"$set": dict() as changes, **other}, **more} if changes and not other and not more:
            if fixed := sorted(set(changes) - _CHANGEABLE):
                raise wrong_fields((name, "field cannot be changed") for name in fixed)
            return cast(Json, changes)
        case _:
            raise RefusedError(400, "ILLEGAL_ARGUMENT", "Cannot parse request entity: a patch was expected")
