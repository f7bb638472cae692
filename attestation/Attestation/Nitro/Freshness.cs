namespace Sequencer.Attestation.Nitro;

/// <summary>
/// At which time a document must hold. A closed choice: <see cref="Archival"/>,
/// <see cref="LiveNonce"/> or <see cref="LiveAge"/>.
/// </summary>
public abstract class Freshness
{
    /// <summary>How far a live document's time may be ahead of the verifier's clock.</summary>
    public static readonly TimeSpan ClockSkewMax = TimeSpan.FromMinutes(1);

    private Freshness()
    {
    }

    /// <summary>
    /// For evidence at rest: certificates, which live three hours, are judged at the document's own
    /// time. This cannot see that a leaf key leaked later and was used to backdate; only an
    /// independent time, such as a witness's cosignature within the leaf's validity, can.
    /// </summary>
    public sealed class Archival : Freshness
    {
    }

    /// <summary>
    /// For a live session: the document carries the nonce that the verifier chose, and its chain
    /// holds at the document's time and now.
    /// </summary>
    public sealed class LiveNonce : Freshness
    {
        /// <summary>Shortest nonce, in bytes: one that nobody guesses or meets twice.</summary>
        public const int NonceBytesMin = 16;

        /// <summary>Asks for a nonce.</summary>
        /// <exception cref="ArgumentException">The nonce has fewer than 16 bytes.</exception>
        public LiveNonce(ReadOnlySpan<byte> nonce, DateTimeOffset now)
        {
            if (nonce.Length < NonceBytesMin)
            {
                throw new ArgumentException("A nonce has at least 16 bytes.", nameof(nonce));
            }
            Nonce = nonce.ToArray();
            Now = now;
        }

        /// <summary>The nonce that was sent.</summary>
        public ReadOnlyMemory<byte> Nonce { get; }

        /// <summary>The verifier's time.</summary>
        public DateTimeOffset Now { get; }
    }

    /// <summary>
    /// For a recent document without a nonce: it is at most so old, and its chain holds at the
    /// document's time and now. Within that age it may be a replay.
    /// </summary>
    public sealed class LiveAge : Freshness
    {
        /// <summary>Asks for an age.</summary>
        /// <exception cref="ArgumentOutOfRangeException">The age is not above zero.</exception>
        public LiveAge(TimeSpan ageMax, DateTimeOffset now)
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(ageMax, TimeSpan.Zero);
            AgeMax = ageMax;
            Now = now;
        }

        /// <summary>The greatest age, inclusive.</summary>
        public TimeSpan AgeMax { get; }

        /// <summary>The verifier's time.</summary>
        public DateTimeOffset Now { get; }
    }

    /// <summary>The verifier's time for a live check, null for an archival one.</summary>
    internal DateTimeOffset? VerifierTime => this switch
    {
        LiveNonce live => live.Now,
        LiveAge live => live.Now,
        _ => null,
    };

    /// <summary>Checks nonce or age; null when the document is as fresh as asked.</summary>
    internal AttestationRefusal? Check(UnverifiedAttestation document) => this switch
    {
        LiveNonce live => CheckNonce(live, document) ?? CheckNotFuture(live.Now, document),
        LiveAge live => CheckNotFuture(live.Now, document) ?? CheckAge(live, document),
        _ => null,
    };

    private static AttestationRefusal? CheckNonce(LiveNonce live, UnverifiedAttestation document)
    {
        string expected = Hex(live.Nonce);
        if (document.Nonce is not { } nonce)
        {
            return new AttestationRefusal(AttestationRule.NonceMissing, expected, "null");
        }
        return nonce.Span.SequenceEqual(live.Nonce.Span)
            ? null
            : new AttestationRefusal(AttestationRule.NonceMismatch, expected, Hex(nonce));
    }

    private static AttestationRefusal? CheckNotFuture(
        DateTimeOffset now, UnverifiedAttestation document) =>
        document.Timestamp - now <= ClockSkewMax
            ? null
            : new AttestationRefusal(
                AttestationRule.FromTheFuture,
                $"a time up to {ClockSkewMax.TotalSeconds} s after {now:O}",
                $"{document.Timestamp:O}");

    private static AttestationRefusal? CheckAge(LiveAge live, UnverifiedAttestation document) =>
        live.Now - document.Timestamp <= live.AgeMax
            ? null
            : new AttestationRefusal(
                AttestationRule.TooOld,
                $"at most {live.AgeMax.TotalSeconds} s before {live.Now:O}",
                $"{document.Timestamp:O}");

    private static string Hex(ReadOnlyMemory<byte> bytes) =>
        bytes.Length == 0 ? "empty" : Convert.ToHexStringLower(bytes.Span);
}
