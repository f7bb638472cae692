using System.Buffers.Binary;
using System.Diagnostics;
using Sequencer.Attestation;
using Sequencer.Attestation.Log;
using Sequencer.Bench.Peers;
using Sequencer.Enclave.Core;

namespace Sequencer.Bench.Parts;

/// <summary>
/// A trusted core with a log, fed with batches of 1,000 on the calling thread; each is acknowledged
/// with the next. Heads are not signed.
/// </summary>
internal sealed class CoreLog
{
    // Room for what is measured, beside what is there before.
    private const uint Spare = 1_000_000;
    private const int NoteMaxBytes = 1024;

    /// <summary>Limits that let a log be as large as any that is measured.</summary>
    public static readonly CoreLimits Limits = new()
    {
        CellsMax = 20_000_000,
        IdempotencyWindowMax = 20_000_000,
    };

    private static readonly EpochKeys Keys = new(new byte[32], new byte[64], Digest.Zero);

    private readonly SequencerCore _core = new(Limits);
    private readonly Dictionary<RequestKind, BatchTemplate> _templates = [];
    private readonly byte[] _note = new byte[NoteMaxBytes];
    private readonly Random _random = new(1);

    // Of the streams that guarded requests are of.
    private readonly List<uint> _versions = [];
    private int _streams;
    private ulong _keys;

    /// <summary>A log with its genesis.</summary>
    /// <param name="window">Keys that it remembers, at least 1.</param>
    public CoreLog(uint window)
    {
        if (!LogConfiguration.TryCreate(
            "bench.example/log", window + Spare, window, out LogConfiguration? configuration))
        {
            throw new PeerException("The bench's own configuration is refused.");
        }
        CoreResult opened = _core.OpenGenesis(
            configuration.ToBytes(), Keys, 1, out HeadToSign? head);
        if (opened != CoreResult.HeadToSign) throw new PeerException($"No log: {opened}.");
        Genesis = Records(Complete(head!).Span).ToArray();
    }

    /// <summary>The first record, with its length.</summary>
    public byte[] Genesis { get; }

    /// <summary>Appends batches of requests of a kind.</summary>
    /// <param name="kind">Of all of them.</param>
    /// <param name="batches">How many.</param>
    /// <param name="take">Given the records of each batch, with their lengths.</param>
    /// <returns>What the core took for them, without their making.</returns>
    public CoreCost Append(RequestKind kind, int batches, Action<byte[]>? take = null)
    {
        if (!_templates.TryGetValue(kind, out BatchTemplate? template))
        {
            _templates.Add(kind, template = new BatchTemplate(kind));
        }
        long ticks = 0, bytes = 0;
        for (int b = 0; b < batches; b++)
        {
            Stamp(template);
            ReadOnlySpan<byte> batch = template.For(_core.Size);
            ulong before = _core.Size;
            long bytesBefore = GC.GetAllocatedBytesForCurrentThread();
            long start = Stopwatch.GetTimestamp();
            CoreResult result = _core.Sequence(before, batch, 2, out HeadToSign? head, out _);
            if (result != CoreResult.HeadToSign) throw new PeerException($"Refused: {result}.");
            ReadOnlyMemory<byte> answer = Complete(head!);
            ticks += Stopwatch.GetTimestamp() - start;
            bytes += GC.GetAllocatedBytesForCurrentThread() - bytesBefore;
            if (_core.Size - before != BatchTemplate.Requests)
            {
                throw new PeerException("Not all requests were appended.");
            }
            take?.Invoke(Records(answer.Span).ToArray());
        }
        double records = (double)batches * BatchTemplate.Requests;
        return new CoreCost(
            ticks / records * 1e9 / Stopwatch.Frequency, bytes / (double)batches);
    }

    private void Stamp(BatchTemplate template)
    {
        for (int i = 0; i < BatchTemplate.Requests; i++)
        {
            if (template.Kind == RequestKind.Guarded)
            {
                int stream = _random.Next(_versions.Count);
                template.SetStream(i, stream, _versions[stream]++);
            }
            else if (template.HasStream)
            {
                template.SetStream(i, _streams++, 0);
                // Where memory is measured it is the core's alone.
                if (template.Kind != RequestKind.NewStream) _versions.Add(1);
            }
            if (template.HasKey) template.SetKey(i, ++_keys);
        }
    }

    // As a host does, but that the signature is none. Allocates nothing.
    private ReadOnlyMemory<byte> Complete(HeadToSign head)
    {
        ReadOnlySpan<byte> signature = "\nunsigned\n"u8;
        head.Text.Span.CopyTo(_note);
        signature.CopyTo(_note.AsSpan(head.Text.Length));
        ReadOnlySpan<byte> note = _note.AsSpan(0, head.Text.Length + signature.Length);
        CoreResult result = _core.Complete(note, out ReadOnlyMemory<byte> answer);
        return result == CoreResult.Done ? answer : throw new PeerException($"Refused: {result}.");
    }

    private static ReadOnlySpan<byte> Records(ReadOnlySpan<byte> answer)
    {
        int at = 12 + 20 * BinaryPrimitives.ReadInt32BigEndian(answer[8..]);
        int count = BinaryPrimitives.ReadInt32BigEndian(answer[at..]);
        int end = at + 4;
        for (int i = 0; i < count; i++)
        {
            end += 2 + BinaryPrimitives.ReadUInt16BigEndian(answer[end..]);
        }
        return answer[(at + 4)..end];
    }
}

/// <summary>What the core takes, on average.</summary>
/// <param name="Nanoseconds">For a record.</param>
/// <param name="BatchAllocatedBytes">For a batch, however many records it has.</param>
internal readonly record struct CoreCost(double Nanoseconds, double BatchAllocatedBytes);
