"""A strict CBOR reader for attestation documents: only the forms that they use.

Unsigned and negative integers, byte and text strings of definite length, arrays and maps (either
length form), null and tags. Lengths must be minimal, keys unique, nothing may trail.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Union

from .encoding import Malformed, Reader, text_decode

DEPTH_MAX = 4
ITEMS_MAX = 256
_INDEFINITE = -1
_BREAK = object()


@dataclass(frozen=True)
class Tagged:
    tag: int
    value: "Value"


Value = Union[int, bytes, str, list, dict, None, Tagged]


def decode(data: bytes) -> Value:
    reader = Reader(data)
    value = _item(reader, DEPTH_MAX)
    reader.end()
    return value


def _item(reader: Reader, depth: int, may_break: bool = False) -> Value:
    first = reader.unsigned(1)
    major, info = first >> 5, first & 31
    if first == 0xFF and may_break:
        return _BREAK  # type: ignore[return-value]
    if major == 7:
        if first != 0xF6:
            raise Malformed(f"CBOR simple value or float 0x{first:02x}")
        return None
    length = _argument(reader, major, info)
    if major == 0:
        return length
    if major == 1:
        return -1 - length
    if major == 2:
        return reader.take(length)
    if major == 3:
        return text_decode(reader.take(length))
    if depth == 0:
        raise Malformed("CBOR is nested too deep")
    if major == 4:
        return _items(reader, length, depth - 1)
    if major == 5:
        return _map(reader, length, depth - 1)
    return Tagged(length, _item(reader, depth - 1))


def _argument(reader: Reader, major: int, info: int) -> int:
    if info < 24:
        return info
    if info == 31 and major in (4, 5):
        return _INDEFINITE
    if info > 27:
        raise Malformed("reserved or indefinite CBOR form")
    value = reader.unsigned(1 << (info - 24))
    # What is below this bound has a shorter form.
    least = 24 if info == 24 else 1 << (8 << (info - 25))
    if value < least:
        raise Malformed("CBOR length is not minimal")
    return value


def _items(reader: Reader, length: int, depth: int) -> list[Value]:
    if length > ITEMS_MAX:
        raise Malformed(f"CBOR array of {length}")
    items: list[Value] = []
    while len(items) != length:
        item = _item(reader, depth, may_break=length == _INDEFINITE)
        if item is _BREAK:
            break
        items.append(item)
        if len(items) > ITEMS_MAX:
            raise Malformed("CBOR array is too long")
    return items


def _map(reader: Reader, length: int, depth: int) -> dict[Union[int, str], Value]:
    if length > ITEMS_MAX:
        raise Malformed(f"CBOR map of {length}")
    result: dict[Union[int, str], Value] = {}
    while len(result) != length:
        key = _item(reader, depth, may_break=length == _INDEFINITE)
        if key is _BREAK:
            break
        if not isinstance(key, (int, str)):
            raise Malformed("CBOR map key is neither integer nor text")
        if key in result:
            raise Malformed(f"CBOR map key {key!r} occurs twice")
        result[key] = _item(reader, depth)
        if len(result) > ITEMS_MAX:
            raise Malformed("CBOR map is too long")
    return result
