"""What /metrics says, under Prometheus' own checker."""

from __future__ import annotations

import subprocess
import unittest
from pathlib import Path

from gateway_process import GatewayProcess

PROMTOOL = Path(__file__).parent / "promtool"


class Metrics(unittest.TestCase):
    def test_promtool_finds_nothing_after_appends_refusals_and_reads(self) -> None:
        gateway = GatewayProcess()
        self.addCleanup(gateway.close)
        gateway.start()
        text = {"Content-Type": "text/plain"}
        stream = "/v1/entries?stream=s"
        self.assertEqual(201, gateway.post(stream, b"x", {"If-None-Match": "*", **text}).status)
        self.assertEqual(412, gateway.post(stream, b"x", {"If-None-Match": "*", **text}).status)
        self.assertEqual(404, gateway.get("/v1/entries/99").status)
        metrics = gateway.get("/metrics").body
        self.assertIn(b'sequencer_entries_refused_total{reason="guard"} 1\n', metrics)
        done = subprocess.run(
            [str(PROMTOOL), "check", "metrics"],
            input=metrics, capture_output=True, timeout=120, check=False,
        )
        self.assertEqual((0, b""), (done.returncode, done.stdout + done.stderr))


if __name__ == "__main__":
    unittest.main()
