"""Auditing a whole log (section 12)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Optional, Sequence

from . import merkle
from .encoding import ZERO_DIGEST, Malformed, domain_hash
from .epoch import check_retirement, check_signatures, check_statement, read_document
from .frames import NO_PAYLOAD
from .note import Checkpoint, decode_checkpoint
from .policy import Policy
from .records import (
    ENDED_SEALED,
    ENDED_UNPLANNED,
    Entry,
    Record,
    Seal,
    Snapshot,
    Statement,
    decode_configuration,
    decode_record,
    metadata_digest,
    payload_commitment,
    request_digest,
)
from .report import Report
from .sources import DirectorySource, EpochDocument, LogSource


def audit(source: LogSource, policy: Policy) -> Report:
    """Every fault of the log; raises `Unreadable` when it cannot be read through."""
    report = Report()
    # The checkpoint first: what is read after it can only be newer.
    note = source.checkpoint()
    try:
        checkpoint = decode_checkpoint(note)
    except Malformed as error:
        report.refuse("checkpoint-format", str(error))
        report.skip("every other rule")
        return report
    epochs = source.epochs()
    source.report_own_faults(report)
    walk = _Walk(policy, report)
    for raw in source.records(checkpoint.size):
        walk.take(raw)
    walk.end()
    _check_head(checkpoint, walk, report)
    _check_epochs(epochs, checkpoint, walk, policy, report)
    _check_tiles(source, walk.leaves, report)
    if isinstance(source, DirectorySource):
        _check_frames(source, walk, report)
    return report


def _check_head(checkpoint: Checkpoint, walk: "_Walk", report: Report) -> None:
    report.require(
        len(walk.leaves) == checkpoint.size,
        "root",
        f"{len(walk.leaves)} records under a head of size {checkpoint.size}",
    )
    root = merkle.root_of(walk.leaves)
    report.require(root == checkpoint.root, "root", "the head's root is not that of the records")


def _check_epochs(
    epochs: Sequence[EpochDocument],
    checkpoint: Checkpoint,
    walk: "_Walk",
    policy: Policy,
    report: Report,
) -> None:
    """Rules 1 and 3: each epoch's evidence, and the head under the newest."""
    statements = walk.statements
    newest = statements[-1] if statements else None
    report.require(
        checkpoint.origin == policy.origin, "origin", f"checkpoint names {checkpoint.origin}"
    )
    check_signatures(checkpoint, newest, policy, report)
    if newest is None:
        report.skip("statement-number", "statement-inclusion", "attestation")
        return
    # An epoch may have opened since the checkpoint was read; it is then beyond this head.
    report.require(
        len(epochs) >= len(statements),
        "statement",
        f"{len(epochs)} epoch documents for {len(statements)} statements",
    )
    last_time = 0
    for position, (epoch, statement) in enumerate(zip(epochs, statements)):
        place = f"epoch {position}"
        if epoch.statement is not None:
            same = epoch.statement == statement.raw
            report.require(same, "statement", "not the statement in the tree", place)
        document = read_document(epoch.document, policy, report, place)
        check_statement(statement, document, policy, report, place)
        following = statements[position + 1 :]
        # The last head of an ended epoch had the size that the next statement begins at.
        size = following[0].header.number if following else checkpoint.size
        check_retirement(document, size, policy, report, place)
        if document is not None:
            in_order = document.timestamp_ms >= last_time
            report.require(in_order, "document-time", "document older than the one before", place)
            last_time = document.timestamp_ms


def _check_tiles(source: LogSource, leaves: Sequence[bytes], report: Report) -> None:
    for level, level_hashes in enumerate(merkle.tile_levels(leaves)):
        for start in range(0, len(level_hashes), merkle.TILE_WIDTH):
            part = level_hashes[start : start + merkle.TILE_WIDTH]
            index = start // merkle.TILE_WIDTH
            found = source.tile(level, index, len(part))
            if found is not None:
                place = merkle.tile_path(str(level), index, len(part))
                report.require(found == b"".join(part), "tile", "not the records' hashes", place)


