using System.Globalization;
using System.Text;
using Sequencer.Attestation;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Merkle;
using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Tests.Store;

/// <summary>
/// The oracle: a log in memory, as an enclave would have signed it. What a store has been given of
/// it must come back out.
/// </summary>
internal sealed class SampleLog
{
    private readonly TreeFrontier _frontier = new();
    private readonly List<Digest> _roots = [TreeHash.EmptyRoot];
    private readonly Dictionary<Digest, long> _versions = [];
    private uint _epochs;

    public List<byte[]> Records { get; } = [];

    public List<Digest> Leaves { get; } = [];

    /// <summary>What came with each record; null for a statement.</summary>
    public List<PayloadItem?> Items { get; } = [];

    /// <summary>What the entries say of streams and types, in order.</summary>
    public List<SampleEvent> Events { get; } = [];

    public List<StatementPlace> Statements { get; } = [];

    public int Size => Records.Count;

    /// <summary>A genesis statement, entries, and a second epoch half way.</summary>
    public static SampleLog Of(int size, Random random, int payloadMaxBytes = 300)
    {
        var log = new SampleLog();
        while (log.Size < size)
        {
            if (log.Size == 0 || log.Size == size / 2)
            {
                log.AddStatement();
                continue;
            }
            var payload = new byte[random.Next(payloadMaxBytes + 1)];
            random.NextBytes(payload);
            log.AddEntry(payload);
        }
        return log;
    }

    public static byte[] CheckpointAt(int size) => Encoding.ASCII.GetBytes($"checkpoint {size}\n");

    public static byte[] DocumentOf(uint epoch) => Encoding.ASCII.GetBytes($"document {epoch}");

    public Digest Root(int size) => _roots[size];

    public void AddStatement()
    {
        Assert.True(
            LogConfiguration.TryCreate("sequencer.example/log", 9, 9, out var configuration));
        bool isGenesis = _epochs == 0;
        var statement = EpochStatement.Create(new EpochStatementFields
        {
            Epoch = _epochs,
            Number = (ulong)Size,
            TimeMs = 1,
            Previous = Previous,
            PreviousEnd = isGenesis ? PreviousEpochEnd.None : PreviousEpochEnd.Unplanned,
            LogId = isGenesis ? default : TreeHash.EmptyRoot,
            PreviousRoot = Root(Size),
            PreviousStatement = isGenesis ? default : TreeHash.EmptyRoot,
            Nonce = TreeHash.EmptyRoot,
            Ed25519PublicKey = new byte[32],
            P256PublicKey = new byte[64],
            AcceptedPredecessors = [],
            Configuration = configuration,
        });
        Statements.Add(new StatementPlace((ulong)Size, _epochs++));
        Add(statement.Bytes.ToArray(), null);
    }

    public void AddEntry(byte[] payload)
    {
        string type = Size.ToString(CultureInfo.InvariantCulture);
        Assert.True(EntryMetadata.TryCreate(type, "", [], out EntryMetadata metadata, out _));
        byte[] block = metadata.Block.ToArray();
        byte[] request = AppendRequest.Encode(
            Derivation.Tenant("default"u8),
            Derivation.Payload(payload),
            (uint)payload.Length,
            Derivation.Metadata(block),
            default,
            []);
        var cells = new CellValue[Size % 3];
        var record = new byte[EntryRecord.Length(cells.Length)];
        Assert.True(AppendRequest.TryParse(request, out AppendRequest parsed));
        var position = new EntryPosition(_epochs - 1, (ulong)Size, 1, Previous, 0, 1);
        EntryRecord.Write(record, position, parsed, Derivation.Request(request), cells);
        Add(record, new PayloadItem(request, block, payload));
    }

    /// <summary>An entry of a stream and a type, each of which may be none.</summary>
    public void AddEvent(string tenantName, string? stream, string type)
    {
        Digest tenant = Derivation.Tenant(Encoding.UTF8.GetBytes(tenantName));
        byte[] payload = Encoding.ASCII.GetBytes($"event {Size}");
        Assert.True(EntryMetadata.TryCreate(type, "", [], out EntryMetadata metadata, out _));
        byte[] block = metadata.Block.ToArray();
        byte[] name = Encoding.UTF8.GetBytes(stream ?? "");
        CellOperation[] operations = stream is null
            ? []
            : [
                new CellOperation(OperationCode.Exists, CellKind.Stream, "only-read"u8.ToArray()),
                new CellOperation(OperationCode.Bump, CellKind.Stream, name),
            ];
        byte[] request = AppendRequest.Encode(
            tenant,
            Derivation.Payload(payload),
            (uint)payload.Length,
            Derivation.Metadata(block),
            default,
            operations);
        CellValue[] cells = [];
        if (stream is not null)
        {
            Digest key = Derivation.CellKey(tenant, (byte)CellKind.Stream, name);
            _versions[key] = _versions.GetValueOrDefault(key) + 1;
            cells = [new CellValue(key, _versions[key])];
        }
        Events.Add(new SampleEvent(
            (ulong)Size, tenant, stream, cells.Length > 0 ? cells[0].Value : 0, type));
        var record = new byte[EntryRecord.Length(cells.Length)];
        Assert.True(AppendRequest.TryParse(request, out AppendRequest parsed));
        var position = new EntryPosition(_epochs - 1, (ulong)Size, 1, Previous, 0, 1);
        EntryRecord.Write(record, position, parsed, Derivation.Request(request), cells);
        Add(record, new PayloadItem(request, block, payload));
    }

    /// <summary>The records of a range as a commit frame and an entry bundle have them.</summary>
    public byte[] Bundle(int from, int to) =>
        [.. Records[from..to].SelectMany<byte[], byte>(
            r => [(byte)(r.Length >> 8), (byte)r.Length, .. r])];

    private Digest Previous => Size == 0 ? default : Leaves[^1];

    private void Add(byte[] record, PayloadItem? item)
    {
        Records.Add(record);
        Items.Add(item);
        Leaves.Add(TreeHash.Leaf(record));
        _frontier.Append(Leaves[^1]);
        _roots.Add(_frontier.Root());
    }
}

/// <summary>An entry that is in a stream, has a type, or both.</summary>
internal sealed record SampleEvent(
    ulong Number, Digest Tenant, string? Stream, long Version, string Type)
{
    public string? Category => Stream?.Split('-')[0] is { Length: > 0 } name ? name : null;
}
