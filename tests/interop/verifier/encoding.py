"""Bytes, digests and text as section 1 writes them. Every decoder here is canonical."""

from __future__ import annotations

import base64
import binascii
import hashlib

ZERO_DIGEST = bytes(32)


class Malformed(Exception):
    """The bytes are not what their encoder would write."""


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def domain_hash(domain: str, data: bytes) -> bytes:
    """H(domain || 0 || data), where `domain` is written without its final zero byte."""
    return sha256(domain.encode("ascii") + b"\0" + data)


def base64_decode(text: str) -> bytes:
    """RFC 4648 section 4, padded, with unused bits zero."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise Malformed(f"not base64: {error}") from error
    if base64.b64encode(data).decode("ascii") != text:
        raise Malformed("base64 is not canonical")
    return data


def base64_encode(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def text_decode(data: bytes) -> str:
    """Well-formed UTF-8 without a byte order mark."""
    try:
        text = data.decode("utf-8", errors="strict")
    except UnicodeDecodeError as error:
        raise Malformed("text is not well-formed UTF-8") from error
    if text.startswith("\ufeff"):
        raise Malformed("text begins with a byte order mark")
    return text


def decimal(text: str, maximum: int) -> int:
    """ASCII digits without leading zeros, at most `maximum`."""
    if not text or any(c not in "0123456789" for c in text):
        raise Malformed(f"not a decimal number: {text[:40]!r}")
    if len(text) > 20 or (len(text) > 1 and text[0] == "0"):
        raise Malformed(f"number is not canonical: {text[:40]!r}")
    value = int(text)
    if value > maximum:
        raise Malformed(f"number {value} is over {maximum}")
    return value


class Reader:
    """Takes big-endian fields off the front of `data`; too few bytes are `Malformed`."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def remaining(self) -> int:
        return len(self._data) - self._at

    def take(self, count: int) -> bytes:
        if self.remaining < count:
            raise Malformed(f"{count} bytes wanted at offset {self._at}, {self.remaining} left")
        part = self._data[self._at : self._at + count]
        self._at += count
        return part

    def unsigned(self, count: int) -> int:
        return int.from_bytes(self.take(count), "big")

    def i64(self) -> int:
        return int.from_bytes(self.take(8), "big", signed=True)

    def zeros(self, count: int) -> None:
        if any(self.take(count)):
            raise Malformed("reserved bytes are not zero")

    def end(self) -> None:
        if self.remaining:
            raise Malformed(f"{self.remaining} trailing bytes")
