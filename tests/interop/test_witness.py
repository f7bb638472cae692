"""Witness policies, and receipts that witnesses cosigned."""

from __future__ import annotations

import json
import unittest

import make_log
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from make_log import b64
from test_formats import VECTOR_NOTE
from test_verifier import policy_of, small_log
from verifier import note, witness
from verifier.encoding import Malformed
from verifier.policy import Policy
from verifier.receipt import verify_receipt
from verifier.records import decode_configuration

VECTOR_VKEY = "witness.example/w1+20324abe+BCmsuuFBvMrwsi4alNNNC8c2HlJtC/4SyJeUvJMilm3X"
TIME = 1_767_225_600


class TestWitness:
    def __init__(self, index: int) -> None:
        self.name = f"w{index}"
        self._key = ed25519.Ed25519PrivateKey.from_private_bytes(bytes([index]) * 32)
        self._public = self._key.public_key().public_bytes(
            serialization.Encoding.Raw, serialization.PublicFormat.Raw
        )
        self._key_name = f"{self.name}.example"
        self._key_id = witness.key_id(self._key_name, self._public)
        material = b64(b"\x04" + self._public)
        self.line = f"witness {self.name} {self._key_name}+{self._key_id.hex()}+{material}\n"

    def cosign(self, checkpoint: str, time: int = TIME, flip: int = 0) -> str:
        text = checkpoint.partition("\n\n")[0] + "\n"
        signature = bytearray(self._key.sign(b"cosignature/v1\ntime %d\n" % time + text.encode()))
        signature[0] ^= flip
        timestamped = time.to_bytes(8, "big") + bytes(signature)
        return note.encode_line(self._key_name, self._key_id, timestamped)


WITNESSES = [TestWitness(index) for index in range(1, 5)]
THREE_OF_FOUR = "".join(w.line for w in WITNESSES) + "group g 3 w1 w2 w3 w4\nquorum g\n"


class Policies(unittest.TestCase):
    def test_the_cosignature_of_the_vectors_verifies(self) -> None:
        policy = witness.decode_witness_policy(f"witness w1 {VECTOR_VKEY}\nquorum w1\n")
        checkpoint = note.decode_checkpoint(VECTOR_NOTE.encode())
        line = checkpoint.lines[1]
        known = policy.witnesses[0]
        self.assertEqual((line.name, line.key_id), (known.key_name, known.key_id))
        self.assertEqual(int.from_bytes(line.signature[:8], "big"), TIME)
        self.assertTrue(witness.cosignature_verifies(known, line, checkpoint.signed))
        self.assertFalse(witness.cosignature_verifies(known, line, checkpoint.signed + b"\n"))

    def test_quorums_are_counted_and_must_intersect(self) -> None:
        policy = witness.decode_witness_policy(THREE_OF_FOUR)
        assert policy.is_enough is not None
        for chosen in range(16):
            self.assertEqual(policy.is_enough(chosen), bin(chosen).count("1") >= 3)
        self.assertEqual(policy.canonical, THREE_OF_FOUR)
        definitions = "".join(w.line for w in WITNESSES)
        nested = "group a any w1 w2\ngroup b all w3 w4\ngroup g {} a b\nquorum g\n"
        witness.decode_witness_policy(definitions + nested.format("all"))
        for bad in (
            definitions + nested.format("any"),
            definitions + "group g 2 w1 w2 w3 w4\nquorum g\n",
            definitions,
            definitions + "quorum w1\nquorum w1\n",
            definitions + "quorum w9\n",
            definitions + "group g any w1 w1\nquorum g\n",
            definitions + "group g 0 w1\nquorum g\n",
            definitions + "group none any w1\nquorum w1\n",
            definitions + WITNESSES[0].line.replace("witness w1", "witness w9") + "quorum w1\n",
            THREE_OF_FOUR[:-1],
            "log " + VECTOR_VKEY + "\nquorum none\n",
        ):
            with self.subTest(bad=bad), self.assertRaises(Malformed):
                witness.decode_witness_policy(bad)

    def test_a_configuration_names_witnesses_in_one_form(self) -> None:
        plain = make_log.configuration().decode()
        self.assertIsNone(decode_configuration(plain.encode()).witnesses)
        text = plain + "witness-numbers-max 100\nwitness-seconds-max 60\n" + THREE_OF_FOUR
        self.assertIsNotNone(decode_configuration(text.encode()).witnesses)
        for old, new in (
            ("max 60", "max 0"),
            ("max 60", "max 604801"),
            ("group g 3", "group  g 3"),
            ("quorum g", "quorum none"),
            ("witness-seconds-max 60\n", ""),
            ("quorum g\n", ""),
        ):
            with self.subTest(new=new), self.assertRaises(Malformed):
                decode_configuration(text.replace(old, new).encode())


class Receipts(unittest.TestCase):
    def setUp(self) -> None:
        self.log = small_log()
        self.policy = policy_of(self.log, witnesses=THREE_OF_FOUR)

    def rules(self, policy: Policy, *lines: str) -> set[str]:
        receipt = self.log.receipt(2, self.log.head() + "".join(lines))
        return verify_receipt(receipt, policy).rules

    def test_three_of_four_are_enough_each_counted_once(self) -> None:
        lines = [w.cosign(self.log.head()) for w in WITNESSES]
        self.assertEqual(self.rules(self.policy, *lines[1:]), set())
        self.assertEqual(self.rules(self.policy, *lines), set())
        self.assertEqual(self.rules(self.policy, *lines[:2]), {"witness-quorum"})
        self.assertEqual(self.rules(self.policy, *lines[:2], *lines[:2]), {"witness-quorum"})
        self.assertEqual(self.rules(self.policy), {"witness-quorum"})

    def test_a_known_line_that_fails_refuses_and_unknown_ones_are_ignored(self) -> None:
        head = self.log.head()
        lines = [w.cosign(head) for w in WITNESSES[:3]]
        for bad in (
            WITNESSES[3].cosign(head, flip=1),
            WITNESSES[3].cosign(head, time=0),
            WITNESSES[3].cosign(head, time=2**63),
            WITNESSES[3].cosign(head.replace("\n10\n", "\n9\n")),
        ):
            self.assertEqual(self.rules(self.policy, *lines, bad), {"cosignature"})
        stranger = TestWitness(9).cosign(head, flip=1)
        self.assertEqual(self.rules(self.policy, *lines, stranger), set())
        self.assertEqual(self.rules(policy_of(self.log), *lines, stranger), set())

    def test_a_policy_may_ask_for_none(self) -> None:
        policy = policy_of(self.log, witnesses=WITNESSES[0].line + "quorum none\n")
        self.assertEqual(self.rules(policy), set())
        bad = WITNESSES[0].cosign(self.log.head(), flip=1)
        self.assertEqual(self.rules(policy, bad), {"cosignature"})
        with self.assertRaises(Malformed):
            policy_of(self.log, witnesses=json.dumps({}))


if __name__ == "__main__":
    unittest.main()
