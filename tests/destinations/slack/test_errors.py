"""Every word that Slack may say has one meaning for the delivery."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.core.errors import (
    AmbiguousError,
    MalformedMessage,
    NotFound,
    OutageError,
    PermanentError,
    RateLimited,
    TargetError,
    TemporaryError,
    UnfamiliarError,
    UpstreamError,
)
from bot.destinations.slack.errors import Refusal, classify, pause, unclear

POST = "chat.postMessage"
TABLE: list[tuple[type[UpstreamError], str]] = [
    (RateLimited, "ratelimited rate_limited"),
    (
        TemporaryError,
        """message_limit_exceeded service_unavailable team_added_to_org org_login_required external_channel_migrating
        request_timeout""",
    ),
    (
        AmbiguousError,
        "fatal_error internal_error update_failed duplicate_channel_not_found duplicate_message_not_found",
    ),
    (
        TargetError,
        """channel_not_found team_not_found not_in_channel is_archived is_inactive restricted_action
        restricted_action_read_only_channel restricted_action_thread_only_channel
        restricted_action_non_threadable_channel
        restricted_action_thread_locked ekm_access_denied no_permission access_denied app_access_restricted
        slack_connect_file_upload_sharing_blocked slack_connect_canvas_sharing_blocked messages_tab_disabled
        cannot_dm_bot user_not_found user_disabled user_not_visible users_not_found""",
    ),
    (PermanentError, "user_not_in_channel"),
    (
        OutageError,
        """missing_scope not_allowed_token_type invalid_auth not_authed token_revoked token_expired account_inactive
        two_factor_setup_required accesslimited enterprise_is_restricted metadata_must_be_sent_from_app
        method_deprecated deprecated_endpoint unknown_method""",
    ),
    (
        MalformedMessage,
        """invalid_blocks invalid_blocks_format msg_blocks_too_long msg_too_long no_text invalid_attachments
        too_many_attachments attachment_payload_limit_exceeded markdown_text_conflict invalid_metadata_format
        invalid_metadata_schema metadata_too_large invalid_arguments invalid_arg_name invalid_array_arg invalid_charset
        invalid_form_data invalid_post_type missing_post_type""",
    ),
    (NotFound, "message_not_found thread_not_found"),
    (
        PermanentError,
        "cannot_reply_to_message cant_update_message edit_window_closed block_mismatch streaming_state_conflict",
    ),
    (UnfamiliarError, "a_code_that_was_invented_yesterday"),
]
ROWS = [(family, code) for family, codes in TABLE for code in codes.split()]


@pytest.mark.parametrize(("family", "code"), ROWS, ids=[code for _, code in ROWS])
def test_each_code_has_its_family(family: type[UpstreamError], code: str) -> None:
    error = classify(Refusal(method=POST, code=code, status=200))

    assert type(error) is family
    assert error.code == code
    assert code in str(error)


@pytest.mark.parametrize(
    ("status", "code", "family"),
    [
        (429, "", RateLimited),
        (429, "ratelimited", RateLimited),
        (500, "", AmbiguousError),
        (503, "", AmbiguousError),
        (503, "service_unavailable", TemporaryError),
        (500, "a_new_code", AmbiguousError),
        (200, "", AmbiguousError),
        (0, "", AmbiguousError),
        (403, "", UnfamiliarError),
    ],
)
def test_an_answer_without_a_known_code_goes_by_its_status(status: int, code: str, family: type[UpstreamError]) -> None:
    assert type(classify(Refusal(method=POST, code=code, status=status))) is family


@pytest.mark.parametrize("method", ["chat.update", "conversations.history", "users.lookupByEmail"])
def test_an_unknown_end_is_only_temporary_where_a_repeat_does_no_harm(method: str) -> None:
    assert type(classify(Refusal(method=method, status=502))) is TemporaryError
    assert type(classify(Refusal(method=method, code="fatal_error", status=200))) is TemporaryError
    assert type(unclear(method, "")) is TemporaryError


@pytest.mark.parametrize("method", ["chat.postMessage", "chat.postEphemeral"])
def test_an_unknown_end_of_a_post_is_ambiguous(method: str) -> None:
    assert type(unclear(method, "")) is AmbiguousError


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("2", 2), ("1.5", 1.5), ("0", 1), ("-3", 1), ("99999", 3600), ("inf", 3600), ("", 30), ("soon", 30), ("nan", 30)],
)
def test_any_retry_after_becomes_a_sane_wait(header: str, seconds: float) -> None:
    assert pause(header) == timedelta(seconds=seconds)


def test_a_limit_closes_the_method_for_as_long_as_slack_says() -> None:
    error = classify(Refusal(method=POST, code="ratelimited", status=429, retry_after="7"))

    assert isinstance(error, RateLimited)
    assert (error.method, error.pause) == (POST, timedelta(seconds=7))


def test_a_full_workspace_is_asked_again_in_an_hour() -> None:
    error = classify(Refusal(method=POST, code="message_limit_exceeded", status=200))

    assert isinstance(error, TemporaryError)
    assert error.retry_after == timedelta(hours=1)


@pytest.mark.parametrize(("family", "code"), [row for row in ROWS if row[0] in {TargetError, OutageError}])
def test_whatever_a_person_must_mend_comes_with_advice(family: type[UpstreamError], code: str) -> None:
    assert classify(Refusal(method=POST, code=code, status=200)).advice


def test_an_unknown_channel_is_explained_both_ways() -> None:
    advice = classify(Refusal(method=POST, code="channel_not_found", status=200)).advice

    assert "no such channel" in advice
    assert "private" in advice


def test_a_private_answers_person_is_not_its_target() -> None:
    assert type(classify(Refusal(method="chat.postEphemeral", code="user_not_found", status=200))) is PermanentError
