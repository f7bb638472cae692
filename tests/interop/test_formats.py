"""Published vectors, and the verifier's formats against the independent encoder."""

from __future__ import annotations

import hashlib
import json
import unittest
from pathlib import Path

import make_log
from make_log import Log
from verifier import cbor, merkle, note
from verifier.encoding import Malformed, base64_decode
from verifier.frames import crc32c, payload_frame_at
from verifier.policy import decode_policy
from verifier.records import (
    decode_configuration,
    decode_metadata,
    decode_request,
    payload_commitment,
)

CT_LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657"]
CT_LEAVES.append("606162636465666768696a6b6c6d6e6f")
CT_ROOTS = """
6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d
fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125
aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77
d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7
4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4
76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef
ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c
5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328
""".split()
INCLUSION_5_8 = """
vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms= yoVOoSjtBQtBs1/8G4e46yveRh6eO1WW7Oa51ZdaCuA=
037kGJdt2VdTwcc4Yrk5j6Kiz5tP8P3+izDNlSCWFLc=
""".split()
CONSISTENCY_4_8 = ["a0eq8p7jwq+a+Im8H7klTavTEXfxYjLdaqsDXKOb9uQ="]
CONSISTENCY_3_7 = """
ApjRIpBtz8EIkstTpzmS/FufST6kybrbJ7eRtBJ6f+c= B1Bqhf2d0vEg62lPhgEeW7RmLlxBWmKRcDPUqWJEh+c=
+sVCA+fMaWzw38tCySodnbr3CtnmIfS9jZhmLwDjwSU= g327FS6bB5AQcX6E6GXaTrwPoZioBtWdMb8VrM7yLQ4=
""".split()
VECTOR_KEY = "AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
VECTOR_NOTE = """sequencer.example/log1
8
XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=

\u2014 sequencer.example/log1 \
0zMANYxsGTSTQ+oXz9tIL7Rk6v75ngLCc7CDpTynN3zD0/viRE/00089PvZCF3d5TobgsCPzxVIPgPGuVXR8M17JbwU=
\u2014 witness.example/w1 \
IDJKvgAAAABpVbkAijGsZ1tzhQEiarbGq8loKS8SXHIhIn9gP8gW9ED3fmU9c58oGCW3Z4ByzQ5YirQsgvmLl8HOzm3L08Au\
gbdqDQ==
"""


class Merkle(unittest.TestCase):
    leaves = [merkle.leaf_hash(bytes.fromhex(leaf)) for leaf in CT_LEAVES]

    def test_roots_are_those_of_the_reference_trees(self) -> None:
        self.assertEqual(merkle.root_of([]).hex()[:16], "e3b0c44298fc1c14")
        for size, root in enumerate(CT_ROOTS, 1):
            self.assertEqual(merkle.root_of(self.leaves[:size]).hex(), root)

    def test_proofs_are_those_of_the_reference_trees(self) -> None:
        proof = [base64_decode(text) for text in INCLUSION_5_8]
        self.assertEqual(merkle.inclusion_proof(self.leaves, 5), proof)
        root = merkle.root_from_inclusion(self.leaves[5], 5, 8, proof)
        self.assertEqual(root, merkle.root_of(self.leaves))
        for old, new, texts in ((4, 8, CONSISTENCY_4_8), (3, 7, CONSISTENCY_3_7)):
            proof = [base64_decode(text) for text in texts]
            self.assertEqual(merkle.consistency_proof(self.leaves[:new], old), proof)

    def test_every_proof_of_every_small_tree_verifies_and_no_other_length_does(self) -> None:
        for size in range(1, 34):
            leaves = [merkle.leaf_hash(bytes([i])) for i in range(size)]
            root = make_log.tree_root(leaves)
            self.assertEqual(merkle.root_of(leaves), root)
            for index in range(size):
                proof = make_log.tree_path(index, leaves)
                found = merkle.root_from_inclusion(leaves[index], index, size, proof)
                self.assertEqual(found, root)
                for wrong in (proof[:-1], proof + [root]):
                    if wrong != proof:
                        other = merkle.root_from_inclusion(leaves[index], index, size, wrong)
                        self.assertNotEqual(other, root)
            for old in range(1, size + 1):
                proof = merkle.consistency_proof(leaves, old)
                old_root = merkle.root_of(leaves[:old])
                self.assertTrue(merkle.consistency_holds(old, old_root, size, root, proof))
                self.assertFalse(merkle.consistency_holds(old, root[::-1], size, root, proof))

    def test_tile_paths_stand_in_groups_of_three(self) -> None:
        self.assertEqual(merkle.tile_path("0", 5, 256), "tile/0/005")
        self.assertEqual(merkle.tile_path("0", 1234067, 256), "tile/0/x001/x234/067")
        self.assertEqual(merkle.tile_path("entries", 1000, 9), "tile/entries/x001/000.p/9")


