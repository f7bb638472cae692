using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Merkle;
using Sequencer.Attestation.Nitro;
using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Receipts;
using Sequencer.Attestation.Tests.Nitro;
using Sequencer.Attestation.Verification;

namespace Sequencer.Attestation.Tests.Log;

/// <summary>An entry of a <see cref="TestLog"/>, with what only its caller has.</summary>
internal sealed record TestEntry(byte[] Request, byte[] Metadata, byte[] Payload)
{
    /// <summary>Empty for none.</summary>
    public byte[] Salt { get; init; } = [];
}

/// <summary>
/// A log in memory that is right until a test asks for something wrong: it signs what it is told.
/// An edit is made before the record takes its place, so that all later records follow it and one
/// rule alone is broken.
/// </summary>
internal sealed class TestLog : ITreeHashSource, IDisposable
{
    public const string Origin = "sequencer.example/log1";

    private readonly Dictionary<string, long> _versions = [];
    private readonly Dictionary<ulong, byte[]> _notes = [];
    private readonly List<Digest> _leaves = [];
    private readonly TreeFrontier _tree = new();

    public TestLog(uint cellsMax = 1000, uint window = 1000, string origin = Origin)
    {
        Assert.True(LogConfiguration.TryCreate(origin, cellsMax, window, out var configuration));
        Configuration = configuration;
    }

    public LogConfiguration Configuration { get; }

    public List<byte[]> Records { get; } = [];

    /// <summary>By number; null for what is no entry.</summary>
    public List<TestEntry?> Entries { get; } = [];

    public List<TestEpoch> Epochs { get; } = [];

    /// <summary>The sizes at which a batch ended.</summary>
    public List<ulong> BatchEnds { get; } = [];

    public ulong Size => (ulong)Records.Count;

    public ulong TimeMs { get; set; } = (ulong)TestNitroPki.Now.ToUnixTimeMilliseconds();

    public static TrustedRoot Root => TrustedRoot.InsecureDevelopmentRoot(TestEpoch.Root.Span);

    /// <summary>A policy under which this log is good.</summary>
    public TrustPolicy Policy => new(
        Derivation.LogId(Records[0]),
        Configuration,
        [new AcceptedMeasurement(TestNitroDocument.Measurements())],
        [Root]);

    private bool IsSealed => SealRecord.TryParse(Records[^1], out _);

    private Digest LastLeaf => _leaves.Count > 0 ? _leaves[^1] : Digest.Zero;

    /// <summary>A log of one epoch with a number of plain entries.</summary>
    public static TestLog WithEntries(int count)
    {
        var log = new TestLog();
        log.OpenEpoch();
        for (int i = 0; i < count; i++) log.Append(stream: $"stream {i % 3}");
        return log;
    }

    /// <summary>Opens an epoch: its statement is a batch of its own.</summary>
    public TestEpoch OpenEpoch(
        Func<EpochStatementFields, EpochStatementFields>? fields = null,
        Action<TestNitroDocument>? document = null,
        Func<byte[], byte[]>? edit = null)
    {
        bool isGenesis = Epochs.Count == 0;
        var epoch = new TestEpoch((uint)Epochs.Count);
        var right = new EpochStatementFields
        {
            Epoch = (uint)Epochs.Count,
            Number = Size,
            TimeMs = TimeMs += 10,
            Previous = LastLeaf,
            PreviousEnd = isGenesis ? PreviousEpochEnd.None
                : IsSealed ? PreviousEpochEnd.Sealed : PreviousEpochEnd.Unplanned,
            LogId = isGenesis ? Digest.Zero : Derivation.LogId(Records[0]),
            PreviousRoot = _tree.Root(),
            PreviousStatement = isGenesis ? Digest.Zero : Epochs[^1].Statement.Hash,
            Nonce = new Digest(SHA256.HashData([(byte)Epochs.Count])),
            Ed25519PublicKey = epoch.Ed25519PublicKey,
            P256PublicKey = epoch.P256PublicKey,
            AcceptedPredecessors = [],
            Configuration = Configuration,
        };
        byte[] bytes = EpochStatement.Create(fields?.Invoke(right) ?? right).Bytes.ToArray();
        Assert.True(EpochStatement.TryParse(edit?.Invoke(bytes) ?? bytes, out var statement));
        epoch.Statement = statement;
        epoch.Document = TestEpoch.MakeDocument(statement, document);
        Epochs.Add(epoch);
        Add(statement.Bytes.ToArray(), null);
        EndBatch();
        return epoch;
    }