def _check_frames(source: DirectorySource, walk: "_Walk", report: Report) -> None:
    """What only a data directory has: the head of every batch, and the payloads."""
    end = 0
    for frame in source.frames:
        records = walk.records[end : end + len(frame.records)]
        end += len(frame.records)
        place = f"records {frame.first} to {end - 1}"
        try:
            head = decode_checkpoint(frame.checkpoint)
            whole = (head.size, head.root) == (end, merkle.root_of(walk.leaves[:end]))
            report.require(whole, "root", "the batch's head is not that of its records", place)
        except Malformed as error:
            report.refuse("checkpoint-format", str(error), place)
        for record, offset in zip(records, frame.payload_offsets):
            _check_payload_frame(source, record, offset, report)


def _check_payload_frame(
    source: DirectorySource, record: Optional[Record], offset: int, report: Report
) -> None:
    if not isinstance(record, Entry):
        absent = record is None or offset == NO_PAYLOAD
        report.require(absent, "frame", "no entry, with a payload")
        return
    place = f"record {record.header.number}"
    frame = source.payload_frame(offset)
    if isinstance(frame, str):
        report.refuse("frame", frame, place)
        return
    same = request_digest(frame.request) == record.request
    report.require(same, "request", "the stored request is not the record's", place)
    same = metadata_digest(frame.metadata) == record.metadata
    report.require(same, "metadata", "the stored metadata is not the record's", place)
    same = len(frame.payload) == record.payload_length and (
        frame.erased or payload_commitment(frame.payload, frame.salt) == record.payload
    )
    report.require(same, "payload", "the stored payload is not the record's", place)


