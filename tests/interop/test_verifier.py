"""Receipts and logs that break one rule each, made by the independent encoder."""

from __future__ import annotations

import http.server
import io
import json
import os
import random
import tempfile
import threading
import unittest
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from datetime import timedelta
from pathlib import Path
from typing import Any, Callable, Iterator

import cbor2
import make_log
import sequencer_verify
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from make_log import Log, Pki, b64, chain_shapes, changed, h
from verifier import attestation
from verifier.audit import audit
from verifier.certificates import parse_certificate
from verifier.encoding import Malformed
from verifier.policy import AWS_NITRO_ENCLAVES_G1, Measurement, Policy, decode_policy
from verifier.receipt import verify_receipt
from verifier.records import decode_configuration, decode_record
from verifier.report import Report
from verifier.sources import DirectorySource, HttpSource, Unreadable

SEED = int(os.environ.get("SEQUENCER_SEED", "20260101"))


def small_log() -> Log:
    """Two epochs: statement 0, entries 1 to 5, statement 6, entries 7 to 9."""
    log = Log()
    log.open_epoch()
    log.append(b"one", stream="s")
    log.append(b"two", stream="s", idempotency=h(b"key"))
    log.append(b"three", metadata=make_log.metadata_block("t", "text/plain", [("k", "v")]))
    log.append(b"four", stream="a", group=(0, 2))
    log.append(b"five", stream="s", group=(1, 2))
    log.head()
    log.open_epoch()
    for payload in (b"six", b"seven", b"eight"):
        log.append(payload, stream="s")
    log.head()
    return log


def sealed_log() -> Log:
    """Statement 0, entry 1, seal 2, statement 3, entry 4, seal 5."""
    log = Log()
    for payload in (b"one", b"two"):
        log.open_epoch()
        log.append(payload, stream="s")
        log.seal()
        log.head()
    return log


def policy_of(log: Log, **changes: Any) -> Policy:
    return decode_policy(json.dumps(log.policy(**changes)).encode())


def image(**changes: Any) -> dict[str, Any]:
    pcrs = {f"pcr{index}": make_log.PCRS[index].hex() for index in (0, 1, 2)}
    return {"name": "test", **pcrs, **changes}


