using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Sequencer.Attestation;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Nitro;

namespace Sequencer.Cli.Inspection;

/// <summary>What an attestation document says.</summary>
internal static class AttestationFacts
{
    public static void Add(Facts facts, UnverifiedAttestation document)
    {
        facts.Add("module id", document.ModuleId);
        facts.Add("timestamp", Times.Text(document.Timestamp));
        if (document.IsDebugMode) facts.Add("mode", "DEBUG: PCR0 to PCR2 are zero, nothing is measured");
        foreach ((int index, ReadOnlyMemory<byte> value) in document.Pcrs)
        {
            // The zero ones say nothing, and are most of them.
            if (value.Span.ContainsAnyExcept((byte)0)) facts.Add($"pcr{index}", Hex(value));
        }
        facts.Add("public key", Option(document.PublicKey));
        facts.Add("user data", Option(document.UserData));
        if (document.UserData is { } userData) AddMeaning(facts, userData.Span);
        facts.Add("nonce", Option(document.Nonce));
        for (int i = 0; i < document.CaBundle.Length; i++)
        {
            facts.Add($"certificate {i}", Certificate(document.CaBundle[i]));
        }
        facts.Add("leaf certificate", Certificate(document.Certificate));
    }

    private static void AddMeaning(Facts facts, ReadOnlySpan<byte> userData)
    {
        if (userData.StartsWith(Derivation.EpochDomain)
            && userData.Length == Derivation.EpochDomain.Length + Digest.Size)
        {
            facts.Add("user data means", $"epoch statement {Hex(userData[^Digest.Size..])}");
        }
        int live = Derivation.LiveDomain.Length;
        if (userData.StartsWith(Derivation.LiveDomain) && userData.Length == live + 2 * Digest.Size + 8)
        {
            ulong size = BinaryPrimitives.ReadUInt64BigEndian(userData[(live + Digest.Size)..]);
            facts.Add(
                "user data means",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"live: size {size}, root {Hex(userData[^Digest.Size..])}"));
        }
    }

    private static string Certificate(ReadOnlyMemory<byte> der)
    {
        try
        {
            using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(der.Span);
            return $"{certificate.Subject}, {Times.Text(certificate.NotBefore)} to "
                + Times.Text(certificate.NotAfter);
        }
        catch (CryptographicException)
        {
            return $"does not decode ({der.Length} bytes)";
        }
    }

    private static string Option(ReadOnlyMemory<byte>? value) => value switch
    {
        null => "none",
        { Length: 0 } => "empty",
        { } bytes => Hex(bytes),
    };

    private static string Hex(ReadOnlyMemory<byte> bytes) => Hex(bytes.Span);

    private static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);
}
