using System.Diagnostics.CodeAnalysis;
using Sequencer.Attestation.Nitro;

namespace Sequencer.Enclave.Core;

/// <summary>Why a device's own document names no identity.</summary>
public enum OwnIdentityFault
{
    /// <summary>It names one.</summary>
    None,

    /// <summary>
    /// It is no signed attestation document: an emulated device may answer with an unsigned one.
    /// </summary>
    Unreadable,

    /// <summary>PCR0, PCR1 or PCR2 is missing or all zero.</summary>
    DebugMode,
}

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
    /// verified. An enclave without an identity opens no epoch.
    /// </summary>
    public static bool TryRead(
        ReadOnlySpan<byte> ownDocument,
        [NotNullWhen(true)] out OwnIdentity? identity,
        out OwnIdentityFault fault)
    {
        identity = null;
        fault = OwnIdentityFault.Unreadable;
        if (!UnverifiedAttestation.TryParse(ownDocument, out UnverifiedAttestation? own, out _))
        {
            return false;
        }
        fault = OwnIdentityFault.DebugMode;
        if (!TryPcr(own, 0, out ReadOnlySpan<byte> pcr0)) return false;
        if (!TryPcr(own, 1, out ReadOnlySpan<byte> pcr1)) return false;
        if (!TryPcr(own, 2, out ReadOnlySpan<byte> pcr2)) return false;
        identity = new OwnIdentity(
            TrustedRoot.FromOwnNsmDocument(own), new MeasurementSet("own", pcr0, pcr1, pcr2));
        fault = OwnIdentityFault.None;
        return true;
    }

    private static bool TryPcr(UnverifiedAttestation own, int index, out ReadOnlySpan<byte> pcr)
    {
        pcr = own.Pcrs.TryGetValue(index, out ReadOnlyMemory<byte> value) ? value.Span : default;
        return pcr.Length == AttestationLimits.PcrBytes && pcr.ContainsAnyExcept((byte)0);
    }
}
