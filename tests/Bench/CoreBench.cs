using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Sequencer.Attestation;
using Sequencer.Attestation.Log;
using Sequencer.Enclave.Core;

namespace Sequencer.Bench;

/// <summary>
/// What the core costs without signing: batches of 1,000 requests on one thread, acknowledged at
/// once, and the replay of the log that came of them.
/// </summary>
internal static class CoreBench
{
    private const int BatchRecords = 1000;
    private const int WarmUpBatches = 200;
    private const int Batches = 1000;
    private const int Streams = 10_000;
    private const uint Window = 200_000;

    private static readonly Digest Tenant = Derivation.Tenant("default"u8);

    private static readonly EpochKeys Keys = new(new byte[32], new byte[64], Digest.Zero);

    public static void Run()
    {
        Console.WriteLine(
            $"batches of {BatchRecords}, {Batches} measured, one thread, no signatures");
        Console.WriteLine(
            $"{"",-24}{"records/s",12}{"ns/record",12}{"bytes allocated/record",24}");
        List<byte[]> plain = Sequence("plain", (_, _) => Request(null, []));
        List<byte[]> guarded = Sequence("stream-guarded", (number, i) => Request(
            null,
            [
                Operation(OperationCode.VersionEquals, number, (ulong)(number / Streams)),
                Operation(OperationCode.Bump, number, 0),
            ]));
        List<byte[]> keyed = Sequence("idempotent", (number, _) => Request($"key-{number}", []));
        Replay("replay plain", plain);
        Replay("replay stream-guarded", guarded);
        Replay("replay idempotent", keyed);
    }

    private static byte[] Request(string? key, CellOperation[] operations) => AppendRequest.Encode(
        Tenant,
        Derivation.Payload("payload"u8),
        7,
        Derivation.Metadata([1, 0, 0, 0, 0]),
        key is null ? default : Derivation.Idempotency(Tenant, 0, Encoding.UTF8.GetBytes(key)),
        operations);

    private static CellOperation Operation(OperationCode code, long number, ulong operand) => new(
        code,
        CellKind.Stream,
        Encoding.UTF8.GetBytes(
            string.Create(CultureInfo.InvariantCulture, $"orders/{number % Streams:D9}")),
        operand);

    /// <summary>Measures one kind of request; gives the log in bundles for a replay.</summary>
    private static List<byte[]> Sequence(string name, Func<long, int, byte[]> request)
    {
        var core = new SequencerCore(new CoreLimits());
        LogConfiguration.TryCreate(
            "bench.example/log", 100_000, Window, out LogConfiguration? conf);
        core.OpenGenesis(conf!.ToBytes(), Keys, 1, out HeadToSign? head);
        List<byte[]> bundles = [Records(Complete(core, head!).Span)];

        long ticks = 0, allocated = 0;
        for (int b = 0; b < WarmUpBatches + Batches; b++)
        {
            byte[] batch = Batch((ulong)core.Size, b, request);
            long bytesBefore = GC.GetAllocatedBytesForCurrentThread();
            long start = Stopwatch.GetTimestamp();
            CoreResult result = core.Sequence(core.Size, batch, 2, out head, out _);
            if (result != CoreResult.HeadToSign) throw new InvalidOperationException($"{result}");
            ReadOnlyMemory<byte> answer = Complete(core, head!);
            if (b >= WarmUpBatches)
            {
                ticks += Stopwatch.GetTimestamp() - start;
                allocated += GC.GetAllocatedBytesForCurrentThread() - bytesBefore;
            }
            bundles.Add(Records(answer.Span));
        }
        long records = (long)Batches * BatchRecords;
        if (core.Size != (WarmUpBatches + Batches) * (ulong)BatchRecords + 1)
        {
            throw new InvalidOperationException("Not all requests were appended.");
        }
        Print(name, records, ticks, allocated);
        return bundles;
    }

    private static void Replay(string name, List<byte[]> bundles)
    {
        long best = long.MaxValue, allocated = 0, records = 0;
        for (int run = 0; run < 3; run++)
        {
            var core = new SequencerCore(new CoreLimits());
            core.BeginReplay(ulong.MaxValue, [], []);
            core.ReplayRecords(bundles[0]);
            long bytesBefore = GC.GetAllocatedBytesForCurrentThread();
            long start = Stopwatch.GetTimestamp();
            foreach (byte[] bundle in bundles.Skip(1))
            {
                CoreResult result = core.ReplayRecords(bundle);
                if (result != CoreResult.Done)
                {
                    throw new InvalidOperationException($"{core.ReplayFault}");
                }
            }
            best = Math.Min(best, Stopwatch.GetTimestamp() - start);
            allocated = GC.GetAllocatedBytesForCurrentThread() - bytesBefore;
            records = (long)core.Size - 1;
        }
        Print(name, records, best, allocated);
    }

    private static void Print(string name, long records, long ticks, long allocated)
    {
        double seconds = (double)ticks / Stopwatch.Frequency;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name,-24}{records / seconds,12:N0}{seconds / records * 1e9,12:N0}"
            + $"{(double)allocated / records,24:N1}"));
    }

    private static ReadOnlyMemory<byte> Complete(SequencerCore core, HeadToSign head)
    {
        byte[] note = [.. head.Text.Span, .. "\nunsigned\n"u8];
        core.Complete(note, out ReadOnlyMemory<byte> answer);
        return answer;
    }

    private static byte[] Batch(ulong startSize, int batch, Func<long, int, byte[]> request)
    {
        using var bytes = new MemoryStream();
        Span<byte> number = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(number, startSize);
        bytes.Write(number);
        BinaryPrimitives.WriteUInt32BigEndian(number, BatchRecords);
        bytes.Write(number[..4]);
        for (int i = 0; i < BatchRecords; i++)
        {
            byte[] encoded = request((long)batch * BatchRecords + i, i);
            BinaryPrimitives.WriteUInt16BigEndian(number, 1);
            BinaryPrimitives.WriteUInt16BigEndian(number[2..], (ushort)encoded.Length);
            bytes.Write(number[..4]);
            bytes.Write(encoded);
        }
        return bytes.ToArray();
    }

    /// <summary>The records of an answer, with their lengths, as they stand.</summary>
    private static byte[] Records(ReadOnlySpan<byte> answer)
    {
        int at = 12 + 20 * BinaryPrimitives.ReadInt32BigEndian(answer[8..]);
        int count = BinaryPrimitives.ReadInt32BigEndian(answer[at..]);
        int end = at + 4;
        for (int i = 0; i < count; i++)
        {
            end += 2 + BinaryPrimitives.ReadUInt16BigEndian(answer[end..]);
        }
        return answer[(at + 4)..end].ToArray();
    }
}