class Notes(unittest.TestCase):
    def test_the_published_checkpoint_decodes_and_its_ed25519_line_verifies(self) -> None:
        key = base64_decode(VECTOR_KEY)[1:]
        checkpoint = note.decode_checkpoint(VECTOR_NOTE.encode())
        self.assertEqual((checkpoint.origin, checkpoint.size), ("sequencer.example/log1", 8))
        self.assertEqual(checkpoint.root.hex(), CT_ROOTS[7])
        line = checkpoint.lines[0]
        self.assertEqual(line.key_id.hex(), "d3330035")
        self.assertEqual(note.ed25519_key_id(checkpoint.origin, key), line.key_id)
        self.assertTrue(note.ed25519_verifies(key, line.signature, checkpoint.signed))
        self.assertFalse(note.ed25519_verifies(key, line.signature, checkpoint.signed + b"\n"))

    def test_a_key_of_small_order_signs_nothing(self) -> None:
        # With the neutral point as key, R = S B is a signature of every text; here S is 1.
        signature = b"\x58" + b"\x66" * 31 + b"\x01" + bytes(31)
        self.assertFalse(note.ed25519_verifies(b"\x01" + bytes(31), signature, b"a text"))
        self.assertTrue(note.is_ed25519_point(signature[:32]))
        for y in (0, 2**255 - 20, 2**255 - 19, 2**255 - 18, 2**255 - 1):
            self.assertFalse(note.is_ed25519_point(y.to_bytes(32, "little")))

    def test_other_writings_of_a_checkpoint_are_refused(self) -> None:
        for old, new in (
            ("\n8\n", "\n08\n"),
            ("\n8\n", "\n+8\n"),
            ("\n8\n", "\n8\nextension\n"),
            ("RgQyg=\n", "RgQyh=\n"),
            ("\n\n", "\n"),
            ("\u2014 ", "- "),
            ("JbwU=\n", "JbwU=\r\n"),
            ("DQ==\n", "DQ=="),
            ("DQ==\n", "DQ==\n\n"),
        ):
            with self.subTest(new=new), self.assertRaises(Malformed):
                note.decode_checkpoint(VECTOR_NOTE.replace(old, new).encode())


class Blocks(unittest.TestCase):
    def test_metadata_is_canonical(self) -> None:
        block = make_log.metadata_block("order", "text/plain", [("b", "2"), ("a", "1")])
        self.assertEqual(decode_metadata(block).pairs, (("a", "1"), ("b", "2")))
        one = b"\x01\x00\x00\x00\x01"
        for bad in (
            b"\x02" + block[1:],
            block + b"\0",
            block[:-1],
            one + b"\0\0\0",
            b"\x01\x01\x0a\x00\x00\x00",
            b"\x01\x01\x7f\x00\x00\x00",
            b"\x01\x01\xff\x00\x00\x00",
            b"\x01\x00\x00\x00\x02" + b"\x01a\0\0" * 2,
            b"\x01\x00\x00\x00\x02" + b"\x01b\0\0" + b"\x01a\0\0",
            b"\x01\x00\x00\x00\x41" + b"".join(bytes([1, 48 + i, 0, 0]) for i in range(65)),
        ):
            with self.subTest(bad=bad), self.assertRaises(Malformed):
                decode_metadata(bad)

    def test_requests_are_canonical(self) -> None:
        def asked(*operations: bytes) -> bytes:
            return make_log.request(b"p", operations=operations)

        guard, update = make_log.version_equals("s", 0), make_log.bump("s")
        self.assertEqual(len(decode_request(asked(guard, update)).updates), 1)
        for bad in (
            asked(update, guard),
            asked(update, update),
            asked(b"\x06\x01\x01s"),
            asked(b"\x00\x01\x01s"),
            asked(b"\x05\x02\x01s"),
            asked(b"\x05\x01\x00"),
            asked(b"\x05\x01\x01\xff"),
            asked(make_log.version_equals("s", -1)),
            asked(*[make_log.bump(str(i)) for i in range(65)]),
            asked(update) + b"\0",
            asked(update)[:-1],
        ):
            with self.subTest(bad=bad[134:]), self.assertRaises(Malformed):
                decode_request(bad)

    def test_configuration_has_one_writing(self) -> None:
        good = make_log.configuration().decode()
        self.assertEqual(decode_configuration(good.encode()).cells_max, 1000)
        for old, new in (
            ("v1\n", "v2\n"),
            ("cells-max 1000", "cells-max 01000"),
            ("cells-max 1000", "cells-max 0"),
            ("cells-max 1000", "cells-max 100000001"),
            ("window 1000\n", "window 1000"),
            ("window 1000\n", "window 1000\n\n"),
            ("\n", "\r\n"),
            ("origin sequencer", "origin a+sequencer"),
            ("origin ", "origin  "),
        ):
            with self.subTest(new=new), self.assertRaises(Malformed):
                decode_configuration(good.replace(old, new).encode())

    def test_crc_is_castagnoli(self) -> None:
        self.assertEqual(crc32c(b"123456789"), 0xE3069283)
        self.assertEqual(make_log.crc32c(b"123456789"), 0xE3069283)

    def test_cbor_has_one_writing(self) -> None:
        self.assertEqual(cbor.decode(bytes.fromhex("bf016161ff")), {1: "a"})
        for bad in (
            "1817", "190017", "1a00000017", "1b0000000000000017", "5f4101ff", "f5", "f90000",
            "a201010102", "0101", "1c", "ff", "82ff01", "bf01ff", "818181818101", "a14101f6",
        ):
            with self.subTest(bad=bad), self.assertRaises(Malformed):
                cbor.decode(bytes.fromhex(bad))


