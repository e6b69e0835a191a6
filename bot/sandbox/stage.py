"""The demo's page and its JSON: a browser's view of the stand-ins, on loopback only. It decides nothing about leads."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from random import Random

from aiohttp import web

from bot.sandbox.doors import Order, Refused, is_loopback, only_this_machine
from bot.sandbox.invented import invented_answers
from bot.sandbox.linkedin import Form, LinkedInStandIn
from bot.sandbox.mailbox import Mailbox
from bot.sandbox.progress import Progress, Step
from bot.sandbox.slack import SlackStandIn
from bot.sandbox.views import Json, form_view, mail_view, slack_view

_BODY_LIMIT = 64 * 1024
_PEER_DEADLINE = 30.0  # seconds for what one request of the page sets going
_HEARTBEAT = 15.0  # seconds between signs of life of an event stream
_MOST_MAILS = 80
_MOST_AT_ONCE = 50

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
#: A mail is drawn in a frame without rights; its own policy lets its inlined styles live and nothing else.
_MAIL_HEADERS = _HEADERS | {
    "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "frame-ancestors 'self'"
}
_TYPES = {"html": "text/html", "js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rep:
    """Somebody the visitor may be in the Slack workspace."""

    name: str
    user: str  #: Slack user id
    role: str = ""  #: a few words, "manager"


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What the demo makes of the rule file. Forms and campaigns are ids that the LinkedIn stand-in knows."""

    reps: tuple[Rep, ...]  #: at least one; the first two play the parts in "What to try"
    forms: tuple[int, ...]  #: in the order of the page's list; at least one
    campaigns: tuple[int, ...] = ()
    lead_types: Mapping[int, str] = field(default_factory=dict)  #: form -> lead type where it is not SPONSORED
    events: Mapping[int, str] = field(default_factory=dict)  #: form -> the event's name, for EVENT leads
    title: str = "Leadbell"  #: also what the bot is called in the workspace
    tagline: str = "demo: everything runs on this machine, no account, no network"
    workspace: str = "Your company"
    advertiser: str = "Your company"  #: whose ad the form is


@dataclass(frozen=True, slots=True)
class _Sent:
    """A lead that the visitor sent."""

    response_id: str
    name: str


