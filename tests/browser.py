"""A headless Chromium for tests of pages, driven over the DevTools protocol with aiohttp's websocket.

async with browser_page("http://127.0.0.1:8000/") as page:
    await page.wait_for("document.querySelector('h1')")
    assert await page.evaluate("document.title") == "Leadbell demo"
    assert page.errors == []
"""

from __future__ import annotations

import asyncio
import atexit
import base64
import contextlib
import functools
import itertools
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

#: Set this to the path of a Chromium or Chrome that is not on PATH.
CHROMIUM_VARIABLE = "CHROMIUM"

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--hide-scrollbars",
    "--no-default-browser-check",
    "--no-first-run",
    "--no-proxy-server",
    "--remote-debugging-port=0",
)
_START_DEADLINE = 30.0  # seconds
_CALL_DEADLINE = 20.0


class Page:
    """One tab. `errors` gathers what a developer would see in red: exceptions, console errors, refused loads."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._loaded = asyncio.Event()
        self.errors: list[str] = []

    async def evaluate(self, expression: str) -> object:
        """The value of a JavaScript expression, promises awaited, as JSON gives it. AssertionError when it throws."""
        answer = await self.send(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True, userGesture=True
        )
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise AssertionError(details.get("exception", {}).get("description") or details.get("text"))
        return answer["result"].get("value")

    async def wait_for(self, condition: str, *, timeout: float = 10.0) -> None:  # noqa: ASYNC109 - named in the message
        """Return once the JavaScript expression `condition` is truthy. AssertionError after `timeout` seconds."""
        poll = f"""new Promise((resolve) => {{
          const until = performance.now() + {timeout * 1000};
          const look = () => {{
            let isSo = false;
            try {{ isSo = Boolean({condition}); }} catch {{ isSo = false; }}
            if (isSo || performance.now() > until) resolve(isSo);
            else setTimeout(look, 20);
          }};
          look();
        }})"""
        if not await self.evaluate(poll):
            seen = await self.evaluate("document.body.innerText.slice(0, 1500)")
            raise AssertionError(f"not within {timeout} s: {condition}\nerrors: {self.errors}\nthe page says:\n{seen}")

    async def click(self, selector: str) -> None:
        """Click the first element that matches, as a script would. AssertionError when there is none."""
        find = f"document.querySelector({json.dumps(selector)})"
        found = await self.evaluate(f"(() => {{ const it = {find}; it?.click(); return Boolean(it); }})()")
        assert found, f"nothing on the page matches {selector}"

    async def text(self, selector: str) -> str:
        """The visible text of the first element that matches, "" when there is none."""
        return str(await self.evaluate(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''"))

    async def resize(self, width: int, height: int) -> None:
        """Give the tab another size, in CSS pixels."""
        await self.send(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )

    async def go(self, url: str) -> None:
        """Load `url` and wait for the load event."""
        self._loaded.clear()
        answer = await self.send("Page.navigate", url=url)
        assert "errorText" not in answer, f"{url} did not load: {answer['errorText']}"
        async with asyncio.timeout(_CALL_DEADLINE):
            await self._loaded.wait()

    async def screenshot(self, path: str | Path) -> None:
        """Write what the tab shows now as PNG."""
        answer = await self.send("Page.captureScreenshot", format="png")
        await asyncio.to_thread(Path(path).write_bytes, base64.b64decode(answer["data"]))

    async def send(self, method: str, **parameters: object) -> dict[str, Any]:
        """One call of https://chromedevtools.github.io/devtools-protocol/. AssertionError when it is refused."""
        number = next(self._numbers)
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        try:
            await self._socket.send_json({"id": number, "method": method, "params": parameters})
            async with asyncio.timeout(_CALL_DEADLINE):
                answer = await future
        finally:
            del self._waiting[number]
        assert "error" not in answer, f"{method}: {answer.get('error')}"
        result: dict[str, Any] = answer["result"]
        return result

    async def listen(self) -> None:
        """Hand out answers and note errors until the socket closes; runs beside the test."""
        async for frame in self._socket:
            message = json.loads(frame.data)
            waiting = self._waiting.get(message.get("id", 0))
            if waiting is not None and not waiting.done():
                waiting.set_result(message)
            elif "method" in message:
                self._note(message["method"], message["params"])

    def _note(self, method: str, parameters: dict[str, Any]) -> None:
        if method == "Page.loadEventFired":
            self._loaded.set()
        elif method == "Runtime.exceptionThrown":
            details = parameters["exceptionDetails"]
            self.errors.append(details.get("exception", {}).get("description") or details["text"])
        elif method == "Runtime.consoleAPICalled" and parameters["type"] in ("error", "assert"):
            self.errors.append(" ".join(str(arg.get("value", arg.get("description"))) for arg in parameters["args"]))
        elif method == "Log.entryAdded" and parameters["entry"]["level"] == "error":
            self.errors.append(f"{parameters['entry']['text']} {parameters['entry'].get('url', '')}".strip())


@asynccontextmanager
async def browser_page(url: str, *, width: int = 1440, height: int = 900) -> AsyncIterator[Page]:
    """A fresh tab with `url` loaded, gone afterwards. The browser is started once and ends with the test run."""
    port = await asyncio.to_thread(_browser)
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
        async with session.put("/json/new?about:blank") as response:
            tab = await response.json()
        try:
            async with session.ws_connect(tab["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                page = Page(socket)
                listening = asyncio.create_task(page.listen())
                try:
                    for domain in ("Page", "Runtime", "Log"):
                        await page.send(f"{domain}.enable")
                    await page.resize(width, height)
                    await page.go(url)
                    yield page
                finally:
                    listening.cancel()
                    with contextlib.suppress(asyncio.CancelledError):
                        await listening
        finally:
            async with session.get(f"/json/close/{tab['id']}"):
                pass


@functools.cache
def _browser() -> int:
    """Start the browser of this test run; its DevTools port."""
    folder = tempfile.mkdtemp(prefix="page-")
    process = subprocess.Popen(
        [_executable(), *_FLAGS, f"--user-data-dir={folder}", "about:blank"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    atexit.register(_end, process, folder)
    return _port(process, Path(folder) / "DevToolsActivePort")


def _end(process: subprocess.Popen[bytes], folder: str) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    shutil.rmtree(folder, ignore_errors=True)


def _executable() -> str:
    wanted = os.environ.get(CHROMIUM_VARIABLE)
    found = wanted or next(filter(None, map(shutil.which, _NAMES)), None)
    if found:
        return found
    missing = (
        "This test needs Chromium or Chrome, and none of "
        f"{', '.join(_NAMES)} is on PATH. Install one, or name it in the variable {CHROMIUM_VARIABLE}."
    )
    # a visitor with only Python and make is not stopped by it; where the project is checked, it must not go untested
    assert not os.environ.get("CI"), missing
    pytest.skip(missing)


def _port(process: subprocess.Popen[bytes], file: Path) -> int:
    """The port that the browser writes into `file` once it listens."""
    until = time.monotonic() + _START_DEADLINE
    while time.monotonic() < until:
        assert process.poll() is None, f"the browser ended at once with {process.returncode}"
        with contextlib.suppress(FileNotFoundError):
            lines = file.read_text().splitlines()
            if len(lines) > 1:
                return int(lines[0])
        time.sleep(0.03)
    raise AssertionError("the browser did not start")
