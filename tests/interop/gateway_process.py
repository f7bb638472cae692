"""The real gateway with a simulated enclave, on a free loopback port and a folder of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Mapping, Optional

REPOSITORY = Path(__file__).resolve().parents[2]
GATEWAY = REPOSITORY / "gateway/Gateway/bin/Release/net10.0/Sequencer.Gateway.dll"
ENCLAVE = REPOSITORY / "enclave/Simulated/bin/Release/net10.0/Sequencer.Enclave.Simulated.dll"
READY_SECONDS = 60


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class GatewayProcess:
    def __init__(self) -> None:
        # Short, because the path of a Unix socket has little room.
        self._folder = tempfile.TemporaryDirectory(prefix="seq")
        self.folder = Path(self._folder.name)
        self.data = self.folder / "data"
        self.policy = self.folder / "policy.json"
        self._socket = self.folder / "e.sock"
        self._nsm = self.folder / "nsm"
        self._log = (self.folder / "gateway.log").open("ab")
        self._process: Optional[subprocess.Popen[bytes]] = None
        self.url = ""

    def start(self) -> None:
        self.url = f"http://127.0.0.1:{_free_port()}"
        enclave = (
            f"dotnet {ENCLAVE} --socket {self._socket} --root-directory {self._nsm} "
            "--exit-when-idle 30"
        )
        command = ["dotnet", str(GATEWAY), "--listen", self.url, "--data", str(self.data)]
        command += ["--enclave", f"unix:{self._socket}", "--enclave-command", enclave]
        self._process = subprocess.Popen(
            command, cwd=self.folder, stdout=self._log, stderr=self._log
        )
        self.until_ready()

    def until_ready(self) -> None:
        self._until(lambda: self._answers_ready(), "the gateway is not ready")

    def _answers_ready(self) -> bool:
        if self._process is None or self._process.poll() is not None:
            raise AssertionError(f"the gateway ended:\n{self.log()}")
        try:
            return self.get("/readyz").status == 200
        except OSError:
            return False

    def _until(self, holds: Callable[[], bool], otherwise: str) -> None:
        end = time.monotonic() + READY_SECONDS
        while not holds():
            if time.monotonic() > end:
                raise AssertionError(f"{otherwise} after {READY_SECONDS} s:\n{self.log()}")
            time.sleep(0.1)

    def log(self) -> str:
        return (self.folder / "gateway.log").read_text(errors="replace")[-4000:]

    def make_policy(self) -> None:
        """The policy that the project's own command makes from the running log."""
        root = self._nsm / "development-root.der"
        options = ["--url", self.url, "--insecure-development-root", str(root)]
        done = sequencer("policy", *options, "--output", str(self.policy), "--force")
        if done.returncode != 0:
            raise AssertionError(f"sequencer policy: {done.stdout}{done.stderr}")

    def seal(self) -> None:
        """Asks for the planned end of the epoch, and waits for it."""
        assert self._process is not None
        self._process.send_signal(signal.SIGUSR2)
        self._until(
            lambda: b"epoch-sealed" in self.get("/readyz").body, "the epoch was not sealed"
        )

    def kill_enclave(self) -> None:
        """Kills the enclave as a crash would, and waits for the epoch that follows."""
        epochs = len(self.get("/v1/epochs").json["epochs"])
        found = self._enclaves()
        if not found:
            raise AssertionError("no simulated enclave of this test is running")
        for process in found:
            os.kill(process, signal.SIGKILL)
        self._until(
            lambda: self._answers_ready()
            and len(self.get("/v1/epochs").json["epochs"]) > epochs,
            "no epoch was opened",
        )

    def _enclaves(self) -> list[int]:
        """Processes whose command line names this test's own socket, the gateway excepted."""
        mine = str(self._socket).encode()
        found: list[int] = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = path.read_bytes().split(b"\0")
            except OSError:
                continue
            if mine in words and b"--socket" in words:
                found.append(int(path.parent.name))
        return found

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(timeout=10)
            self._process = None
        for process in self._enclaves():
            os.kill(process, signal.SIGKILL)

    def close(self) -> None:
        self.stop()
        self._log.close()
        self._folder.cleanup()

    def get(self, path: str, **headers: str) -> Answer:
        return self._send("GET", path, None, headers)

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        return self._send("POST", path, body, headers)

    def _send(
        self, method: str, path: str, body: Optional[bytes], headers: Mapping[str, str]
    ) -> Answer:
        request = urllib.request.Request(self.url + path, body, dict(headers), method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return Answer(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.headers, error.read())


def sequencer(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The project's own command."""
    return subprocess.run(
        [str(REPOSITORY / "sequencer"), *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
