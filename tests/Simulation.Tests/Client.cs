using System.Text;
using Sequencer.Attestation;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Receipts;
using Sequencer.Gateway.Link;
using Sequencer.Gateway.Sequencing;
using Sequencer.Gateway.Store;

namespace Sequencer.Simulation.Tests;

/// <summary>A caller that appends, tries again under its key, and keeps what it is told.</summary>
internal sealed class Client(
    World world,
    Func<SimulatedGateway?> gateway,
    Ledger ledger,
    SimulatedProcess process,
    string name)
{
    private const int AttemptsMax = 12;

    private static readonly Digest Tenant = Derivation.Tenant(Derivation.DefaultTenantName);
    private static readonly ReadOnlyMemory<byte> NoMetadata = EntryMetadata.Empty.Block;

    private int _submissions;

    /// <summary>
    /// Whether it submits only what the log cannot refuse, and asks for a receipt of all of it.
    /// </summary>
    public bool IsPlain { get; init; }

    /// <summary>Whether the log has witnesses, for whom it then waits now and then; if it is plain,
    /// each time.</summary>
    public bool HasWitnesses { get; init; }

    /// <summary>Appends so many submissions, one after the other.</summary>
    public async Task RunAsync(int submissions)
    {
        for (int i = 0; i < submissions; i++)
        {
            await Task.Delay(world.UpTo(60), process.Time);
            await SubmitAsync(hasKey: !world.IsOnceIn(3), AttemptsMax);
        }
    }

    /// <summary>One submission; false if nobody answered it.</summary>
    public async Task<bool> SubmitAsync(bool hasKey, int attempts)
    {
        (PayloadItem[] items, bool isAtomic) = Draw(hasKey);
        foreach (PayloadItem item in items) ledger.Submit(item);
        // Without a key a second attempt would be a second entry.
        for (int attempt = hasKey ? attempts : 1; attempt > 0; attempt--)
        {
            if (gateway() is { IsOver: false } at)
            {
                Acknowledgement level = DrawLevel();
                AppendResult result = await at.AppendAsync(new Submission(items, isAtomic, level));
                if (result.Failure != AppendFailure.None)
                {
                    world.Count($"not acknowledged: {result.Failure}");
                }
                else if (level == Acknowledgement.Sequenced)
                {
                    world.Count("provisional numbers", items.Length);
                    return true;
                }
                else
                {
                    Take(at, items, result, isWitnessed: false);
                    if (level != Acknowledgement.Witnessed) return true;
                    if (await at.CoverAsync(result) is { } covered)
                    {
                        world.Count("acknowledgements witnessed", items.Length);
                        Take(at, items, covered, isWitnessed: true);
                        return true;
                    }
                    world.Count("not witnessed in time");
                }
            }
            await Task.Delay(world.UpTo(800), process.Time);
        }
        return false;
    }

    private Acknowledgement DrawLevel()
    {
        if (HasWitnesses && (IsPlain || world.IsOnceIn(3))) return Acknowledgement.Witnessed;
        return !IsPlain && world.IsOnceIn(6)
            ? Acknowledgement.Sequenced
            : Acknowledgement.Durable;
    }

    private (PayloadItem[] Items, bool IsAtomic) Draw(bool hasKey)
    {
        string key = $"{name}-{++_submissions}";
        var items = new PayloadItem[world.IsOnceIn(3) ? world.Chance.Next(2, 7) : 1];
        for (int i = 0; i < items.Length; i++)
        {
            var payload = new byte[world.Chance.Next(world.IsOnceIn(12) ? 6_000 : 300)];
            world.Chance.NextBytes(payload);
            byte[] unique = [.. Encoding.UTF8.GetBytes($"{key}/{i}\n"), .. payload];
            items[i] = new PayloadItem(
                AppendRequest.Encode(
                    Tenant,
                    Derivation.Payload(unique),
                    (uint)unique.Length,
                    Derivation.Metadata(NoMetadata.Span),
                    hasKey
                        ? Derivation.Idempotency(Tenant, (uint)i, Encoding.UTF8.GetBytes(key))
                        : Digest.Zero,
                    DrawOperations()),
                NoMetadata,
                unique);
        }
        return (items, world.IsOnceIn(2));
    }

    private CellOperation[] DrawOperations()
    {
        if (IsPlain || !world.IsOnceIn(3)) return [];
        byte[] stream = [(byte)('a' + world.Chance.Next(4))];
        var bump = new CellOperation(OperationCode.Bump, CellKind.Stream, stream);
        return world.IsOnceIn(2)
            ? [bump]
            : [
                new CellOperation(
                    OperationCode.VersionEquals,
                    CellKind.Stream,
                    stream,
                    (ulong)world.Chance.Next(8)),
                bump,
            ];
    }

    private void Take(
        SimulatedGateway from, PayloadItem[] items, AppendResult result, bool isWitnessed)
    {
        ReadOnlySpan<byte> head = result.View!.Checkpoint.Span;
        if (isWitnessed) ledger.PublishCosigned(head);
        else ledger.Publish(head);
        bool isKept = IsPlain || world.IsOnceIn(3);
        for (int i = 0; i < items.Length; i++)
        {
            SequencedEntry entry = result.Entries[i];
            world.Count($"entries {entry.Outcome.Status}".ToLowerInvariant());
            if (entry.Outcome.Reason
                is RefusalReason.IdempotencyConflict or RefusalReason.Malformed)
            {
                ledger.Violations.Add($"{name}: refused for {entry.Outcome.Reason}.");
            }
            if (entry.Outcome.Status == OutcomeStatus.Refused) continue;
            var told = new Acknowledged(entry.Outcome.Number, items[i]);
            ledger.Acknowledged.Add(told);
            if (isKept) KeepReceipt(from, told, entry, result.View, isWitnessed);
        }
    }

    private void KeepReceipt(
        SimulatedGateway from,
        Acknowledged told,
        SequencedEntry entry,
        LogView view,
        bool isWitnessed)
    {
        try
        {
            Receipt receipt = entry.Record.IsEmpty
                ? from.Receipts.Build(view, view.ReadHead(told.Number))
                : from.Receipts.Build(view, entry.Record, told.Item);
            ledger.Receipts.Add(new HandedOut(receipt.Encode(), told, isWitnessed));
        }
        catch (ProcessKilledException)
        {
            // Nobody is there any more to make one.
        }
        catch (StoreDamagedException) when (from.State.Store is null)
        {
            // It is ending.
        }
    }
}
