"""The page of a running gateway and the verifier as a file, in a real browser."""

from __future__ import annotations

import hashlib
import json
import unittest
from pathlib import Path
from typing import Any

from browser import CHROMIUM, Browser, Page
from gateway_process import REPOSITORY, GatewayProcess, sequencer

JSON = {"Content-Type": "application/json"}
SHOTS = REPOSITORY / "artifacts/browser"
MARKUP = '<img src="/x" onerror="document.title=1"><b>no</b>'
# Every text that can be seen, with the contrast to what is behind it (WCAG 2.1, 1.4.3).
CONTRASTS = """(() => {
    const channels = (color) => color.match(/[0-9.]+/g).map(Number);
    const light = (color) => channels(color).slice(0, 3).map((value) => value / 255)
        .map((value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
        .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
    const behind = (element) => {
        for (let e = element; e; e = e.parentElement) {
            const [, , , alpha = 1] = channels(getComputedStyle(e).backgroundColor);
            if (alpha === 1) return getComputedStyle(e).backgroundColor;
        }
        return 'rgb(255, 255, 255)';
    };
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const low = [];
    while (walker.nextNode()) {
        const element = walker.currentNode.parentElement;
        if (walker.currentNode.data.trim() === '' || !element.checkVisibility()
            || element.closest('svg')) continue;
        const [a, b] = [light(getComputedStyle(element).color), light(behind(element))];
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (ratio < 4.5) low.push(`${ratio.toFixed(2)} ${walker.currentNode.data.trim()}`);
    }
    return low;
})()"""


