using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Sequencer.Attestation.Auditing;
using Sequencer.Attestation.Following;
using Sequencer.Attestation.Verification;

namespace Sequencer.Client.Subscriptions;

/// <summary>
/// Follows a whole log from a position on, live, and hands out records only once a verified head covers
/// them: number, chain, tree, signatures, epochs, payloads are checked as they come, and the first lie
/// ends it with an <see cref="UntrueLogException"/>. A connection that breaks is made anew, and nothing
/// is missed or comes twice.
/// </summary>
/// <remarks>
/// For one reader at a time. Holds back at most <see cref="HeldBackMax"/> records or
/// <see cref="HeldBackMaxBytes"/> of payloads: one who catches up with a long log has them proven on
/// the way. With witnesses in the policy, records wait until a head that covers them is cosigned.
/// </remarks>
public sealed class LogSubscription
{
    /// <summary>Most records that wait for a head before a proof is asked for.</summary>
    public const int HeldBackMax = 1024;

    /// <summary>Most bytes of their payloads.</summary>
    public const int HeldBackMaxBytes = 16 * 1024 * 1024;

    private readonly GatewayTransport _gateway;
    private readonly LogEvidence _evidence;
    private readonly TrustPolicy _policy;
    private readonly TimeProvider _time;
    private readonly Queue<EntryView> _heldBack = new();
    private LogPosition _begin;
    private LogFollower? _follower;
    private long _heldBackBytes;
    private int _heldBackMax = HeldBackMax;

    /// <summary>A subscription from a position on.</summary>
    /// <param name="http">Its base address is the gateway's; stays the caller's to dispose.</param>
    /// <param name="policy">What is trusted.</param>
    /// <param name="position">The position that an earlier one ended at; null for the log's start.
    /// </param>
    /// <param name="time">The clock of pauses between attempts.</param>
    /// <exception cref="ArgumentException">There is no base address, or the position is in another
    /// log.</exception>
    public LogSubscription(
        HttpClient http, TrustPolicy policy, LogPosition? position = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(policy);
        _time = time ?? TimeProvider.System;
        _gateway = new GatewayTransport(http, _time);
        _policy = policy;
        _evidence = new LogEvidence(_gateway, policy);
        _begin = position ?? LogPosition.Start(policy.LogId);
        if (_begin.LogId != policy.LogId)
        {
            throw new ArgumentException("The position is in another log.", nameof(position));
        }
    }

    /// <summary>After the last event that was handed out: keep it, to go on from there another day and
    /// to notice a log that was changed meanwhile.</summary>
    public LogPosition Position => _follower?.Position ?? _begin;

    /// <summary>A subscription that begins at a number. What was before it is the gateway's word until
    /// the first head has proven it.</summary>
    /// <param name="http">Its base address is the gateway's; stays the caller's to dispose.</param>
    /// <param name="policy">What is trusted.</param>
    /// <param name="number">The first number; null for the end of the log as it is now.</param>
    /// <param name="time">The clock of pauses between attempts.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="SequencerException">No gateway, no such number, or an untrue answer.
    /// </exception>
    public static async Task<LogSubscription> FromAsync(
        HttpClient http,
        TrustPolicy policy,
        ulong? number,
        TimeProvider? time = null,
        CancellationToken cancellationToken = default)
    {
        var subscription = new LogSubscription(http, policy, null, time);
        LogEvidence evidence = subscription._evidence;
        if (number is null)
        {
            // Whether it is true shows at the first connection.
            number = (await evidence.ReadHeadAsync(isCosigned: false, cancellationToken)).Size;
        }
        subscription._begin =
            await evidence.ReadPositionAsync(number.Value, cancellationToken);
        return subscription;
    }

