using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Sequencer.Attestation.Nitro;

/// <summary>
/// What an attestation document claims: its form is checked, its signature and certificates are
/// not. For inspection only; <see cref="NitroAttestationVerifier"/> makes a
/// <see cref="VerifiedAttestation"/> of it.
/// </summary>
public sealed class UnverifiedAttestation
{
    private UnverifiedAttestation(
        ReadOnlyMemory<byte> bytes, CoseSign1 envelope, AttestationPayload payload)
    {
        Bytes = bytes;
        Envelope = envelope;
        ModuleId = payload.ModuleId;
        Timestamp = payload.Timestamp;
        Pcrs = payload.Pcrs;
        Certificate = payload.Certificate;
        CaBundle = payload.CaBundle;
        PublicKey = payload.PublicKey;
        UserData = payload.UserData;
        Nonce = payload.Nonce;
    }

    /// <summary>The name of the enclave instance: <c>i-…-enc…</c>.</summary>
    public string ModuleId { get; }

    /// <summary>The time that the device states, in whole milliseconds.</summary>
    public DateTimeOffset Timestamp { get; }

    /// <summary>The locked PCRs by index: 32, 48 or 64 bytes each.</summary>
    public ImmutableSortedDictionary<int, ReadOnlyMemory<byte>> Pcrs { get; }

    /// <summary>The leaf certificate, 1 to 1024 bytes, not yet known to be DER.</summary>
    public ReadOnlyMemory<byte> Certificate { get; }

    /// <summary>The issuers, root first, issuer of the leaf last: 1 to 8 entries.</summary>
    public ImmutableArray<ReadOnlyMemory<byte>> CaBundle { get; }

    /// <summary>The public key that the enclave attached; null (unset) is not empty.</summary>
    public ReadOnlyMemory<byte>? PublicKey { get; }

    /// <summary>The data that the enclave attached; null (unset) is not empty.</summary>
    public ReadOnlyMemory<byte>? UserData { get; }

    /// <summary>The nonce that the enclave attached; null (unset) is not empty.</summary>
    public ReadOnlyMemory<byte>? Nonce { get; }

    /// <summary>True when PCR0, PCR1 and PCR2 are all zero: the parent reads it all.</summary>
    public bool IsDebugMode => IsZeroPcr(0) && IsZeroPcr(1) && IsZeroPcr(2);

    /// <summary>The whole document: an own copy.</summary>
    internal ReadOnlyMemory<byte> Bytes { get; }

    internal CoseSign1 Envelope { get; }

    /// <summary>
    /// Reads a document, copying it. Never throws; when false, <paramref name="refusal"/> says why.
    /// </summary>
    public static bool TryParse(
        ReadOnlySpan<byte> document,
        [NotNullWhen(true)] out UnverifiedAttestation? attestation,
        [NotNullWhen(false)] out AttestationRefusal? refusal)
    {
        attestation = null;
        if (document.Length > AttestationLimits.DocumentBytesMax)
        {
            refusal = new AttestationRefusal(
                AttestationRule.DocumentSize,
                $"at most {AttestationLimits.DocumentBytesMax} bytes",
                $"{document.Length} bytes");
            return false;
        }
        byte[] bytes = document.ToArray();
        refusal = CoseSign1.Parse(bytes, out CoseSign1 envelope);
        if (refusal is not null) return false;
        refusal = AttestationPayload.Parse(envelope.Payload, out AttestationPayload payload);
        if (refusal is not null) return false;
        attestation = new UnverifiedAttestation(bytes, envelope, payload);
        return true;
    }

    private bool IsZeroPcr(int index) =>
        Pcrs.TryGetValue(index, out ReadOnlyMemory<byte> value)
        && !value.Span.ContainsAnyExcept((byte)0);
}
