"""Commit frames and payload frames of a data directory (section 15)."""

from __future__ import annotations

from dataclasses import dataclass

from .encoding import Malformed, Reader

NO_PAYLOAD = 2**64 - 1

_COMMIT_MAGIC = b"SQC1"
# Whether such a frame has a salt, and whether it was erased.
_PAYLOAD_MAGICS = {
    b"SQP1": (False, False),
    b"SQP2": (True, False),
    b"SQX1": (False, True),
    b"SQX2": (True, True),
}
_SALT = 32
_COMMIT_HEADER = 32
_PAYLOAD_HEADER = 20
_POLYNOMIAL = 0x82F63B78


def _crc_table() -> list[int]:
    table: list[int] = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ (_POLYNOMIAL if value & 1 else 0)
        table.append(value)
    return table


_TABLE = _crc_table()


def crc32c(data: bytes) -> int:
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


@dataclass(frozen=True)
class CommitFrame:
    """A batch with the head that signs it; `payload_offsets` has one for every record."""

    first: int
    records: tuple[bytes, ...]
    payload_offsets: tuple[int, ...]
    checkpoint: bytes
    length: int


@dataclass(frozen=True)
class PayloadFrame:
    """An entry as it came; of one that was erased, salt and payload are zeros."""

    request: bytes
    metadata: bytes
    salt: bytes
    payload: bytes
    erased: bool


def commit_frames(stream: bytes) -> tuple[list[CommitFrame], int]:
    """The whole frames from the start, and how many damaged bytes lie before a later whole frame.

    The second is 0 when what follows the last frame is nothing or a torn write.
    """
    frames: list[CommitFrame] = []
    at = 0
    while at < len(stream):
        try:
            frame = commit_frame_at(stream, at)
        except Malformed:
            return frames, _distance_to_whole_frame(stream, at)
        frames.append(frame)
        at += frame.length
    return frames, 0


def _distance_to_whole_frame(stream: bytes, damaged: int) -> int:
    at = stream.find(_COMMIT_MAGIC, damaged + 1)
    while at >= 0:
        try:
            commit_frame_at(stream, at)
            return at - damaged
        except Malformed:
            at = stream.find(_COMMIT_MAGIC, at + 1)
    return 0


def commit_frame_at(stream: bytes, at: int) -> CommitFrame:
    header = Reader(stream[at : at + _COMMIT_HEADER])
    if header.take(4) != _COMMIT_MAGIC:
        raise Malformed(f"no commit frame at offset {at}")
    records_length, first = header.unsigned(4), header.unsigned(8)
    count, checkpoint_length = header.unsigned(4), header.unsigned(4)
    crc = header.unsigned(4)
    header.zeros(4)
    if count == 0 or checkpoint_length == 0:
        raise Malformed("commit frame without records or checkpoint")
    length = _COMMIT_HEADER + records_length + 8 * count + checkpoint_length
    frame = _whole(stream, at, length, crc_at=24, crc=crc)
    body = Reader(frame[_COMMIT_HEADER:])
    bundle = Reader(body.take(records_length))
    records = tuple(bundle.take(bundle.unsigned(2)) for _ in range(count))
    bundle.end()
    offsets = tuple(body.unsigned(8) for _ in range(count))
    return CommitFrame(first, records, offsets, body.take(checkpoint_length), length)


def payload_frame_at(stream: bytes, at: int) -> PayloadFrame:
    header = Reader(stream[at : at + _PAYLOAD_HEADER])
    magic = header.take(4)
    if magic not in _PAYLOAD_MAGICS:
        raise Malformed(f"no payload frame at offset {at}")
    salted, erased = _PAYLOAD_MAGICS[magic]
    request, metadata, payload = (header.unsigned(4) for _ in range(3))
    crc = header.unsigned(4)
    lengths = (request, metadata, _SALT if salted else 0, payload)
    body = Reader(_whole(stream, at, _PAYLOAD_HEADER + sum(lengths), crc_at=16, crc=crc))
    body.take(_PAYLOAD_HEADER)
    parts = [body.take(length) for length in lengths]
    if erased and any(parts[2] + parts[3]):
        raise Malformed(f"the erased frame at offset {at} is not all zeros")
    return PayloadFrame(*parts, erased)


def _whole(stream: bytes, at: int, length: int, crc_at: int, crc: int) -> bytes:
    """The frame's bytes, whose checksum is over them with its own field zero."""
    frame = stream[at : at + length]
    if len(frame) != length:
        raise Malformed(f"frame at offset {at} is cut off")
    if crc32c(frame[:crc_at] + bytes(4) + frame[crc_at + 4 :]) != crc:
        raise Malformed(f"checksum of the frame at offset {at}")
    return frame