@unittest.skipIf(CHROMIUM is None, "Chromium is not installed (apt-get install chromium)")
class Pages(unittest.TestCase):
    gateway: GatewayProcess
    browser: Browser

    @classmethod
    def setUpClass(cls) -> None:
        cls.gateway = GatewayProcess()
        cls.addClassCleanup(cls.gateway.close)
        cls.gateway.start()
        cls.gateway.make_policy()
        for number in range(1, 21):
            body = {"payload": f"payload {number}", "stream": f"order-{number % 4}"}
            cls.append({**body, "type": "placed", "metadata": {"region": "eu"}})
        cls.gateway.kill_enclave()
        for number in range(21, 31):
            cls.append({"payload": f"payload {number}", "stream": "order-9", "type": "shipped"})
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)

    @classmethod
    def append(cls, entry: dict[str, Any]) -> int:
        body = json.dumps({"content_type": "text/plain", **entry}).encode()
        answer = cls.gateway.post("/v1/entries?receipt=none", body, JSON)
        if answer.status != 201:
            raise AssertionError(answer.body)
        return answer.json["number"]

    def setUp(self) -> None:
        self.pages: list[Page] = []

    def page(self, **emulated: Any) -> Page:
        self.pages.append(self.browser.page(**emulated))
        return self.pages[-1]

    def log(self, fragment: str = "", **emulated: Any) -> Page:
        """The gateway's page, with its first data."""
        page = self.page(**emulated)
        page.open(f"{self.gateway.url}/{fragment}")
        page.until("document.querySelector('#epochs li')")
        if fragment:
            page.until("document.querySelector('#record dl')")
        return page

    def file(self, **emulated: Any) -> Page:
        """The verifier from disk."""
        path = self.gateway.folder / "sequencer-verifier.html"
        path.write_bytes(self.gateway.get("/verifier.html").body)
        page = self.page(**emulated)
        page.open(f"file://{path}")
        page.until("!document.querySelector('#inputs').hidden")
        return page

    def save(self, name: str, content: bytes) -> Path:
        path = self.gateway.folder / name
        path.write_bytes(content)
        return path

    def receipt(self, number: int) -> bytes:
        return self.gateway.get(f"/v1/entries/{number}/receipt").body

    def verdict(self, page: Page) -> str:
        page.until("document.querySelector('#result [data-verdict]')")
        return page.run("document.querySelector('#result [data-verdict]').dataset.verdict")

    def check(self, page: Page, rule: str) -> str:
        return page.run(f"document.querySelector('[data-rule={rule}]').dataset.result")

    def assert_clean(self, page: Page) -> None:
        """No error, no violation of the policy, and no request to anybody else."""
        page.settle()
        self.assertEqual(page.faults, [])
        strange = [url for url in page.urls if not self._is_own(url)]
        self.assertEqual(strange, [])

    def _is_own(self, url: str) -> bool:
        return url.startswith((f"{self.gateway.url}/", "data:", f"file://{self.gateway.folder}/"))

    def test_the_page_shows_head_epochs_and_entries_and_follows_them(self) -> None:
        page = self.log()
        size = int(self.gateway.get("/v1/checkpoint").body.split(b"\n")[1])
        page.until(f"document.querySelector('#size').textContent === '{size}'")
        self.assertEqual(page.run("document.querySelectorAll('#epochs li').length"), 2)
        pcr0 = json.loads(self.gateway.policy.read_text())["measurements"][0]["pcr0"]
        self.assertIn(pcr0, page.text("#epochs"))
        self.append({"payload": "one more"})
        page.until(f"document.querySelector('#size').textContent === '{size + 1}'")
        page.until(f"document.querySelector('#newest a').textContent === '{size}'")
        self.assert_clean(page)

    def test_an_entry_is_found_by_number_and_by_digest(self) -> None:
        page = self.log()
        number = self.append({"payload": "look for me"})
        digest = hashlib.sha256(b"look for me").hexdigest()
        page.until(f"document.querySelector('#newest a').textContent === '{number}'")
        for query in (str(number), digest, digest.upper()):
            # Each is seen to its end: a fragment that changes late writes into the field.
            page.run("location.hash = ''")
            page.until("document.querySelector('#entry').hidden")
            page.run(f"document.querySelector('#query').value = '{query}'")
            page.click("#lookup button")
            page.until(
                "!document.querySelector('#entry').hidden"
                f" && document.querySelector('#record code')?.title === '{digest}'"
            )
        page.run("document.querySelector('#query').value = 'nothing'")
        page.click("#lookup button")
        page.until("document.querySelector('#lookup-status').textContent.startsWith('Neither')")
        self.assert_clean(page)

    def test_a_dropped_file_is_found_without_being_sent_and_its_receipt_verifies(self) -> None:
        page = self.log()
        page.drop("#drop", self.save("dropped", b"payload 7"))
        page.until("document.querySelector('#record dl')")
        page.click("#verify")
        self.assertEqual(self.verdict(page), "verified")
        # The dropped file is the payload that is checked.
        self.assertEqual(self.check(page, "payload"), "passed")
        self.assertEqual(page.run("document.querySelectorAll('.step.ok').length"), 7)
        for caution in ("the gateway that it checks", "development root", "was drafted"):
            self.assertIn(caution, page.text(".cautions"))
        page.drop("#drop", self.save("strange", b"in no log"))
        page.until("document.querySelector('#lookup-status').textContent.startsWith('No entry')")
        self.assert_clean(page)

    def test_a_receipt_that_was_tampered_with_is_refused(self) -> None:
        page = self.log("#7")
        # What a gateway that lies, or a disk that fails, would answer.
        page.run(
            "globalThis.honest = globalThis.fetch; globalThis.fetch = async (path, options) => {"
            " const answer = await honest(path, options);"
            " if (!path.endsWith('/receipt')) return answer;"
            " const text = await answer.text();"
            " return new Response(text.replace('\"record\":\"AQEA', '\"record\":\"AQEB')); }; 0"
        )
        page.click("#verify")
        self.assertEqual(self.verdict(page), "refused")
        self.assertTrue(page.run("document.querySelector('.checks').open"))
        self.assertEqual(page.run("document.querySelectorAll('.check').length"), 28)
        self.assert_clean(page)

    def test_a_policy_of_ones_own_decides(self) -> None:
        page = self.log("#7")
        page.click("#policy-box summary")
        page.choose("#policy-file", self.gateway.policy)
        page.until("document.querySelector('#policy-given').textContent === 'policy.json'")
        page.click("#verify")
        self.assertEqual(self.verdict(page), "verified")
        self.assertNotIn("was drafted", page.text(".cautions"))
        other = json.loads(self.gateway.policy.read_text())
        other["measurements"][0]["pcr2"] = "22" * 48
        page.choose("#policy-file", self.save("other.json", json.dumps(other).encode()))
        page.until("document.querySelector('#policy-given').textContent === 'other.json'")
        page.click("#verify")
        self.assertEqual(self.verdict(page), "refused")
        self.assertIn("attestation (PcrMismatch)", page.text(".banner"))
        self.assertEqual(page.text(".step.bad .step-name"), "Image")
        page.choose("#policy-file", self.save("broken.json", b"{}"))
        page.until("document.querySelector('#policy-given').textContent === 'broken.json'")
        page.click("#verify")
        page.until("document.querySelector('#verify-status').textContent.startsWith('This is no')")
        self.assert_clean(page)

    def test_text_of_the_log_is_never_markup(self) -> None:
        entry = {"payload": "x", "type": MARKUP, "stream": MARKUP, "metadata": {MARKUP: MARKUP}}
        number = self.append(entry)
        page = self.log(f"#{number}")
        self.assertIn(MARKUP, page.text("#record"))
        self.assertIn(MARKUP, page.text("#newest"))
        page.click("#verify")
        self.assertEqual(self.verdict(page), "verified")
        self.assertIn(MARKUP, page.text("#result"))
        self.assertEqual(page.run("document.querySelectorAll('img, #main b').length"), 0)
        self.assert_clean(page)

    def test_everything_can_be_done_with_the_keyboard(self) -> None:
        page = self.log()
        self.assertIn("Skip to the log", self._tab_to(page, "a.skip", 2))
        self._tab_to(page, "#query", 8)
        page.type("7")
        page.press("Enter")
        page.until("document.activeElement.id === 'entry-title'")
        self._tab_to(page, "#verify", 4)
        page.press("Enter")
        self.assertEqual(self.verdict(page), "verified")
        self.assertEqual(page.run("document.activeElement.id"), "verify")
        self._tab_to(page, "#policy-box summary", 2)
        page.press("Enter")
        self._tab_to(page, "#policy", 2)
        self._tab_to(page, "#policy-file", 2)
        self._tab_to(page, "#policy-draft", 2)
        self._tab_to(page, ".checks summary", 2)
        page.press(" ")
        self.assertTrue(page.run("document.querySelector('.checks').open"))
        self.assert_clean(page)

    def _tab_to(self, page: Page, selector: str, steps_max: int) -> str:
        for _ in range(steps_max):
            page.press("Tab")
            if page.run(f"document.activeElement.matches({json.dumps(selector)})"):
                return page.run("document.activeElement.textContent")
        at = page.run("document.activeElement.outerHTML")
        raise AssertionError(f"{selector} is not within {steps_max} tabs: {at}")

    def test_all_controls_have_names_and_all_text_has_contrast_on_every_width(self) -> None:
        for dark in (False, True):
            for width in (1280, 320):
                for page in (self.log("#7", width=width, dark=dark), self._good_file(width, dark)):
                    if page.run("document.querySelector('#verify') !== null"):
                        page.click("#verify")
                    self.verdict(page)
                    page.run("document.querySelectorAll('details').forEach(d => d.open = true)")
                    self.assertEqual([c for c in page.controls() if not c[1].strip()], [])
                    self.assertEqual(page.run(CONTRASTS), [])
                    self.assertLessEqual(
                        page.run("document.documentElement.scrollWidth"), width
                    )
                    self.assert_clean(page)

    def _good_file(self, width: int = 1280, dark: bool = False) -> Page:
        page = self.file(width=width, dark=dark)
        page.choose("#receipt-file", self.save("7.receipt.json", self.receipt(7)))
        page.choose("#policy-file", self.gateway.policy)
        page.choose("#payload-file", self.save("payload", b"payload 7"))
        page.until("document.querySelector('[data-rule=payload][data-result=passed]')")
        return page

    def test_the_file_verifies_from_disk_and_asks_nobody(self) -> None:
        page = self._good_file()
        self.assertEqual(self.verdict(page), "verified")
        proof = self.gateway.get("/v1/entries/7/receipt?format=tlog-proof").body
        page.drop("#receipt-area", self.save("7.tlog-proof", proof))
        page.until("document.querySelector('#receipt-given').value.startsWith('7.tlog-proof')")
        self.assertEqual(self.verdict(page), "verified")
        self.assert_clean(page)
        self.assertEqual([url for url in page.urls if not url.startswith("file:")], [])

    def test_the_file_can_reach_nobody(self) -> None:
        page = self.file()
        answer = page.run(f"fetch('{self.gateway.url}/').then(() => 'reached', () => 'refused')")
        self.assertEqual(answer, "refused")
        page.settle()
        self.assertTrue(any("Content Security Policy" in fault for fault in page.faults))

    def test_the_file_refuses_what_is_not_so(self) -> None:
        page = self._good_file()
        receipt = self.receipt(7)
        at = receipt.index(b'"document":"') + 2000
        flipped = receipt[:at] + (b"A" if receipt[at:at + 1] != b"A" else b"B") + receipt[at + 1:]
        for name, content, rule in (
            ("indented.json", json.dumps(json.loads(receipt), indent=1).encode(), "receipt-format"),
            ("flipped.json", flipped, "attestation"),
            ("another.json", self.receipt(8), "payload"),
        ):
            page.choose("#receipt-file", self.save(name, content))
            page.until(f"document.querySelector('#receipt-given').value.startsWith('{name}')")
            page.until(f"document.querySelector('[data-rule={rule}][data-result=failed]')")
            self.assertEqual(self.verdict(page), "refused")
        self.assert_clean(page)

    def test_the_file_is_that_of_the_command(self) -> None:
        written = self.gateway.folder / "written.html"
        done = sequencer("verifier", "--output", str(written))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(written.read_bytes(), self.gateway.get("/verifier.html").body)

    def test_an_access_key_is_asked_for_once_and_kept_nowhere(self) -> None:
        page = self.log("#7")
        page.run(
            "globalThis.honest = globalThis.fetch; globalThis.fetch = async (path, options) =>"
            " options.headers.Authorization === 'Bearer the key' ? honest(path, options)"
            " : new Response('{}', { status: 401 }); 0"
        )
        page.click("#verify")
        page.until("document.querySelector('#key-dialog').open")
        self.assertEqual(page.run("document.activeElement.id"), "key")
        page.type("the key")
        page.press("Enter")
        self.assertEqual(self.verdict(page), "verified")
        self.assertEqual(page.run("document.querySelector('#key').value"), "")
        self.assertEqual(page.run("localStorage.length + sessionStorage.length"), 0)
        self.assert_clean(page)

    def test_without_scripts_the_page_says_what_to_do(self) -> None:
        page = self.page()
        page.without_scripts()
        page.open(self.gateway.url)
        self.assertIn("This page needs JavaScript", page.text("body"))
        self.assertIn("the newest signed checkpoint", page.text("body"))

    def test_it_is_looked_at(self) -> None:
        """Pictures in artifacts/browser, for people."""
        for name, emulated in (
            ("light", {}),
            ("dark", {"dark": True}),
            ("narrow", {"width": 390, "height": 844}),
        ):
            page = self.log("#7", **emulated)
            page.click("#verify")
            self.verdict(page)
            page.run("scrollTo(0, 0)")
            page.screenshot(SHOTS / f"log-{name}.png")
            page = self._good_file(emulated.get("width", 1280), emulated.get("dark", False))
            page.screenshot(SHOTS / f"verifier-{name}.png")
            page.choose("#payload-file", self.save("wrong", b"payload 8"))
            page.until("document.querySelector('[data-verdict=refused]')")
            page.screenshot(SHOTS / f"verifier-refused-{name}.png")
            self.assertGreater((SHOTS / f"log-{name}.png").stat().st_size, 10_000)


if __name__ == "__main__":
    unittest.main()
