using Sequencer.Attestation;
using Sequencer.Attestation.Auditing;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Merkle;
using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Receipts;
using Sequencer.Attestation.Verification;
using Sequencer.Gateway.Store;

namespace Sequencer.Simulation.Tests;

/// <summary>
/// Compares what is on the disk with all that ever left the system. Reads with the code of the
/// verifiers, and with a model in memory that shares none of it.
/// </summary>
internal sealed class FinalAudit(World world, Machine machine, Ledger ledger)
{
    private readonly List<Digest> _roots = [TreeHash.EmptyRoot];
    private readonly List<StoredEntry> _entries = [];
    private int _epochs;

    private static WitnessPolicy NoQuorum { get; } = MakeNoQuorum();

    private ReadOnlySpan<byte> Genesis => _entries[0].Head.Record.Span;

    /// <summary>What callers trust who do without cosignatures.</summary>
    public TrustPolicy Policy => machine.PolicyFor(Genesis, NoQuorum);

    /// <summary>What callers trust who wait for witnesses.</summary>
    public TrustPolicy WitnessedPolicy => machine.PolicyFor(Genesis);

    /// <summary>The log's roots, by size.</summary>
    public IReadOnlyList<Digest> Roots => _roots;

    /// <summary>The heads that callers hold, of their receipts.</summary>
    public List<AttestedHead> Held { get; private set; } = [];

    public async Task RunAsync()
    {
        LogStore store;
        try
        {
            var reader = new SimulatedProcess(world, "auditor");
            (store, _) = Recovery.Open(machine.Disk.MountedBy(reader), "data", new StoreOptions());
        }
        catch (IOException e)
        {
            ledger.Violations.Add($"The store does not open: {e.Message}");
            return;
        }
        using (store)
        {
            Read(store.View);
            _epochs = store.View.Statements.Count;
            CompareEntries();
            CompareHeads();
            if (machine.Witnesses is { } witnesses)
            {
                var fence = new FenceAudit(world, ledger, witnesses.Given, machine.Configuration);
                fence.Compare(_roots, _entries);
            }
            if (store.View.Size == 0) return;
            Held = VerifyReceipts();
            await AuditAsync();
        }
        world.Count("records in logs", _entries.Count);
        world.Count("epochs in logs", _epochs);
    }

