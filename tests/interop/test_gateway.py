"""A log that the real gateway and enclave made, under the independent verifier."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import struct
import unittest
from dataclasses import replace
from pathlib import Path
from typing import Any

import make_log
from gateway_process import GatewayProcess, sequencer
from test_verifier import served
from verifier import merkle
from verifier.audit import audit
from verifier.frames import commit_frame_at
from verifier.policy import Policy, decode_policy
from verifier.receipt import decode_receipt, encode_proof, encode_receipt, verify_receipt
from verifier.records import Seal, decode_record
from verifier.sources import DirectorySource, HttpSource, Unreadable

SEED = int(os.environ.get("SEQUENCER_SEED", "20260101"))
TEXT = {"Content-Type": "text/plain"}
JSON = {"Content-Type": "application/json"}
NDJSON = {"Content-Type": "application/x-ndjson"}
BATCH = {"Content-Type": "application/vnd.sequencer.batch"}


class RealLog(unittest.TestCase):
    """One log for all tests: an epoch that was sealed and one that was not, some 300 entries of
    every kind that HTTP.md has."""

    gateway: GatewayProcess
    policy: Policy
    payloads: dict[int, bytes]

    @classmethod
    def setUpClass(cls) -> None:
        cls.gateway = GatewayProcess()
        cls.addClassCleanup(cls.gateway.close)
        cls.gateway.start()
        cls.gateway.make_policy()
        cls.policy_json = json.loads(cls.gateway.policy.read_text())
        cls.policy = decode_policy(cls.gateway.policy.read_bytes())
        cls.payloads = {}
        cls.embedded: list[tuple[bytes, bytes]] = []
        cls._submit_singles("first")
        cls._submit_batches("first", 100)
        cls.gateway.seal()
        cls.seal = int(cls.gateway.get("/v1/checkpoint").body.split(b"\n")[1]) - 1
        cls.gateway.kill_enclave()
        cls._submit_singles("second")
        cls._submit_batches("second", 30)
        cls.size = int(cls.gateway.get("/v1/checkpoint").body.split(b"\n")[1])

    @classmethod
    def _entry(cls, payload: bytes, path: str, body: bytes, headers: dict[str, str]) -> Any:
        answer = cls.gateway.post(path, body, headers)
        if answer.status != 201:
            raise AssertionError(f"{path}: {answer.status} {answer.body!r}")
        entry = answer.json
        if entry["payload_digest"] != hashlib.sha256(payload).hexdigest():
            raise AssertionError(f"{path}: another payload's digest")
        if isinstance(entry.get("receipt"), dict):
            # What `jq -c .receipt` prints.
            receipt = json.dumps(entry["receipt"], separators=(",", ":"), ensure_ascii=False)
            cls.embedded.append((receipt.encode() + b"\n", payload))
        cls.payloads[entry["number"]] = payload
        return entry

    @classmethod
    def _submit_singles(cls, tag: str) -> None:
        for number in range(10):
            payload = f"{tag} {number}".encode()
            query = ("", "?receipt=ref", "?receipt=none")[number % 3]
            cls._entry(payload, "/v1/entries" + query, payload, TEXT)
        for payload, body in (
            (b"plain", {"payload": "plain"}),
            (b"\x00\xff", {"payload_base64": "AP8=", "content_type": "image/x"}),
            ("–ä".encode(), {"payload": "–ä", "type": "t", "metadata": {"z": "ü", "a": ""}}),
            (b"", {"payload": "", "stream": f"{tag} stream"}),
        ):
            cls._entry(payload, "/v1/entries", json.dumps(body).encode(), JSON)
        keyed = {**TEXT, "Idempotency-Key": f"{tag}-key"}
        cls._entry(b"keyed", "/v1/entries", b"keyed", keyed)
        streamed = {**TEXT, "If-None-Match": "*"}
        cls._entry(b"v1", f"/v1/entries?stream={tag}&type=made", b"v1", streamed)
        cls._entry(b"v2", f"/v1/entries?stream={tag}", b"v2", {**TEXT, "If-Match": '"1"'})
        cls._entry(b"v3", f"/v1/entries?stream={tag}", b"v3", {**TEXT, "If-Match": "*"})

    @classmethod
    def _batch(cls, path: str, body: bytes, headers: dict[str, str], payloads: list[bytes]) -> Any:
        answer = cls.gateway.post(path, body, headers)
        if answer.status != 200:
            raise AssertionError(f"{path}: {answer.status} {answer.body!r}")
        for outcome, payload in zip(answer.json["entries"], payloads, strict=True):
            if outcome["status"] == "appended":
                cls.payloads[outcome["number"]] = payload
        return answer.json["entries"]

    @classmethod
    def _submit_batches(cls, tag: str, count: int) -> None:
        payloads = [f"{tag} batch {number}".encode() for number in range(count)]
        framed = b"".join(struct.pack(">I", len(payload)) + payload for payload in payloads)
        cls._batch("/v1/entries:batch", framed, BATCH, payloads)
        cls._batch("/v1/entries:batch?atomic=true", framed, BATCH, payloads)
        lines = [
            {
                "payload": payload.decode(),
                "stream": f"{tag} {number % 5}",
                "expected_version": number // 5,
                "idempotency_key": f"{tag} line {number}",
                "metadata": {"number": str(number)},
            }
            for number, payload in enumerate(payloads)
        ]
        # One line that cannot hold is refused by itself and leaves the others alone.
        lines[-1]["expected_version"] = "none"
        outcomes = cls._batch("/v1/entries:batch", _lines(lines), NDJSON, payloads)
        statuses = [outcome["status"] for outcome in outcomes]
        if statuses != ["appended"] * (count - 1) + ["refused"]:
            raise AssertionError(f"batch: {outcomes[-3:]}")

    def rules(self, receipt: bytes, **changes: Any) -> set[str]:
        policy = decode_policy(json.dumps({**self.policy_json, **changes}).encode())
        return verify_receipt(receipt, policy).rules

    def receipt(self, number: int) -> bytes:
        answer = self.gateway.get(f"/v1/entries/{number}/receipt")
        self.assertEqual(answer.status, 200)
        return answer.body

    def test_numbers_have_no_gap_and_two_epochs(self) -> None:
        epochs = self.gateway.get("/v1/epochs").json["epochs"]
        self.assertEqual([epoch["epoch"] for epoch in epochs], [0, 1])
        self.assertEqual(epochs[1]["number"], self.seal + 1)
        others = {epoch["number"] for epoch in epochs} | {self.seal}
        self.assertEqual(set(self.payloads) | others, set(range(self.size)))
        record = decode_record(decode_receipt(self.receipt(self.seal)).record)
        self.assertIsInstance(record, Seal)
        self.assertGreater(len(self.payloads), 300)

    def test_receipts_in_answers_are_good(self) -> None:
        self.assertGreater(len(self.embedded), 15)
        for receipt, payload in self.embedded:
            report = verify_receipt(receipt, self.policy, payload)
            self.assertTrue(report.good, report)

    def test_every_receipt_is_good_in_both_encodings(self) -> None:
        for number in range(self.size):
            payload = self.payloads.get(number)
            receipt = self.receipt(number)
            report = verify_receipt(receipt, self.policy, payload)
            self.assertTrue(report.good, f"{number}: {report}")
            path = f"/v1/entries/{number}/receipt?format=tlog-proof"
            proof = self.gateway.get(path).body
            report = verify_receipt(proof, self.policy, payload)
            self.assertTrue(report.good, f"{number}: {report}")
            self.assertEqual(encode_proof(decode_receipt(receipt)), proof)
            self.assertEqual(encode_receipt(decode_receipt(proof)), receipt)
        same = self.gateway.get("/v1/entries/1/receipt", Accept="text/plain").body
        self.assertTrue(same.startswith(b"c2sp.org/tlog-proof@v1\n"))

    def test_payloads_come_back(self) -> None:
        for number in list(self.payloads)[::17]:
            found = self.gateway.get(f"/v1/entries/{number}/payload").body
            self.assertEqual(found, self.payloads[number])

    def test_the_log_audits_over_http_and_from_its_directory(self) -> None:
        for source in (HttpSource(self.gateway.url), DirectorySource(self.gateway.data)):
            report = audit(source, self.policy)
            self.assertTrue(report.good, [str(fault) for fault in report.faults])

    def test_proofs_lead_from_head_to_head(self) -> None:
        source = HttpSource(self.gateway.url)
        leaves = [merkle.leaf_hash(record) for record in source.records(self.size)]
        root = merkle.root_of(leaves)
        for old in range(1, self.size, 23):
            path = f"/v1/proofs/consistency?from={old}&to={self.size}"
            proof = [bytes.fromhex(text) for text in self.gateway.get(path).json["proof"]]
            old_root = merkle.root_of(leaves[:old])
            self.assertTrue(merkle.consistency_holds(old, old_root, self.size, root, proof))
            path = f"/v1/proofs/inclusion?number={old}&size={self.size}"
            answer = self.gateway.get(path).json
            proof = [bytes.fromhex(text) for text in answer["proof"]]
            leaf = bytes.fromhex(answer["leaf_hash"])
            self.assertEqual(leaf, leaves[old])
            self.assertEqual(merkle.root_from_inclusion(leaf, old, self.size, proof), root)

    def test_keys_replay_and_versions_refuse(self) -> None:
        keyed = {**TEXT, "Idempotency-Key": "second-key"}
        again = self.gateway.post("/v1/entries", b"keyed", keyed)
        self.assertEqual(again.headers.get("Idempotent-Replayed"), "true")
        self.assertEqual(self.payloads[again.json["number"]], b"keyed")
        other = self.gateway.post("/v1/entries", b"other", keyed)
        self.assertEqual((other.status, _problem(other.json)), (422, "idempotency-conflict"))
        late = self.gateway.post("/v1/entries?stream=second", b"x", {**TEXT, "If-Match": '"1"'})
        self.assertEqual((late.status, _problem(late.json)), (412, "version-mismatch"))
        self.assertEqual(late.json["actual"], 3)
        lines = _lines(
            [
                {"payload": "a", "stream": "fresh"},
                {"payload": "b", "stream": "second", "expected_version": 9},
            ]
        )
        refused = self.gateway.post("/v1/entries:batch?atomic=true", lines, NDJSON)
        self.assertEqual((refused.status, refused.json["index"]), (412, 1))
        head = self.gateway.get("/v1/checkpoint").body
        self.assertEqual(int(head.split(b"\n")[1]), self.size)

    def test_each_part_of_the_policy_refuses_by_its_own_rule(self) -> None:
        receipt = self.receipt(5)
        image = self.policy_json["measurements"][0]
        configuration = self.policy_json["configuration"]
        moved = configuration.replace("origin ", "origin elsewhere/")
        for changes, rules in (
            ({"log_id": "00" * 32}, {"log-id"}),
            ({"configuration": _one_less(configuration)}, {"configuration"}),
            (
                {"origin": moved.split("\n")[1].split(" ")[1], "configuration": moved},
                {"origin", "configuration"},
            ),
            ({"measurements": [{**image, "pcr2": "5a" * 48}]}, {"attestation"}),
            ({"measurements": [{**image, "not_after_size": 3}]}, {"measurement-retired"}),
            (
                {"insecure_development_roots": [], "roots": ["aws-nitro-enclaves-g1"]},
                {"attestation"},
            ),
        ):
            with self.subTest(rules=rules):
                self.assertEqual(self.rules(receipt, **changes), rules)

    def test_no_byte_of_a_receipt_or_of_its_parts_can_be_changed(self) -> None:
        chance = random.Random(SEED)
        print(f"seed {SEED}", end=" ")
        for number in chance.sample(sorted(self.payloads), 4):
            receipt = self.receipt(number)
            for _ in range(60):
                bad = _flip(receipt, chance)
                report = verify_receipt(bad, self.policy, self.payloads[number])
                self.assertTrue(report.faults, f"seed {SEED}, receipt {number}")
            parts = decode_receipt(receipt)
            for name, rules in PARTS.items():
                for _ in range(12):
                    value = getattr(parts, name)
                    bad = encode_receipt(replace(parts, **{name: _flip(value, chance)}))
                    report = verify_receipt(bad, self.policy, self.payloads[number])
                    expected = f"seed {SEED}, {name} of {number}: {report.rules}"
                    self.assertTrue(report.rules & rules, expected)

    def test_no_byte_of_the_log_can_be_changed(self) -> None:
        chance = random.Random(SEED)
        files = self._mirror()
        with served(files) as url:
            self.assertTrue(audit(HttpSource(url), self.policy).good)
        for path in sorted(files):
            if path == "epochs":
                continue
            for _ in range(3):
                bad = dict(files, **{path: _flip(files[path], chance)})
                with served(bad) as url, self.subTest(path=path, seed=SEED):
                    try:
                        rules = audit(HttpSource(url), self.policy).rules
                    except Unreadable:
                        # A changed length in a bundle leaves no records to judge.
                        rules = {"record-format"} if "entries" in path else set()
                    self.assertTrue(rules)
                    if path.startswith("tile/") and "entries" not in path:
                        self.assertEqual(rules, {"tile"})

    def _mirror(self) -> dict[str, bytes]:
        paths = ["checkpoint", "epochs"]
        for level, width in (("entries", self.size), ("0", self.size), ("1", self.size // 256)):
            for start in range(0, width, 256):
                paths.append(merkle.tile_path(level, start // 256, min(256, width - start)))
        return {path: self.gateway.get("/v1/" + path).body for path in paths}

    def test_no_byte_of_the_directory_can_be_changed(self) -> None:
        chance = random.Random(SEED)
        segment = Path("log") / f"{0:020d}.seg"
        good = (self.gateway.data / segment).read_bytes()
        for round_number in range(8):
            path = self.gateway.folder / f"copy{round_number}"
            shutil.copytree(self.gateway.data, path, ignore=shutil.ignore_patterns("lock"))
            bad = _flip(good, chance) if round_number % 2 else _flip_record(good, chance)
            (path / segment).write_bytes(bad)
            try:
                rules = audit(DirectorySource(path), self.policy).rules
            except Unreadable:
                rules = {"frame"}
            self.assertTrue(rules, f"seed {SEED}, round {round_number}")
            shutil.rmtree(path)

    def test_the_projects_own_command_agrees(self) -> None:
        chance = random.Random(SEED)
        number = max(self.payloads)
        receipt = self.receipt(number)
        proof = self.gateway.get(f"/v1/entries/{number}/receipt?format=tlog-proof").body
        parts = decode_receipt(receipt)
        cases = [receipt, proof, self.receipt(0), _flip(receipt, chance), _flip(proof, chance)]
        for name in PARTS:
            value = getattr(parts, name)
            cases.append(encode_receipt(replace(parts, **{name: _flip(value, chance)})))
        other = decode_receipt(self.receipt(number - 1))
        cases.append(encode_receipt(replace(parts, inclusion=other.inclusion)))
        cases.append(encode_receipt(replace(parts, record=other.record)))
        cases.append(encode_receipt(replace(parts, request=other.request)))
        cases.append(receipt.replace(b",", b", ", 1))
        seal = self.receipt(self.seal)
        bad = replace(decode_receipt(seal), record=_flip(decode_receipt(seal).record, chance))
        cases += [seal, encode_receipt(bad)]
        for position, case in enumerate(cases):
            path = self.gateway.folder / "case.receipt"
            path.write_bytes(case)
            report = verify_receipt(case, self.policy)
            done = sequencer("verify", str(path), "--policy", str(self.gateway.policy))
            said = done.stdout + done.stderr
            with self.subTest(case=position, mine=sorted(report.rules)):
                self.assertEqual(done.returncode == 0, report.good, said)
                self.assertIn(done.returncode, (0, 1), said)
                for rule in report.rules:
                    self.assertIn(rule, said)

    def test_the_projects_own_audit_agrees(self) -> None:
        policy = str(self.gateway.policy)
        done = sequencer("audit", self.gateway.url, "--policy", policy)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        files = self._mirror()
        tile = "tile/0/000"
        files[tile] = _flip(files[tile], random.Random(SEED))
        with served(files) as url:
            done = sequencer("audit", url, "--policy", policy)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)


# The rules of which one must refuse a changed byte of each part.
PARTS: dict[str, set[str]] = {
    "record": {"record-format", "record-number", "record-inclusion"},
    "request": {"request-format", "request"},
    "metadata": {"metadata-format", "metadata"},
    "statement": {"statement-format", "epoch-statement"},
    "document": {"attestation"},
}


def _lines(values: list[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(value).encode() + b"\n" for value in values)


def _problem(answer: dict[str, Any]) -> str:
    return str(answer["type"]).rsplit(":", 1)[-1]


def _one_less(configuration: str) -> str:
    head, _, window = configuration.rstrip("\n").rpartition(" ")
    return f"{head} {int(window) - 1}\n"


def _flip(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ (1 << chance.randrange(8))]) + data[at + 1 :]


def _flip_record(segment: bytes, chance: random.Random) -> bytes:
    """One byte of the first frame's records changed, under a checksum that is right again."""
    frame = commit_frame_at(segment, 0)
    records = list(frame.records)
    records[0] = _flip(records[0], chance)
    first = make_log.commit_frame(
        frame.first, records, frame.payload_offsets, frame.checkpoint
    )
    return first + segment[frame.length :]


if __name__ == "__main__":
    unittest.main()
