using Sequencer.Attestation.Verification;

namespace Sequencer.Client;

/// <summary>
/// Talks to a gateway (docs/HTTP.md), and believes the receipts and live documents that it hands
/// out only after verifying them under a trust policy (docs/PROTOCOL.md section 11). Any thread may
/// use it.
/// </summary>
/// <remarks>
/// Reads, and appends with an idempotency key, are sent up to four times: when no answer comes, and
/// when the gateway says when to come back. All members throw <see cref="SequencerException"/>s.
/// </remarks>
public sealed partial class SequencerClient
{
    private readonly GatewayTransport _gateway;
    private readonly LogVerifier? _verifier;
    private readonly TimeProvider _time;

    /// <summary>A client that hands out verified receipts only.</summary>
    /// <param name="http">Its base address is the gateway's; stays the caller's to dispose.</param>
    /// <param name="policy">What is trusted.</param>
    /// <param name="time">The clock of pauses between attempts, and by which live documents are
    /// judged.</param>
    /// <exception cref="ArgumentException">There is no base address, or a key would go over plain HTTP
    /// to another machine.</exception>
    public SequencerClient(HttpClient http, TrustPolicy policy, TimeProvider? time = null)
        : this(http, new LogVerifier(policy), time)
    {
    }

    private SequencerClient(HttpClient http, LogVerifier? verifier, TimeProvider? time)
    {
        _time = time ?? TimeProvider.System;
        _gateway = new GatewayTransport(http, _time);
        _verifier = verifier;
    }

    /// <summary>
    /// A client that takes the gateway's word. For those who verify receipts elsewhere, or later.
    /// </summary>
    /// <param name="http">Its base address is the gateway's; stays the caller's to dispose.</param>
    /// <param name="time">The clock of pauses between attempts.</param>
    /// <exception cref="ArgumentException">There is no base address, or a key would go over plain HTTP
    /// to another machine.</exception>
    public static SequencerClient WithoutVerification(HttpClient http, TimeProvider? time = null) =>
        new(http, verifier: null, time);
}