class Receipts(unittest.TestCase):
    def setUp(self) -> None:
        self.log = small_log()
        self.policy = policy_of(self.log)

    def refused(self, receipt: bytes, *rules: str, **arguments: Any) -> None:
        report = verify_receipt(receipt, arguments.pop("policy", self.policy), **arguments)
        self.assertEqual(report.rules, set(rules), [str(fault) for fault in report.faults])
        self.assertFalse(report.good)

    def test_receipts_of_all_records_are_good_in_both_encodings(self) -> None:
        for number, item in enumerate(self.log.items):
            payload = item.payload or None
            for receipt in (self.log.receipt(number), self.log.proof(number)):
                report = verify_receipt(receipt, self.policy, payload)
                self.assertTrue(report.good, report)

    def test_each_part_of_the_policy_refuses_by_its_own_rule(self) -> None:
        receipt = self.log.receipt(2)
        other = make_log.configuration(origin="other.example/log").decode()
        for changes, rules in (
            ({"log_id": "00" * 32}, ["log-id"]),
            ({"configuration": make_log.configuration(999).decode()}, ["configuration"]),
            ({"origin": "other.example/log", "configuration": other}, ["origin", "configuration"]),
            ({"measurements": [image(pcr1="22" * 48)]}, ["attestation"]),
            ({"measurements": [image(pcr8="22" * 48)]}, ["attestation"]),
            (
                {"roots": ["aws-nitro-enclaves-g1"], "insecure_development_roots": []},
                ["attestation"],
            ),
            ({"measurements": [image(not_after_size=9)]}, ["measurement-retired"]),
        ):
            with self.subTest(rules=rules):
                self.refused(receipt, *rules, policy=policy_of(self.log, **changes))
        both = policy_of(self.log, measurements=[image(pcr0="33" * 48), image(not_after_size=10)])
        self.assertTrue(verify_receipt(receipt, both).good)

    def test_an_identity_key_is_the_full_arn_of_one_key_in_one_region(self) -> None:
        uuid = "1234abcd-12ab-34cd-56ef-1234567890ab"

        def decode(region: str, key: str) -> None:
            line = f"identity-key arn:aws:kms:{region}:111122223333:key/{key}\n"
            decode_configuration(make_log.configuration() + line.encode())

        for region in ("eu-west-1", "us-gov-west-1"):
            decode(region, uuid)
        for region, key in [
            ("s3", uuid), ("eu-1", uuid), ("eu-west-123", uuid), ("eu-we5t-1", uuid),
            ("eu-west-1", "mrk-1234abcd12ab34cd56ef123456789012"),
        ]:
            with self.subTest(region=region, key=key), self.assertRaises(Malformed):
                decode(region, key)

    def test_other_writings_of_a_receipt_are_refused(self) -> None:
        receipt, proof = self.log.receipt(3), self.log.proof(3)
        for old, new in (
            (b"\n", b""),
            (b"\n", b"\n\n"),
            (b",", b", "),
            (b"{", b' {'),
            (b"sequencer-receipt/v1", b"sequencer-receipt/v2"),
            (b"\xe2\x80\x94", b"\\u2014"),
            (b'"checkpoint":', b'"extra":1,"checkpoint":'),
            (b'"request"', b'"requests"'),
        ):
            with self.subTest(new=new):
                self.refused(receipt.replace(old, new, 1), "receipt-format")
        for old, new in (
            (b"index 3", b"index 4"),
            (b"index 3", b"index 03"),
            (b"proof@v1", b"proof@v2"),
            (b"extra ", b"Extra "),
        ):
            with self.subTest(new=new):
                self.refused(proof.replace(old, new, 1), "receipt-format")
        statement = self.log.receipt(6, request=f'"{b64(self.log.items[7].request)}"')
        self.refused(statement, "request-format")

    def test_each_part_that_does_not_decode_is_named(self) -> None:
        bad = f'"{b64(b"bad")}"'
        epoch = self.log.receipt(2).split(b'"statement":"')[1].split(b'"')[0].decode()
        for member, rules in (
            ("record", ["record-format"]),
            ("request", ["request-format"]),
            ("metadata", ["metadata-format"]),
        ):
            with self.subTest(member=member):
                self.refused(self.log.receipt(2, **{member: bad}), *rules)
        self.refused(self.log.receipt(2, checkpoint='"bad"'), "checkpoint-format")
        receipt = self.log.receipt(2).replace(epoch.encode(), b64(b"bad").encode())
        self.refused(receipt, "statement-format")

    def test_documents_are_bound_to_their_statement(self) -> None:
        epoch = self.log.epochs[-1]
        digest = h(epoch.statement)
        for public_key, user_data, rule in (
            (make_log.EpochKeys().spki, b"seq-epoch/v1\0" + digest, "epoch-public-key"),
            (None, b"seq-epoch/v1\0" + digest, "epoch-public-key"),
            (epoch.keys.spki, b"seq-live/v1\0" + digest, "epoch-domain"),
            (epoch.keys.spki, b"seq-epoch/v1\0" + digest + b"\0", "epoch-domain"),
            (epoch.keys.spki, None, "epoch-domain"),
            (epoch.keys.spki, b"seq-epoch/v1\0" + bytes(32), "epoch-statement"),
        ):
            with self.subTest(rule=rule):
                epoch.document = self.log.document(epoch.keys, user_data, public_key=public_key)
                self.refused(self.log.receipt(2), rule)

    def test_checkpoints_have_the_two_lines_of_their_epoch(self) -> None:
        size, root = len(self.log.items), make_log.tree_root(self.log.leaves)
        keys = self.log.epochs[-1].keys
        good = keys.note(size, root)
        body, ecdsa, ed25519 = good.split("\u2014 ")
        other = make_log.EpochKeys().note(size, root).split("\u2014 ")
        old = self.log.epochs[0].keys.note(size, root)

        def note(*lines: str) -> str:
            return "\u2014 ".join([body, *lines])

        for checkpoint, rules in (
            (note(ecdsa), ["signature-lines"]),
            (note(ecdsa, ed25519, ecdsa), ["signature-lines"]),
            (note(ed25519, ecdsa), ["signature-lines", "ecdsa", "ed25519"]),
            (note(ecdsa, _with_id(other[2], ed25519)), ["ed25519"]),
            (note(_with_id(other[1], ecdsa), ed25519), ["ecdsa"]),
            (note(ecdsa, "x" + ed25519), ["signature-lines"]),
            (old, ["signature-lines", "ecdsa", "ed25519"]),
        ):
            with self.subTest(rules=rules):
                self.refused(self.log.receipt(2, checkpoint), *rules)

    def test_a_checkpoint_has_no_character_that_a_writer_of_json_may_escape(self) -> None:
        size, root = len(self.log.items), make_log.tree_root(self.log.leaves)
        good = self.log.epochs[-1].keys.note(size, root)
        for character in '"\\\x7f':
            checkpoint = f"{good}\u2014 an{character}other.example AAAAAAA=\n"
            self.refused(self.log.receipt(2, checkpoint), "receipt-format")
        checkpoint = f"{good}\u2014 another.example AAAAAAA=\n"
        self.assertTrue(verify_receipt(self.log.receipt(2, checkpoint), self.policy).good)

    def test_places_are_checked_under_the_head(self) -> None:
        receipt = self.log.receipt(8)
        inclusion = [b64(item) for item in make_log.tree_path(7, self.log.leaves)]
        other = json.dumps(inclusion, separators=(",", ":"))
        self.refused(self.log.receipt(8, inclusion=other), "record-inclusion")
        self.refused(self.log.receipt(8, inclusion="[]"), "record-inclusion")
        record = f'"{b64(self.log.items[7].record)}"'
        self.refused(
            self.log.receipt(8, record=record), "record-inclusion", "request"
        )
        keys = self.log.epochs[-1].keys
        small = keys.note(8, make_log.tree_root(self.log.leaves[:8]))
        self.refused(self.log.receipt(8, small), "record-number", "statement-inclusion")
        smaller = keys.note(6, make_log.tree_root(self.log.leaves[:6]))
        self.refused(self.log.receipt(8, smaller), "record-number", "statement-number")
        self.assertTrue(verify_receipt(receipt, self.policy).good)

    def test_a_record_fits_the_epoch_of_its_signer(self) -> None:
        for epoch in (0, 2):
            log = small_log()
            log.append(b"x", epoch=epoch)
            self.refused(log.receipt(10), "record-epoch", policy=policy_of(log))
        log = small_log()
        log.items[5] = make_log.Item(
            log.items[5].record[:4] + (1).to_bytes(4, "big") + log.items[5].record[8:],
            log.items[5].request,
            log.items[5].metadata,
        )
        self.refused(log.receipt(5), "record-epoch", policy=policy_of(log))

    def test_a_seal_ends_the_epoch_of_its_signer_or_the_one_before(self) -> None:
        log = sealed_log()
        for number in range(len(log.items)):
            for receipt in (log.receipt(number), log.proof(number)):
                self.assertTrue(verify_receipt(receipt, policy_of(log)).good, number)
        self.refused(log.receipt(5), "payload", policy=policy_of(log), payload=b"")
        request = f'"{b64(log.items[4].request)}"'
        self.refused(log.receipt(5, request=request), "request-format", policy=policy_of(log))
        log.append(b"three")
        self.refused(log.receipt(5), "record-epoch", policy=policy_of(log))

        def ended(change: Callable[[Log], Any], **said: Any) -> Log:
            log = small_log()
            change(log)
            log.open_epoch(**said)
            return log

        for log in (
            ended(lambda log: log.seal(h(b"another"))),
            ended(lambda log: log.seal(), how_ended=1),
            ended(lambda log: log.append(b"x"), how_ended=2),
            ended(lambda log: (log.seal(), log.append(b"x"))),
        ):
            number = len(log.items) - 2 if log.items[-2].record[1] == 3 else 10
            self.refused(log.receipt(number), "record-epoch", policy=policy_of(log))
        record = log.items[10].record
        for bad in (record + b"\0", record[:-1], _flip(record, 3), record[:8] + bytes(80)):
            with self.assertRaises(Malformed):
                decode_record(bad)

    def test_entries_say_what_was_asked(self) -> None:
        other = make_log.request(b"two", operations=[make_log.bump("other")])
        self.refused(self.log.receipt(2, request=f'"{b64(other)}"'), "request", "cells")
        block = make_log.metadata_block("other")
        self.refused(self.log.receipt(2, metadata=f'"{b64(block)}"'), "metadata")
        log = small_log()
        record = log.append(b"nine", stream="s").record
        log.items[-1].record = record[:224] + make_log.cell("t") + record[256:]
        self.refused(log.receipt(10), "cells", policy=policy_of(log))
        for offset in (60, 64, 96, 128, 192):
            log.items[-1].record = _flip(record, offset + 1)
            # A record that commits to another metadata digest is also another block's.
            rules = {"request", "metadata"} if offset == 128 else {"request"}
            self.refused(log.receipt(10), *rules, policy=policy_of(log))

    def test_payloads_are_the_recorded_ones(self) -> None:
        self.refused(self.log.receipt(2), "payload", payload=b"twO")
        self.refused(self.log.receipt(2), "payload", payload=b"")
        self.refused(self.log.receipt(0), "payload", payload=b"")

    def test_no_byte_of_a_receipt_can_be_changed(self) -> None:
        chance = random.Random(SEED)
        for receipt in (self.log.receipt(5), self.log.proof(5)):
            for at in chance.sample(range(len(receipt)), 150):
                byte = receipt[at] ^ (1 << chance.randrange(8))
                bad = receipt[:at] + bytes([byte]) + receipt[at + 1 :]
                report = verify_receipt(bad, self.policy, b"five")
                self.assertTrue(report.faults, f"seed {SEED}, offset {at}")