class Frames(unittest.TestCase):
    def test_payload_frames_are_those_that_the_gateway_writes(self) -> None:
        salt = bytes(range(1, 33))
        for name, kept, erased in (
            ("payload-frame", b"", False),
            ("payload-frame-salted", salt, False),
            ("payload-frame-erased", b"", True),
            ("payload-frame-salted-erased", bytes(32), True),
        ):
            path = Path(__file__).parent.parent / "golden" / f"{name}.hex"
            data = bytes.fromhex("".join(path.read_text().split()))
            with self.subTest(name=name):
                frame = payload_frame_at(b"xx" + data, 2)
                self.assertEqual((frame.request, frame.metadata), (b"\1\2\3", b"\1\0\0\0\0"))
                self.assertEqual((frame.salt, frame.erased), (kept, erased))
                self.assertEqual(frame.payload, b"\0\0" if erased else b"hi")
                for bit in range(8 * len(data)):
                    changed = bytearray(data)
                    changed[bit // 8] ^= 1 << bit % 8
                    with self.assertRaises(Malformed):
                        payload_frame_at(bytes(changed), 0)

    def test_a_salted_commitment_is_not_the_payloads_own_digest(self) -> None:
        salt = bytes(range(1, 33))
        digest = hashlib.sha256(b"seq-salted/v1\0" + salt + b"hi").digest()
        self.assertEqual(payload_commitment(b"hi", salt), digest)
        self.assertEqual(payload_commitment(b"hi"), hashlib.sha256(b"hi").digest())


class Policies(unittest.TestCase):
    def setUp(self) -> None:
        self.log = Log()
        self.log.open_epoch()

    def test_a_policy_is_exact(self) -> None:
        good = self.log.policy()
        decode_policy(json.dumps(good, indent=2).encode())
        image = good["measurements"][0]
        for changes in (
            {"format": "sequencer-trust-policy/v2"},
            {"log_id": good["log_id"].upper()[:-1] + "F"},
            {"log_id": good["log_id"][:-2]},
            {"origin": "other.example/log"},
            {"configuration": good["configuration"] + "\n"},
            {"measurements": []},
            {"measurements": [{**image, "pcr0": "0" * 96}]},
            {"measurements": [{**image, "pcr5": "1" * 96}]},
            {"measurements": [{**image, "not_after_size": True}]},
            {"measurements": [{**image, "not_after_size": "1"}]},
            {"measurements": [{"name": "x", "pcr0": image["pcr0"], "pcr1": image["pcr1"]}]},
            {"roots": ["aws"]},
            {"insecure_development_roots": []},
            {"extra": 1},
        ):
            with self.subTest(changes=changes), self.assertRaises(Malformed):
                decode_policy(json.dumps({**good, **changes}).encode())
        with self.assertRaises(Malformed):
            decode_policy(json.dumps(good).replace("{", '{"origin":"x",', 1).encode())