@dataclass
class _Walk:
    """What the records say one after the other: rules 2 to 4."""

    policy: Policy
    report: Report
    leaves: list[bytes] = field(default_factory=list)
    records: list[Optional[Record]] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    _previous: bytes = ZERO_DIGEST
    _time: int = 0
    _group_left: int = 0
    _group: Optional[Entry] = None
    _cells: dict[bytes, int] = field(default_factory=dict)
    _changed: dict[bytes, int] = field(default_factory=dict)
    _used: dict[bytes, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._limits = decode_configuration(self.policy.configuration)

    def take(self, raw: bytes) -> None:
        number = len(self.leaves)
        place = f"record {number}"
        record: Optional[Record] = None
        try:
            record = decode_record(raw)
        except Malformed as error:
            self.report.refuse("record-format", str(error), place)
        if record is not None:
            self._check_header(record, number, place)
            if isinstance(record, Statement):
                self._take_statement(record, place)
            elif isinstance(record, Seal):
                self._take_seal(record, place)
            elif isinstance(record, Snapshot):
                self._take_snapshot(record, place)
            else:
                self._take_entry(record, place)
        # A record that does not decode still has its place in chain and tree.
        self._previous = merkle.leaf_hash(raw)
        self.leaves.append(self._previous)
        self.records.append(record)

    def end(self) -> None:
        self.report.require(self._group_left == 0, "group", "the log ends within a group")

    def _check_header(self, record: Record, number: int, place: str) -> None:
        header, require = record.header, self.report.require
        require(header.number == number, "number", f"it says {header.number}", place)
        require(header.previous == self._previous, "chain", "previous leaf hash differs", place)
        require(header.time >= self._time, "time", "before the record before it", place)
        self._time = max(self._time, header.time)

    def _take_statement(self, statement: Statement, place: str) -> None:
        self.report.require(self._group_left == 0, "group", "a statement in a group", place)
        self._group_left = 0
        expected_root = merkle.root_of(self.leaves)
        last = self.statements[-1] if self.statements else None
        if last is None:
            fits = statement.is_genesis and not self.leaves
        else:
            fits = (
                statement.header.epoch == last.header.epoch + 1
                and statement.how_ended in self._ends()
                and statement.log_id == self.statements[0].log_id
                and statement.previous_statement == last.digest
                and statement.configuration_text == self.statements[0].configuration_text
            )
        fits = fits and statement.root == expected_root and statement.log_id == self.policy.log_id
        self.report.require(fits, "statement", "it does not continue the log", place)
        self.statements.append(statement)

    def _ends(self) -> tuple[int, ...]:
        """What a statement may say of the epoch before it."""
        if self.records[-1] is None:
            return (ENDED_UNPLANNED, ENDED_SEALED)
        return (ENDED_SEALED if isinstance(self.records[-1], Seal) else ENDED_UNPLANNED,)

    def _take_seal(self, seal: Seal, place: str) -> None:
        self.report.require(self._group_left == 0, "group", "a seal in a group", place)
        self._group_left = 0
        self._check_epoch(seal, place)
        if self.statements:
            named = seal.statement == self.statements[-1].digest
            self.report.require(named, "seal", "it names another statement", place)

    def _take_snapshot(self, snapshot: Snapshot, place: str) -> None:
        self.report.require(self._group_left == 0, "group", "a snapshot in a group", place)
        self._group_left = 0
        self._check_epoch(snapshot, place)
        before = self.statements[-2].header.time if len(self.statements) > 1 else 0
        window = self._window()
        computed = {
            "statement": self.statements[-1].digest if self.statements else b"",
            "statement_before_time": before,
            "frontier": tuple(merkle.frontier_of(self.leaves)),
            "cell_count": len(self._cells),
            "cells": domain_hash("seq-cells/v1", b"".join(self._content_of_cells())),
            "use_count": len(window),
            "window": domain_hash("seq-window/v1", b"".join(window)),
        }
        # Behind a record that does not decode nobody knows what it did.
        known = not any(record is None for record in self.records)
        for name, value in computed.items():
            if known or name == "frontier":
                same = getattr(snapshot, name) == value
                self.report.require(same, "snapshot", f"{name} differs", place)

    def _content_of_cells(self) -> list[bytes]:
        """Key, value and last change of each, in the order of first use."""
        return [
            key + value.to_bytes(8, "big", signed=True) + self._changed[key].to_bytes(8, "big")
            for key, value in self._cells.items()
        ]

    def _window(self) -> list[bytes]:
        """The uses that a record at this place may not repeat, oldest first."""
        number = len(self.leaves)
        first = max(0, number - self._limits.idempotency_window)
        return [
            entry.idempotency
            + at.to_bytes(8, "big")
            + entry.request
            + entry.group_index.to_bytes(2, "big")
            + entry.group_count.to_bytes(2, "big")
            for at, entry in enumerate(self.records[first:], first)
            if isinstance(entry, Entry) and entry.idempotency != ZERO_DIGEST
        ]

    def _check_epoch(self, record: Record, place: str) -> None:
        """For all but statements: the epoch is the open one, which no seal has ended."""
        if self.statements:
            epoch = self.statements[-1].header.epoch
            in_epoch = record.header.epoch == epoch
            self.report.require(in_epoch, "epoch", f"not the open epoch {epoch}", place)
        sealed = bool(self.records) and isinstance(self.records[-1], Seal)
        self.report.require(not sealed, "seal", "it follows a seal and is no statement", place)

    def _take_entry(self, entry: Entry, place: str) -> None:
        if not self.leaves:
            self.report.refuse("statement", "record 0 is no genesis statement", place)
        self._check_epoch(entry, place)
        self._check_group(entry, place)
        self._check_cells(entry, place)
        self._check_idempotency(entry, place)

    def _check_group(self, entry: Entry, place: str) -> None:
        if self._group_left and self._group is not None:
            position = self._group.group_count - self._group_left
            whole = (entry.group_count, entry.group_index) == (self._group.group_count, position)
        else:
            whole = entry.group_index == 0
        self.report.require(whole, "group", "it does not continue its group", place)
        self._group = entry
        self._group_left = entry.group_count - entry.group_index - 1

    def _check_cells(self, entry: Entry, place: str) -> None:
        for key, value in entry.cells:
            expected = self._cells.get(key, 0) + 1
            right = value == expected
            self.report.require(right, "cells", f"value {value}, not {expected}", place)
            self._cells[key] = value
            self._changed[key] = len(self.leaves)
        limit = self._limits.cells_max
        found = len(self._cells)
        self.report.require(found <= limit, "cells-max", f"{found} cells of {limit}", place)

    def _check_idempotency(self, entry: Entry, place: str) -> None:
        if entry.idempotency == ZERO_DIGEST:
            return
        number = len(self.leaves)
        last = self._used.get(entry.idempotency)
        window = self._limits.idempotency_window
        free = last is None or number - last > window
        self.report.require(free, "idempotency", f"the digest was used by record {last}", place)
        self._used[entry.idempotency] = number
