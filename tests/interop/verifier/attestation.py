"""AWS Nitro attestation documents: decoding, and verifying at the document's own time.

The `attestation` refusal names which of these rules is broken: `cose`, `cbor`, `fields`,
`certificate`, `chain`, `signature`, `debug` or `measurements`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from . import cbor
from .certificates import Certificate, chain_faults, parse_certificate
from .encoding import Malformed
from .policy import Measurement, Policy

DOCUMENT_MAX = 16_384
CABUNDLE_MAX = 8
OPTION_MAX = 4_096
PCR_LENGTHS = (32, 48, 64)
TIMESTAMP_MAX_MS = 253_402_300_799_999

_PROTECTED = bytes.fromhex("a1013822")
_ENVELOPE_START = b"\x84\x44" + _PROTECTED + b"\xa0"
_MANDATORY = {"module_id", "digest", "timestamp", "pcrs", "certificate", "cabundle"}


class Refused(Exception):
    """The document cannot be read: rule and detail."""

    def __init__(self, rule: str, detail: str) -> None:
        super().__init__(f"{rule}: {detail}")
        self.rule = rule
        self.detail = detail


@dataclass(frozen=True)
class Document:
    """A decoded document; nothing in it is believed before `document_faults` finds nothing."""

    payload: bytes
    signature: bytes
    module_id: str
    timestamp_ms: int
    pcrs: dict[int, bytes]
    chain: tuple[Certificate, ...]
    public_key: Optional[bytes]
    user_data: Optional[bytes]
    nonce: Optional[bytes]


def decode_document(data: bytes) -> Document:
    payload, signature = _decode_cose(data)
    try:
        content = cbor.decode(payload)
    except Malformed as error:
        raise Refused("cbor", str(error)) from error
    if not isinstance(content, dict):
        raise Refused("fields", "payload is not a map")
    keys = set(content)
    if not _MANDATORY <= keys or "nitrotpm_pcrs" in keys or not all(map(_is_name, keys)):
        raise Refused("fields", f"members {sorted(map(str, keys))}")
    return Document(
        payload,
        signature,
        _module_id(content["module_id"]),
        _timestamp(content["timestamp"], content["digest"]),
        _pcrs(content["pcrs"]),
        _chain(content["cabundle"], content["certificate"]),
        *(_option(content.get(name), name) for name in ("public_key", "user_data", "nonce")),
    )


def _decode_cose(data: bytes) -> tuple[bytes, bytes]:
    if len(data) > DOCUMENT_MAX:
        raise Refused("cose", f"document of {len(data)} bytes")
    try:
        value = cbor.decode(data)
    except Malformed as error:
        raise Refused("cbor", str(error)) from error
    if isinstance(value, cbor.Tagged) and value.tag == 18:
        value = value.value
    if not isinstance(value, list) or len(value) != 4:
        raise Refused("cose", "not an array of four")
    # Only inside the payload may a length be indefinite.
    if not data.removeprefix(b"\xd2").startswith(_ENVELOPE_START):
        raise Refused("cose", "array or headers are not of definite length")
    protected, unprotected, payload, signature = value
    if protected != _PROTECTED or unprotected != {}:
        raise Refused("cose", "headers are not ES384 alone")
    if not isinstance(payload, bytes) or not payload:
        raise Refused("cose", "no payload")
    if not isinstance(signature, bytes) or len(signature) != 96:
        raise Refused("cose", "signature is not of 96 bytes")
    return payload, signature


def _is_name(key: object) -> bool:
    return isinstance(key, str)


def _module_id(value: cbor.Value) -> str:
    if not isinstance(value, str) or not value:
        raise Refused("fields", "module_id")
    return value


def _timestamp(value: cbor.Value, digest: cbor.Value) -> int:
    if digest != "SHA384":
        raise Refused("fields", "digest is not SHA384")
    if not isinstance(value, int) or not 0 < value <= TIMESTAMP_MAX_MS:
        raise Refused("fields", "timestamp")
    return value


def _pcrs(value: cbor.Value) -> dict[int, bytes]:
    if not isinstance(value, dict) or not 1 <= len(value) <= 32:
        raise Refused("fields", "pcrs")
    for index, register in value.items():
        if not isinstance(index, int) or not 0 <= index <= 31:
            raise Refused("fields", f"PCR index {index!r}")
        if not isinstance(register, bytes) or len(register) not in PCR_LENGTHS:
            raise Refused("fields", f"PCR{index} is no register of a known length")
    return value  # type: ignore[return-value]


def _chain(bundle: cbor.Value, leaf: cbor.Value) -> tuple[Certificate, ...]:
    if not isinstance(bundle, list) or not 1 <= len(bundle) <= CABUNDLE_MAX:
        raise Refused("fields", "cabundle")
    certificates: list[Certificate] = []
    for value in [*bundle, leaf]:
        if not isinstance(value, bytes):
            raise Refused("fields", "certificate is not a byte string")
        try:
            certificates.append(parse_certificate(value))
        except Malformed as error:
            raise Refused("certificate", f"number {len(certificates)}: {error}") from error
    return tuple(certificates)


def _option(value: cbor.Value, name: str) -> Optional[bytes]:
    if value is None:
        return None
    if not isinstance(value, bytes) or len(value) > OPTION_MAX:
        raise Refused("fields", name)
    return value


def document_faults(document: Document, policy: Policy) -> list[tuple[str, str]]:
    """Every (rule, detail) that is broken, in archival mode: the document's time is the clock."""
    faults: list[tuple[str, str]] = [
        ("chain", detail)
        for detail in chain_faults(
            document.chain, policy.root_certificates, document.timestamp_ms, document.module_id
        )
    ]
    if not _signature_verifies(document):
        faults.append(("signature", "COSE signature does not verify under the leaf"))
    launch = [document.pcrs.get(index) for index in (0, 1, 2)]
    if all(register is not None and not any(register) for register in launch):
        faults.append(("debug", "PCR0, PCR1 and PCR2 are zero: the enclave ran in debug mode"))
    elif not matching_measurements(document, policy):
        found = ", ".join(f"PCR{i}={(v or b'').hex()}" for i, v in enumerate(launch))
        faults.append(("measurements", f"no accepted image has {found}"))
    return faults


def matching_measurements(document: Document, policy: Policy) -> list[Measurement]:
    return [
        measurement
        for measurement in policy.measurements
        if all(document.pcrs.get(index) == value for index, value in measurement.pcrs.items())
    ]


def _signature_verifies(document: Document) -> bool:
    structure = b"".join(
        (
            b"\x84\x6aSignature1",
            b"\x44" + _PROTECTED,
            b"\x40",
            _byte_string_header(len(document.payload)) + document.payload,
        )
    )
    r = int.from_bytes(document.signature[:48], "big")
    s = int.from_bytes(document.signature[48:], "big")
    try:
        document.chain[-1].public_key.verify(
            utils.encode_dss_signature(r, s), structure, ec.ECDSA(hashes.SHA384())
        )
    except (ValueError, InvalidSignature):
        return False
    return True


def _byte_string_header(length: int) -> bytes:
    if length < 24:
        return bytes([0x40 | length])
    if length < 0x100:
        return bytes([0x58, length])
    return b"\x59" + length.to_bytes(2, "big")
