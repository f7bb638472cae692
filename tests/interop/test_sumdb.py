"""Logs under golang.org/x/mod's sumdb/note and sumdb/tlog, which know nothing of this project."""

from __future__ import annotations

import base64
import json
import os
import random
import struct
import subprocess
import tempfile
import unittest
from pathlib import Path
from typing import Any, Sequence

from gateway_process import REPOSITORY, GatewayProcess
from make_log import Log, b64, h, tree_root
from test_verifier import served
from verifier import merkle

SEED = int(os.environ.get("SEQUENCER_SEED", "20260101"))
CHECK = REPOSITORY / "artifacts/interop/sumdb-check"
BATCH = {"Content-Type": "application/vnd.sequencer.batch"}
# Where the Ed25519 and P-256 keys stand in an epoch statement (docs/PROTOCOL.md section 5).
ED25519 = slice(192, 224)
P256 = slice(224, 288)
SPKI_START = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")

Older = Sequence[tuple[bytes, str]]


def vkey(origin: str, statement: bytes) -> str:
    """The verifier key of an epoch, as the Go package writes it: name+hash+base64."""
    key = b"\x01" + statement[ED25519]
    key_hash = h(origin.encode() + b"\n" + key)[:4].hex()
    return f"{origin}+{key_hash}+{b64(key)}"


def ecdsa_name(origin: str, statement: bytes) -> str:
    spki = SPKI_START + statement[P256]
    return f"{origin}+{h(spki)[:4].hex()}"


class SumdbTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="seq-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        # One server for all cases of a test, which change what it answers.
        self.answers: dict[str, bytes] = {}
        self.mirror = self.enterContext(served(self.answers)) + "/v1"

    def check(self, url: str, key: str, older: Older = ()) -> subprocess.CompletedProcess[str]:
        command = [str(CHECK), "-url", url, "-vkey", key]
        for position, (note, older_key) in enumerate(older):
            path = self.folder / f"{position}.checkpoint"
            path.write_bytes(note)
            command += ["-older", f"{path},{older_key}"]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    def good(self, url: str, key: str, older: Older = ()) -> Any:
        done = self.check(url, key, older)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def refused(
        self, files: dict[str, bytes], key: str, said: str, older: Older = ()
    ) -> None:
        """Refused at the step, and for the reason, with which the pattern `said` begins."""
        self.answers.clear()
        self.answers.update(files)
        done = self.check(self.mirror, key, older)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertEqual(done.stdout, "")
        self.assertRegex(done.stderr, "^" + said)


