"""A lead form response as LinkedIn's API answers it becomes a `Lead`. Pure; only a missing identity is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.core.errors import PermanentError
from bot.core.lead import Answer, Consent, Lead, Named
from bot.sources.linkedin.form import Form, Question, first_name_in, read_form
from bot.sources.linkedin.urns import form_and_version, id_of, owner_of
from bot.sources.linkedin.wire import as_id, as_list, as_object, as_text, as_time, members, read_json

_MAX_LEAVES = 20


def lead_from_response(body: bytes) -> Lead:
    """The lead in one `leadFormResponses` entity, with names as far as the answer holds them.

    Raises PermanentError when it is not JSON, or lacks the id or the time that make a lead's identity.
    """
    try:
        content = read_json(body)
    except ValueError as error:
        raise PermanentError("LinkedIn's response is not JSON", code="not_json") from error
    return read_lead(content)


def read_lead(content: object) -> Lead:
    """The same, from JSON that is read already."""
    response = as_object(content)
    response_id = id_of(as_text(response.get("id")))
    submitted_at = as_time(response.get("submittedAt"))
    if not response_id or submitted_at is None:
        missing = "submittedAt" if response_id else "id"
        raise PermanentError(f"LinkedIn's response has no usable {missing}", code="unusable")
    form_id, version = form_of(response)
    form = read_form(response.get("form"))
    owner = owner_of(response.get("owner"))
    reply = as_object(response.get("formResponse"))
    same_version = not (form.version and version) or form.version == version
    return Lead(
        response_id=response_id,
        submitted_at=submitted_at,
        owner=owner,
        lead_type=as_text(response.get("leadType")),
        is_test=response.get("testLead") is True,
        form=Named(id=form_id, name=form.name),
        form_version=version,
        campaign=_campaign(response),
        event=_event(response),
        account=_account(response, owner),
        answers=_answers(reply, form, may_use_options=same_version),
        hidden=form.hidden,
        consents=_consents(reply, form.consents if same_version else {}),
    )


def form_of(response: Mapping[str, object]) -> tuple[str, str]:
    """Form id and version of a response, ("", "") when it names none."""
    form_id, version = form_and_version(as_text(response.get("versionedLeadGenFormUrn")))
    return form_id or as_id(as_object(response.get("form")).get("id")), version


def creative_of(response: Mapping[str, object]) -> str:
    """The URN of the ad's creative, "" when the response names none. The notification calls it by the other name."""
    entity = as_object(response.get("associatedEntity"))
    return as_text(entity.get("associatedCreative")) or as_text(entity.get("sponsoredCreative"))


def _answers(reply: Mapping[str, object], form: Form, *, may_use_options: bool) -> tuple[Answer, ...]:
    """The answers in the form's order; LinkedIn's own order means nothing. Empty ones are left out.

    Option ids belong to one version of the form: those of another version could name another choice.
    """
    place = {question_id: number for number, question_id in enumerate(form.questions)}
    by_name = {question.name.casefold(): key for key, question in form.questions.items() if question.name}
    found: list[tuple[int, Answer]] = []
    for item in as_list(reply.get("answers")):
        answer = as_object(item)
        question_id, name = as_id(answer.get("questionId")), as_text(answer.get("name")).strip()
        key = question_id if question_id in form.questions else by_name.get(name.casefold(), "")
        question = form.questions.get(key) or Question(text=name or f"question {question_id or '?'}")
        values = tuple(_values(answer, question.options if may_use_options else {}))
        if values:
            found.append((place.get(key, len(place)), _joined(question, values, name=name, question_id=question_id)))
    return tuple(answer for _, answer in sorted(found, key=lambda pair: pair[0]))


def _joined(question: Question, values: tuple[str, ...], *, name: str, question_id: str) -> Answer:
    text = question.text or question.name or name or f"question {question_id or '?'}"
    return Answer(question=text, values=values, field=question.field, name=question.name or name)


def _values(answer: Mapping[str, object], options: Mapping[str, str]) -> Iterator[str]:
    """What was answered, one entry per choice. LinkedIn's guide says `accepted` where its API says `answerDetails`."""
    details = answer.get("answerDetails")
    for kind, value in members(details if isinstance(details, dict) else answer.get("accepted")):
        if kind == "textQuestionAnswer":
            yield from filter(None, [as_text(as_object(value).get("answer")).strip()])
        elif kind == "multipleChoiceAnswer":
            chosen = [as_id(option) for option in as_list(as_object(value).get("options"))]
            yield from (options.get(option) or f"option {option}" for option in chosen if option)
        else:
            yield ", ".join(list(_leaves(value))[:_MAX_LEAVES]) or f"an answer of a kind not known yet ({kind[:60]})"


def _leaves(value: object, *, depth: int = 5) -> Iterator[str]:
    """The texts and numbers inside a value of unknown shape, in its order."""
    if isinstance(value, dict | list):
        inner = [member for _, member in members(value)] if isinstance(value, dict) else as_list(value)
        for member in inner if depth else ():
            yield from _leaves(member, depth=depth - 1)
    elif isinstance(value, bool):
        yield "yes" if value else "no"
    elif text := as_text(value).strip():
        yield text


def _consents(reply: Mapping[str, object], texts: Mapping[str, str]) -> tuple[Consent, ...]:
    given = [as_object(consent) for consent in as_list(reply.get("consentResponses"))]
    return tuple(
        Consent(id=key, text=texts.get(key) or f"consent {key}", accepted=consent.get("accepted") is True)
        for consent in given
        if (key := as_id(consent.get("consentId")))
    )


def _campaign(response: Mapping[str, object]) -> Named | None:
    """The campaign with its name from the look-up, else the bare id that every response of an ad carries."""
    looked_up = as_object(as_object(response.get("leadMetadataInfo")).get("sponsoredLeadMetadataInfo"))
    campaign = as_object(looked_up.get("campaign"))
    plain = as_object(as_object(response.get("leadMetadata")).get("sponsoredLeadMetadata"))
    campaign_id = id_of(as_id(campaign.get("id"))) or id_of(as_text(plain.get("campaign")))
    name = first_name_in(campaign)
    return Named(id=campaign_id, name=name) if campaign_id or name else None


def _event(response: Mapping[str, object]) -> Named | None:
    """The event, whose look-up has no documented shape: its name is the first one found inside."""
    urn = as_text(as_object(response.get("associatedEntity")).get("event"))
    looked_up = as_object(response.get("associatedEntityInfo")).get("event")
    event_id = id_of(urn) or id_of(as_id(as_object(looked_up).get("id")))
    name = first_name_in(looked_up) or (first_name_in(response.get("associatedEntityInfo")) if event_id else "")
    return Named(id=event_id, name=name) if event_id or name else None


def _account(response: Mapping[str, object], owner: str) -> Named | None:
    name = first_name_in(response.get("ownerInfo"))
    return Named(id=id_of(owner), name=name) if name else None
