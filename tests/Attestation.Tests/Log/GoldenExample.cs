using System.Globalization;
using System.Text;
using Sequencer.Attestation.Cryptography;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Merkle;
using Sequencer.Attestation.Receipts;

namespace Sequencer.Attestation.Tests.Log;

/// <summary>
/// The worked example of docs/PROTOCOL.md section 18: golden files, made once since ECDSA
/// signatures are random, and the section's text, which is made from them and nothing else.
/// </summary>
/// <remarks>
/// To make a new example, run the test <c>The_example_is_made_anew_on_demand</c> with
/// SEQUENCER_WRITE_GOLDEN=1: it writes the files and the section.
/// </remarks>
internal static class GoldenExample
{
    public const string Payload = "{\"order\":7}";
    public const string Heading = "## 18. Worked example\n";

    private const int HexBytesPerLine = 32;

    public static string Folder { get; } =
        Path.Combine(Root(), "tests", "Attestation.Tests", "Log", "golden");

    public static string ProtocolPath { get; } = Path.Combine(Root(), "docs", "PROTOCOL.md");

    public static byte[] Read(string name) => File.ReadAllBytes(Path.Combine(Folder, name));

    /// <summary>Statement, a plain entry, one with everything, and one more plain entry.</summary>
    public static void Write()
    {
        using var log = new TestLog();
        log.OpenEpoch();
        log.Append("first");
        Assert.True(EntryMetadata.TryCreate(
            "order-placed", "application/json", [new("region", "eu")], out var metadata, out _));
        log.Append(Payload, "orders", "key-1", metadata);
        log.Append("third");
        Receipt receipt = log.Receipt(2);
        Assert.True(ReceiptTlogProof.TryEncode(receipt, out byte[]? proof));

        Directory.CreateDirectory(Folder);
        void Put(string name, byte[] bytes) =>
            File.WriteAllBytes(Path.Combine(Folder, name), bytes);
        Put("entries.bundle", log.EntryBundle(0, 4));
        Put("receipt-2.json", receipt.Encode());
        Put("receipt-2.tlog-proof", proof);
        Put("trust-policy.json", log.Policy.ToJson());
    }

    public static List<byte[]> Records()
    {
        var records = new List<byte[]>();
        ReadOnlySpan<byte> rest = Read("entries.bundle");
        while (EntryBundle.TryRead(ref rest, out ReadOnlySpan<byte> record))
        {
            records.Add(record.ToArray());
        }
        Assert.True(rest.IsEmpty);
        return records;
    }

    /// <summary>The record that would end the example's epoch.</summary>
    public static byte[] Seal()
    {
        List<byte[]> records = Records();
        Assert.True(EpochStatement.TryParse(records[0], out EpochStatement? statement));
        Assert.True(RecordHeader.TryRead(records[3], out RecordHeader last));
        var seal = new byte[SealRecord.Bytes];
        SealRecord.Write(seal, statement, 4, last.TimeMs + 10, TreeHash.Leaf(records[3]));
        return seal;
    }

    /// <summary>The snapshot that could stand there instead, with its cells and uses.</summary>
    public static (byte[] Record, byte[] Cells, byte[] Uses) Snapshot()
    {
        List<byte[]> records = Records();
        Assert.True(EpochStatement.TryParse(records[0], out EpochStatement? statement));
        Assert.True(RecordHeader.TryRead(records[3], out RecordHeader last));
        var tree = new TreeFrontier();
        foreach (byte[] record in records) tree.Append(TreeHash.Leaf(record));
        byte[] cells = Assert.Single(PlainContent.Cells(records));
        byte[] uses = Assert.Single(PlainContent.Uses(records, 1000));
        var snapshot = new byte[SnapshotRecord.Length(4)];
        SnapshotRecord.Write(
            snapshot, tree, 0, last.TimeMs + 10, TreeHash.Leaf(records[3]),
            new SnapshotFields(
                1, 1, 0, statement.Hash,
                Sha256.Hash("seq-cells/v1\0"u8, cells), Sha256.Hash("seq-window/v1\0"u8, uses)));
        return (snapshot, cells, uses);
    }

    public static Receipt Receipt()
    {
        Assert.True(Receipts.Receipt.TryDecode(Read("receipt-2.json"), out var receipt, out _));
        return receipt;
    }