class Stage:
    """The page's server, on loopback only. Of leads it remembers ids and names, for "again" and "delete"."""

    def __init__(
        self,
        *,
        linkedin: LinkedInStandIn,
        slack: SlackStandIn,
        mailbox: Mailbox,
        webhook_url: str,
        world: World,
        random: Random | None = None,
    ) -> None:
        self._linkedin, self._slack, self._mailbox = linkedin, slack, mailbox
        self._webhook_url, self._world = webhook_url, world
        self._random = random or Random()  # noqa: S311 - invents people, guards nothing
        self._progress = Progress(slack)
        self._sent: list[_Sent] = []
        self._last: _Sent | None = None
        self._version = 1
        self._streams: set[asyncio.Event] = set()
        self._is_closing = False
        self._runner: web.AppRunner | None = None
        self._files = _page_files()
        self.url = ""  #: "http://127.0.0.1:PORT/" once started
        slack.subscribe(self._changed)
        mailbox.subscribe(self._changed)

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen. Raises ValueError for a host that is not loopback, OSError when the port is taken."""
        if not is_loopback(host):
            raise ValueError(f"the demo's page is for this machine only, not for {host}")
        self._runner = web.AppRunner(self._app(), access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        await site.start()
        bound = self._runner.addresses[0][1]
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{bound}/"

    async def stop(self) -> None:
        """End the open event streams first, so that nobody waits for them. Idempotent."""
        self._is_closing = True
        self._wake()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def _app(self) -> web.Application:
        app = web.Application(middlewares=[only_this_machine], client_max_size=_BODY_LIMIT)
        app.add_routes(
            [
                web.get("/", self._page),
                web.get("/mail/{number}", self._mail),
                web.get("/api/state", self._state),
                web.get("/api/events", self._events),
                web.get("/api/person", self._person),
                web.post("/api/leads", self._submit),
                web.post("/api/burst", self._burst),
                web.post("/api/again", self._again),
                web.post("/api/delete", self._delete),
                web.post("/api/press", self._press),
                web.get("/{name}", self._page),
            ]
        )
        return app

    async def _page(self, request: web.Request) -> web.Response:
        name = request.match_info.get("name", "index.html")
        if name not in self._files:
            raise web.HTTPNotFound
        kind = _TYPES[name.rpartition(".")[2]]
        return web.Response(body=self._files[name], content_type=kind, charset="utf-8", headers=_HEADERS)

    async def _mail(self, request: web.Request) -> web.Response:
        number = request.match_info["number"]
        if not (number.isascii() and number.isdigit() and int(number[:9]) < len(self._mailbox.messages)):
            raise web.HTTPNotFound
        html = self._mailbox.messages[int(number)].html
        return web.Response(text=html or "", content_type="text/html", headers=_MAIL_HEADERS)

    async def _state(self, _: web.Request) -> web.Response:
        return web.json_response(self._snapshot(), headers={"Cache-Control": "no-store"})

    async def _person(self, request: web.Request) -> web.Response:
        form = self._form(Order({"form": request.query.get("form", "")}))
        answers = invented_answers(form.questions, self._random)
        return web.json_response({"answers": answers}, headers={"Cache-Control": "no-store"})

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """The version counter, at every change and as a sign of life. Ends when the page or the stage goes away."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        wake = asyncio.Event()
        self._streams.add(wake)
        try:
            while not self._is_closing:
                wake.clear()
                await response.write(f"data: {self._version}\n\n".encode())
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_HEARTBEAT):
                        await wake.wait()
        except ConnectionResetError:
            pass  # the visitor closed the page
        finally:
            self._streams.discard(wake)
        return response

    def _snapshot(self) -> Json:
        mails = list(enumerate(self._mailbox.messages))[-_MOST_MAILS:]
        return {
            "version": self._version,
            "world": self._world_view(),
            "steps": self._steps(),
            "leads": {"last": self._last.name if self._last else None, "deletable": self._deletable()},
            "slack": slack_view(self._slack, self._progress),
            "mails": [mail_view(number, mail) for number, mail in reversed(mails)],
        }

    def _world_view(self) -> Json:
        world, linkedin = self._world, self._linkedin
        forms = [linkedin.forms[number] for number in world.forms]
        return {
            "title": world.title,
            "tagline": world.tagline,
            "workspace": world.workspace,
            "advertiser": world.advertiser,
            "reps": [{"name": rep.name, "user": rep.user, "role": rep.role} for rep in world.reps],
            "forms": [form_view(form, self._lead_type(form.id)) for form in forms],
            "campaigns": [{"id": str(number), "name": linkedin.campaigns[number].name} for number in world.campaigns],
        }

    def _steps(self) -> list[Json]:
        first, second = self._world.reps[0].name, self._world.reps[min(1, len(self._world.reps) - 1)].name
        texts = {
            Step.SUBMIT: "Submit a lead",
            Step.CLAIM: f"Claim it as {first}",
            Step.REFUSED: f"Try to take it as {second}",
            Step.CONTACTED: f"Press Contacted as {first}",
            Step.AGAIN: "Same notification twice",
            Step.BURST: "Ten leads at once",
        }
        return [{"key": step, "text": text, "done": self._progress.is_done(step)} for step, text in texts.items()]

    def _deletable(self) -> str | None:
        return self._sent[-1].name if self._sent else None

    async def _submit(self, request: web.Request) -> web.Response:
        order = await Order.read(request)
        form = self._form(order)
        sent = self._send_in(
            form,
            answers=_answers(order, form),
            campaign=self._campaign(order),
            consents=_consents(order, form),
            is_test=order.switch("test"),
        )
        self._progress.did(Step.SUBMIT)
        return await self._told([sent], "CREATED")

    async def _burst(self, request: web.Request) -> web.Response:
        count = (await Order.read(request)).number("count") or 10
        if count > _MOST_AT_ONCE:
            raise Refused(f"At most {_MOST_AT_ONCE} at once, please.")
        sent = [self._send_in_somebody() for _ in range(count)]
        self._progress.did(Step.BURST)
        return await self._told(sent, "CREATED")

    async def _again(self, _: web.Request) -> web.Response:
        if self._last is None:
            raise Refused("There is no notification yet: submit a lead first.", status=409)
        self._progress.did(Step.AGAIN)
        return await self._told([self._last], "CREATED")

    async def _delete(self, _: web.Request) -> web.Response:
        if not self._sent:
            raise Refused("There is no lead to delete: submit one first.", status=409)
        gone = self._sent.pop()
        self._linkedin.delete(gone.response_id)
        return await self._told([gone], "DELETED")

    async def _press(self, request: web.Request) -> web.Response:
        order = await Order.read(request)
        user, channel = order.text("user"), order.text("channel")
        ts, action_id = order.text("ts"), order.text("action_id")
        self._progress.pressed(user=user, channel=channel, ts=ts, action_id=action_id)
        option = order.text("option") or None
        try:
            async with asyncio.timeout(_PEER_DEADLINE):
                status = await self._slack.press(user=user, channel=channel, ts=ts, action_id=action_id, option=option)
        except (LookupError, ValueError):
            raise Refused("This button is not there any more.", status=409) from None
        self._changed()
        return web.json_response({"status": status})

    async def _told(self, sent: list[_Sent], action: str) -> web.Response:
        """Post one notification for each, side by side, and answer with the HTTP statuses they got."""
        async with asyncio.timeout(_PEER_DEADLINE):
            statuses = await asyncio.gather(
                *(self._linkedin.notify(self._webhook_url, one.response_id, action=action) for one in sent)
            )
        self._changed()
        return web.json_response({"statuses": statuses, "names": [one.name for one in sent]})

    def _send_in_somebody(self) -> _Sent:
        form = self._linkedin.forms[self._random.choice(self._world.forms)]
        campaign = self._random.choice(self._world.campaigns) if self._world.campaigns else None
        return self._send_in(
            form,
            answers=invented_answers(form.questions, self._random),
            campaign=campaign,
            consents={consent: True for consent, _, _ in form.consents},
            is_test=False,
        )

    def _send_in(
        self,
        form: Form,
        *,
        answers: Mapping[str, str],
        campaign: int | None,
        consents: Mapping[int, bool],
        is_test: bool,
    ) -> _Sent:
        """Somebody fills in `form`; nobody is told yet."""
        lead_type = self._lead_type(form.id)
        response_id = self._linkedin.submit(
            form=form.id,
            answers=answers,
            campaign=campaign if lead_type == "SPONSORED" else None,
            lead_type=lead_type,
            event=self._world.events.get(form.id),
            is_test=is_test,
            consents=consents,
        )
        sent = _Sent(response_id, _name(form, answers))
        self._sent.append(sent)
        self._last = sent
        return sent

    def _form(self, order: Order) -> Form:
        number = order.number("form")
        if number is None or number not in self._world.forms:
            raise Refused("This form does not exist here.")
        return self._linkedin.forms[number]

    def _campaign(self, order: Order) -> int | None:
        number = order.number("campaign")
        if number is not None and number not in self._world.campaigns:
            raise Refused("This campaign does not exist here.")
        return number

    def _lead_type(self, form: int) -> str:
        return self._world.lead_types.get(form, "SPONSORED")

    def _changed(self) -> None:
        """Something visible changed."""
        self._progress.look()
        self._version += 1
        self._wake()

    def _wake(self) -> None:
        for stream in self._streams:
            stream.set()


