"""Whatever a person types into a form stays text: in a card, a page, a plain mail and a subject."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.lead import Lead, Named
from bot.rendering import CardText, MailText
from tests.rendering.builders import a_lead, a_view, asked, known, shipped

HOSTILE = [
    # mentions and links of Slack
    "<!channel>",
    "<!here|here>",
    "<!everyone>",
    "<!subteam^S0123|@sales>",
    "<@U0123>",
    "<@W0123|boss>",
    "<#C0123|general>",
    "<https://evil.example|Open in CRM>",
    "<mailto:x@evil.example|Reply>",
    "<!date^1^{date}^https://evil.example|x>",
    "&lt;!channel&gt;",
    "&amp;lt;!channel&amp;gt;",
    "<<!channel>>",
    "<\u200b!channel>",
    "a|b>c<d",
    "*bold* _it_ ~no~ `code`",
    "```\nblock\n```",
    "> quoted",
    ":rotating_light: :fire:",
    "*Rule:* forged",
    "\n*E-mail:* boss@evil.example",
    "\r\n• forged line",
    "Ana\u2028*Phone:* +1 555 0100",
    # HTML
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "</td></tr></table><h1>forged</h1>",
    "</style><script>1</script>",
    "</title><b>x",
    '"><a href="https://evil.example">x</a>',
    "' onmouseover='x",
    '" style="display:none',
    "<!--",
    "-->",
    "<![CDATA[x]]>",
    "<base href=//evil.example>",
    "<meta http-equiv=refresh content=0;url=//evil.example>",
    "<iframe srcdoc='x'>",
    "<a href=javascript:alert(1)>x</a>",
    "&#60;script&#62;",
    "&lt;b&gt;",
    "javascript:alert(1)",
    "<plaintext>",
    "<style>*{display:none}</style>",
    "<textarea>",
    # headers and control characters
    "Ana\r\nBcc: x@evil.example",
    "Ana\nSubject: forged",
    "Ana\r\n\r\n<html>",
    "Ana\x0bBcc: x@evil.example",
    "Ana\x85Bcc: x@evil.example",
    "Ana\u2029Bcc: x",
    "Ana\x00Silva",
    "\x1b[31mred\x1b[0m",
    "\u202eatad\u202c",
    "\u2066x\u2069",
    "Ana\u200b\u200dSilva",
    "\ud800half",
    "\ufeffbom",
    "=?utf-8?q?forged?=",
    "Ana <boss@evil.example>, other@evil.example",
    # templates
    "{{ 7 * 7 }}",
    "{% for x in y %}",
    "{# comment",
    "{{ lead.__class__ }}",
    "${PATH}",
    "%s%n%(x)s",
    "{0.__class__}",
    # size
    "A" * 20_000,
    "&" * 20_000,
    "<" * 5_000,
    "\u0301" * 500,
    "\U0001f468\u200d\U0001f4bb",
    "",
    "   ",
]

#: Compiled once for all of these tests; any failure of a template fails the test.
_SHIPPED = shipped()
_FORGIVING = shipped(on_failure=lambda _template, _detail: None)

_OURS = re.compile(
    r"<(?:mailto:[^|<>\s]+\|[^|<>]+|tel:\+?\d+\|[^|<>]+|https?://[^|<>\s]+\|[^|<>]+"
    r"|!date\^\d+\^\{date_short_pretty\} at \{time\}\|[^|<>^]+)>"
)
_ENTITY = re.compile(r"&(?!amp;|lt;|gt;)")


class _Page(HTMLParser):
    """The shape of a page: its tags with the names of their attributes, and every address it leads to."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.shape: list[tuple[str, ...]] = []
        self.targets: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.shape.append((tag, *sorted(name for name, _ in attrs)))
        self.targets += [value or "" for name, value in attrs if name in {"href", "src"}]

    def handle_decl(self, decl: str) -> None:
        self.shape.append(("!", decl))

    def handle_comment(self, data: str) -> None:
        self.shape.append(("comment",))


