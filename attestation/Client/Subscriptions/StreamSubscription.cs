using System.Globalization;
using System.Runtime.CompilerServices;
using Sequencer.Attestation;
using Sequencer.Attestation.Auditing;
using Sequencer.Attestation.Receipts;
using Sequencer.Attestation.Verification;

namespace Sequencer.Client.Subscriptions;

/// <summary>
/// Follows one stream, live: every entry with a verified receipt, version by version. An entry that was
/// left out, changed, or given another version ends it with an <see cref="UntrueLogException"/>.
/// </summary>
/// <remarks>
/// A receipt is asked for each entry, so this is for streams, not for whole logs: those have
/// <see cref="LogSubscription"/>. That the log has no second history behind the gateway's back is
/// what witnesses or a <see cref="LogSubscription"/> tell. For one reader at a time.
/// </remarks>
public sealed class StreamSubscription
{
    private readonly GatewayTransport _gateway;
    private readonly LogVerifier _verifier;
    private readonly TimeProvider _time;
    private readonly string _stream;
    private Digest? _tenant;

    /// <summary>A subscription from a version on.</summary>
    /// <param name="http">Its base address is the gateway's; stays the caller's to dispose.</param>
    /// <param name="policy">What is trusted.</param>
    /// <param name="stream">The stream's name.</param>
    /// <param name="nextVersion">The first version; streams begin with 1.</param>
    /// <param name="time">The clock of pauses between attempts.</param>
    /// <exception cref="ArgumentException">There is no base address.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The version is below 1.</exception>
    public StreamSubscription(
        HttpClient http,
        TrustPolicy policy,
        string stream,
        long nextVersion = 1,
        TimeProvider? time = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(stream);
        ArgumentOutOfRangeException.ThrowIfLessThan(nextVersion, 1);
        _time = time ?? TimeProvider.System;
        _gateway = new GatewayTransport(http, _time);
        _verifier = new LogVerifier(policy);
        _stream = stream;
        NextVersion = nextVersion;
    }

    /// <summary>The version after the last entry that was handed out: keep it to go on another day.
    /// </summary>
    public long NextVersion { get; private set; }

    /// <summary>The entries, from the next version on, for ever.</summary>
    /// <exception cref="UntrueLogException">A lie, the first.</exception>
    /// <exception cref="UnverifiedReceiptException">A receipt that does not hold.</exception>
    /// <exception cref="SequencerException">A refusal, or a malformed answer.</exception>
    public async IAsyncEnumerable<StreamEvent> ReadAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var pauses = new Pauses(_time);
        while (true)
        {
            string from = NextVersion.ToString(CultureInfo.InvariantCulture);
            using EventConnection? events = await EventConnection.TryOpenAsync(
                _gateway,
                $"v1/streams/{Uri.EscapeDataString(_stream)}/entries?from_version={from}",
                _time,
                cancellationToken);
            while (events is not null
                && await events.ReadAsync(cancellationToken) is { Type: not "end" } next)
            {
                pauses.Reset();
                if (next.Type != "entry") continue;
                yield return await VerifyAsync(EventEntry.Read(next.Data), cancellationToken);
            }
            await pauses.NextAsync(cancellationToken);
        }
    }

    private async Task<StreamEvent> VerifyAsync(
        EntryView entry, CancellationToken cancellationToken)
    {
        GatewayAnswer answer = await _gateway.SendAsync(
            GatewayRequest.Get($"v1/entries/{entry.Number}/receipt", Receipt.MaxBytes),
            cancellationToken);
        PayloadClaim? payload = entry.Payload is { } bytes
            ? PayloadClaim.Of(bytes.Span, entry.Salt.Span)
            : null;
        var report = _verifier.VerifyReceipt(answer.Body, payload);
        if (!report.TryGet(out VerifiedEntry? verified))
        {
            string faults = string.Join(" ", report.Faults.Select(f => f.Sentence));
            throw new UnverifiedReceiptException(
                $"The receipt of {entry.Number} does not hold: {faults}", report, answer.Body);
        }
        if (!verified.Record.Span.SequenceEqual(entry.Record.Span))
        {
            throw Untrue(entry, VerificationRule.RecordInclusion, "its receipt", "another record's");
        }
        CheckVersion(entry, verified);
        NextVersion++;
        return new StreamEvent(entry, verified, NextVersion - 1);
    }

    // The version stands in the record, so none can be left out or given twice; and a stream is one
    // tenant's, so another's of the same name cannot slip in.
    private void CheckVersion(EntryView entry, VerifiedEntry verified)
    {
        long found = verified.Streams.FirstOrDefault(s => s.Name == _stream).Version;
        if (found != NextVersion)
        {
            throw Untrue(
                entry, VerificationRule.Cells, $"version {NextVersion} of {_stream}",
                found == 0 ? "another stream" : $"version {found}");
        }
        _tenant ??= verified.Tenant;
        if (verified.Tenant != _tenant)
        {
            throw Untrue(
                entry, VerificationRule.Cells, $"tenant {_tenant}", $"{verified.Tenant}");
        }
    }

    private static UntrueLogException Untrue(
        EntryView entry, VerificationRule rule, string expected, string actual) =>
        new(new AuditFault(rule, expected, actual) { Number = entry.Number });
}