    /// <summary>The section, from its heading to the end of the page.</summary>
    public static string Section()
    {
        List<byte[]> records = Records();
        Receipt receipt = Receipt();
        Digest[] leaves = [.. records.Select(r => TreeHash.Leaf(r))];
        var tree = new TreeFrontier();
        foreach (Digest leaf in leaves) tree.Append(leaf);
        Assert.True(EpochStatement.TryParse(records[0], out EpochStatement? statement));
        Digest tenant = Derivation.Tenant("default"u8);

        var text = new StringBuilder(Heading);
        text.Append("""

            A log of four records: its genesis statement, a plain entry with payload `first`,
            an entry that bumps stream `orders` with metadata and idempotency key `key-1`, and a
            plain entry with payload `third`; and the receipt of number 2 under the head of size 4.
            The files are in `tests/Attestation.Tests/Log/golden`, and a test keeps this section
            equal to them. All keys are test keys and the root is a development root. The seal ends
            the epoch 10 ms after record 3, or the snapshot stands there; the rest of the example
            is without either.


            """);
        Hex(text, "Genesis statement, record 0", records[0]);
        Value(text, "H(statement)", statement.Hash);
        Value(text, "Log id", statement.LogId);
        Hex(text, "SubjectPublicKeyInfo of its P-256 key", statement.SubjectPublicKeyInfo);
        Hex(text, "`user_data` of its document", Derivation.EpochUserData(records[0]));
        Value(text, "Tenant `default`", tenant);
        Value(text, "Cell key of stream `orders`", Derivation.CellKey(tenant, 1, "orders"u8));
        Value(text, "Idempotency digest of `key-1`, index 0",
            Derivation.Idempotency(tenant, 0, "key-1"u8));
        Value(text, $"Commitment of payload `{Payload}`",
            Derivation.Payload(Encoding.UTF8.GetBytes(Payload)));
        Hex(text, "Metadata block of number 2", receipt.Metadata.Span);
        Value(text, "Metadata digest", Derivation.Metadata(receipt.Metadata.Span));
        Hex(text, "Request of number 2", receipt.Request.Span);
        Value(text, "Request digest", Derivation.Request(receipt.Request.Span));
        for (int n = 1; n < 4; n++) Hex(text, $"Record {n}", records[n]);
        Hex(text, "A seal as record 4", Seal());
        (byte[] snapshot, byte[] cells, byte[] uses) = Snapshot();
        Hex(text, "A snapshot as record 4", snapshot);
        Hex(text, "Its cells", cells);
        Hex(text, "Its uses", uses);
        for (int n = 0; n < 4; n++) Value(text, $"Leaf hash {n}", leaves[n]);
        Value(text, "Root of size 4", tree.Root());
        Block(text, "Checkpoint", Encoding.UTF8.GetString(receipt.Checkpoint.Span));
        Block(text, "Receipt of number 2, without the document", Abbreviated(receipt));
        Value(text, $"The document, {receipt.Epoch.Document.Length} bytes, has SHA-256",
            Sha256.Hash(receipt.Epoch.Document.Span));
        Value(text, "The whole receipt has SHA-256", Sha256.Hash(Read("receipt-2.json")));
        Value(text, "As a tlog-proof it has SHA-256", Sha256.Hash(Read("receipt-2.tlog-proof")));
        Block(text, "Trust policy", Encoding.UTF8.GetString(Read("trust-policy.json")));
        return text.ToString().TrimEnd('\n') + "\n";
    }

    private static string Abbreviated(Receipt receipt)
    {
        string json = Encoding.UTF8.GetString(receipt.Encode());
        string document = Convert.ToBase64String(receipt.Epoch.Document.Span);
        return json.Replace(document, "…", StringComparison.Ordinal);
    }

    private static void Value(StringBuilder text, string what, in Digest value) =>
        text.Append(CultureInfo.InvariantCulture, $"{what}: `{value}`\n\n");

    private static void Hex(StringBuilder text, string what, ReadOnlySpan<byte> bytes)
    {
        var lines = new StringBuilder();
        for (int i = 0; i < bytes.Length; i += HexBytesPerLine)
        {
            ReadOnlySpan<byte> line = bytes[i..Math.Min(bytes.Length, i + HexBytesPerLine)];
            lines.Append(Convert.ToHexStringLower(line)).Append('\n');
        }
        Block(text, $"{what} ({bytes.Length} bytes)", lines.ToString());
    }

    private static void Block(StringBuilder text, string what, string content) =>
        text.Append(CultureInfo.InvariantCulture, $"{what}:\n\n```\n{content}```\n\n");

    private static string Root()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Directory.Packages.props")))
        {
            folder = Path.GetDirectoryName(folder);
        }
        return folder ?? throw new DirectoryNotFoundException("Not inside the repository.");
    }
}
