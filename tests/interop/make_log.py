"""Writes logs as docs/PROTOCOL.md says, for tests: an encoder that knows no verifier.

A `Log` makes its own keys and PKI and signs what it is told, right or wrong, so that a test can
break one rule at a time. Everything that is hashed is built here from the tables of the page.
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import json
import struct
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Callable, Optional, Sequence

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils
from cryptography.x509.oid import NameOID

ORIGIN = "sequencer.example/log1"
TIME_MS = 1_767_225_600_000
MODULE_ID = "i-0123456789abcdef0-enc0123456789abcdef"
ZERO = bytes(32)
NO_METADATA = bytes.fromhex("0100000000")
PCRS = {0: b"\x10" * 48, 1: b"\x11" * 48, 2: b"\x12" * 48, 3: bytes(48)}


def h(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def configuration(cells_max: int = 1000, window: int = 1000, origin: str = ORIGIN) -> bytes:
    return (
        f"sequencer-configuration/v1\norigin {origin}\n"
        f"cells-max {cells_max}\nidempotency-window {window}\n"
    ).encode()


def tenant(name: str = "default") -> bytes:
    return h(b"seq-tenant/v1\0" + name.encode())


def cell(name: str) -> bytes:
    return h(b"seq-cell/v1\0" + tenant() + b"\x01" + name.encode())


def metadata_block(
    event: str = "", content: str = "", pairs: Sequence[tuple[str, str]] = ()
) -> bytes:
    block = b"\x01" + _short(event.encode()) + _short(content.encode())
    block += struct.pack(">H", len(pairs))
    for key, value in sorted(pairs, key=lambda pair: pair[0].encode()):
        block += _short(key.encode()) + struct.pack(">H", len(value.encode())) + value.encode()
    return block


def _short(text: bytes) -> bytes:
    return bytes([len(text)]) + text


def bump(name: str) -> bytes:
    return b"\x05\x01" + _short(name.encode())


def version_equals(name: str, version: int) -> bytes:
    return b"\x01\x01" + _short(name.encode()) + struct.pack(">q", version)


def request(
    payload: bytes,
    metadata: bytes = NO_METADATA,
    idempotency: bytes = ZERO,
    operations: Sequence[bytes] = (),
) -> bytes:
    return (
        struct.pack(">BBI", 1, len(operations), len(payload))
        + tenant()
        + h(payload)
        + h(b"seq-metadata/v1\0" + metadata)
        + idempotency
        + b"".join(operations)
    )


def tree_root(leaves: Sequence[bytes]) -> bytes:
    """MTH by the recursive definition of RFC 6962 section 2.1."""
    if not leaves:
        return h(b"")
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return h(b"\x01" + tree_root(leaves[:k]) + tree_root(leaves[k:]))


def tree_path(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    if len(leaves) <= 1:
        return []
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if index < k:
        return tree_path(index, leaves[:k]) + [tree_root(leaves[k:])]
    return tree_path(index - k, leaves[k:]) + [tree_root(leaves[:k])]


@dataclass
class CertificateShape:
    """What one certificate of the chain says; a test changes a field to break a rule."""

    name: str
    ca: Optional[bool] = True
    path_length: Optional[int] = None
    constraints_critical: bool = True
    digital_signature: bool = False
    key_cert_sign: bool = True
    usage: bool = True
    curve: Callable[[], ec.EllipticCurve] = ec.SECP384R1
    digest: Callable[[], hashes.HashAlgorithm] = hashes.SHA384
    lifetime: datetime.timedelta = datetime.timedelta(days=10)
    issuer_name: Optional[str] = None
    unknown_critical: bool = False


def chain_shapes() -> list[CertificateShape]:
    """Root first, leaf last, as Nitro makes them."""
    leaf = f"{MODULE_ID}.us-east-1.aws"
    return [
        CertificateShape("development.nitro-enclaves"),
        CertificateShape("regional", path_length=2),
        CertificateShape("zonal", path_length=1),
        CertificateShape("instance", path_length=0),
        CertificateShape(leaf, ca=False, digital_signature=True, key_cert_sign=False),
    ]


class Pki:
    """A chain that ends in a key which signs documents."""

    def __init__(self, shapes: Optional[list[CertificateShape]] = None) -> None:
        self.certificates: list[bytes] = []
        parent: Optional[tuple[str, ec.EllipticCurvePrivateKey]] = None
        for shape in shapes or chain_shapes():
            key = ec.generate_private_key(shape.curve())
            issuer = parent or (shape.name, key)
            self.certificates.append(_certificate(shape, key, issuer))
            parent = (shape.name, key)
            self.key = key

    @property
    def root(self) -> bytes:
        return self.certificates[0]


def _certificate(
    shape: CertificateShape,
    key: ec.EllipticCurvePrivateKey,
    issuer: tuple[str, ec.EllipticCurvePrivateKey],
) -> bytes:
    def name(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    start = datetime.datetime.utcfromtimestamp(TIME_MS // 1000)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(shape.name))
        .issuer_name(name(shape.issuer_name or issuer[0]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + shape.lifetime)
    )
    if shape.ca is not None:
        constraints = x509.BasicConstraints(shape.ca, shape.path_length)
        builder = builder.add_extension(constraints, shape.constraints_critical)
    if shape.usage:
        flags = [shape.digital_signature, *[False] * 4, shape.key_cert_sign, *[False] * 3]
        builder = builder.add_extension(x509.KeyUsage(*flags), True)
    if shape.unknown_critical:
        oid = x509.ObjectIdentifier("1.3.6.1.4.1.99999.1")
        builder = builder.add_extension(x509.UnrecognizedExtension(oid, b"\x05\x00"), True)
    return builder.sign(issuer[1], shape.digest()).public_bytes(serialization.Encoding.DER)


def document_content(
    pki: Pki, public_key: bytes, user_data: Optional[bytes], time_ms: int
) -> dict[str, Any]:
    return {
        "module_id": MODULE_ID,
        "digest": "SHA384",
        "timestamp": time_ms,
        "pcrs": {**PCRS, **{index: bytes(48) for index in range(4, 16)}},
        "certificate": pki.certificates[-1],
        "cabundle": pki.certificates[:-1],
        "public_key": public_key,
        "user_data": user_data,
        "nonce": None,
    }


def sign_document(pki: Pki, payload: bytes, protected: bytes = b"\xa1\x01\x38\x22") -> list[Any]:
    """The COSE_Sign1 array over a payload that is encoded already."""
    signed = cbor2.dumps(["Signature1", protected, b"", payload])
    r, s = utils.decode_dss_signature(pki.key.sign(signed, ec.ECDSA(hashes.SHA384())))
    return [protected, {}, payload, r.to_bytes(48, "big") + s.to_bytes(48, "big")]


class EpochKeys:
    def __init__(self) -> None:
        self.p256 = ec.generate_private_key(ec.SECP256R1())
        self.ed25519 = ed25519.Ed25519PrivateKey.generate()
        point = self.p256.public_key().public_numbers()
        self.xy = point.x.to_bytes(32, "big") + point.y.to_bytes(32, "big")
        self.spki = self.p256.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.ed25519_public = self.ed25519.public_key().public_bytes(
            serialization.Encoding.Raw, serialization.PublicFormat.Raw
        )

    def note(self, size: int, root: bytes, origin: str = ORIGIN) -> str:
        text = f"{origin}\n{size}\n{b64(root)}\n"
        ecdsa_signature = self.p256.sign(text.encode(), ec.ECDSA(hashes.SHA256()))
        ed25519_signature = self.ed25519.sign(text.encode())
        ecdsa_id = h(self.spki)[:4]
        ed25519_id = h(origin.encode() + b"\n\x01" + self.ed25519_public)[:4]
        return (
            f"{text}\n\u2014 {origin} {b64(ecdsa_id + ecdsa_signature)}\n"
            f"\u2014 {origin} {b64(ed25519_id + ed25519_signature)}\n"
        )


@dataclass
class Epoch:
    keys: EpochKeys
    statement: bytes
    number: int
    document: bytes


@dataclass
class Item:
    """A record with what travels beside it."""

    record: bytes
    request: bytes = b""
    metadata: bytes = b""
    payload: bytes = b""


@dataclass
class Log:
    pki: Pki = field(default_factory=Pki)
    configuration: bytes = field(default_factory=configuration)
    items: list[Item] = field(default_factory=list)
    epochs: list[Epoch] = field(default_factory=list)
    cells: dict[str, int] = field(default_factory=dict)
    heads: list[tuple[int, str]] = field(default_factory=list)
    time_ms: int = TIME_MS

    @property
    def leaves(self) -> list[bytes]:
        return [h(b"\x00" + item.record) for item in self.items]

    @property
    def log_id(self) -> bytes:
        return h(b"seq-log/v1\0" + self.epochs[0].statement)

    def _header(self, kind: int, count: int, epoch: int) -> bytes:
        self.time_ms += 1
        previous = self.leaves[-1] if self.items else ZERO
        number = len(self.items)
        return struct.pack(">BBHIQQ", 1, kind, count, epoch, number, self.time_ms) + previous

    def open_epoch(self, **changes: Any) -> Epoch:
        """Appends a statement; `changes` replace what it says, field by field."""
        epoch, keys = len(self.epochs), EpochKeys()
        said: dict[str, Any] = {
            "epoch": epoch,
            "how_ended": 0 if not epoch else 2 if self.items[-1].record[1] == 3 else 1,
            "log_id": self.log_id if epoch else ZERO,
            "root": tree_root(self.leaves),
            "previous_statement": h(self.epochs[-1].statement) if epoch else ZERO,
            "configuration": self.configuration,
            "predecessors": [],
            **changes,
        }
        statement = (
            self._header(2, len(said["predecessors"]), said["epoch"])
            + struct.pack(">B3xI", said["how_ended"], len(said["configuration"]))
            + said["log_id"]
            + said["root"]
            + said["previous_statement"]
            + h(b"nonce" + bytes([epoch]))
            + keys.ed25519_public
            + keys.xy
            + b"".join(said["predecessors"])
            + said["configuration"]
        )
        user_data = b"seq-epoch/v1\0" + h(statement)
        document = self.document(keys, user_data)
        self.epochs.append(Epoch(keys, statement, len(self.items), document))
        self.items.append(Item(statement))
        return self.epochs[-1]

    def seal(self, statement: Optional[bytes] = None, epoch: Optional[int] = None) -> Item:
        """Ends the newest epoch; the arguments replace what the seal says."""
        number = len(self.epochs) - 1 if epoch is None else epoch
        named = h(self.epochs[-1].statement) if statement is None else statement
        self.items.append(Item(self._header(3, 0, number) + named))
        return self.items[-1]

    def snapshot(self, epoch: Optional[int] = None, **changes: bytes) -> Item:
        """What the records so far come to; `changes` replace what it says, field by field."""
        cells: dict[bytes, bytes] = {}
        uses = b""
        number = len(self.items)
        window = int(self.configuration.split()[6])
        for at, item in enumerate(self.items):
            if item.record[1] != 1:
                continue
            for start in range(224, len(item.record), 40):
                one = item.record[start : start + 40]
                cells[one[:32]] = one + struct.pack(">Q", at)
            if item.record[192:224] != ZERO and number - at <= window:
                uses += item.record[192:224] + struct.pack(">Q", at) + item.record[160:192]
                uses += item.record[56:60]
        times = [epoch.statement[16:24] for epoch in self.epochs]
        said = {
            "counts": struct.pack(">II", len(cells), len(uses) // 76),
            "before": times[-2] if len(times) > 1 else bytes(8),
            "statement": h(self.epochs[-1].statement),
            "cells": h(b"seq-cells/v1\0" + b"".join(cells.values())),
            "window": h(b"seq-window/v1\0" + uses),
            "frontier": b"",
            **changes,
        }
        if not said["frontier"]:
            start = 0
            for bit in reversed(range(number.bit_length())):
                if number >> bit & 1:
                    said["frontier"] += tree_root(self.leaves[start : start + (1 << bit)])
                    start += 1 << bit
        opened = len(self.epochs) - 1 if epoch is None else epoch
        header = self._header(4, bin(number).count("1"), opened)
        self.items.append(Item(header + b"".join(said.values())))
        return self.items[-1]

    def document(
        self,
        keys: EpochKeys,
        user_data: Optional[bytes],
        time_ms: Optional[int] = None,
        **changes: Any,
    ) -> bytes:
        content = document_content(self.pki, keys.spki, user_data, time_ms or self.time_ms)
        content.update(changes)
        return cbor2.dumps(sign_document(self.pki, cbor2.dumps(content)))

    def append(
        self,
        payload: bytes,
        stream: Optional[str] = None,
        group: tuple[int, int] = (0, 1),
        idempotency: bytes = ZERO,
        metadata: bytes = NO_METADATA,
        value: Optional[int] = None,
        epoch: Optional[int] = None,
    ) -> Item:
        operations = []
        cells = b""
        if stream is not None:
            version = self.cells.get(stream, 0)
            operations = [version_equals(stream, version), bump(stream)]
            self.cells[stream] = version + 1
            cells = cell(stream) + struct.pack(">q", version + 1 if value is None else value)
        asked = request(payload, metadata, idempotency, operations)
        number = len(self.epochs) - 1 if epoch is None else epoch
        record = (
            self._header(1, len(cells) // 40, number)
            + struct.pack(">HHI", *group, len(payload))
            + tenant()
            + h(payload)
            + h(b"seq-metadata/v1\0" + metadata)
            + h(b"seq-request/v1\0" + asked)
            + idempotency
            + cells
        )
        self.items.append(Item(record, asked, metadata, payload))
        return self.items[-1]

    def head(self) -> str:
        """Signs and remembers a head over everything so far."""
        note = self.epochs[-1].keys.note(len(self.items), tree_root(self.leaves))
        self.heads.append((len(self.items), note))
        return note

    def receipt(self, number: int, note: Optional[str] = None, **changes: str) -> bytes:
        """The JSON receipt, written out as section 9 shows it; `changes` replace whole members."""
        parts = self._parts(number)
        inclusion = [b64(item) for item in tree_path(number, self.leaves)]
        members = {
            **parts,
            "inclusion": json.dumps(inclusion, separators=(",", ":")),
            "checkpoint": _json_text(note or self.head()),
            "epoch": self._epoch(),
            **changes,
        }
        order = ("record", "request", "metadata", "inclusion", "checkpoint", "epoch")
        body = ",".join(f'"{name}":{members[name]}' for name in order)
        return ('{"format":"sequencer-receipt/v1",' + body + "}\n").encode()

    def proof(self, number: int) -> bytes:
        parts = self._parts(number)
        body = ",".join(f'"{name}":{value}' for name, value in parts.items())
        extra = f'{{"format":"sequencer-receipt/v1",{body},"epoch":{self._epoch()}}}'
        path = "".join(b64(item) + "\n" for item in tree_path(number, self.leaves))
        return (
            f"c2sp.org/tlog-proof@v1\nextra {b64(extra.encode())}\nindex {number}\n{path}\n"
            f"{self.head()}"
        ).encode()

    def _parts(self, number: int) -> dict[str, str]:
        item = self.items[number]
        fields = {"record": item.record, "request": item.request, "metadata": item.metadata}
        return {name: f'"{b64(value)}"' for name, value in fields.items()}

    def _epoch(self) -> str:
        epoch = self.epochs[-1]
        inclusion = [b64(item) for item in tree_path(epoch.number, self.leaves)]
        hashes_text = json.dumps(inclusion, separators=(",", ":"))
        return (
            f'{{"statement":"{b64(epoch.statement)}","inclusion":{hashes_text},'
            f'"document":"{b64(epoch.document)}"}}'
        )

    def policy(self, **changes: Any) -> dict[str, Any]:
        image = {f"pcr{index}": PCRS[index].hex() for index in (0, 1, 2)}
        return {
            "format": "sequencer-trust-policy/v1",
            "log_id": self.log_id.hex(),
            "origin": ORIGIN,
            "configuration": self.configuration.decode(),
            "measurements": [{"name": "test", **image}],
            "insecure_development_roots": [b64(self.pki.root)],
            **changes,
        }

    def tlog_files(self) -> dict[str, bytes]:
        """What the read interface answers, by path under /v1/, with the newest remembered head."""
        size, note = self.heads[-1]
        files = {"checkpoint": note.encode(), "epochs": self._epochs_answer()}
        records = [item.record for item in self.items[:size]]
        for start in range(0, size, 256):
            part = records[start : start + 256]
            bundle = b"".join(struct.pack(">H", len(record)) + record for record in part)
            files[_tile("entries", start // 256, len(part))] = bundle
        level, row = 0, self.leaves[:size]
        while row:
            for start in range(0, len(row), 256):
                part = row[start : start + 256]
                files[_tile(str(level), start // 256, len(part))] = b"".join(part)
            full = len(row) // 256
            row = [tree_root(row[i * 256 : i * 256 + 256]) for i in range(full)]
            level += 1
        return files

    def _epochs_answer(self) -> bytes:
        epochs = [
            {
                "epoch": position,
                "number": epoch.number,
                "statement": b64(epoch.statement),
                "document": b64(epoch.document),
            }
            for position, epoch in enumerate(self.epochs)
        ]
        return json.dumps({"epochs": epochs}).encode()

    def write_directory(self, path: Path) -> None:
        """A data directory with one commit frame for each remembered head."""
        for folder in ("log", "payload", "epochs"):
            (path / folder).mkdir(parents=True)
        (path / "format").write_bytes(b"sequencer-store/v1\n")
        for position, epoch in enumerate(self.epochs):
            (path / "epochs" / f"{position}.document").write_bytes(epoch.document)
        payloads, offsets = b"", []
        for item in self.items:
            offsets.append(len(payloads) if item.request else 2**64 - 1)
            payloads += payload_frame(item) if item.request else b""
        frames, first = b"", 0
        for size, note in dict(self.heads).items():
            records = [item.record for item in self.items[first:size]]
            frames += commit_frame(first, records, offsets[first:size], note.encode())
            first = size
        (path / "payload" / f"{0:020d}.seg").write_bytes(payloads)
        (path / "log" / f"{0:020d}.seg").write_bytes(frames)


def _json_text(text: str) -> str:
    return '"' + text.replace("\n", "\\n") + '"'


def _tile(level: str, index: int, width: int) -> str:
    assert index < 1000, "logs of this size are not made here"
    return f"tile/{level}/{index:03d}" + ("" if width == 256 else f".p/{width}")


def crc32c(data: bytes) -> int:
    """CRC-32C bit by bit: slow, and written from the polynomial alone."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def commit_frame(
    first: int, records: Sequence[bytes], offsets: Sequence[int], checkpoint: bytes
) -> bytes:
    bundle = b"".join(struct.pack(">H", len(record)) + record for record in records)
    start = struct.pack(">4sIQII", b"SQC1", len(bundle), first, len(records), len(checkpoint))
    body = bytes(4) + bundle + struct.pack(f">{len(offsets)}Q", *offsets) + checkpoint
    return start + struct.pack(">I", crc32c(start + bytes(4) + body)) + body


def payload_frame(item: Item) -> bytes:
    lengths = (len(item.request), len(item.metadata), len(item.payload))
    start = struct.pack(">4sIII", b"SQP1", *lengths)
    body = item.request + item.metadata + item.payload
    return start + struct.pack(">I", crc32c(start + bytes(4) + body)) + body


def changed(
    shapes: list[CertificateShape], position: int, **changes: Any
) -> list[CertificateShape]:
    """`shapes` with one certificate changed."""
    result = list(shapes)
    result[position] = replace(result[position], **changes)
    return result
