using System.Diagnostics.CodeAnalysis;
using Sequencer.Attestation.Nitro;

namespace Sequencer.Enclave.Core;

/// <summary>
/// Which image this enclave runs and under which root, as its own device said: what its predecessor
/// is held against.
/// </summary>
public sealed class OwnIdentity
{
    private OwnIdentity(TrustedRoot root, MeasurementSet measurements)
    {
        Root = root;
        Measurements = measurements;
    }

    /// <summary>The root of the own device's certificates.</summary>
    public TrustedRoot Root { get; }

    /// <summary>The own PCR0, PCR1 and PCR2, none all zero.</summary>
    public MeasurementSet Measurements { get; }

    /// <summary>
    /// Reads a document that came straight from the own NSM, which is why nothing in it is
    /// verified. False in debug mode (zero PCRs): such an enclave opens no epoch.
    /// </summary>
    public static bool TryRead(
        ReadOnlySpan<byte> ownDocument, [NotNullWhen(true)] out OwnIdentity? identity)
    {
        identity = null;
        if (!UnverifiedAttestation.TryParse(ownDocument, out UnverifiedAttestation? own, out _))
        {
            return false;
        }
        if (!TryPcr(own, 0, out ReadOnlySpan<byte> pcr0)) return false;
        if (!TryPcr(own, 1, out ReadOnlySpan<byte> pcr1)) return false;
        if (!TryPcr(own, 2, out ReadOnlySpan<byte> pcr2)) return false;
        identity = new OwnIdentity(
            TrustedRoot.FromOwnNsmDocument(own), new MeasurementSet("own", pcr0, pcr1, pcr2));
        return true;
    }

    private static bool TryPcr(UnverifiedAttestation own, int index, out ReadOnlySpan<byte> pcr)
    {
        pcr = own.Pcrs.TryGetValue(index, out ReadOnlyMemory<byte> value) ? value.Span : default;
        return pcr.Length == AttestationLimits.PcrBytes && pcr.ContainsAnyExcept((byte)0);
    }
}
