using System.Buffers.Binary;
using System.Text;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Tests.Nitro;
using Sequencer.Enclave.Core;

namespace Sequencer.Enclave.Tests.Core;

/// <summary>
/// A core with the host that it needs and the log as its gateway has it. Heads get a line that
/// nobody signed, since the core leaves signatures to the host; <see cref="SignedHead"/> makes real
/// ones.
/// </summary>
internal sealed class TestEnclave
{
    public const string Origin = "sequencer.example/log1";

    public static readonly ulong StartMs = (ulong)TestNitroPki.Now.ToUnixTimeMilliseconds();

    public TestEnclave(TestEpoch epoch, CoreLimits? limits = null)
    {
        Epoch = epoch;
        Core = new SequencerCore(limits ?? new CoreLimits());
    }

    public TestEpoch Epoch { get; }
    public SequencerCore Core { get; }
    public ulong TimeMs { get; set; } = StartMs;

    /// <summary>The device's time when the epoch was opened, which its document says.</summary>
    public ulong OpenedMs { get; init; } = StartMs;
    public List<byte[]> Records { get; init; } = [];
    public HeadToSign Head { get; private set; } = null!;

    public static byte[] Configuration(uint cellsMax, uint window)
    {
        Assert.True(LogConfiguration.TryCreate(Origin, cellsMax, window, out var configuration));
        return configuration.ToBytes();
    }

    public static TestEnclave Open(
        uint cellsMax = 100, uint window = 100, CoreLimits? limits = null, TestEpoch? epoch = null)
    {
        var enclave = new TestEnclave(epoch ?? new TestEpoch(0), limits);
        CoreResult result = enclave.Core.OpenGenesis(
            Configuration(cellsMax, window),
            enclave.Epoch.Keys,
            enclave.TimeMs,
            out HeadToSign? head);
        Assert.Equal(CoreResult.HeadToSign, result);
        enclave.Complete(head!);
        return enclave;
    }

    public static byte[] UnsignedNote(HeadToSign head) =>
        [.. head.Text.Span, .. "\n— nobody AAAAAAA=\n"u8];

    /// <summary>Sequences at the size; the groups' answer.</summary>
    public ParsedAnswer Sequence(params byte[][][] groups)
    {
        CoreResult result =
            TrySequence(Requests.Batch(Core.Size, groups), out ParsedAnswer? answer);
        Assert.True(result is CoreResult.HeadToSign or CoreResult.NothingAppended, $"{result}");
        return answer!;
    }

    /// <summary>Sequences one request alone.</summary>
    public Outcome One(byte[] request) => Assert.Single(Sequence([request]).Outcomes);

    public CoreResult TrySequence(byte[] batch, out ParsedAnswer? answer)
    {
        answer = null;
        CoreResult result = Core.Sequence(
            Core.AcknowledgedSize, batch, TimeMs,
            out HeadToSign? head, out ReadOnlyMemory<byte> bytes);
        if (result == CoreResult.HeadToSign) answer = Complete(head!);
        else if (bytes.Length > 0) answer = new ParsedAnswer(bytes);
        return result;
    }

    /// <summary>Ends the epoch; the answer.</summary>
    public ParsedAnswer Seal()
    {
        Assert.Equal(
            CoreResult.HeadToSign,
            Core.Seal(Core.AcknowledgedSize, Core.Size, TimeMs, out HeadToSign? head));
        return Complete(head!);
    }

    public ParsedAnswer Complete(HeadToSign head)
    {
        Head = head;
        Assert.Equal(
            CoreResult.Done, Core.Complete(UnsignedNote(head), out ReadOnlyMemory<byte> bytes));
        var answer = new ParsedAnswer(bytes);
        Records.AddRange(answer.Records);
        return answer;
    }

    /// <summary>The newest head as its epoch signs it.</summary>
    public byte[] SignedHead() => Note(Head.Text.Span, Epoch.Sign(Origin, Head.Text.Span));

    public static byte[] Note(ReadOnlySpan<byte> text, IEnumerable<NoteSignature> lines) =>
        [.. text, .. Encoding.UTF8.GetBytes("\n" + string.Concat(lines.Select(l => $"{l}\n")))];

    /// <summary>Appends a snapshot; gives its number.</summary>
    public ulong Snapshot()
    {
        ulong number = Core.Size;
        Assert.Equal(
            CoreResult.HeadToSign,
            Core.Snapshot(Core.AcknowledgedSize, number, TimeMs, out HeadToSign? head));
        Complete(head!);
        return number;
    }

    /// <summary>As <see cref="Restart"/>, from a snapshot on.</summary>
    public TestEnclave RestartAt(ulong snapshot, TestEpoch? epoch = null)
    {
        var next = new TestEnclave(epoch ?? new TestEpoch(9))
        {
            TimeMs = TimeMs,
            OpenedMs = TimeMs,
            Records = [.. Records],
        };
        Assert.Null(StoredSnapshot.Of(this, snapshot).Replay(next.Core));
        Assert.Equal(CoreResult.HeadToSign, next.Core.EndReplay(
            next.Epoch.Keys, TestEpoch.Own(), TimeMs, out HeadToSign? head));
        next.Complete(head!);
        return next;
    }

    /// <summary>The document of this epoch, as the device made it.</summary>
    public byte[] Document() => TestEpoch.Document(
        Core.Statement!,
        d => d.Timestamp = DateTimeOffset.FromUnixTimeMilliseconds((long)OpenedMs));

    /// <summary>A second enclave that continues this log, to the end of its replay.</summary>
    public TestEnclave Restart(CoreLimits? limits = null, TestEpoch? epoch = null)
    {
        var next = new TestEnclave(epoch ?? new TestEpoch(9), limits)
        {
            TimeMs = TimeMs,
            OpenedMs = TimeMs,
            Records = [.. Records],
        };
        Assert.Equal(
            CoreResult.Done, next.Core.BeginReplay(Core.Size, SignedHead(), Document()));
        Assert.Equal(CoreResult.Done, next.Core.ReplayRecords(Bundle(Records)));
        Assert.Equal(CoreResult.HeadToSign, next.Core.EndReplay(
            next.Epoch.Keys, TestEpoch.Own(), TimeMs, out HeadToSign? head));
        next.Complete(head!);
        return next;
    }

    public static byte[] Bundle(IEnumerable<byte[]> records)
    {
        var bytes = new List<byte>();
        Span<byte> length = stackalloc byte[2];
        foreach (byte[] record in records)
        {
            BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)record.Length);
            bytes.AddRange(length);
            bytes.AddRange(record);
        }
        return [.. bytes];
    }
}
