using Sequencer.Enclave.Host;

namespace Sequencer.Enclave.Simulated;

/// <summary>
/// The envelope of a document: COSE_Sign1 (RFC 9052 section 4.2), untagged, ES384.
/// </summary>
internal static class SignedDocument
{
    /// <summary>{1: -35}: ES384.</summary>
    private static ReadOnlySpan<byte> ProtectedHeader => [0xa1, 0x01, 0x38, 0x22];

    /// <summary>Signs a payload with a leaf's key.</summary>
    public static byte[] Seal(byte[] payload, DevelopmentCertificate leaf)
    {
        byte[] toBeSigned = new CborBytes().StartArray(4)
            .Text("Signature1").Bytes(ProtectedHeader).Bytes([]).Bytes(payload)
            .ToArray();
        return new CborBytes().StartArray(4)
            .Bytes(ProtectedHeader).StartMap(0).Bytes(payload).Bytes(leaf.SignDocument(toBeSigned))
            .ToArray();
    }
}
