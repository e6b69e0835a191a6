"""How far the clock is off, from what others answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import aiohttp
import pytest
from aiohttp import web

from bot.cli.clock import Clock
from bot.core.findings import Verdict
from bot.web.server import serving
from tests.findings import says

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


async def heard(*dates: str, believed: str = "") -> Clock:
    """A clock that has heard one server say these dates, one after the other, and believes it or somebody else."""
    told = list(dates)

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(headers={"Date": told.pop(0)})

    app = web.Application()
    app.router.add_get("/", answer)
    async with serving(app, "127.0.0.1", 0) as port:
        url = f"http://127.0.0.1:{port}/"
        clock = Clock({"Slack": believed or url}, now=lambda: NOW)
        async with aiohttp.ClientSession(trace_configs=[clock.trace()]) as session:
            for _ in dates:
                async with session.get(url):
                    pass
    return clock


def date(off: timedelta) -> str:
    return format_datetime(NOW - off, usegmt=True)


@pytest.mark.parametrize(
    ("off", "verdict", "words"),
    [
        (timedelta(seconds=60), Verdict.OK, "agrees with Slack's"),
        (timedelta(seconds=61), Verdict.WARNING, "61 s ahead of Slack's"),
        (-timedelta(minutes=5), Verdict.WARNING, "5 min behind Slack's"),
        (-timedelta(seconds=301), Verdict.FAILED, "NTP"),
        (timedelta(days=400), Verdict.FAILED, "400 days ahead of"),
    ],
)
async def test_a_clock_that_is_off_is_said_before_slack_refuses_it(
    off: timedelta, verdict: Verdict, words: str
) -> None:
    (finding,) = (await heard(date(off))).findings()

    says(finding, verdict, words)


async def test_the_closest_answer_counts_for_a_slow_one_proves_nothing() -> None:
    (finding,) = (await heard(date(timedelta(minutes=8)), date(timedelta(seconds=2)), "yesterday")).findings()

    assert finding.verdict is Verdict.OK


@pytest.mark.parametrize("told", ["", "yesterday", "Mon, 99 Nov 2026 09:00:00 GMT"])
async def test_without_a_date_there_is_nothing_to_compare(told: str) -> None:
    (finding,) = (await heard(told)).findings()

    says(finding, Verdict.SKIPPED, "Nobody answered")


async def test_a_stranger_is_not_believed() -> None:
    (finding,) = (await heard(date(timedelta(days=1)), believed="https://slack.com/api/")).findings()

    assert finding.verdict is Verdict.SKIPPED
