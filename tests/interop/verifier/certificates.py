"""The chain of an attestation document, walked certificate by certificate.

A general path builder accepts chains that Nitro never makes (other orders, other curves, a CA as
the leaf), so each rule stands here on its own. All certificates are P-384 with SHA-384.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Iterator, Optional, Sequence

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from .encoding import Malformed, Reader

CERTIFICATE_MAX = 1_024

_SEQUENCE = 0x30
_BIT_STRING = 0x03
_VERSION_3 = bytes.fromhex("a003020102")
_ECDSA_WITH_SHA384 = bytes.fromhex("300a06082a8648ce3d040303")
# SubjectPublicKeyInfo of an uncompressed point on the named curve P-384, before x || y.
_P384_PREFIX = bytes.fromhex("3076301006072a8648ce3d020106052b8104002203620004")
# How the library says that it cannot read a certificate (KeyError: an unknown kind of string).
_LIBRARY_FAULTS = (
    ValueError,
    KeyError,
    TypeError,
    OverflowError,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
_UNDERSTOOD = (x509.BasicConstraints, x509.KeyUsage)


@dataclass(frozen=True)
class Certificate:
    raw: bytes
    signed: bytes
    issuer: bytes
    subject: bytes
    point: bytes
    signature: bytes
    common_names: tuple[str, ...]
    not_before: int
    not_after: int
    extensions: x509.Extensions

    @property
    def public_key(self) -> ec.EllipticCurvePublicKey:
        curve = ec.SECP384R1()
        return ec.EllipticCurvePublicKey.from_encoded_point(curve, b"\x04" + self.point)


def parse_certificate(data: bytes) -> Certificate:
    """A version 3 certificate in DER with a P-384 key, signed with ecdsa-with-SHA384."""
    if not 1 <= len(data) <= CERTIFICATE_MAX:
        raise Malformed(f"certificate of {len(data)} bytes")
    (outer,) = _elements(data, 1)
    body, algorithm, signature = _elements(_content(outer, _SEQUENCE), 3)
    if not signature or signature[0] != _BIT_STRING:
        raise Malformed("certificate has no signature")
    fields = _elements(_content(body, _SEQUENCE), 8)
    version, _, inner, issuer, _, subject, key, _ = fields
    if version != _VERSION_3:
        raise Malformed("certificate is not of version 3")
    if inner != _ECDSA_WITH_SHA384 or algorithm != _ECDSA_WITH_SHA384:
        raise Malformed("certificate is not signed with ecdsa-with-SHA384")
    if not key.startswith(_P384_PREFIX) or len(key) != len(_P384_PREFIX) + 96:
        raise Malformed("certificate's key is not on P-384")
    try:
        # The library parses lazily, so all that is needed of it is taken out here.
        parsed = x509.load_der_x509_certificate(data)
        names = parsed.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        certificate = Certificate(
            data,
            body,
            issuer,
            subject,
            key[-96:],
            parsed.signature,
            tuple(str(name.value) for name in names),
            _unix_seconds(parsed.not_valid_before),
            _unix_seconds(parsed.not_valid_after),
            parsed.extensions,
        )
        certificate.public_key
    except _LIBRARY_FAULTS as error:
        raise Malformed(f"certificate: {error!r}") from error
    return certificate


def _elements(data: bytes, count: int) -> list[bytes]:
    found = list(_tlvs(data))
    if len(found) != count:
        raise Malformed(f"certificate structure of {len(found)} elements instead of {count}")
    return found


def _tlvs(data: bytes) -> Iterator[bytes]:
    """The DER elements that lie end to end in `data`, each with its header."""
    reader = Reader(data)
    while reader.remaining:
        start = len(data) - reader.remaining
        reader.take(1)
        length = reader.unsigned(1)
        if length >= 0x80:
            size = length & 0x7F
            if not 1 <= size <= 2:
                raise Malformed("DER length")
            length = reader.unsigned(size)
            if length < 0x80 or length < 1 << (8 * (size - 1)):
                raise Malformed("DER length is not minimal")
        reader.take(length)
        yield data[start : len(data) - reader.remaining]


def _content(element: bytes, tag: int) -> bytes:
    if element[0] != tag:
        raise Malformed(f"DER tag 0x{element[0]:02x} instead of 0x{tag:02x}")
    header = 2 if element[1] < 0x80 else 2 + (element[1] & 0x7F)
    return element[header:]


def chain_faults(
    chain: Sequence[Certificate], roots: Sequence[bytes], time_ms: int, module_id: str
) -> list[str]:
    """What is wrong with `chain` (root first, leaf last) at `time_ms`; empty when it is good."""
    faults: list[str] = []
    if chain[0].raw not in roots:
        faults.append("root certificate is none that the policy names")
    for position, certificate in enumerate(chain):
        issuer = chain[max(position - 1, 0)]
        is_leaf = position == len(chain) - 1
        # CA certificates below this one, the leaf not counted: what pathLen limits.
        below = len(chain) - 2 - position
        for fault in (
            _link_fault(certificate, issuer),
            _validity_fault(certificate, time_ms),
            _extension_fault(certificate),
            _leaf_fault(certificate, module_id) if is_leaf else _ca_fault(certificate, below),
        ):
            if fault:
                faults.append(f"certificate {position} of the chain: {fault}")
    return faults


def _link_fault(certificate: Certificate, issuer: Certificate) -> Optional[str]:
    if certificate.issuer != issuer.subject:
        return "issuer is not the subject before it"
    try:
        algorithm = ec.ECDSA(hashes.SHA384())
        issuer.public_key.verify(certificate.signature, certificate.signed, algorithm)
    except (ValueError, InvalidSignature):
        return "signature does not verify"
    return None


def _validity_fault(certificate: Certificate, time_ms: int) -> Optional[str]:
    # Certificates count whole seconds, and both ends are inclusive.
    if certificate.not_before <= time_ms // 1000 <= certificate.not_after:
        return None
    return "not valid at the document's time"


def _unix_seconds(naive_utc: datetime) -> int:
    return int(naive_utc.replace(tzinfo=timezone.utc).timestamp())


def _extension_fault(certificate: Certificate) -> Optional[str]:
    for extension in certificate.extensions:
        if extension.critical and not isinstance(extension.value, _UNDERSTOOD):
            return f"critical extension {extension.oid.dotted_string}"
        if isinstance(extension.value, x509.ExtendedKeyUsage):
            return "extendedKeyUsage: it is meant for something else"
    return None


def _ca_fault(certificate: Certificate, below: int) -> Optional[str]:
    constraints = _extension(certificate, x509.BasicConstraints)
    usage = _extension(certificate, x509.KeyUsage)
    if constraints is None or not constraints.critical or not constraints.value.ca:
        return "basicConstraints do not make it a CA"
    if constraints.value.path_length is not None and below > constraints.value.path_length:
        return "pathLen is exceeded"
    if usage is None or not usage.value.key_cert_sign:
        return "keyUsage does not allow signing certificates"
    return None


def _leaf_fault(certificate: Certificate, module_id: str) -> Optional[str]:
    constraints = _extension(certificate, x509.BasicConstraints)
    usage = _extension(certificate, x509.KeyUsage)
    names = certificate.common_names
    if constraints is None or constraints.value.ca:
        return "the leaf is a CA, or does not say"
    if usage is None or not usage.value.digital_signature or usage.value.key_cert_sign:
        return "keyUsage of the leaf"
    expected = re.escape(module_id) + r"\.[a-z0-9-]+\.aws"
    if len(names) != 1 or not re.fullmatch(expected, names[0]):
        return "common name is not module_id.region.aws"
    return None


def _extension(certificate: Certificate, kind: type) -> Optional[x509.Extension]:
    try:
        return certificate.extensions.get_extension_for_class(kind)
    except x509.ExtensionNotFound:
        return None