    /// <summary>What an auditor says of a data directory.</summary>
    public static async Task<AuditReport> AuditAsync(
        Dictionary<string, byte[]> files, TrustPolicy policy, IEnumerable<AttestedHead> held)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("simulation-");
        try
        {
            foreach ((string path, byte[] content) in files)
            {
                string file = Path.Combine(folder.FullName, path);
                Directory.CreateDirectory(Path.GetDirectoryName(file)!);
                await File.WriteAllBytesAsync(file, content);
            }
            return await new LogAuditor(policy, held).AuditAsync(
                new DirectoryAuditSource(folder.FullName));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private void Read(LogView view)
    {
        var frontier = new TreeFrontier();
        for (ulong number = 0; number < view.Size; number++)
        {
            StoredEntry entry = view.ReadEntry(number);
            _entries.Add(entry);
            Assert.True(RecordHeader.TryRead(entry.Head.Record.Span, out RecordHeader header));
            if (header.Type == RecordType.Seal) world.Count("epochs sealed");
            if (header.Number != number)
            {
                world.Count("SKIPPED");
                ledger.Violations.Add($"Number {header.Number} stands at {number}.");
            }
            if (entry.Status is PayloadStatus.Missing or PayloadStatus.Damaged)
            {
                ledger.Violations.Add($"The payload of {number} is {entry.Status}.");
            }
            frontier.Append(TreeHash.Leaf(entry.Head.Record.Span));
            _roots.Add(frontier.Root());
        }
    }

    private void CompareEntries()
    {
        var keys = new HashSet<Digest>();
        foreach (StoredEntry entry in _entries)
        {
            if (!EntryRecord.TryParse(entry.Head.Record.Span, out EntryRecord record)) continue;
            if (!ledger.Submitted.Contains(record.Request))
            {
                ledger.Violations.Add($"Nobody submitted number {record.Header.Number}.");
            }
            if (record.Idempotency.IsZero || keys.Add(record.Idempotency)) continue;
            world.Count("DUPLICATED");
            ledger.Violations.Add($"Number {record.Header.Number} has a key that was used before.");
        }
        foreach (Acknowledged told in ledger.Acknowledged)
        {
            world.Count("acknowledgements checked");
            if (IsThere(told)) continue;
            world.Count("LOST");
            ledger.Violations.Add($"Number {told.Number} was acknowledged and is not there.");
        }
    }

    private bool IsThere(Acknowledged told)
    {
        if (told.Number >= (ulong)_entries.Count) return false;
        StoredEntry entry = _entries[(int)told.Number];
        return entry.Head.Request.Span.SequenceEqual(told.Item.Request.Span)
            && entry.Payload.Span.SequenceEqual(told.Item.Payload.Span);
    }

    private void CompareHeads()
    {
        foreach ((ulong size, Digest root) in ledger.Heads)
        {
            world.Count("heads checked");
            if (size < (ulong)_roots.Count && _roots[(int)size] == root) continue;
            ledger.Violations.Add($"The log does not extend the head of size {size}.");
        }
    }

    private List<AttestedHead> VerifyReceipts()
    {
        var durable = new LogVerifier(Policy);
        var witnessed = new LogVerifier(WitnessedPolicy);
        var held = new List<AttestedHead>();
        VerifiedHead? head = null;
        foreach (HandedOut handed in ledger.Receipts.OrderBy(r => r.IsWitnessed))
        {
            world.Count(handed.IsWitnessed ? "witnessed receipts checked" : "receipts checked");
            LogVerifier verifier = handed.IsWitnessed ? witnessed : durable;
            VerifiedEntry? verified = Verify(verifier, handed, head);
            if (verified is null) continue;
            if (verified.Number != handed.Entry.Number)
            {
                ledger.Violations.Add(
                    $"A receipt of {handed.Entry.Number} is of {verified.Number}.");
            }
            if (verified.Head == head) continue;
            head = verified.Head;
            held.Add(head.Attested);
        }
        return held;
    }

    // Those of one batch share a head, most of whose proof need not be looked at again.
    private VerifiedEntry? Verify(LogVerifier verifier, HandedOut handed, VerifiedHead? head)
    {
        if (!Receipt.TryDecode(handed.Receipt, out Receipt? receipt, out ReceiptRefusal? refusal))
        {
            ledger.Violations.Add($"A receipt does not decode: {refusal}");
            return null;
        }
        PayloadClaim payload = PayloadClaim.Of(handed.Entry.Item.Payload.Span);
        var report = head is not null && head.Policy == verifier.Policy
            ? verifier.VerifyUnder(head, receipt, payload)
            : verifier.VerifyReceipt(receipt, payload);
        if (report.TryGet(out VerifiedEntry? verified)) return verified;
        ledger.Violations.Add($"A receipt is bad: {string.Join("; ", report.Faults)}");
        return null;
    }

    private async Task AuditAsync()
    {
        AuditReport report = await AuditAsync(machine.Disk.Snapshot(), Policy, Held);
        world.Count("logs audited");
        if (!report.Evidence.IsEmpty)
        {
            ledger.Violations.Add("There is evidence against an honest operator.");
        }
        if (!report.IsGood)
        {
            ledger.Violations.Add($"The audit found: {string.Join("; ", report.Faults)}");
        }
    }

    private static WitnessPolicy MakeNoQuorum()
    {
        Assert.True(WitnessPolicy.TryParse("quorum none\n", out WitnessPolicy? policy, out _));
        return policy;
    }
}
