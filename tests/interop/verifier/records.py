"""Metadata blocks, requests, records, statements and the configuration (sections 2 to 5)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Optional, Union

from .encoding import ZERO_DIGEST, Malformed, Reader, decimal, domain_hash, sha256, text_decode
from .witness import WitnessPolicy, decode_witness_policy

METADATA_MAX = 8_192
METADATA_PAIRS_MAX = 64
OPERATIONS_MAX = 64
RECORD_MAX = 65_535
GROUP_MAX = 4_096
CONFIGURATION_MAX = 16_384
PREDECESSORS_MAX = 64
CELLS_MAX_LIMIT = 100_000_000
WINDOW_LIMIT = 100_000_000
WITNESS_SECONDS_LIMIT = 604_800
_IDENTITY_KEY = re.compile(
    r"\Aidentity-key arn:aws(-us-gov)?:kms:[a-z]{2}(-[a-z]{2,12}){1,3}-[0-9]{1,2}:"
    r"[0-9]{12}:key/[0-9a-f-]{36}\n"
)

STREAM = 1
BUMP = 5

TYPE_ENTRY = 1
TYPE_STATEMENT = 2
TYPE_SEAL = 3
TYPE_SNAPSHOT = 4

ENDED_UNPLANNED = 1
ENDED_SEALED = 2

_SPKI_PREFIX = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")
_ORIGIN = re.compile(r"[A-Za-z0-9\-._~/:]{1,255}")


@dataclass(frozen=True)
class Metadata:
    event_type: str
    content_type: str
    pairs: tuple[tuple[str, str], ...]


def payload_commitment(payload: bytes, salt: bytes = b"") -> bytes:
    return domain_hash("seq-salted/v1", salt + payload) if salt else sha256(payload)


def metadata_digest(block: bytes) -> bytes:
    return domain_hash("seq-metadata/v1", block)


def decode_metadata(block: bytes) -> Metadata:
    if len(block) > METADATA_MAX:
        raise Malformed(f"metadata of {len(block)} bytes")
    reader = Reader(block)
    if reader.unsigned(1) != 1:
        raise Malformed("metadata version is not 1")
    event_type = _plain(reader.take(reader.unsigned(1)))
    content_type = _plain(reader.take(reader.unsigned(1)))
    count = reader.unsigned(2)
    if count > METADATA_PAIRS_MAX:
        raise Malformed(f"{count} metadata pairs")
    pairs: list[tuple[str, str]] = []
    last: Optional[bytes] = None
    for _ in range(count):
        key = reader.take(reader.unsigned(1))
        if not key:
            raise Malformed("metadata key is empty")
        if last is not None and key <= last:
            raise Malformed("metadata keys do not ascend")
        last = key
        pairs.append((_plain(key), _plain(reader.take(reader.unsigned(2)))))
    reader.end()
    return Metadata(event_type, content_type, tuple(pairs))


def _plain(data: bytes) -> str:
    text = text_decode(data)
    if any(ord(c) < 0x20 or ord(c) == 0x7F for c in text):
        raise Malformed("control character in metadata")
    return text


@dataclass(frozen=True)
class Operation:
    code: int
    kind: int
    name: bytes
    operand: Optional[int]

    @property
    def is_update(self) -> bool:
        return self.code == BUMP


@dataclass(frozen=True)
class Request:
    payload_length: int
    tenant: bytes
    payload: bytes
    metadata: bytes
    idempotency: bytes
    operations: tuple[Operation, ...]

    @property
    def updates(self) -> list[Operation]:
        return [operation for operation in self.operations if operation.is_update]


def request_digest(request: bytes) -> bytes:
    return domain_hash("seq-request/v1", request)


def cell_key(tenant: bytes, kind: int, name: bytes) -> bytes:
    return domain_hash("seq-cell/v1", tenant + bytes([kind]) + name)


def decode_request(data: bytes) -> Request:
    reader = Reader(data)
    if reader.unsigned(1) != 1:
        raise Malformed("request version is not 1")
    count = reader.unsigned(1)
    if count > OPERATIONS_MAX:
        raise Malformed(f"{count} operations")
    payload_length = reader.unsigned(4)
    tenant, payload, metadata, idempotency = (reader.take(32) for _ in range(4))
    operations = tuple(_operation(reader) for _ in range(count))
    reader.end()
    _check_order(operations)
    return Request(payload_length, tenant, payload, metadata, idempotency, operations)


def _operation(reader: Reader) -> Operation:
    code, kind = reader.unsigned(1), reader.unsigned(1)
    if not 1 <= code <= 5:
        raise Malformed(f"operation code {code}")
    if kind != STREAM:
        raise Malformed(f"cell kind {kind}")
    name = reader.take(reader.unsigned(1))
    if not name:
        raise Malformed("cell name is empty")
    text_decode(name)
    operand: Optional[int] = None
    if code == 1:
        operand = reader.i64()
        if operand < 0:
            raise Malformed("version-equals with a negative version")
    elif code == 4:
        operand = reader.unsigned(8)
    return Operation(code, kind, name, operand)


def _check_order(operations: tuple[Operation, ...]) -> None:
    updated: set[tuple[int, bytes]] = set()
    for operation in operations:
        if not operation.is_update:
            if updated:
                raise Malformed("a guard after an update")
        elif (operation.kind, operation.name) in updated:
            raise Malformed("two updates of one cell")
        else:
            updated.add((operation.kind, operation.name))


@dataclass(frozen=True)
class Header:
    """The 56 bytes that all records begin with."""

    count: int
    epoch: int
    number: int
    time: int
    previous: bytes


@dataclass(frozen=True)
class Entry:
    header: Header
    group_index: int
    group_count: int
    payload_length: int
    tenant: bytes
    payload: bytes
    metadata: bytes
    request: bytes
    idempotency: bytes
    cells: tuple[tuple[bytes, int], ...]


@dataclass(frozen=True)
class Configuration:
    origin: str
    cells_max: int
    idempotency_window: int
    witnesses: Optional[WitnessPolicy] = None


@dataclass(frozen=True)
class Statement:
    raw: bytes
    header: Header
    how_ended: int
    log_id_field: bytes
    root: bytes
    previous_statement: bytes
    nonce: bytes
    ed25519: bytes
    p256: bytes
    predecessors: tuple[bytes, ...]
    configuration_text: bytes
    configuration: Configuration

    @property
    def is_genesis(self) -> bool:
        return self.header.number == 0

    @property
    def digest(self) -> bytes:
        return sha256(self.raw)

    @property
    def log_id(self) -> bytes:
        return domain_hash("seq-log/v1", self.raw) if self.is_genesis else self.log_id_field

    @property
    def subject_public_key_info(self) -> bytes:
        return _SPKI_PREFIX + self.p256


@dataclass(frozen=True)
class Seal:
    """The last record of an epoch that ended as planned."""

    header: Header
    statement: bytes


@dataclass(frozen=True)
class Snapshot:
    """What the records before it come to."""

    header: Header
    cell_count: int
    use_count: int
    statement_before_time: int
    statement: bytes
    cells: bytes
    window: bytes
    frontier: tuple[bytes, ...]


Record = Union[Entry, Statement, Seal, Snapshot]


def decode_record(data: bytes) -> Record:
    if len(data) > RECORD_MAX:
        raise Malformed(f"record of {len(data)} bytes")
    reader = Reader(data)
    if reader.unsigned(1) != 1:
        raise Malformed("record version is not 1")
    kind = reader.unsigned(1)
    header = Header(
        count=reader.unsigned(2),
        epoch=reader.unsigned(4),
        number=reader.unsigned(8),
        time=reader.unsigned(8),
        previous=reader.take(32),
    )
    if header.number == 0 and header.previous != ZERO_DIGEST:
        raise Malformed("record 0 has a previous record")
    if kind == TYPE_ENTRY:
        return _entry(reader, header)
    if kind == TYPE_STATEMENT:
        return _statement(reader, header, data)
    if kind == TYPE_SEAL:
        return _seal(reader, header)
    if kind == TYPE_SNAPSHOT:
        return _snapshot(reader, header)
    raise Malformed(f"record type {kind}")


def decode_statement(data: bytes) -> Statement:
    record = decode_record(data)
    if not isinstance(record, Statement):
        raise Malformed("another record where a statement belongs")
    return record


def _entry(reader: Reader, header: Header) -> Entry:
    if header.count > OPERATIONS_MAX:
        raise Malformed(f"{header.count} cells")
    if header.number == 0:
        raise Malformed("record 0 is an entry")
    group_index, group_count = reader.unsigned(2), reader.unsigned(2)
    if not 1 <= group_count <= GROUP_MAX or group_index >= group_count:
        raise Malformed(f"group index {group_index} of {group_count}")
    payload_length = reader.unsigned(4)
    tenant, payload, metadata, request, idempotency = (reader.take(32) for _ in range(5))
    cells = tuple((reader.take(32), reader.i64()) for _ in range(header.count))
    reader.end()
    return Entry(
        header,
        group_index,
        group_count,
        payload_length,
        tenant,
        payload,
        metadata,
        request,
        idempotency,
        cells,
    )


def _statement(reader: Reader, header: Header, raw: bytes) -> Statement:
    if header.count > PREDECESSORS_MAX:
        raise Malformed(f"{header.count} predecessors")
    how_ended = reader.unsigned(1)
    reader.zeros(3)
    configuration_length = reader.unsigned(4)
    if configuration_length > CONFIGURATION_MAX:
        raise Malformed(f"configuration of {configuration_length} bytes")
    log_id, root, previous_statement, nonce, ed25519 = (reader.take(32) for _ in range(5))
    p256 = reader.take(64)
    predecessors = tuple(reader.take(144) for _ in range(header.count))
    for measurements in predecessors:
        if any(not any(measurements[at : at + 48]) for at in (0, 48, 96)):
            raise Malformed("an accepted predecessor's PCR is all zero")
    text = reader.take(configuration_length)
    reader.end()
    if header.number == 0:
        if header.epoch != 0 or how_ended != 0:
            raise Malformed("genesis statement of another epoch than 0")
        if log_id != ZERO_DIGEST or previous_statement != ZERO_DIGEST or root != sha256(b""):
            raise Malformed("genesis statement with something before it")
    elif header.epoch == 0 or how_ended not in (ENDED_UNPLANNED, ENDED_SEALED):
        raise Malformed("a later statement must be of a later epoch and say how the last ended")
    return Statement(
        raw,
        header,
        how_ended,
        log_id,
        root,
        previous_statement,
        nonce,
        ed25519,
        p256,
        predecessors,
        text,
        decode_configuration(text),
    )


def _seal(reader: Reader, header: Header) -> Seal:
    if header.count != 0:
        raise Malformed(f"a seal with {header.count} of something")
    if header.number == 0:
        raise Malformed("record 0 is a seal")
    statement = reader.take(32)
    reader.end()
    return Seal(header, statement)


def _snapshot(reader: Reader, header: Header) -> Snapshot:
    if not 0 < header.number < 1 << 63:
        raise Malformed(f"record {header.number} is a snapshot")
    if header.count != bin(header.number).count("1"):
        raise Malformed(f"a snapshot with a frontier of {header.count} hashes")
    cells, uses, time = reader.unsigned(4), reader.unsigned(4), reader.unsigned(8)
    statement, cells_digest, window_digest = (reader.take(32) for _ in range(3))
    frontier = tuple(reader.take(32) for _ in range(header.count))
    reader.end()
    return Snapshot(header, cells, uses, time, statement, cells_digest, window_digest, frontier)


def decode_configuration(data: bytes) -> Configuration:
    if len(data) > CONFIGURATION_MAX:
        raise Malformed("configuration is too long")
    lines = text_decode(data).split("\n", 4)
    if len(lines) != 5 or lines[0] != "sequencer-configuration/v1":
        raise Malformed("configuration is not its four lines")
    origin = _setting(lines[1], "origin")
    if not _ORIGIN.fullmatch(origin):
        raise Malformed("configuration has no valid origin")
    cells_max = decimal(_setting(lines[2], "cells-max"), CELLS_MAX_LIMIT)
    window = decimal(_setting(lines[3], "idempotency-window"), WINDOW_LIMIT)
    if cells_max < 1 or window < 1:
        raise Malformed("configuration has a limit of zero")
    rest = _IDENTITY_KEY.sub("", lines[4], count=1)
    return Configuration(origin, cells_max, window, _witnesses(rest))


def _witnesses(text: str) -> Optional[WitnessPolicy]:
    if not text:
        return None
    lines = text.split("\n", 2)
    if len(lines) != 3 or not text.isascii():
        raise Malformed("configuration's witnesses")
    numbers = decimal(_setting(lines[0], "witness-numbers-max"), WINDOW_LIMIT)
    seconds = decimal(_setting(lines[1], "witness-seconds-max"), WITNESS_SECONDS_LIMIT)
    policy = decode_witness_policy(lines[2])
    if numbers < 1 or seconds < 1 or policy.is_enough is None or policy.canonical != lines[2]:
        raise Malformed("configuration's witnesses")
    return policy


def _setting(line: str, name: str) -> str:
    if not line.startswith(name + " "):
        raise Malformed(f"configuration line {line[:40]!r} is not {name!r}")
    return line[len(name) + 1 :]
