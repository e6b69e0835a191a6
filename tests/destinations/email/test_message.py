"""How a mail is built."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.errors import PermanentError
from bot.core.ids import DeliveryId
from bot.destinations.email.message import Letter, build_letter, message_id, read_address
from bot.rendering import MailText

AT = datetime(2026, 11, 5, 10, 0, 0, tzinfo=UTC)


def _letter(
    subject: str = "New lead", text: str = "Ana\n", html: str = "<p>Ana</p>", *, name: str = "Lead alerts",
    sender: str = "alerts@example.com", recipient: str = "ben@example.com", is_plain: bool = False,
) -> Letter:  # fmt: skip
    return build_letter(
        delivery=DeliveryId("d1jrd5kz9hq2m8x"),
        sender_name=name,
        sender_address=sender,
        recipient=recipient,
        words=MailText(subject=subject, text=text, html=html),
        sent_at=AT,
        is_plain=is_plain,
    )


def test_a_mail_says_who_it_is_and_that_no_answer_is_expected() -> None:
    message = _letter().message

    assert dict(message.items()) | {"Content-Type": ""} == {
        "From": "Lead alerts <alerts@example.com>",
        "To": "ben@example.com",
        "Subject": "New lead",
        "Date": "Thu, 05 Nov 2026 10:00:00 +0000",
        "Message-ID": "<lead.d1jrd5kz9hq2m8x@example.com>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "MIME-Version": "1.0",
        "Content-Type": "",
    }


def test_plain_text_comes_before_html() -> None:
    parts = [part.get_content_type() for part in _letter().message.walk()]

    assert parts == ["multipart/alternative", "text/plain", "text/html"]


def test_the_plain_version_has_no_html() -> None:
    assert _letter(is_plain=True).message.get_content_type() == "text/plain"


def test_bytes_are_ascii_with_proper_line_ends_and_short_lines() -> None:
    raw = _letter(text="Grüße 👋\n" * 50, html="<p>" + "ü" * 5000 + "</p>").as_bytes()

    assert raw.isascii()
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert max(len(line) for line in raw.split(b"\r\n")) <= 78


@pytest.mark.parametrize(
    "subject",
    [
        "Ana\r\nBcc: x@evil.example",
        "Ana\nBcc: x@evil.example",
        "Ana\x0bBcc: x",
        "Ana\x85Bcc: x",
        "Ana\u2028Bcc: x",
        "Ana\x00",
        "Ana\x1b[0m",
        "\ud800",
        "=?utf-8?q?=0d=0aBcc:_x?=",
        "x" * 5000,
        "ü" * 5000,
        "",
        " \r\n ",
    ],
)
def test_a_subject_is_one_short_line_whatever_it_was(subject: str) -> None:
    parsed = message_from_bytes(_letter(subject=subject).as_bytes(), policy=default)

    assert parsed["Bcc"] is None
    assert 0 < len(str(parsed["Subject"])) <= 150
    assert str(parsed["Subject"]).isprintable()


@settings(deadline=None)
@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=100))
def test_any_words_make_a_mail(subject: str, text: str, name: str) -> None:
    letter = _letter(subject=subject, text=text, html=text, name=name)

    parsed = message_from_bytes(letter.as_bytes(), policy=default)

    assert parsed["Message-ID"] == letter.message_id
    assert [address.addr_spec for address in parsed["From"].addresses] == ["alerts@example.com"]


@pytest.mark.parametrize("name", ['Sales, "EMEA"', "a@b <c@d.example>", "Ü; x", "(comment)", "Ana\r\nBcc: x@y"])
def test_a_display_name_cannot_become_another_address(name: str) -> None:
    parsed = message_from_bytes(_letter(name=name).as_bytes(), policy=default)

    assert [address.addr_spec for address in parsed["From"].addresses] == ["alerts@example.com"]
    assert parsed["Bcc"] is None


@pytest.mark.parametrize(
    ("address", "sent"),
    [
        ("bob@bücher.test", "bob@xn--bcher-kva.test"),
        ("bob@straße.test", "bob@xn--strae-oqa.test"),  # IDNA 2008 keeps ß; the standard codec does not
        ("bob@BÜCHER.test", "bob@xn--bcher-kva.test"),
        ("Bob.O'Hara+leads@Example.COM", "Bob.O'Hara+leads@example.com"),
    ],
)
def test_a_domain_is_written_in_ascii(address: str, sent: str) -> None:
    letter = _letter(recipient=address)

    assert (letter.recipient, letter.needs_utf8) == (sent, False)


def test_letters_before_the_at_sign_need_a_server_that_takes_them() -> None:
    letter = _letter(recipient="bób@bücher.test")

    assert (letter.recipient, letter.needs_utf8) == ("bób@xn--bcher-kva.test", True)
    assert "bób".encode() in letter.as_bytes()


@pytest.mark.parametrize(
    "address",
    [
        "", "ben", "@example.com", "ben@", "a@x>\r\nRCPT TO:<b@x", "ben@exa mple.com", "ben@example.com, x@y.example",
        "Ben <ben@example.com>", "ben\x00@example.com", "ben@-bücher-.test", "ben@" + "ü" * 80 + ".test",
        "a@b@c.example;x", "x" * 260 + "@example.com", "ben@ex\u200bample.com",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused_for_good(address: str) -> None:
    with pytest.raises(PermanentError) as caught:
        read_address(address)

    assert caught.value.code == "bad_address"
    assert "ben" not in str(caught.value)


def test_a_retry_carries_the_same_id_and_date() -> None:
    assert (_letter().message_id, _letter().message["Date"]) == (_letter().message_id, _letter().message["Date"])


@given(st.integers(min_value=0, max_value=10), st.from_regex(r"[a-z]{1,40}", fullmatch=True))
def test_a_message_id_stays_short_enough_to_be_referred_to(labels: int, label: str) -> None:
    made = message_id(DeliveryId("d1jrd5kz9hq2m8x"), ".".join([label] * labels + ["example", "com"]))

    assert len(made) <= 70
    assert made.startswith("<lead.d1jrd5kz9hq2m8x@")
    assert made.endswith("com>")


def test_the_date_is_the_first_attempts() -> None:
    assert _letter().message["Date"].datetime - AT == timedelta(0)
