"""Steps 2 to 10 of section 11: an epoch's statement and document, and a head that it signed."""

from __future__ import annotations

from typing import Optional

from .attestation import (
    Document,
    Refused,
    decode_document,
    document_faults,
    matching_measurements,
)
from .encoding import sha256
from .note import (
    Checkpoint,
    ecdsa_key_id,
    ecdsa_verifies,
    ed25519_key_id,
    ed25519_verifies,
)
from .policy import Policy
from .records import Statement
from .report import Report
from .witness import check_cosignatures

_EPOCH_DOMAIN = b"seq-epoch/v1\0"


def read_document(data: bytes, policy: Policy, report: Report, place: str) -> Optional[Document]:
    """Step 2; the document is returned where it can be read, whether it verifies or not."""
    try:
        document = decode_document(data)
    except Refused as refused:
        report.refuse("attestation", str(refused), place)
        return None
    for rule, detail in document_faults(document, policy):
        report.refuse("attestation", f"{rule}: {detail}", place)
    return document


def check_statement(
    statement: Optional[Statement],
    document: Optional[Document],
    policy: Policy,
    report: Report,
    place: str,
) -> None:
    """Steps 3 to 7, the checkpoint's origin excepted."""
    if document is None or statement is None:
        report.skip("epoch-public-key", "epoch-statement")
    else:
        report.require(
            document.public_key == statement.subject_public_key_info,
            "epoch-public-key",
            "the document's public_key is not the statement's P-256 key",
            place,
        )
    if document is None:
        report.skip("epoch-domain")
    else:
        _check_user_data(document.user_data or b"", statement, report, place)
    if statement is None:
        report.skip("log-id", "origin", "configuration")
        return
    found = statement.log_id
    report.require(
        found == policy.log_id, "log-id", f"{found.hex()} is not the policy's", place
    )
    origin = statement.configuration.origin
    report.require(origin == policy.origin, "origin", f"statement names {origin}", place)
    report.require(
        statement.configuration_text == policy.configuration,
        "configuration",
        "the statement's configuration is not the policy's",
        place,
    )


def _check_user_data(
    user_data: bytes, statement: Optional[Statement], report: Report, place: str
) -> None:
    in_domain = user_data.startswith(_EPOCH_DOMAIN) and len(user_data) == 45
    report.require(
        in_domain, "epoch-domain", f"user_data is {user_data[:16]!r}, {len(user_data)} bytes", place
    )
    if statement is not None and in_domain:
        report.require(
            user_data[len(_EPOCH_DOMAIN) :] == sha256(statement.raw),
            "epoch-statement",
            "the document attests another statement",
            place,
        )
    else:
        report.skip("epoch-statement")


def check_signatures(
    checkpoint: Optional[Checkpoint],
    statement: Optional[Statement],
    policy: Policy,
    report: Report,
) -> None:
    """Step 8. The lines are tried by their place, whatever key ids they carry."""
    check_cosignatures(checkpoint, policy.witnesses, report)
    if checkpoint is None or statement is None:
        report.skip("signature-lines", "ecdsa", "ed25519")
        return
    lines = checkpoint.lines
    expected = [
        (checkpoint.origin, ecdsa_key_id(statement.subject_public_key_info)),
        (checkpoint.origin, ed25519_key_id(checkpoint.origin, statement.ed25519)),
    ]
    found = [(line.name, line.key_id) for line in lines]
    report.require(
        found[:2] == expected and not set(found[2:]) & set(expected),
        "signature-lines",
        "not the epoch's ECDSA and Ed25519 lines first, in this order and once",
    )
    if len(lines) < 2:
        report.skip("ecdsa", "ed25519")
        return
    report.require(
        ecdsa_verifies(statement.p256, lines[0].signature, checkpoint.signed),
        "ecdsa",
        "the ECDSA line does not verify",
    )
    report.require(
        ed25519_verifies(statement.ed25519, lines[1].signature, checkpoint.signed),
        "ed25519",
        "the Ed25519 line does not verify",
    )


def check_retirement(
    document: Optional[Document], size: Optional[int], policy: Policy, report: Report, place: str
) -> None:
    """Step 10; `size` is of the head that the epoch signed."""
    matching = matching_measurements(document, policy) if document is not None else []
    if size is None or not matching:
        report.skip("measurement-retired")
        return
    limits = [measurement.not_after_size for measurement in matching]
    report.require(
        any(limit is None or size <= limit for limit in limits),
        "measurement-retired",
        f"the head's size {size} is over what the image may sign",
        place,
    )
