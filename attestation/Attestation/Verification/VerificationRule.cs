namespace Sequencer.Attestation.Verification;

/// <summary>
/// The rules of docs/PROTOCOL.md sections 11 and 12, in the order in which a report lists them.
/// <see cref="VerificationRules.Code"/> gives the names by which they are reported.
/// </summary>
public enum VerificationRule
{
    // Section 11: a receipt.

    /// <summary>The receipt is in its one form.</summary>
    ReceiptFormat,

    /// <summary>The record decodes.</summary>
    RecordFormat,

    /// <summary>The request decodes; what is no entry has none.</summary>
    RequestFormat,

    /// <summary>The metadata block decodes; what is no entry has none.</summary>
    MetadataFormat,

    /// <summary>The epoch statement decodes.</summary>
    StatementFormat,

    /// <summary>The checkpoint decodes.</summary>
    CheckpointFormat,

    /// <summary>The document verifies under the policy's roots and measurements.</summary>
    Attestation,

    /// <summary>The document's public_key is the statement's P-256 key.</summary>
    EpochPublicKey,

    /// <summary>The document's user_data has the epoch domain and 45 bytes.</summary>
    EpochDomain,

    /// <summary>The digest in the document's user_data is the statement's.</summary>
    EpochStatement,

    /// <summary>The log is the policy's.</summary>
    LogId,

    /// <summary>Checkpoint and statement have the policy's origin.</summary>
    Origin,

    /// <summary>The statement has the policy's configuration.</summary>
    Configuration,

    /// <summary>The checkpoint's first two signature lines are the epoch's, and no other is.
    /// </summary>
    SignatureLines,

    /// <summary>The ECDSA line verifies.</summary>
    Ecdsa,

    /// <summary>The Ed25519 line verifies.</summary>
    Ed25519,

    /// <summary>Every line by a witness of the policy verifies.</summary>
    Cosignature,

    /// <summary>The witnesses that cosigned are enough for the policy.</summary>
    WitnessQuorum,

    /// <summary>The statement's number is below the head's size.</summary>
    StatementNumber,

    /// <summary>The statement is included under the head at its number.</summary>
    StatementInclusion,

    /// <summary>The signer's image may sign heads of this size.</summary>
    MeasurementRetired,

    /// <summary>The record's epoch and number fit the statement's.</summary>
    RecordEpoch,

    /// <summary>The record's number is below the head's size.</summary>
    RecordNumber,

    /// <summary>The record is included under the head at its number.</summary>
    RecordInclusion,

    /// <summary>The request is the one that the record names, and they agree.</summary>
    Request,

    /// <summary>The record's cells are the request's updates; in a log, values go up by
    /// one.</summary>
    Cells,

    /// <summary>The metadata block is the one that the record names.</summary>
    Metadata,

    /// <summary>The payload is the one that the record names.</summary>
    Payload,

    // Section 11: a live document.

    /// <summary>The document's user_data has the live domain and 84 bytes.</summary>
    LiveDomain,

    /// <summary>The digest in the live document's user_data is the statement's.</summary>
    LiveStatement,

    // Section 12: a log.

    /// <summary>A record's number is its place.</summary>
    Number,

    /// <summary>A record's previous hash is the leaf hash before it.</summary>
    Chain,

    /// <summary>Times do not run backwards.</summary>
    Time,

    /// <summary>A record's epoch is that of the last statement.</summary>
    Epoch,

    /// <summary>A statement follows from the log before it, and the epochs are those
    /// stated.</summary>
    Statement,

    /// <summary>A seal names its epoch's statement, and a statement follows it.</summary>
    Seal,

    /// <summary>A snapshot says what the records before it come to.</summary>
    Snapshot,

    /// <summary>The documents' times do not run backwards.</summary>
    DocumentTime,

    /// <summary>Groups are whole and in order.</summary>
    Group,

    /// <summary>The number of cells stays within the configuration's.</summary>
    CellsMax,

    /// <summary>No idempotency digest occurs twice within the window.</summary>
    Idempotency,

    /// <summary>Every hash of every tile is the one computed from the records.</summary>
    Tile,

    /// <summary>The log extends a head that the auditor verified before.</summary>
    HeldHead,

    /// <summary>The root is the one computed from the records.</summary>
    Root,

    /// <summary>The source has what the checkpoint says that the log has.</summary>
    Missing,

    /// <summary>A commit frame on disk is whole and its checksum right.</summary>
    Frame,
}

/// <summary>The names of the rules.</summary>
public static class VerificationRules
{
    /// <summary>The name of a rule in reports, as docs/PROTOCOL.md gives it.</summary>
    public static string Code(this VerificationRule rule) => rule switch
    {
        VerificationRule.ReceiptFormat => "receipt-format",
        VerificationRule.RecordFormat => "record-format",
        VerificationRule.RequestFormat => "request-format",
        VerificationRule.MetadataFormat => "metadata-format",
        VerificationRule.StatementFormat => "statement-format",
        VerificationRule.CheckpointFormat => "checkpoint-format",
        VerificationRule.Attestation => "attestation",
        VerificationRule.EpochPublicKey => "epoch-public-key",
        VerificationRule.EpochDomain => "epoch-domain",
        VerificationRule.EpochStatement => "epoch-statement",
        VerificationRule.LogId => "log-id",
        VerificationRule.Origin => "origin",
        VerificationRule.Configuration => "configuration",
        VerificationRule.SignatureLines => "signature-lines",
        VerificationRule.Ecdsa => "ecdsa",
        VerificationRule.Ed25519 => "ed25519",
        VerificationRule.Cosignature => "cosignature",
        VerificationRule.WitnessQuorum => "witness-quorum",
        VerificationRule.StatementNumber => "statement-number",
        VerificationRule.StatementInclusion => "statement-inclusion",
        VerificationRule.MeasurementRetired => "measurement-retired",
        VerificationRule.RecordEpoch => "record-epoch",
        VerificationRule.RecordNumber => "record-number",
        VerificationRule.RecordInclusion => "record-inclusion",
        VerificationRule.Request => "request",
        VerificationRule.Cells => "cells",
        VerificationRule.Metadata => "metadata",
        VerificationRule.Payload => "payload",
        VerificationRule.LiveDomain => "live-domain",
        VerificationRule.LiveStatement => "live-statement",
        VerificationRule.Number => "number",
        VerificationRule.Chain => "chain",
        VerificationRule.Time => "time",
        VerificationRule.Epoch => "epoch",
        VerificationRule.Statement => "statement",
        VerificationRule.Seal => "seal",
        VerificationRule.Snapshot => "snapshot",
        VerificationRule.DocumentTime => "document-time",
        VerificationRule.Group => "group",
        VerificationRule.CellsMax => "cells-max",
        VerificationRule.Idempotency => "idempotency",
        VerificationRule.Tile => "tile",
        VerificationRule.HeldHead => "held-head",
        VerificationRule.Root => "root",
        VerificationRule.Missing => "missing",
        VerificationRule.Frame => "frame",
        _ => throw new ArgumentOutOfRangeException(nameof(rule)),
    };
}
