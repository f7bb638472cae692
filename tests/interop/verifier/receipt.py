"""Receipts in both encodings (section 9) and their verification (section 11)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Callable, Optional, Sequence, TypeVar

from . import merkle
from .encoding import Malformed, base64_decode, base64_encode, decimal, text_decode
from .epoch import check_retirement, check_signatures, check_statement, read_document
from .note import Checkpoint, decode_checkpoint
from .policy import Policy, unrepeated
from .records import (
    ENDED_SEALED,
    Entry,
    Metadata,
    Record,
    Request,
    Seal,
    Snapshot,
    Statement,
    cell_key,
    decode_metadata,
    decode_record,
    decode_request,
    decode_statement,
    metadata_digest,
    payload_commitment,
    request_digest,
)
from .report import Report

RECEIPT_MAX = 1 << 20
_FORMAT = "sequencer-receipt/v1"
_PROOF_LINE = "c2sp.org/tlog-proof@v1\n"
_EPOCH_MEMBERS = ["statement", "inclusion", "document"]
_EXTRA_MEMBERS = ["format", "record", "request", "metadata", "epoch"]
_MEMBERS = ["format", "record", "request", "metadata", "inclusion", "checkpoint", "epoch"]
_ESCAPED = set('"\\\x7f')
_T = TypeVar("_T")


@dataclass(frozen=True)
class Receipt:
    """The parts of a receipt as bytes; none of them is decoded yet."""

    record: bytes
    request: bytes
    metadata: bytes
    inclusion: tuple[bytes, ...]
    checkpoint: bytes
    statement: bytes
    statement_inclusion: tuple[bytes, ...]
    document: bytes


def decode_receipt(data: bytes) -> Receipt:
    """Either encoding, told apart by the first line of a tlog-proof."""
    if len(data) > RECEIPT_MAX:
        raise Malformed(f"receipt of {len(data)} bytes")
    if data.startswith(_PROOF_LINE.encode("ascii")):
        receipt = _decode_proof(text_decode(data))
        encoded = encode_proof(receipt)
    else:
        receipt = _from_members(_object(data, _MEMBERS))
        encoded = encode_receipt(receipt)
    if encoded != data:
        raise Malformed("receipt is not canonical")
    return receipt


def encode_receipt(receipt: Receipt) -> bytes:
    return _dump(
        {
            "format": _FORMAT,
            "record": base64_encode(receipt.record),
            "request": base64_encode(receipt.request),
            "metadata": base64_encode(receipt.metadata),
            "inclusion": [base64_encode(item) for item in receipt.inclusion],
            "checkpoint": receipt.checkpoint.decode("utf-8"),
            "epoch": _epoch_members(receipt),
        }
    ) + b"\n"


def encode_proof(receipt: Receipt) -> bytes:
    extra = _dump(
        {
            "format": _FORMAT,
            "record": base64_encode(receipt.record),
            "request": base64_encode(receipt.request),
            "metadata": base64_encode(receipt.metadata),
            "epoch": _epoch_members(receipt),
        }
    )
    # The index repeats the record's number, which lies at offset 8 of any record.
    number = int.from_bytes(receipt.record[8:16], "big")
    hashes = "".join(base64_encode(item) + "\n" for item in receipt.inclusion)
    head = f"{_PROOF_LINE}extra {base64_encode(extra)}\nindex {number}\n{hashes}\n"
    return head.encode("ascii") + receipt.checkpoint


def _epoch_members(receipt: Receipt) -> dict[str, Any]:
    return {
        "statement": base64_encode(receipt.statement),
        "inclusion": [base64_encode(item) for item in receipt.statement_inclusion],
        "document": base64_encode(receipt.document),
    }


def _dump(value: dict[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8")


def _decode_proof(text: str) -> Receipt:
    head, blank, checkpoint = text.partition("\n\n")
    lines = head.split("\n")
    if not blank or len(lines) < 3:
        raise Malformed("tlog-proof is incomplete")
    extra = _object(base64_decode(_after(lines[1], "extra ")), _EXTRA_MEMBERS)
    decimal(_after(lines[2], "index "), 2**64 - 1)
    hashes = [_hash(line) for line in lines[3:]]
    members = dict(extra, inclusion=[base64_encode(h) for h in hashes], checkpoint=checkpoint)
    return _from_members(members)


def _after(line: str, prefix: str) -> str:
    if not line.startswith(prefix):
        raise Malformed(f"tlog-proof line {line[:20]!r} is not {prefix.strip()!r}")
    return line[len(prefix) :]


def _object(data: bytes, names: list[str]) -> dict[str, Any]:
    try:
        value = json.loads(text_decode(data), object_pairs_hook=unrepeated)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"receipt is not JSON: {error}") from error
    if not isinstance(value, dict) or list(value) != names:
        raise Malformed("receipt's members are not the format's")
    if value["format"] != _FORMAT:
        raise Malformed("receipt's format is another")
    return value


def _from_members(members: dict[str, Any]) -> Receipt:
    epoch = members["epoch"]
    if not isinstance(epoch, dict) or list(epoch) != _EPOCH_MEMBERS:
        raise Malformed("the epoch's members are not the format's")
    checkpoint = members["checkpoint"]
    # Control characters but LF have no place in the note itself.
    if not isinstance(checkpoint, str) or set(checkpoint) & _ESCAPED:
        raise Malformed("checkpoint is not a string without what JSON may escape")
    try:
        note = checkpoint.encode("utf-8")
    except UnicodeEncodeError as error:
        raise Malformed("checkpoint is not well-formed") from error
    return Receipt(
        _bytes(members["record"]),
        _bytes(members["request"]),
        _bytes(members["metadata"]),
        _hashes(members["inclusion"]),
        note,
        _bytes(epoch["statement"]),
        _hashes(epoch["inclusion"]),
        _bytes(epoch["document"]),
    )


def _bytes(value: Any) -> bytes:
    if not isinstance(value, str):
        raise Malformed("a member is not a string")
    return base64_decode(value)


def _hashes(value: Any) -> tuple[bytes, ...]:
    if not isinstance(value, list):
        raise Malformed("an inclusion proof is not an array")
    return tuple(_hash(item) for item in value)


def _hash(value: Any) -> bytes:
    data = _bytes(value)
    if len(data) != 32:
        raise Malformed("an inclusion hash is not of 32 bytes")
    return data


def verify_receipt(
    data: bytes, policy: Policy, payload: Optional[bytes] = None, salt: bytes = b""
) -> Report:
    """All steps of section 11; the receipt is good when the report is."""
    report = Report()
    receipt = _try(decode_receipt, data, "receipt-format", report)
    if receipt is None:
        report.skip("every other rule")
        return report
    record = _try(decode_record, receipt.record, "record-format", report)
    request, metadata = _entry_parts(receipt, record, report)
    statement = _try(decode_statement, receipt.statement, "statement-format", report)
    checkpoint = _try(decode_checkpoint, receipt.checkpoint, "checkpoint-format", report)

    document = read_document(receipt.document, policy, report, "")
    check_statement(statement, document, policy, report, "")
    if checkpoint is None:
        report.skip("origin")
    else:
        detail = f"checkpoint names {checkpoint.origin}"
        report.require(checkpoint.origin == policy.origin, "origin", detail)
    check_signatures(checkpoint, statement, policy, report)
    _check_place(
        "statement", receipt.statement, statement, receipt.statement_inclusion, checkpoint, report
    )
    size = checkpoint.size if checkpoint is not None else None
    check_retirement(document, size, policy, report, "")
    _check_record_epoch(receipt, record, statement, size, report)
    _check_place("record", receipt.record, record, receipt.inclusion, checkpoint, report)
    _check_entry(receipt, record, request, metadata, report)
    if payload is not None:
        _check_payload(payload, salt, record, report)
    return report


def _try(decode: Callable[[bytes], _T], data: bytes, rule: str, report: Report) -> Optional[_T]:
    try:
        return decode(data)
    except Malformed as error:
        report.refuse(rule, str(error))
        return None


def _entry_parts(
    receipt: Receipt, record: Optional[Record], report: Report
) -> tuple[Optional[Request], Optional[Metadata]]:
    if isinstance(record, (Statement, Seal, Snapshot)):
        report.require(not receipt.request, "request-format", "no entry, with a request")
        report.require(not receipt.metadata, "metadata-format", "no entry, with metadata")
        return None, None
    return (
        _try(decode_request, receipt.request, "request-format", report),
        _try(decode_metadata, receipt.metadata, "metadata-format", report),
    )


def _check_place(
    what: str,
    raw: bytes,
    record: Optional[Record],
    proof: Sequence[bytes],
    checkpoint: Optional[Checkpoint],
    report: Report,
) -> None:
    """Steps 9 and 12: `<what>-number` and `<what>-inclusion`."""
    if record is None or checkpoint is None:
        report.skip(f"{what}-number", f"{what}-inclusion")
        return
    number = record.header.number
    if number >= checkpoint.size:
        report.refuse(f"{what}-number", f"{number} is not below the head's {checkpoint.size}")
        report.skip(f"{what}-inclusion")
        return
    root = merkle.root_from_inclusion(merkle.leaf_hash(raw), number, checkpoint.size, proof)
    report.require(
        root == checkpoint.root, f"{what}-inclusion", "the proof does not lead to the head's root"
    )


def _check_record_epoch(
    receipt: Receipt,
    record: Optional[Record],
    statement: Optional[Statement],
    size: Optional[int],
    report: Report,
) -> None:
    if record is None or statement is None:
        report.skip("record-epoch")
        return
    mine, signer = record.header, statement.header
    if mine.epoch == signer.epoch:
        fits = mine.number >= signer.number
    else:
        fits = mine.epoch < signer.epoch and mine.number < signer.number
    if mine.number == signer.number:
        fits = fits and receipt.record == receipt.statement
    fits = fits and _sealed_rightly(record, statement, size)
    report.require(
        fits,
        "record-epoch",
        f"record {mine.number} of epoch {mine.epoch} under the statement "
        f"{signer.number} of epoch {signer.epoch}",
    )


def _sealed_rightly(record: Record, statement: Statement, size: Optional[int]) -> bool:
    mine, signer = record.header, statement.header
    just_before = mine.number == signer.number - 1
    if just_before and isinstance(record, Seal) != (statement.how_ended == ENDED_SEALED):
        return False
    if not isinstance(record, Seal):
        return True
    if mine.epoch == signer.epoch:
        return record.statement == statement.digest and size in (None, mine.number + 1)
    if mine.epoch == signer.epoch - 1:
        return just_before and record.statement == statement.previous_statement
    return not just_before


def _check_entry(
    receipt: Receipt,
    record: Optional[Record],
    request: Optional[Request],
    metadata: Optional[Metadata],
    report: Report,
) -> None:
    """Step 13; what is no entry has none of it."""
    if isinstance(record, (Statement, Seal, Snapshot)):
        return
    if record is None or request is None:
        report.skip("request", "cells")
    else:
        agreed = (
            request_digest(receipt.request) == record.request
            and request.tenant == record.tenant
            and request.payload == record.payload
            and request.payload_length == record.payload_length
            and request.metadata == record.metadata
            and request.idempotency == record.idempotency
        )
        report.require(agreed, "request", "the record does not say what the request asked")
        keys = [cell_key(request.tenant, op.kind, op.name) for op in request.updates]
        report.require(
            keys == [key for key, _ in record.cells],
            "cells",
            "the record's cells are not the request's updates",
        )
    if record is None or metadata is None:
        report.skip("metadata")
    else:
        matches = metadata_digest(receipt.metadata) == record.metadata
        report.require(matches, "metadata", "the metadata block is not the record's")


def _check_payload(
    payload: bytes, salt: bytes, record: Optional[Record], report: Report
) -> None:
    if record is None:
        report.skip("payload")
        return
    matches = (
        isinstance(record, Entry)
        and len(payload) == record.payload_length
        and payload_commitment(payload, salt) == record.payload
    )
    report.require(matches, "payload", "the payload is not the one that was recorded")