def _with_id(line: str, of: str) -> str:
    """The signature of `line` under the key id of `of`; both are `name base64`."""
    signature = make_log.base64.b64decode(line.split()[1])[4:]
    name, blob = of.split()
    return f"{name} {b64(make_log.base64.b64decode(blob)[:4] + signature)}\n"


def _flip(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


class Attestation(unittest.TestCase):
    """Documents from a PKI of the test's own, each signed again after it is changed."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.pki = Pki()

    def faults(self, document: bytes, root: bytes) -> set[str]:
        pcrs = {index: make_log.PCRS[index] for index in (0, 1, 2)}
        policy = Policy(b"", "", b"", (Measurement("test", pcrs, None),), (root,))
        try:
            decoded = attestation.decode_document(document)
        except attestation.Refused as refused:
            return {refused.rule}
        return {rule for rule, _ in attestation.document_faults(decoded, policy)}

    def content(self, pki: Pki) -> dict[str, Any]:
        return make_log.document_content(pki, b"key", b"data", make_log.TIME_MS + 5)

    def test_the_untouched_document_and_its_tagged_and_indefinite_twins_are_good(self) -> None:
        payload = cbor2.dumps(self.content(self.pki))
        twin = b"\xbf" + payload[1:] + b"\xff"
        for document in (
            cbor2.dumps(make_log.sign_document(self.pki, payload)),
            b"\xd2" + cbor2.dumps(make_log.sign_document(self.pki, payload)),
            cbor2.dumps(make_log.sign_document(self.pki, twin)),
        ):
            self.assertEqual(self.faults(document, self.pki.root), set())

    def test_each_field_has_its_form(self) -> None:
        pcrs = self.content(self.pki)["pcrs"]
        bundle = self.content(self.pki)["cabundle"]
        for changes, rule in (
            ({"digest": "SHA256"}, "fields"),
            ({"timestamp": 0}, "fields"),
            ({"timestamp": 2**64 - 1}, "fields"),
            ({"timestamp": "1"}, "fields"),
            ({"module_id": ""}, "fields"),
            ({"module_id": "i-other"}, "chain"),
            ({"pcrs": {}}, "fields"),
            ({"pcrs": {**pcrs, 32: bytes(48)}}, "fields"),
            ({"pcrs": {**pcrs, 3: bytes(33)}}, "fields"),
            ({"pcrs": {**pcrs, 0: bytes(48), 1: bytes(48), 2: bytes(48)}}, "debug"),
            ({"pcrs": {**pcrs, 0: bytes(48)}}, "measurements"),
            ({"pcrs": {1: pcrs[1], 2: pcrs[2]}}, "measurements"),
            ({"public_key": "text"}, "fields"),
            ({"user_data": bytes(4097)}, "fields"),
            ({"nitrotpm_pcrs": pcrs}, "fields"),
            ({"cabundle": []}, "fields"),
            ({"cabundle": bundle * 3}, "fields"),
            ({"cabundle": bundle[:-1]}, "chain"),
            ({"cabundle": [bundle[0], bundle[2], bundle[1], bundle[3]]}, "chain"),
            ({"cabundle": bundle + bundle[-1:]}, "chain"),
            ({"certificate": b""}, "certificate"),
            ({"certificate": self.pki.certificates[-1] + b"\0"}, "certificate"),
            ({"timestamp": make_log.TIME_MS - 1}, "chain"),
            ({"timestamp": make_log.TIME_MS + 864_001_000}, "chain"),
        ):
            with self.subTest(changes=str(changes)[:60]):
                payload = cbor2.dumps({**self.content(self.pki), **changes})
                document = cbor2.dumps(make_log.sign_document(self.pki, payload))
                self.assertEqual(self.faults(document, self.pki.root), {rule})

    def test_the_envelope_is_exact(self) -> None:
        payload = cbor2.dumps(self.content(self.pki))
        good = make_log.sign_document(self.pki, payload)
        repeated = b"\xaa" + payload[1:] + cbor2.dumps("nonce") + b"\xf6"
        for value, rule in (
            ([b"\xa1\x01\x26", *good[1:]], "cose"),
            ([good[0], {1: 2}, *good[2:]], "cose"),
            ([*good[:2], None, good[3]], "cose"),
            ([*good[:3], good[3][:-1]], "cose"),
            ([*good[:3], _flip(good[3], 90)], "signature"),
            (good[:3], "cose"),
            (make_log.sign_document(self.pki, payload, b"\xa1\x01\x38\x23"), "cose"),
            (make_log.sign_document(self.pki, payload + b"\0"), "cbor"),
            (make_log.sign_document(self.pki, repeated), "cbor"),
        ):
            self.assertEqual(self.faults(cbor2.dumps(value), self.pki.root), {rule})
        document = cbor2.dumps(good)
        self.assertEqual(self.faults(document + b"\0", self.pki.root), {"cbor"})
        self.assertEqual(self.faults(b"\xd2\xd2" + document, self.pki.root), {"cose"})
        self.assertEqual(self.faults(b"\x9f" + document[1:] + b"\xff", self.pki.root), {"cose"})

    def test_each_certificate_has_its_part(self) -> None:
        shapes = chain_shapes()
        for shapes_now, rule in (
            (changed(shapes, 2, ca=False, path_length=None), "chain"),
            (changed(shapes, 2, ca=None), "chain"),
            (changed(shapes, 2, constraints_critical=False), "chain"),
            (changed(shapes, 1, path_length=1), "chain"),
            (changed(shapes, 3, key_cert_sign=False), "chain"),
            (changed(shapes, 3, usage=False), "chain"),
            (changed(shapes, 4, ca=True), "chain"),
            (changed(shapes, 4, digital_signature=False), "chain"),
            (changed(shapes, 4, name="i-other.us-east-1.aws"), "chain"),
            (changed(shapes, 3, issuer_name="another"), "chain"),
            (changed(shapes, 3, unknown_critical=True), "chain"),
            (changed(shapes, 2, curve=ec.SECP256R1), "certificate"),
            (changed(shapes, 2, digest=hashes.SHA256), "certificate"),
        ):
            pki = Pki(shapes_now)
            payload = cbor2.dumps(self.content(pki))
            document = cbor2.dumps(make_log.sign_document(pki, payload))
            self.assertEqual(self.faults(document, pki.root), {rule})

    def test_only_the_pinned_root_will_do(self) -> None:
        payload = cbor2.dumps(self.content(self.pki))
        document = cbor2.dumps(make_log.sign_document(self.pki, payload))
        self.assertEqual(self.faults(document, Pki().root), {"chain"})
        self.assertEqual(self.faults(document, AWS_NITRO_ENCLAVES_G1), {"chain"})

    def test_any_byte_of_a_certificate_may_be_hostile(self) -> None:
        chance = random.Random(SEED)
        good = self.pki.certificates[1]
        for at in range(len(good)):
            for value in {good[at] ^ (1 << bit) for bit in range(8)} | {chance.randrange(256)}:
                try:
                    parse_certificate(good[:at] + bytes([value]) + good[at + 1 :])
                except Malformed:
                    pass

    def test_validity_is_inclusive(self) -> None:
        pki = Pki(changed(chain_shapes(), 4, lifetime=timedelta(hours=3)))
        last = make_log.TIME_MS + 3 * 3_600_000
        for time_ms, expected in (
            (make_log.TIME_MS, set()),
            (last, set()),
            (last + 1000, {"chain"}),
        ):
            payload = cbor2.dumps({**self.content(pki), "timestamp": time_ms})
            document = cbor2.dumps(make_log.sign_document(pki, payload))
            self.assertEqual(self.faults(document, pki.root), expected)

    def test_genuine_documents_verify_under_the_aws_root(self) -> None:
        folder = os.environ.get("SEQUENCER_VECTORS", "")
        if not folder:
            self.skipTest("SEQUENCER_VECTORS is not set")
        paths = sorted(Path(folder, "attestation").glob("*.bin"))
        self.assertTrue(paths)
        for path in paths:
            with self.subTest(path=path.name):
                found = self._own_measurements(path.read_bytes())
                if path.name.startswith("prod-"):
                    self.assertEqual(found, set())
                elif path.name.startswith("debug-"):
                    self.assertEqual(found, {"debug"})
                else:
                    self.assertTrue(found)

    def _own_measurements(self, document: bytes) -> set[str]:
        try:
            decoded = attestation.decode_document(document)
        except attestation.Refused as refused:
            return {refused.rule}
        pcrs = {index: decoded.pcrs[index] for index in (0, 1, 2)}
        measurement = Measurement("own", pcrs, None)
        policy = Policy(b"", "", b"", (measurement,), (AWS_NITRO_ENCLAVES_G1,))
        return {rule for rule, _ in attestation.document_faults(decoded, policy)}


@contextmanager
def served(files: dict[str, bytes]) -> Iterator[str]:
    """`files` by path under /v1/, on loopback."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = files.get(self.path[len("/v1/") :])
            self.send_response(404 if body is None else 200)
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Audits(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="seq-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def over_directory(self, log: Log, **changes: Any) -> Report:
        path = Path(tempfile.mkdtemp(dir=self.folder)) / "data"
        log.write_directory(path)
        return audit(DirectorySource(path), policy_of(log, **changes))

    def over_http(self, log: Log, files: dict[str, bytes]) -> Report:
        with served(files) as url:
            return audit(HttpSource(url), policy_of(log))

    def refused(self, log: Log, *rules: str, **changes: Any) -> None:
        report = self.over_directory(log, **changes)
        self.assertEqual(report.rules, set(rules), [str(fault) for fault in report.faults])

    def test_a_good_log_is_good_both_ways(self) -> None:
        log = small_log()
        for number in range(300):
            log.append(b"%d" % number, stream=f"s{number % 7}")
        log.head()
        self.assertTrue(self.over_directory(log).good)
        files = log.tlog_files()
        report = self.over_http(log, files)
        self.assertTrue(report.good, report)
        tile = "tile/0/000"
        bad = dict(files, **{tile: _flip(files[tile], 77)})
        self.assertEqual(self.over_http(log, bad).rules, {"tile"})
        # A partial tile may be gone when the full one answers for it, and only then.
        del files["tile/1/000.p/1"]
        self.assertEqual(self.over_http(log, files).rules, {"tile"})

    def test_records_continue_each_other(self) -> None:
        def broken(change: Callable[[bytes], bytes], number: int = 8) -> Log:
            log = small_log()
            log.items[number].record = change(log.items[number].record)
            return log

        def header(at: int, value: int, size: int) -> Callable[[bytes], bytes]:
            return lambda r: r[:at] + value.to_bytes(size, "big") + r[at + size :]

        for change, rule in (
            (header(8, 7, 8), "number"),
            (header(24, 1, 32), "chain"),
            (header(16, 1, 8), "time"),
            (header(4, 0, 4), "epoch"),
            (header(0, 2, 1), "record-format"),
        ):
            with self.subTest(rule=rule):
                found = self.over_directory(broken(change)).rules
                # Every change of a record also breaks what hangs on its leaf hash.
                follow = {"cells"} if rule == "record-format" else set()
                self.assertEqual(found - {"chain", "root"} - follow, {rule} - {"chain"})
                self.assertLessEqual({"chain", "root"}, found)

    def test_statements_continue_the_log(self) -> None:
        for changes in (
            {"epoch": 3},
            {"log_id": bytes(32)},
            {"root": bytes(32)},
            {"previous_statement": bytes(31) + b"\1"},
        ):
            log = small_log()
            log.open_epoch(**changes)
            log.head()
            found = self.over_directory(log).rules
            self.assertIn("statement", found)
            self.assertLessEqual(found, {"statement", "log-id"})
        log = small_log()
        log.open_epoch(configuration=make_log.configuration(999))
        log.head()
        self.refused(log, "statement", "configuration")

    def test_a_seal_is_an_epoch_s_last_record_and_statements_tell_of_it(self) -> None:
        def log_with(*changes: Callable[[Log], Any]) -> Log:
            log = small_log()
            for change in changes:
                change(log)
                log.head()
            return log

        report = self.over_directory(sealed_log())
        self.assertTrue(report.good, report)
        sealed, opened = (lambda log: log.seal()), (lambda log: log.open_epoch())
        for log, rules in (
            (log_with(sealed, opened, sealed), []),
            (log_with(sealed, lambda log: log.append(b"x")), ["seal"]),
            (log_with(sealed, sealed), ["seal"]),
            (log_with(lambda log: log.seal(h(b"another"))), ["seal"]),
            (log_with(lambda log: log.seal(epoch=0)), ["epoch"]),
            (log_with(sealed, lambda log: log.open_epoch(how_ended=1)), ["statement"]),
            (log_with(lambda log: log.open_epoch(how_ended=2)), ["statement"]),
        ):
            self.refused(log, *rules)

    def test_a_snapshot_is_what_the_records_before_it_come_to(self) -> None:
        def log_with(*changes: Callable[[Log], Any]) -> Log:
            log = small_log()
            log.append(b"keyed", stream="snap", idempotency=h(b"snapshot key"))
            for change in changes:
                change(log)
                log.head()
            return log

        taken = lambda log: log.snapshot()
        for log, rules in (
            (log_with(taken, taken), []),
            (log_with(taken, lambda log: log.open_epoch(), taken, lambda log: log.seal()), []),
            (log_with(lambda log: log.snapshot(counts=bytes(8))), ["snapshot"]),
            (log_with(lambda log: log.snapshot(before=bytes(7) + b"1")), ["snapshot"]),
            (log_with(lambda log: log.snapshot(statement=h(b"another"))), ["snapshot"]),
            (log_with(lambda log: log.snapshot(cells=h(b"other"))), ["snapshot"]),
            (log_with(lambda log: log.snapshot(window=h(b"other"))), ["snapshot"]),
            (log_with(lambda log: log.snapshot(epoch=0)), ["epoch"]),
            (log_with(lambda log: log.seal(), taken), ["seal"]),
        ):
            self.refused(log, *rules)
        log = log_with(taken)
        number = len(log.items) - 1
        for receipt in (log.receipt(number), log.proof(number)):
            self.assertTrue(verify_receipt(receipt, policy_of(log)).good)
        record = log.items[number].record
        for bad in (record + b"\0", record[:-1], _flip(record, 3), record[:8] + bytes(192)):
            with self.assertRaises(Malformed):
                decode_record(bad)

    def test_epochs_have_their_documents_in_order(self) -> None:
        log = small_log()
        epoch = log.epochs[1]
        user_data = b"seq-epoch/v1\0" + h(epoch.statement)
        epoch.document = log.document(epoch.keys, user_data, make_log.TIME_MS)
        self.refused(log, "document-time")
        log.epochs[1].document = log.epochs[0].document
        self.refused(log, "epoch-public-key", "epoch-statement")
        log = small_log()
        self.refused(log, "measurement-retired", measurements=[image(not_after_size=5)])
        log.epochs[0].document = b"bad"
        self.refused(log, "attestation")

    def test_groups_cells_and_keys_are_exact(self) -> None:
        def continued(append: Callable[[Log], Any]) -> Log:
            log = small_log()
            append(log)
            log.head()
            return log

        def group(*places: tuple[int, int]) -> Callable[[Log], Any]:
            return lambda log: [log.append(b"g", group=place) for place in places]

        for places in ([(0, 2)], [(1, 2)], [(0, 3), (2, 3), (0, 1)], [(0, 2), (1, 3), (2, 3)]):
            self.refused(continued(group(*places)), "group")
        log = small_log()
        log.append(b"g", group=(0, 2))
        log.open_epoch()
        log.head()
        self.refused(log, "group")
        self.refused(continued(lambda log: log.append(b"c", stream="s", value=9)), "cells")
        self.refused(continued(lambda log: log.append(b"c", idempotency=h(b"key"))), "idempotency")

        limited = Log(configuration=make_log.configuration(cells_max=1, window=2))
        limited.open_epoch()
        limited.append(b"1", stream="a", idempotency=h(b"key"))
        limited.append(b"2", stream="a")
        limited.append(b"3")
        limited.append(b"4", idempotency=h(b"key"))
        limited.head()
        self.assertTrue(self.over_directory(limited).good)
        limited.append(b"5", idempotency=h(b"key"))
        limited.append(b"6", stream="b")
        limited.head()
        self.refused(limited, "idempotency", "cells-max")

    def test_heads_and_signatures_are_checked(self) -> None:
        log = small_log()
        log.heads[-1] = (10, log.epochs[0].keys.note(10, make_log.tree_root(log.leaves)))
        self.refused(log, "signature-lines", "ecdsa", "ed25519")
        log.heads[-1] = (10, log.epochs[1].keys.note(10, bytes(32)))
        self.refused(log, "root")

    def test_damage_on_disk_is_told_from_a_torn_write(self) -> None:
        path = self.folder / "data"
        log = small_log()
        log.write_directory(path)
        segment = path / "log" / f"{0:020d}.seg"
        good = segment.read_bytes()
        second = good.index(b"SQC1", 1)
        segment.write_bytes(good + good[second:-1])
        self.assertTrue(audit(DirectorySource(path), policy_of(log)).good)
        segment.write_bytes(_flip(good, 100))
        with self.assertRaises(Unreadable):
            audit(DirectorySource(path), policy_of(log))
        log.append(b"more")
        log.head()
        again = self.folder / "again"
        log.write_directory(again)
        segment = again / "log" / f"{0:020d}.seg"
        segment.write_bytes(_flip(segment.read_bytes(), second + 100))
        self.assertIn("frame", audit(DirectorySource(again), policy_of(log)).rules)
        payloads = path / "payload" / f"{0:020d}.seg"
        payloads.write_bytes(_flip(payloads.read_bytes(), 30))
        segment = path / "log" / f"{0:020d}.seg"
        segment.write_bytes(good)
        self.assertEqual(audit(DirectorySource(path), policy_of(log)).rules, {"frame"})


class Command(unittest.TestCase):
    def test_exit_codes_tell_good_refused_and_unchecked(self) -> None:
        log = small_log()
        with tempfile.TemporaryDirectory(prefix="seq") as name:
            folder = Path(name)
            policy = folder / "policy.json"
            policy.write_text(json.dumps(log.policy()))
            (folder / "payload").write_bytes(b"two")
            (folder / "receipt").write_bytes(log.receipt(2))
            log.write_directory(folder / "data")
            receipt = ["receipt", str(folder / "receipt"), "--policy", str(policy)]
            audited = ["audit", str(folder / "data"), "--policy", str(policy)]
            payload = ["--payload", str(folder / "payload")]
            self.assertEqual(self.run_quietly(receipt + payload), 0)
            self.assertEqual(self.run_quietly(receipt + ["--payload", str(policy)]), 1)
            self.assertEqual(self.run_quietly(audited), 0)
            (folder / "data" / "epochs" / "1.document").unlink()
            self.assertEqual(self.run_quietly(audited), 1)
            self.assertEqual(self.run_quietly(["audit", name, "--policy", str(policy)]), 2)
            policy.write_text("{}")
            self.assertEqual(self.run_quietly(receipt), 2)

    def run_quietly(self, arguments: list[str]) -> int:
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            return sequencer_verify.main(arguments)
