using System.Collections.Immutable;
using Sequencer.Attestation.Nitro;

namespace Sequencer.Attestation.Verification;

/// <summary>
/// The last few epoch documents that held under certain images and roots, so that each is verified
/// once: its chain of P-384 signatures is nearly all that a receipt costs. Any thread may use it.
/// </summary>
/// <remarks>
/// Whether a document holds at its own time follows from its bytes, the images and the roots, none
/// of which change; so the same bytes could only get the same answer. Nothing less than all bytes
/// is compared, and a refusal is not kept: it would be made again, in the same words.
/// </remarks>
internal sealed class KnownDocuments
{
    /// <summary>
    /// Most documents, of 16 KiB each at most: receipts of one verifier are of few epochs, and one
    /// that was forgotten is verified again.
    /// </summary>
    public const int DocumentsMax = 16;

    private ImmutableArray<VerifiedAttestation> _oldestFirst = [];

    /// <summary>What these very bytes prove, if that is known.</summary>
    public VerifiedAttestation? Find(ReadOnlySpan<byte> document)
    {
        foreach (VerifiedAttestation known in _oldestFirst)
        {
            if (known.Document.Bytes.Span.SequenceEqual(document)) return known;
        }
        return null;
    }

    /// <summary>Keeps a document that was found good, in the place of the oldest.</summary>
    public void Add(VerifiedAttestation verified) => ImmutableInterlocked.Update(
        ref _oldestFirst,
        static (known, added) => [.. known.Length < DocumentsMax ? known : known[1..], added],
        verified);
}
