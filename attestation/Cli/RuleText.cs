using Sequencer.Attestation.Verification;

namespace Sequencer.Cli;

/// <summary>
/// What each rule about a receipt or live document says, for people (docs/PROTOCOL.md section 11).
/// </summary>
internal static class RuleText
{
    public static string Of(VerificationRule rule) => rule switch
    {
        VerificationRule.ReceiptFormat => "the receipt is in its one form",
        VerificationRule.RecordFormat => "the record decodes",
        VerificationRule.RequestFormat => "the request decodes",
        VerificationRule.MetadataFormat => "the metadata decode",
        VerificationRule.StatementFormat => "the epoch statement decodes",
        VerificationRule.CheckpointFormat => "the checkpoint decodes",
        VerificationRule.Attestation => "a trusted root attests an accepted image",
        VerificationRule.EpochPublicKey => "the attested key is the epoch's",
        VerificationRule.EpochDomain => "the attestation is for an epoch",
        VerificationRule.EpochStatement => "the attestation is for this statement",
        VerificationRule.LogId => "it is the policy's log",
        VerificationRule.Origin => "it has the policy's origin",
        VerificationRule.Configuration => "it has the policy's configuration",
        VerificationRule.SignatureLines => "the epoch's signatures come first, once",
        VerificationRule.Ecdsa => "the ECDSA signature verifies",
        VerificationRule.Ed25519 => "the Ed25519 signature verifies",
        VerificationRule.Cosignature => "cosignatures of known witnesses verify",
        VerificationRule.WitnessQuorum => "enough witnesses cosigned it",
        VerificationRule.StatementNumber => "the epoch began before the checkpoint",
        VerificationRule.StatementInclusion => "the epoch's statement is in the log",
        VerificationRule.MeasurementRetired => "the image was not retired",
        VerificationRule.RecordEpoch => "record and epoch fit together",
        VerificationRule.RecordNumber => "the record's number is within the log",
        VerificationRule.RecordInclusion => "the record is in the log, at its number",
        VerificationRule.Request => "the record is what was asked for",
        VerificationRule.Cells => "the streams' versions are those asked for",
        VerificationRule.Metadata => "the metadata are the recorded ones",
        VerificationRule.Payload => "the payload is the recorded one",
        VerificationRule.LiveDomain => "the attestation is for a live caller",
        VerificationRule.LiveStatement => "the attestation is of this epoch",
        _ => "",
    };
}
