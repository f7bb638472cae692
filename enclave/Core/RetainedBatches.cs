using System.Buffers;
using Sequencer.Attestation;

namespace Sequencer.Enclave.Core;

/// <summary>A sequenced batch as it came, and its answer, in one buffer.</summary>
internal sealed class RetainedBatch(byte[] buffer, int batchLength)
{
    public byte[] Buffer => buffer;

    /// <summary>Size before the batch.</summary>
    public ulong Start { get; init; }

    /// <summary>Size after it.</summary>
    public ulong End { get; set; }

    /// <summary>Root at <see cref="End"/>.</summary>
    public Digest Root { get; set; }

    public int AnswerLength { get; set; }

    public ReadOnlySpan<byte> Batch => buffer.AsSpan(0, batchLength);

    /// <summary>Where the answer is written; what of it counts is <see cref="Answer"/>.</summary>
    public Memory<byte> AnswerSpace => buffer.AsMemory(batchLength);

    public ReadOnlyMemory<byte> Answer => buffer.AsMemory(batchLength, AnswerLength);
}

/// <summary>
/// The answers that the gateway has not acknowledged, oldest first, so that a lost answer can be
/// had again with the same signature. Bounded in bytes; buffers are used again.
/// </summary>
internal sealed class RetainedBatches(long bytesMax)
{
    // Larger buffers are made for their batch and then left to the collector.
    private const int PooledBytesMax = 4 * 1024 * 1024;
    private const int PooledPerSize = 4;

    private readonly ArrayPool<byte> _pool = ArrayPool<byte>.Create(PooledBytesMax, PooledPerSize);
    private readonly Queue<RetainedBatch> _oldestFirst = new();
    private long _bytes;

    /// <summary>The acknowledged size.</summary>
    public ulong AcknowledgedSize { get; private set; }

    /// <summary>The root at the acknowledged size.</summary>
    public Digest AcknowledgedRoot { get; private set; }

    /// <summary>Starts from what the gateway has on its disk.</summary>
    public void Begin(ulong size, in Digest root)
    {
        AcknowledgedSize = size;
        AcknowledgedRoot = root;
    }

    /// <summary>Room for a batch, copied, and its answer; null if that would be too much.</summary>
    public RetainedBatch? TryReserve(ulong start, ReadOnlySpan<byte> batch, int answerBytesMax)
    {
        // What is kept counts as the pool rounded it up, so the bound is missed by one rounding.
        if (_bytes + batch.Length + answerBytesMax > bytesMax) return null;
        byte[] buffer = _pool.Rent(batch.Length + answerBytesMax);
        _bytes += buffer.Length;
        batch.CopyTo(buffer);
        return new RetainedBatch(buffer, batch.Length) { Start = start };
    }

    /// <summary>Gives back a reservation that came to nothing.</summary>
    public void Release(RetainedBatch batch)
    {
        _bytes -= batch.Buffer.Length;
        _pool.Return(batch.Buffer);
    }

    /// <summary>Keeps a batch whose answer is complete.</summary>
    public void Add(RetainedBatch batch) => _oldestFirst.Enqueue(batch);

    /// <summary>The retained batch with this start and these bytes.</summary>
    public RetainedBatch? Find(ulong start, ReadOnlySpan<byte> bytes)
    {
        foreach (RetainedBatch batch in _oldestFirst)
        {
            if (batch.Start == start) return batch.Batch.SequenceEqual(bytes) ? batch : null;
        }
        return null;
    }

    /// <summary>
    /// Releases all batches up to a size. False, releasing nothing, unless the size is the
    /// acknowledged one or a retained batch's end.
    /// </summary>
    public bool TryAcknowledge(ulong size)
    {
        if (size == AcknowledgedSize) return true;
        if (!IsEnd(size)) return false;
        while (_oldestFirst.TryPeek(out RetainedBatch? batch) && batch.End <= size)
        {
            AcknowledgedSize = batch.End;
            AcknowledgedRoot = batch.Root;
            Release(_oldestFirst.Dequeue());
        }
        return true;
    }

    /// <summary>The answers of batches that start at or after a size, oldest first.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> From(ulong size)
    {
        var answers = new List<ReadOnlyMemory<byte>>();
        foreach (RetainedBatch batch in _oldestFirst)
        {
            if (batch.Start >= size) answers.Add(batch.Answer);
        }
        return answers;
    }

    private bool IsEnd(ulong size)
    {
        foreach (RetainedBatch batch in _oldestFirst)
        {
            if (batch.End >= size) return batch.End == size;
        }
        return false;
    }
}
