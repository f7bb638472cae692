namespace Sequencer.Attestation.Nitro;

/// <summary>Turns a fault of the CBOR reader into the rule that it breaks.</summary>
internal static class CborRefusal
{
    /// <param name="fault">What the reader met.</param>
    /// <param name="what">The item that was read, for people.</param>
    /// <param name="wrongType">The rule for another type than expected.</param>
    /// <param name="tooLong">The rule for a length or count over its bound.</param>
    public static AttestationRefusal From(
        CborFault fault, string what, AttestationRule wrongType, AttestationRule tooLong)
    {
        AttestationRule rule = fault switch
        {
            CborFault.WrongType => wrongType,
            CborFault.TooLong => tooLong,
            CborFault.Truncated => AttestationRule.CborTruncated,
            CborFault.NotMinimal => AttestationRule.CborNotMinimal,
            CborFault.ReservedForm => AttestationRule.CborReservedForm,
            CborFault.Indefinite => AttestationRule.CborIndefinite,
            CborFault.TooDeep => AttestationRule.CborDepth,
            CborFault.InvalidUtf8 => AttestationRule.CborUtf8,
            CborFault.TrailingBytes => AttestationRule.CborTrailingBytes,
            _ => throw new InvalidOperationException("The reader has not failed."),
        };
        return new AttestationRefusal(rule, what, $"CBOR fault {fault}");
    }
}