    /// <summary>Ends the epoch with a seal, a batch of its own.</summary>
    public ulong Seal(Func<byte[], byte[]>? edit = null)
    {
        var record = new byte[SealRecord.Bytes];
        SealRecord.Write(record, Epochs[^1].Statement, Size, TimeMs += 10, LastLeaf);
        Add(edit?.Invoke(record) ?? record, null);
        EndBatch();
        return Size - 1;
    }

    /// <summary>Appends a snapshot, a batch of its own.</summary>
    public ulong Snapshot(Func<byte[], byte[]>? edit = null)
    {
        List<byte[]> cells = PlainContent.Cells(Records);
        List<byte[]> uses = PlainContent.Uses(Records, Configuration.IdempotencyWindow);
        var fields = new SnapshotFields(
            (uint)cells.Count,
            (uint)uses.Count,
            Epochs.Count > 1 ? Epochs[^2].Statement.Fields.TimeMs : 0,
            Epochs[^1].Statement.Hash,
            new Digest(SHA256.HashData([.. "seq-cells/v1\0"u8, .. cells.SelectMany(c => c)])),
            new Digest(SHA256.HashData([.. "seq-window/v1\0"u8, .. uses.SelectMany(u => u)])));
        var record = new byte[SnapshotRecord.Length(Size)];
        SnapshotRecord.Write(
            record, _tree, (uint)(Epochs.Count - 1), TimeMs += 10, LastLeaf, fields);
        Add(edit?.Invoke(record) ?? record, null);
        EndBatch();
        return Size - 1;
    }

    /// <summary>Appends an entry alone, as a batch of its own.</summary>
    public ulong Append(
        string payload = "payload",
        string? stream = null,
        string? key = null,
        EntryMetadata? metadata = null,
        Func<byte[], byte[]>? edit = null,
        byte[]? salt = null)
    {
        ulong number = AppendMember(0, 1, payload, stream, key, metadata, edit, salt);
        EndBatch();
        return number;
    }

    /// <summary>Appends the tombstone of an entry; what that has on a disk stays.</summary>
    public ulong Erase(ulong number, string reason = "")
    {
        byte[] block = new Tombstone(number, _leaves[(int)number])
            .EncodeMetadata(hasReason: reason.Length > 0);
        Assert.True(EntryMetadata.TryParse(block, out EntryMetadata? metadata));
        string key = Encoding.ASCII.GetString(Tombstone.IdempotencyKey(number));
        return Append(reason, key: key, metadata: metadata);
    }

    /// <summary>Appends one member of a group; the batch stays open.</summary>
    public ulong AppendMember(
        int index,
        int count,
        string payload = "payload",
        string? stream = null,
        string? key = null,
        EntryMetadata? metadata = null,
        Func<byte[], byte[]>? edit = null,
        byte[]? salt = null)
    {
        Digest tenant = Derivation.Tenant(Derivation.DefaultTenantName);
        byte[] payloadBytes = Encoding.UTF8.GetBytes(payload);
        metadata ??= EntryMetadata.Empty;
        CellOperation[] operations = [];
        CellValue[] cells = [];
        if (stream is not null)
        {
            byte[] name = Encoding.UTF8.GetBytes(stream);
            long version = _versions[stream] = _versions.GetValueOrDefault(stream) + 1;
            operations = [new CellOperation(OperationCode.Bump, CellKind.Stream, name)];
            cells = [new(Derivation.CellKey(tenant, (byte)CellKind.Stream, name), version)];
        }
        byte[] requestBytes = AppendRequest.Encode(
            tenant,
            Derivation.Payload(payloadBytes, salt),
            (uint)payloadBytes.Length,
            Derivation.Metadata(metadata.Block.Span),
            key is null
                ? Digest.Zero
                : Derivation.Idempotency(tenant, 0, Encoding.UTF8.GetBytes(key)),
            operations);
        Assert.True(AppendRequest.TryParse(requestBytes, out AppendRequest request));
        var record = new byte[EntryRecord.Length(cells.Length)];
        var position = new EntryPosition(
            (uint)(Epochs.Count - 1), Size, TimeMs += 10, LastLeaf, (ushort)index, (ushort)count);
        EntryRecord.Write(record, position, request, Derivation.Request(requestBytes), cells);
        Add(
            edit?.Invoke(record) ?? record,
            new TestEntry(requestBytes, metadata.Block.ToArray(), payloadBytes)
            {
                Salt = salt ?? [],
            });
        return Size - 1;
    }

