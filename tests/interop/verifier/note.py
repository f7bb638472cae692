"""Checkpoints: C2SP signed notes with the two signature lines of an epoch (section 7)."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils

from .encoding import Malformed, base64_decode, base64_encode, decimal, sha256, text_decode

_LINE_START = "\u2014 "
_SIZE_MAX = 2**64 - 1
_ED25519_P = 2**255 - 19
_ED25519_ORDER = 2**252 + 27742317777372353535851937790883648493
# y of the points of order 8, of which the other is its negative.
_ORDER_8_Y = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
_SMALL_ORDER_Y = (0, 1, _ED25519_P - 1, _ORDER_8_Y, _ED25519_P - _ORDER_8_Y)
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@dataclass(frozen=True)
class SignatureLine:
    name: str
    key_id: bytes
    signature: bytes


@dataclass(frozen=True)
class Checkpoint:
    signed: bytes
    origin: str
    size: int
    root: bytes
    lines: tuple[SignatureLine, ...]


def decode_checkpoint(data: bytes) -> Checkpoint:
    text = text_decode(data)
    if any(ord(c) < 0x20 and c != "\n" for c in text):
        raise Malformed("control character in the note")
    body, blank, signatures = text.rpartition("\n\n")
    if not blank or not signatures.endswith("\n"):
        raise Malformed("note has no signature lines")
    fields = body.split("\n")
    if len(fields) != 3:
        raise Malformed(f"checkpoint of {len(fields)} lines instead of 3")
    root = base64_decode(fields[2])
    if not _is_key_name(fields[0]) or len(root) != 32:
        raise Malformed("checkpoint's origin or root")
    lines = tuple(_signature_line(line) for line in signatures[:-1].split("\n"))
    signed = (body + "\n").encode("utf-8")
    return Checkpoint(signed, fields[0], decimal(fields[1], _SIZE_MAX), root, lines)


def _signature_line(line: str) -> SignatureLine:
    parts = line[len(_LINE_START) :].split(" ")
    if not line.startswith(_LINE_START) or len(parts) != 2 or not _is_key_name(parts[0]):
        raise Malformed("signature line")
    blob = base64_decode(parts[1])
    if len(blob) < 5:
        raise Malformed("signature line without a signature")
    return SignatureLine(parts[0], blob[:4], blob[4:])


def _is_key_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(c.isspace() for c in name)


def ecdsa_key_id(subject_public_key_info: bytes) -> bytes:
    return sha256(subject_public_key_info)[:4]


def ed25519_key_id(origin: str, public_key: bytes) -> bytes:
    return sha256(origin.encode("utf-8") + b"\x0a\x01" + public_key)[:4]


def encode_line(name: str, key_id: bytes, signature: bytes) -> str:
    return f"{_LINE_START}{name} {base64_encode(key_id + signature)}\n"


def ecdsa_verifies(p256: bytes, signature: bytes, signed: bytes) -> bool:
    """`p256` is x || y; the signature is strict DER over SHA-256."""
    try:
        r, s = utils.decode_dss_signature(signature)
        if not (0 < r < _P256_ORDER and 0 < s < _P256_ORDER):
            return False
        if utils.encode_dss_signature(r, s) != signature:
            return False
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + p256)
        key.verify(signature, signed, ec.ECDSA(hashes.SHA256()))
    except (ValueError, InvalidSignature):
        return False
    return True


def is_ed25519_point(data: bytes) -> bool:
    """Canonical and not of small order; the curve is the library's to check."""
    y = int.from_bytes(data, "little") & ~(1 << 255)
    return len(data) == 32 and y < _ED25519_P and y not in _SMALL_ORDER_Y


def ed25519_verifies(public_key: bytes, signature: bytes, signed: bytes) -> bool:
    if not is_ed25519_point(public_key) or not is_ed25519_point(signature[:32]):
        return False
    if int.from_bytes(signature[32:], "little") >= _ED25519_ORDER:
        return False
    try:
        ed25519.Ed25519PublicKey.from_public_bytes(public_key).verify(signature, signed)
    except (ValueError, InvalidSignature):
        return False
    return True
