"""The demo's page in a real browser, over the real stand-ins."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from email.message import EmailMessage
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiosmtplib
import pytest

from tests.browser import Page, browser_page
from tests.sandbox.stage_builders import ANNA, BEN, Scene, a_card, a_scene

HOSTILE = "<img src=x onerror=\"window.hacked='yes'\">"


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with a_scene() as ready:
        yield ready


async def fill_in(page: Page, **answers: str) -> None:
    """Type into the form once the invented person is there."""
    await page.wait_for("document.querySelector('[name=workEmail]')?.value")
    for name, text in answers.items():
        await page.evaluate(f"void (document.querySelector('[name={name}]').value = {json.dumps(text)})")


async def test_a_visitor_submits_sees_the_card_claims_it_and_is_refused_as_somebody_else(scene: Scene) -> None:
    async with browser_page(scene.stage.url) as page:
        await fill_in(page, firstName="Jane", lastName="Roe", country="Germany")
        await page.click("#submit")
        await page.wait_for("document.querySelector('[data-step=submit].done')")
        ts = await scene.call_slack(
            "chat.postMessage", channel="C0DACH", text="New lead: Jane Roe", blocks=a_card("*Jane Roe*")
        )
        await page.wait_for("/^card after \\d+\\.\\d\\d s$/.test(document.querySelector('.pill')?.textContent)")
        shown_in = await page.text("#channel-name")

        await page.click("[data-action=the_button]")
        await page.wait_for("!document.querySelector('.busy')")
        claimed = a_card("*Jane Roe*", button="Contacted")
        await scene.call_slack("chat.update", channel="C0DACH", ts=ts, text="Jane Roe", blocks=claimed)
        await page.wait_for("document.querySelector('[data-step=claim].done')")

        await page.click(f"[data-user={BEN}]")
        await page.click("[data-action=the_button]")
        await page.wait_for("!document.querySelector('.busy')")
        await scene.call_slack("chat.postEphemeral", channel="C0DACH", user=BEN, text=f"<@{ANNA}> has it.")
        await page.wait_for("document.querySelector('.message + .private')")
        refusal = await page.text(".private")
        await page.click(f"[data-user={ANNA}]")

        assert "leads-dach" in shown_in
        assert await page.text(".message strong:not(.by strong)") == "Jane Roe"
        assert "Only visible to you, Ben" in refusal
        assert "@Anna has it." in refusal
        assert await page.evaluate("document.querySelector('.private')") is None
        assert page.errors == []

    who = [json.loads(parse_qs(seen.body.decode())["payload"][0])["user"]["id"] for seen in scene.receiver.seen[1:]]
    assert who == [ANNA, BEN]


async def test_a_button_sends_what_slack_would_send_signed(scene: Scene) -> None:
    ts = await scene.call_slack("chat.postMessage", channel="C0ALL", text="Jane", blocks=a_card("Jane"))

    async with browser_page(scene.stage.url) as page:
        await page.wait_for("document.querySelector('[data-action=the_menu]')")
        await page.evaluate("""(() => {
          const menu = document.querySelector('[data-action=the_menu]');
          menu.value = 'give_back';
          menu.dispatchEvent(new Event('change'));
        })()""")
        await page.wait_for("!document.querySelector('.busy')")

    [seen] = scene.receiver.seen
    timestamp = seen.headers["X-Slack-Request-Timestamp"]
    mac = hmac.new(b"signing", f"v0:{timestamp}:".encode() + seen.body, hashlib.sha256).hexdigest()
    payload = json.loads(parse_qs(seen.body.decode())["payload"][0])
    assert seen.headers["X-Slack-Signature"] == f"v0={mac}"
    assert (payload["container"]["message_ts"], payload["user"]["id"]) == (ts, ANNA)
    assert payload["actions"][0]["selected_option"]["value"] == "give_back"


async def test_the_entries_of_a_menu_stand_in_their_groups(scene: Scene) -> None:
    blocks = a_card("Jane")
    groups = [
        {
            "label": {"type": "plain_text", "text": heading},
            "options": [{"text": {"type": "plain_text", "text": entry.upper()}, "value": entry}],
        }
        for heading, entry in (("Ends", "won"), ("No lead", "junk:competitor"))
    ]
    menu = {"type": "static_select", "action_id": "ends", "option_groups": groups}
    await scene.call_slack("chat.postMessage", channel="C0ALL", text="Jane", blocks=[*blocks, actions(menu)])

    async with browser_page(scene.stage.url) as page:
        await page.wait_for("document.querySelector('[data-action=ends]')")
        shown = await page.evaluate("""[...document.querySelectorAll('[data-action=ends] optgroup')].map(
          (group) => `${group.label}: ${group.textContent}`)""")
        await page.evaluate("""(() => {
          const menu = document.querySelector('[data-action=ends]');
          menu.value = 'junk:competitor';
          menu.dispatchEvent(new Event('change'));
        })()""")
        await page.wait_for("!document.querySelector('.busy')")

    assert shown == ["Ends: WON", "No lead: JUNK:COMPETITOR"]
    payload = json.loads(parse_qs(scene.receiver.seen[0].body.decode())["payload"][0])
    assert payload["actions"][0]["selected_option"]["value"] == "junk:competitor"


def actions(*elements: dict[str, Any]) -> dict[str, Any]:
    """An actions block of its own."""
    return {"type": "actions", "block_id": "more", "elements": list(elements)}


async def test_a_thread_is_shown_below_its_card_with_the_answers_to_its_presses(scene: Scene) -> None:
    first = await scene.call_slack("chat.postMessage", channel="C0ALL", text="first", blocks=a_card("first"))
    await scene.call_slack("chat.postMessage", channel="C0ALL", text="second", blocks=a_card("second"))
    answer = {"channel": "C0ALL", "text": "offered", "blocks": a_card("offered"), "thread_ts": first}

    async with browser_page(scene.stage.url) as page:
        await page.wait_for("document.querySelectorAll('.message').length === 2")
        await scene.call_slack("chat.postMessage", **answer)
        await page.wait_for("document.querySelector('.in-thread')")
        order = "[...document.querySelectorAll('.message')].map((one) => one.querySelector('.b-text').textContent)"
        shown = await page.evaluate(order)

        await page.click(".in-thread [data-action=the_button]")
        await page.wait_for("!document.querySelector('.busy')")
        await scene.call_slack("chat.postEphemeral", channel="C0ALL", user=ANNA, text="kept for Ben")
        await page.wait_for("document.querySelector('.in-thread + .private')")

        assert shown == ["first", "offered", "second"]
        assert page.errors == []


async def test_a_button_that_asks_first_is_pressed_only_after_a_yes(scene: Scene) -> None:
    asked = {name: {"type": "plain_text", "text": f"the {name}"} for name in ("title", "text", "confirm", "deny")}
    undo = {"type": "button", "action_id": "undo", "text": {"type": "plain_text", "text": "Undo"}, "confirm": asked}
    await scene.call_slack("chat.postMessage", channel="C0ALL", text="changed", blocks=[actions(undo)])

    async with browser_page(scene.stage.url) as page:
        await page.wait_for("document.querySelector('[data-action=undo]')")
        await page.click("[data-action=undo]")
        await page.wait_for("document.querySelector('#confirm').open")
        question = await page.text("#confirm")
        await page.click("#confirm-no")
        await page.wait_for("!document.querySelector('#confirm').open")
        after_no = len(scene.receiver.seen)
        await page.click("[data-action=undo]")
        await page.wait_for("document.querySelector('#confirm').open")
        await page.click("#confirm-yes")
        async with asyncio.timeout(5):
            while not scene.receiver.seen:
                await asyncio.sleep(0.005)

    assert [name in question for name in ("the title", "the text", "the confirm", "the deny")] == [True] * 4
    assert (after_no, len(scene.receiver.seen)) == (0, 1)


async def test_a_failed_press_is_told_at_the_bottom_of_the_workspace(scene: Scene) -> None:
    await scene.call_slack("chat.postMessage", channel="C0ALL", text="Jane", blocks=a_card("Jane"))
    scene.receiver.status = 500

    async with browser_page(scene.stage.url) as page:
        await page.wait_for("document.querySelector('[data-action=the_button]')")
        await page.click("[data-action=the_button]")
        await page.wait_for("document.querySelector('.toast')")

        assert "500" in await page.text(".toast")


async def test_what_a_lead_typed_stays_text_everywhere(scene: Scene) -> None:
    escaped = HOSTILE.replace("<", "&lt;").replace(">", "&gt;")
    raw_link = "<javascript:window.hacked='yes'|open the CRM>"
    rich = {
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": HOSTILE}]}],
    }
    header = {"type": "header", "text": {"type": "plain_text", "text": escaped}}
    blocks = [header, *a_card(f"{escaped} {HOSTILE} {raw_link}"), rich]

    async with browser_page(scene.stage.url) as page:
        await fill_in(page, firstName=HOSTILE, lastName="Roe")
        await page.click("#submit")
        await scene.call_slack("chat.postMessage", channel="C0DACH", text=f"New lead: {escaped} Roe", blocks=blocks)
        await scene.call_slack("chat.postEphemeral", channel="C0DACH", user=ANNA, text=escaped)
        await page.wait_for("document.querySelector('.private') && document.querySelector('#result.good')")

        for selector in (".b-header", ".b-text", ".b-rich", ".private", "#result"):
            assert HOSTILE in await page.text(selector), selector
        assert await page.evaluate("document.querySelectorAll('img').length") == 0
        assert await page.evaluate("document.querySelectorAll('.content a').length") == 0
        assert await page.evaluate("window.hacked ?? 'no'") == "no"
        assert page.errors == []


async def test_a_mail_is_drawn_without_rights_and_readable_as_text(scene: Scene) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Alerts <a@example.com>", "anna@example.com", f"Lead: {HOSTILE}"
    mail.set_content("Take it: http://127.0.0.1:1/lead/abc")
    mail.add_alternative("<p style='color:#0f0'>Hello</p><script>top.hacked='yes'</script>", subtype="html")

    async with browser_page(scene.stage.url) as page:
        await page.wait_for("!document.querySelector('#no-mail').hidden")
        where = urlsplit(scene.mailbox.url)
        await aiosmtplib.send(mail, hostname=where.hostname, port=where.port, start_tls=False, timeout=10)
        await page.wait_for("document.querySelector('#mail-html').src.endsWith('/mail/0')")
        await page.wait_for("document.querySelectorAll('#mails button').length === 1")
        await page.click("#tab-text")

        assert HOSTILE in await page.text("#mail-subject")
        assert await page.evaluate("document.querySelector('#mail-html').getAttribute('sandbox')") == ""
        assert await page.evaluate("document.querySelector('#mail-text a').href") == "http://127.0.0.1:1/lead/abc"
        assert await page.evaluate("window.hacked ?? 'no'") == "no"

    async with scene.browser.get(scene.stage.url + "mail/0") as response:
        assert response.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")


async def test_the_page_leaves_the_channel_that_the_visitor_has_just_chosen_alone(scene: Scene) -> None:
    await scene.call_slack("chat.postMessage", channel="C0ALL", text="first")

    async with browser_page(scene.stage.url) as page:
        await page.wait_for("document.querySelector('[data-channel=C0ALL]')")
        await page.click("[data-channel=C0ALL]")
        await scene.call_slack("chat.postMessage", channel="C0DACH", text="second")
        await page.wait_for("document.querySelector('[data-channel=C0DACH] .count')?.textContent === '1'")

        assert "leads-all" in await page.text("#channel-name")


async def test_the_page_says_so_when_the_demo_has_ended(scene: Scene) -> None:
    async with browser_page(scene.stage.url) as page:
        await page.wait_for("document.querySelector('[data-channel=C0ALL]')")
        await scene.stage.stop()

        await page.wait_for("!document.querySelector('#ended').hidden")


async def test_slacks_markup_is_drawn_as_slack_draws_it(scene: Scene) -> None:
    cases = {
        "*bold* _it_ ~gone~ `co*d*e`": "<strong>bold</strong> <em>it</em> <s>gone</s> <code>co*d*e</code>",
        "*_both_*": "<strong><em>both</em></strong>",
        "2*3*4 snake_case_name": "2*3*4 snake_case_name",
        "a &amp;amp; b &lt;@U0ANNA&gt;": "a &amp;amp; b &lt;@U0ANNA&gt;",
        "<@U0ANNA> <#C0ALL> <!here>": '<span class="mention">@Anna</span> <span class="mention">#leads-all</span> '
        '<span class="mention loud">@here</span>',
        "<https://a.example/?x=1&amp;y=2|the &lt;b&gt;>": '<a href="https://a.example/?x=1&amp;y=2" target="_blank" '
        'rel="noopener noreferrer nofollow">the &lt;b&gt;</a>',
        "&gt; said\n&gt; twice\nafter": "<blockquote>said<br>twice</blockquote>after",
        "```a *b*\nc``` d": "<pre>a *b*\nc</pre> d",
        "one\n\ntwo": "one<br><br>two",
        "<!date^0^{never}|that day>": '<time datetime="1970-01-01T00:00:00.000Z">{never}</time>',
        "<!date^soon^{time}|that day>": "<span>that day</span>",
        "< not a token": "&lt; not a token",
    }
    draw = """(async () => {
      const { mrkdwn } = await import('/mrkdwn.js');
      const names = { users: { U0ANNA: 'Anna' }, channels: { C0ALL: 'leads-all' } };
      return CASES.map((text) => {
        const box = document.createElement('div');
        box.append(mrkdwn(text, names));
        for (const time of box.querySelectorAll('time')) time.removeAttribute('title');
        return box.innerHTML;
      });
    })()"""

    async with browser_page(scene.stage.url) as page:
        drawn = await page.evaluate(draw.replace("CASES", json.dumps(list(cases))))

    assert isinstance(drawn, list)
    assert dict(zip(cases, drawn, strict=True)) == cases
