using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Sequencer.Attestation;
using Sequencer.Attestation.Cryptography;

namespace Sequencer.Keys;

/// <summary>
/// The secret of a key: <c>seqk_</c> and 256 random bits in base64url, so that whoever searches code
/// or logs for lost secrets knows one when he sees it.
/// </summary>
public static class KeySecret
{
    /// <summary>How a secret begins that was made here.</summary>
    public const string Prefix = "seqk_";

    /// <summary>Longest secret that is taken, in bytes.</summary>
    public const int MaxBytes = 255;

    private const int RandomBytes = 32;

    /// <summary>A new secret: 48 characters.</summary>
    public static string New() =>
        Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(RandomBytes));

    /// <summary>What is kept of a secret: SHA-256 of its bytes. No salt and no stretching, which are
    /// for secrets that can be guessed.</summary>
    public static Digest DigestOf(string secret) => Sha256.Hash(Encoding.UTF8.GetBytes(secret));
}
