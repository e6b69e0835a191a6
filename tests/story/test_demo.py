"""`leadbell demo` as a visitor meets it: a real process, a real browser, the shipped rules."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.browser import browser_page

#: Whatever the visitor's machine has set for a real installation must not leak into the demo.
_REAL_SETTINGS = {
    "SLACK_BOT_TOKEN": "xoxb-real",
    "SLACK_API_URL": "http://127.0.0.1:9/",
    "LINKEDIN_API_URL": "http://127.0.0.1:9",
    "SMTP_URL": "smtp://127.0.0.1:9",
    "DATABASE_URL": "sqlite:/nonexistent/leads.db",
    "PORT": "1",
}


@asynccontextmanager
async def _demo(folder: Path) -> AsyncIterator[str]:
    """The running command in an empty folder; yields the address that it prints."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "demo", "--port", "0"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=folder,
        env={**os.environ, **_REAL_SETTINGS, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert process.stdout is not None
    said = b""
    try:
        async with asyncio.timeout(20):
            while not (found := re.search(rb"http://\S+", said)):
                line = await process.stdout.readline()
                assert line, said.decode()
                said += line
        yield found[0].decode()
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(8):
            rest, _ = await process.communicate()
        assert process.returncode == 0, rest.decode()
        assert b"Traceback" not in rest
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


_BUTTON = "[...document.querySelectorAll('.b-button')].find((button) => button.textContent === '{}')"


async def test_a_visitor_submits_a_form_and_anna_can_claim_the_lead_and_ben_cannot(tmp_path: Path) -> None:
    async with _demo(tmp_path) as url, browser_page(url) as page:
        await page.wait_for("document.querySelector('#questions input')?.value")

        await page.click("#submit")
        await page.wait_for(_BUTTON.format("Claim"))
        assert await page.text("#channel-name") == "#leads-dach"
        assert "Rule: Enterprise demo, DACH" in await page.text("#messages")
        await page.wait_for("document.querySelectorAll('#mails button').length === 1")

        await page.click("#reps [data-user]:nth-child(2)")
        await page.evaluate(_BUTTON.format("Claim") + ".click()")
        await page.wait_for("document.querySelector('.private')")
        assert "kept for Anna" in await page.text(".private")

        await page.click("#reps [data-user]:nth-child(1)")
        await page.evaluate(_BUTTON.format("Claim") + ".click()")
        await page.wait_for(_BUTTON.format("Contacted"))
        assert "Claimed by" in await page.text("#messages")

        assert page.errors == []