def _with_words(text: str) -> Lead:
    lead = a_lead(
        known("first_name", text),
        known("last_name", text),
        known("company", text),
        known("job_title", text),
        known("country", text),
        known("email", "ana@acme.example"),
        asked(text, text),
        asked("Second question", text),
    )
    return replace(
        lead, form=Named(id="1", name=text), campaign=Named(id="2", name=text), event=Named(id="3", name=text)
    )


def _with_addresses(text: str) -> Lead:
    return a_lead(known("email", text), known("phone", text), known("linkedin_url", text), known("work_phone", text))


def _assert_inert_card(card: CardText) -> None:
    assert len(card.facts) <= 7
    for line in (card.title, card.context, *card.facts):
        assert "\n" not in line
        assert "\r" not in line
        rest = _OURS.sub("", line)
        assert "<" not in rest
        assert ">" not in rest
        assert not _ENTITY.search(rest)
        assert line.encode()
    assert len(card.title) <= 2000


def _unseen(text: str) -> set[str]:
    return {character for character in text if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}}


def _assert_inert_mail(mail: MailText) -> None:
    assert len(mail.subject) <= 150
    assert not _unseen(mail.subject)
    assert not _unseen(mail.text) - {"\n"}
    assert mail.html.encode()
    page = _Page(mail.html)
    assert all(target.startswith(("mailto:", "tel:", "https://", "http://")) for target in page.targets)
    assert not [tag for tag in page.shape if tag[0] in {"script", "iframe", "img", "svg", "base", "object", "form"}]
    assert not [tag for tag in page.shape if any(name.startswith("on") for name in tag[1:])]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_words_stay_text_on_a_card(text: str) -> None:
    templates = _SHIPPED

    card = templates.slack("default", a_view(_with_words(text), rule=text, form_nickname=text))

    _assert_inert_card(card)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_words_do_not_change_the_shape_of_a_mail(text: str) -> None:
    templates = _SHIPPED
    benign = templates.email("default", a_view(_with_words("Ana"), rule="Ana"))

    mail = templates.email("default", a_view(_with_words(text), rule=text))

    _assert_inert_mail(mail)
    if text.strip():
        assert _Page(mail.html).shape == _Page(benign.html).shape
        assert mail.text.count("\n") == benign.text.count("\n")


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_addresses_lead_nowhere(text: str) -> None:
    templates = _SHIPPED
    view = a_view(_with_addresses(text))

    card, mail = templates.slack("default", view), templates.email("default", view)

    _assert_inert_card(card)
    _assert_inert_mail(mail)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_the_built_in_alert_is_as_inert_as_the_templates(text: str) -> None:
    templates = _FORGIVING
    view = a_view(_with_words(text), rule=text)

    card, mail = templates.slack("no such", view), templates.email("no such", view)

    _assert_inert_card(card)
    _assert_inert_mail(replace(mail, subject="checked where it is sent"))


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "https://",
        "https:///x",
        "//evil.example",
        "https://a b",
        "ftp://x.example",
        "https://[::1",
        "\\\\evil.example",
        "https://evil.example\\@good.example",
    ],
)
def test_only_web_addresses_become_links(address: str) -> None:
    lead = a_lead(known("linkedin_url", address))

    mail = _SHIPPED.email("default", a_view(lead))

    assert _Page(mail.html).targets == []


def test_a_link_cannot_leave_its_attribute() -> None:
    lead = a_lead(known("linkedin_url", 'https://x.example/"onmouseover="alert(1)<>|'))

    mail = _SHIPPED.email("default", a_view(lead))

    assert _Page(mail.html).targets == ["https://x.example/%22onmouseover=%22alert(1)%3C%3E%7C"]


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_stays_text(text: str) -> None:
    templates = _SHIPPED
    view = a_view(_with_words(text), rule=text)

    _assert_inert_card(templates.slack("default", view))
    _assert_inert_mail(templates.email("default", view))