    /// <summary>The records, from the position on, for ever.</summary>
    /// <exception cref="UntrueLogException">A lie, the first.</exception>
    /// <exception cref="SequencerException">No gateway at the first attempt, a refusal, or a malformed
    /// answer.</exception>
    public async IAsyncEnumerable<VerifiedEvent> ReadAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        // What was held back when an earlier reading ended comes again.
        _begin = Position;
        _heldBack.Clear();
        _heldBackBytes = 0;
        _follower = new LogFollower(
            _policy, _begin, await _evidence.FindEpochAsync(_begin.Size, cancellationToken));
        var pauses = new Pauses(_time);
        for (bool isFirst = true; ; isFirst = false)
        {
            using EventConnection? events = await ConnectAsync(isFirst, cancellationToken);
            while (events is not null
                && await events.ReadAsync(cancellationToken) is { Type: not "end" } next)
            {
                pauses.Reset();
                await TakeAsync(next, cancellationToken);
                foreach (VerifiedEvent verified in HandOut()) yield return verified;
            }
            await pauses.NextAsync(cancellationToken);
        }
    }

    private LogFollower Follower => _follower!;

    private bool IsWitnessed => _policy.Witnesses is { HasQuorum: true };

    // A log that was cut back would be silent until it is as long again: its newest head tells.
    private async Task<EventConnection?> ConnectAsync(
        bool isFirst, CancellationToken cancellationToken)
    {
        try
        {
            NewestHead head = await _evidence.ReadHeadAsync(isCosigned: false, cancellationToken);
            Require(Follower.TakeNewest(head.Note, head.Signer));
        }
        catch (SequencerException e) when (!isFirst
            && e is GatewayUnreachableException or ProblemException { Status: >= 500 or 429 })
        {
            return null;
        }
        string from = Follower.Next.ToString(CultureInfo.InvariantCulture);
        return await EventConnection.TryOpenAsync(
            _gateway, $"v1/entries?from={from}", _time, cancellationToken);
    }

    private async Task TakeAsync(ServerSentEvent next, CancellationToken cancellationToken)
    {
        switch (next.Type)
        {
            case "checkpoint":
                Require(Follower.TakeHead(ReadNote(next.Data)));
                break;
            case "cosigned":
                Require(Follower.TakeCosigned(ReadNote(next.Data)));
                break;
            case "entry" or "statement" or "seal" or "snapshot":
                await TakeRecordAsync(EventEntry.Read(next.Data), cancellationToken);
                break;
        }
    }

    private async Task TakeRecordAsync(EntryView entry, CancellationToken cancellationToken)
    {
        Require(Follower.TakeRecord(entry.Record.Span));
        _heldBack.Enqueue(entry);
        _heldBackBytes += entry.Payload?.Length ?? 0;
        if (Follower.AwaitedEpoch is { } epoch)
        {
            Require(Follower.TakeDocument(
                await _evidence.ReadDocumentAsync(epoch, cancellationToken)));
        }
        if (_heldBack.Count < _heldBackMax && _heldBackBytes < HeldBackMaxBytes) return;
        await ProveAsync(cancellationToken);
    }

    private async Task ProveAsync(CancellationToken cancellationToken)
    {
        NewestHead head = await _evidence.ReadHeadAsync(IsWitnessed, cancellationToken);
        if (IsWitnessed && head.Size < Follower.Next)
        {
            // As far as the witnesses are, and later once more.
            Require(Follower.TakeCosigned(head.Note));
            _heldBackMax = _heldBack.Count + HeldBackMax;
            return;
        }
        Require(Follower.TakeNewest(head.Note, head.Signer));
        Require(Follower.TakeLaterHead(
            head.Note,
            head.Signer,
            await _evidence.ReadConsistencyAsync(Follower.Next, head.Size, cancellationToken)));
        _heldBackMax = HeldBackMax;
    }

    private IEnumerable<VerifiedEvent> HandOut()
    {
        while (_heldBack.TryPeek(out EntryView? entry) && entry.Number < Follower.VerifiedSize)
        {
            _heldBack.Dequeue();
            _heldBackBytes -= entry.Payload?.Length ?? 0;
            Follower.HandOut();
            yield return new VerifiedEvent(entry, Follower.Head!);
        }
    }

    private static byte[] ReadNote(ReadOnlyMemory<byte> data)
    {
        using JsonDocument json = AnswerObject.Parse(data);
        return Encoding.UTF8.GetBytes(new AnswerObject(json.RootElement).Text("checkpoint"));
    }

    private static void Require(AuditFault? fault)
    {
        if (fault is not null) throw new UntrueLogException(fault);
    }
}