def _answers(order: Order, form: Form) -> dict[str, str]:
    """What was filled in, empty answers left out. Raises Refused for a question or a choice the form does not have."""
    given = order.texts("answers")
    questions = {question.name: question for question in form.questions}
    for name, text in given.items():
        if name not in questions:
            raise Refused("This form has no such question.")
        if text and questions[name].options and text not in questions[name].options:
            raise Refused(f"“{questions[name].text}” has no such choice.")
    return {name: text for name, text in given.items() if text.strip()}


def _consents(order: Order, form: Form) -> dict[int, bool]:
    """The one tick answers every consent line. Raises Refused as LinkedIn does when a required one is missing."""
    is_given = order.switch("consent")
    if not is_given and any(is_required for _, _, is_required in form.consents):
        raise Refused("LinkedIn sends this form only with the consent ticked.")
    return {consent: is_given for consent, _, _ in form.consents}


def _name(form: Form, answers: Mapping[str, str]) -> str:
    """The person's name for the page's own words, or a stand-in for a form that asks for none."""
    parts = [
        answers.get(question.name, "")
        for wanted in ("FIRST_NAME", "LAST_NAME")
        for question in form.questions
        if question.predefined == wanted
    ]
    return " ".join(part for part in parts if part) or "somebody without a name"


def _page_files() -> dict[str, bytes]:
    """The page's files by name, read once. Only these are served: there is no path to climb."""
    folder = resources.files("bot.sandbox") / "page"
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.name.rpartition(".")[2] in _TYPES}
