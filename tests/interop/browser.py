"""A headless Chromium, driven over its DevTools pipe: no library and no port.

What it is started with keeps it from everything but the pages that a test opens. A `Page` collects
what must not happen: console errors, exceptions, violations of the security policy, and requests.
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, Callable, Optional

CHROMIUM = shutil.which("chromium")
SECONDS_MAX = 30
OPTIONS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
]


class Browser:
    def __init__(self) -> None:
        assert CHROMIUM is not None
        self._profile = tempfile.TemporaryDirectory(prefix="chromium")
        (from_us, self._to), (self._from, to_us) = os.pipe(), os.pipe()
        options = [*OPTIONS, f"--user-data-dir={self._profile.name}", "about:blank"]
        # The browser reads commands from descriptor 3 and answers on 4.
        command = ["/bin/sh", "-c", f'exec "$@" 3<&{from_us} 4>&{to_us}', "sh", CHROMIUM]
        self._process = subprocess.Popen(
            [*command, *options],
            pass_fds=(from_us, to_us),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(from_us)
        os.close(to_us)
        self._last_id = 0
        self._unread = b""
        self._listeners: dict[str, Callable[[str, dict[str, Any]], None]] = {}

    def page(self, **emulated: Any) -> Page:
        target = self.ask("Target.createTarget", {"url": "about:blank"})["targetId"]
        attach = {"targetId": target, "flatten": True}
        session = self.ask("Target.attachToTarget", attach)["sessionId"]
        return Page(self, session, **emulated)

    def listen(self, session: str, take: Callable[[str, dict[str, Any]], None]) -> None:
        self._listeners[session] = take

    def ask(
        self, method: str, parameters: dict[str, Any], session: Optional[str] = None
    ) -> dict[str, Any]:
        self._last_id += 1
        message: dict[str, Any] = {"id": self._last_id, "method": method, "params": parameters}
        if session is not None:
            message["sessionId"] = session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + SECONDS_MAX
        while True:
            answer = self._read(end, method)
            if answer.get("id") == message["id"]:
                if "error" in answer:
                    raise AssertionError(f"{method}: {answer['error']}")
                return answer["result"]
            self._tell(answer)

    def listen_for(self, seconds: float) -> None:
        """Takes the events that come within so many seconds."""
        end = time.monotonic() + seconds
        while self._is_readable(end):
            self._tell(self._read(end + SECONDS_MAX, "an event"))

    def close(self) -> None:
        os.close(self._to)
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(timeout=10)
        os.close(self._from)
        shutil.rmtree(self._profile.name, ignore_errors=True)
        self._profile.cleanup()

    def _tell(self, event: dict[str, Any]) -> None:
        take = self._listeners.get(event.get("sessionId", ""))
        if take is not None and "method" in event:
            take(event["method"], event["params"])

    def _is_readable(self, end: float) -> bool:
        if b"\0" in self._unread:
            return True
        left = max(0.0, end - time.monotonic())
        return bool(select.select([self._from], [], [], left)[0])

    def _read(self, end: float, waited_for: str) -> dict[str, Any]:
        while b"\0" not in self._unread:
            if not self._is_readable(end):
                raise AssertionError(f"Chromium says nothing within {SECONDS_MAX} s: {waited_for}")
            more = os.read(self._from, 1 << 20)
            if not more:
                raise AssertionError(f"Chromium ended: {waited_for}")
            self._unread += more
        message, self._unread = self._unread.split(b"\0", 1)
        return json.loads(message)


class Page:
    """A tab. `faults` has all that a good page never causes, `urls` all that it asked for."""

    def __init__(
        self,
        browser: Browser,
        session: str,
        width: int = 1280,
        height: int = 900,
        dark: bool = False,
    ) -> None:
        self._browser = browser
        self._session = session
        self.faults: list[str] = []
        self.urls: list[str] = []
        browser.listen(session, self._take)
        for domain in ("Page", "Runtime", "Log", "Network", "DOM", "Audits"):
            self._ask(f"{domain}.enable")
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self._ask("Emulation.setDeviceMetricsOverride", **size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._ask("Emulation.setEmulatedMedia", features=[scheme])

    def without_scripts(self) -> None:
        self._ask("Emulation.setScriptExecutionDisabled", value=True)

    def open(self, url: str) -> None:
        self._ask("Page.navigate", url=url)
        self.until("document.readyState === 'complete'")

    def run(self, expression: str) -> Any:
        """The value of an expression; promises are waited for."""
        answer = self._ask(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in answer:
            raise AssertionError(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def until(self, condition: str) -> None:
        end = time.monotonic() + SECONDS_MAX
        while not self.run(f"!!({condition})"):
            if time.monotonic() > end:
                text = self.run("document.body.innerText")
                raise AssertionError(f"{condition} does not come true: {self.faults} {text[-3000:]}")
            self._browser.listen_for(0.05)

    def text(self, selector: str) -> str:
        return self.run(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''")

    def click(self, selector: str) -> None:
        self.run(f"document.querySelector({json.dumps(selector)}).click()")

    def press(self, key: str, text: str = "", shift: bool = False) -> None:
        code = {"Tab": 9, "Enter": 13, " ": 32, "Escape": 27}.get(key, 0)
        event = {"key": key, "windowsVirtualKeyCode": code, "modifiers": 8 if shift else 0}
        text = text or {"Enter": "\r", " ": " "}.get(key, "")
        self._ask("Input.dispatchKeyEvent", type="keyDown", text=text, **event)
        self._ask("Input.dispatchKeyEvent", type="keyUp", **event)

    def type(self, text: str) -> None:
        self._ask("Input.insertText", text=text)

    def choose(self, selector: str, path: Path) -> None:
        """Gives a file to a file field, as its dialog would."""
        root = self._ask("DOM.getDocument")["root"]["nodeId"]
        node = self._ask("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self._ask("DOM.setFileInputFiles", nodeId=node, files=[str(path)])

    def drop(self, selector: str, path: Path) -> None:
        """Drops a file on an element, as a hand would."""
        place = self.run(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
            " e.scrollIntoView({block: 'center'}); const r = e.getBoundingClientRect();"
            " return [r.x + r.width / 3, r.y + r.height / 2]; })()"
        )
        data = {"items": [], "files": [str(path)], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            self._ask("Input.dispatchDragEvent", type=kind, x=place[0], y=place[1], data=data)

    def controls(self) -> list[tuple[str, str]]:
        """Role and name of all that can be worked, as a screen reader has them."""
        roles = ("button", "link", "textbox", "searchbox", "DisclosureTriangle")
        nodes = self._ask("Accessibility.getFullAXTree")["nodes"]
        return [
            (node["role"]["value"], node.get("name", {}).get("value", ""))
            for node in nodes
            if not node["ignored"] and node["role"]["value"] in roles
        ]

    def screenshot(self, path: Path) -> None:
        """The whole page, also what is below the window."""
        size = self._ask("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        path.parent.mkdir(parents=True, exist_ok=True)
        answer = self._ask("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
        path.write_bytes(base64.b64decode(answer["data"]))

    def settle(self, seconds: float = 0.3) -> None:
        """Lets what the page has begun come in, so that no late fault is missed."""
        self._browser.listen_for(seconds)

    def _ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self._browser.ask(method, parameters, self._session)

    def _take(self, method: str, event: dict[str, Any]) -> None:
        if method == "Runtime.exceptionThrown":
            self.faults.append(f"exception: {event['exceptionDetails']}")
        elif method == "Runtime.consoleAPICalled" and event["type"] in ("error", "warning"):
            self.faults.append(f"console: {event['args']}")
        elif method == "Log.entryAdded" and event["entry"]["level"] in ("error", "warning"):
            self.faults.append(f"log: {event['entry']}")
        elif method == "Audits.issueAdded":
            self.faults.append(f"issue: {event['issue']}")
        elif method == "Network.requestWillBeSent":
            self.urls.append(event["request"]["url"])