class RealLog(SumdbTest):
    """What the gateway and the enclave made: two epochs, over 600 entries, heads on the way."""

    gateway: GatewayProcess

    @classmethod
    def setUpClass(cls) -> None:
        cls.gateway = GatewayProcess()
        cls.addClassCleanup(cls.gateway.close)
        cls.gateway.start()
        notes: list[tuple[int, bytes]] = []
        # Heads within a tile, on the edge of one, and over full and partial ones.
        for epoch, counts in enumerate(((4, 251, 80), (1, 175, 160))):
            if epoch:
                cls.gateway.kill_enclave()
            for count in counts:
                cls._submit(f"{epoch} {len(notes)}", count)
                notes.append((epoch, cls.gateway.get("/v1/checkpoint").body))
        epochs = cls.gateway.get("/v1/epochs").json["epochs"]
        cls.statements = [base64.b64decode(epoch["statement"]) for epoch in epochs]
        cls.origin = notes[0][1].split(b"\n")[0].decode()
        cls.keys = [vkey(cls.origin, statement) for statement in cls.statements]
        cls.older = [(note, cls.keys[epoch]) for epoch, note in notes]
        cls.files = cls._mirror()

    @classmethod
    def _submit(cls, tag: str, count: int) -> None:
        payloads = [f"{tag} {number}".encode() for number in range(count)]
        framed = b"".join(struct.pack(">I", len(payload)) + payload for payload in payloads)
        answer = cls.gateway.post("/v1/entries:batch", framed, BATCH)
        if answer.status != 200 or len(answer.json["entries"]) != count:
            raise AssertionError(f"batch: {answer.status} {answer.body!r}")

    @classmethod
    def _mirror(cls) -> dict[str, bytes]:
        checkpoint = cls.gateway.get("/v1/checkpoint").body
        cls.size = int(checkpoint.split(b"\n")[1])
        files = {"checkpoint": checkpoint}
        for level, width in (("entries", cls.size), ("0", cls.size), ("1", cls.size // 256)):
            for start in range(0, width, 256):
                path = merkle.tile_path(level, start // 256, min(256, width - start))
                files[path] = cls.gateway.get("/v1/" + path).body
        return files

    def test_every_record_and_every_head_proves_under_both_prefixes(self) -> None:
        self.assertGreater(self.size, 600)
        self.assertEqual(len(self.statements), 2)
        sizes = [int(note.split(b"\n")[1]) for note, _ in self.older]
        self.assertIn(256, sizes)
        for prefix in ("/v1", ""):
            found = self.good(self.gateway.url + prefix, self.keys[1], self.older)
            self.assertEqual((found["size"], found["older"]), (self.size, sizes))

    def test_the_ecdsa_line_is_left_unverified_under_its_own_key_id(self) -> None:
        found = self.good(self.gateway.url + "/v1", self.keys[1])
        self.assertEqual(found["verified"], [_name_and_hash(self.keys[1])])
        self.assertEqual(found["unverified"], [ecdsa_name(self.origin, self.statements[1])])

    def test_a_key_that_did_not_sign_opens_nothing(self) -> None:
        unsigned = "note: note has no verifiable signatures"
        self.refused(self.files, self.keys[0], unsigned)
        other = vkey("other.example/log", self.statements[1])
        self.refused(self.files, other, unsigned)
        note = self.older[0][0]
        self.refused(self.files, self.keys[1], unsigned, [(note, self.keys[1])])

    def test_no_bit_of_a_tile_can_be_changed(self) -> None:
        for path in sorted(self.files):
            if path == "checkpoint":
                continue
            entries = path.startswith("tile/entries/")
            # A changed length takes the bundle apart differently; any other bit is of a record.
            # A hash that the package's tile reader lets through (see records.go) fails a proof.
            step = "bundle: " if entries else "tile: downloaded inconsistent tile"
            said = rf"({step}|record \d+: invalid transparency proof)"
            self._refuses_flips(path, said)

    def _refuses_flips(self, path: str, said: str) -> None:
        chance = random.Random(f"{SEED} {path}")
        for _ in range(8):
            bad, bit = _flip(self.files[path], chance)
            with self.subTest(path=path, bit=bit, seed=SEED):
                self.refused({**self.files, path: bad}, self.keys[1], said)

    def test_no_bit_of_a_notes_text_can_be_changed(self) -> None:
        text, _, signatures = self.files["checkpoint"].partition(b"\n\n")
        text, rest = text + b"\n", b"\n" + signatures
        said = r"note: (invalid signature for key|malformed note)"
        for bit in range(len(text) * 8):
            bad = _flipped(text, bit)
            with self.subTest(bit=bit):
                self.refused({**self.files, "checkpoint": bad + rest}, self.keys[1], said)

    def test_no_bit_of_a_signature_can_be_changed(self) -> None:
        head, _, line = self.files["checkpoint"].rstrip(b"\n").rpartition(b" ")
        signature = base64.b64decode(line)
        for bit in range(len(signature) * 8):
            bad = b64(_flipped(signature, bit)).encode()
            # The first four bytes name the key: changed, they name one that nobody knows.
            said = "note has no verifiable" if bit < 32 else "invalid signature for key"
            note = head + b" " + bad + b"\n"
            with self.subTest(bit=bit):
                self.refused({**self.files, "checkpoint": note}, self.keys[1], "note: " + said)


class MadeLog(SumdbTest):
    """Logs whose signer lies: every signature is right, and the trees are not."""

    def setUp(self) -> None:
        super().setUp()
        self.log = Log()
        self.log.open_epoch()
        for number in range(699):
            self.log.append(b"%d" % number)
        self.log.head()
        self.statement = self.log.epochs[0].statement
        self.origin = self.log.heads[0][1].split("\n")[0]
        self.key = vkey(self.origin, self.statement)

    def signed(self, size: int, root: bytes) -> tuple[bytes, str]:
        return self.log.epochs[0].keys.note(size, root).encode(), self.key

    def test_the_independent_encoders_log_is_good(self) -> None:
        older = [self.signed(n, tree_root(self.log.leaves[:n])) for n in (1, 255, 257, 512, 700)]
        self.answers.update(self.log.tlog_files())
        found = self.good(self.mirror, self.key, older)
        self.assertEqual((found["size"], found["older"]), (700, [1, 255, 257, 512, 700]))

    def test_a_head_of_another_history_is_refused(self) -> None:
        leaves = self.log.leaves
        leaves[17] = h(b"another record")
        for size in (18, 256, 300, 700):
            with self.subTest(size=size):
                fork = self.signed(size, tree_root(leaves[:size]))
                self.refused(self.log.tlog_files(), self.key, "consistency: ", [fork])

    def test_a_log_that_was_cut_back_is_refused(self) -> None:
        longer = self.signed(701, tree_root(self.log.leaves + [bytes(32)]))
        said = "consistency: 1 records of 701 are gone"
        self.refused(self.log.tlog_files(), self.key, said, [longer])

    def test_a_root_that_is_not_of_its_tiles_is_refused(self) -> None:
        files = self.log.tlog_files()
        files["checkpoint"] = self.signed(700, bytes(32))[0]
        self.refused(files, self.key, "tile: downloaded inconsistent tile")

    def test_a_text_that_is_not_three_lines_of_the_origin_is_refused(self) -> None:
        files = self.log.tlog_files()
        text = files["checkpoint"].partition(b"\n\n")[0].decode() + "\n"
        for bad, said in (
            (text + "extension\n", "there are not three lines"),
            (text.replace(self.origin, "other.example/log"), "the first line is not the origin"),
            (text.replace("\n700\n", "\n0700\n"), "malformed tree note"),
        ):
            with self.subTest(said=said):
                files["checkpoint"] = self._signed_text(bad)
                self.refused(files, self.key, "checkpoint: " + said)

    def _signed_text(self, text: str) -> bytes:
        """Any text, with a good Ed25519 signature that names the key of this log."""
        key_id = bytes.fromhex(self.key.split("+")[1])
        signature = self.log.epochs[0].keys.ed25519.sign(text.encode())
        return f"{text}\n\u2014 {self.origin} {b64(key_id + signature)}\n".encode()

    def test_records_that_changed_places_are_refused(self) -> None:
        files = self.log.tlog_files()
        self.log.items[300], self.log.items[301] = self.log.items[301], self.log.items[300]
        path = "tile/entries/001"
        files[path] = self.log.tlog_files()[path]
        self.refused(files, self.key, "record 300: ")


def _name_and_hash(key: str) -> str:
    return "+".join(key.split("+")[:2])


def _flip(data: bytes, chance: random.Random) -> tuple[bytes, int]:
    bit = chance.randrange(len(data) * 8)
    return _flipped(data, bit), bit


def _flipped(data: bytes, bit: int) -> bytes:
    at = bit // 8
    return data[:at] + bytes([data[at] ^ (1 << bit % 8)]) + data[at + 1 :]


if __name__ == "__main__":
    unittest.main()