    public void EndBatch() => BatchEnds.Add(Size);

    /// <summary>
    /// Goes back to an older size within the newest epoch, as a rolled-back copy does; what is appended
    /// after it is another history. For logs of plain entries only.
    /// </summary>
    public void CutTo(ulong size)
    {
        int count = (int)size;
        Records.RemoveRange(count, Records.Count - count);
        Entries.RemoveRange(count, Entries.Count - count);
        _leaves.RemoveRange(count, _leaves.Count - count);
        BatchEnds.RemoveAll(end => end > size);
        foreach (ulong beyond in _notes.Keys.Where(at => at > size).ToArray()) _notes.Remove(beyond);
        var tree = new TreeFrontier();
        foreach (Digest leaf in _leaves) tree.Append(leaf);
        tree.CopyTo(_tree);
    }

    /// <summary>The note at a size, by the epoch of the last record under it.</summary>
    public byte[] Note(ulong size)
    {
        if (_notes.TryGetValue(size, out byte[]? note)) return note;
        return _notes[size] = EpochAt(size).Sign(new Checkpoint(
            Configuration.Origin, size, RootAt(size)));
    }

    /// <summary>Puts another note in the place of that at a size.</summary>
    public void ReplaceNote(ulong size, byte[] note) => _notes[size] = note;

    public Digest RootAt(ulong size)
    {
        var tree = new TreeFrontier();
        for (int i = 0; i < (int)size; i++) tree.Append(_leaves[i]);
        return tree.Root();
    }

    public Digest[] Inclusion(ulong number, ulong size) =>
        InclusionProof.Create(number, size, this);

    /// <summary>The epoch that signs the head of a size, with its proof under it.</summary>
    public ReceiptEpoch Bundle(ulong size)
    {
        TestEpoch epoch = EpochAt(size);
        return new ReceiptEpoch(
            epoch.Statement.Bytes, Inclusion(epoch.Statement.Fields.Number, size), epoch.Document);
    }

    /// <summary>The receipt of a number under the head of a size, or the newest.</summary>
    public Receipt Receipt(ulong number, ulong? size = null)
    {
        ulong at = size ?? Size;
        TestEntry? entry = Entries[(int)number];
        return new Receipt(
            Records[(int)number],
            entry?.Request,
            entry?.Metadata,
            Inclusion(number, at),
            Note(at),
            Bundle(at));
    }

    /// <summary>The document with which the newest epoch answers a nonce, about a head.</summary>
    public byte[] LiveDocument(
        byte[] nonce, Action<TestNitroDocument>? change = null, ulong? size = null)
    {
        EpochStatement statement = Epochs[^1].Statement;
        ulong at = size ?? Size;
        return TestEpoch.MakeDocument(statement, document =>
        {
            document.Fields["nonce"] = w => w.WriteByteString(nonce);
            TestEpoch.SetUserData(
                document, Derivation.LiveUserData(statement.Bytes.Span, at, RootAt(at)));
            change?.Invoke(document);
        });
    }

    /// <summary>The records of a range as a bundle.</summary>
    public byte[] EntryBundle(ulong from, ulong to)
    {
        var bundle = new ArrayBufferWriter<byte>();
        for (ulong n = from; n < to; n++)
        {
            Sequencer.Attestation.Merkle.EntryBundle.Write(bundle, Records[(int)n]);
        }
        return bundle.WrittenSpan.ToArray();
    }

    public Digest Read(int level, ulong index)
    {
        if (level == 0) return _leaves[(int)index];
        Digest left = Read(level - 1, 2 * index);
        Digest right = Read(level - 1, (2 * index) + 1);
        return TreeHash.Node(left, right);
    }

    public void Dispose()
    {
        foreach (TestEpoch epoch in Epochs) epoch.Dispose();
    }

    private void Add(byte[] record, TestEntry? entry)
    {
        Records.Add(record);
        Entries.Add(entry);
        Digest leaf = TreeHash.Leaf(record);
        _leaves.Add(leaf);
        _tree.Append(leaf);
    }

    private TestEpoch EpochAt(ulong size) =>
        Epochs.Last(e => e == Epochs[0] || e.Statement.Fields.Number < size);
}
