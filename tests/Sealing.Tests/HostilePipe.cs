namespace Sequencer.Sealing.Tests;

/// <summary>
/// What a hostile parent makes of a pipe: so many bytes come to the enclave, and then it ends, or
/// nothing comes any more. What the enclave sends goes out.
/// </summary>
/// <param name="inner">What comes, if it is let in.</param>
/// <param name="carried">Bytes that are let in.</param>
/// <param name="stalls">Whether nothing comes after them; otherwise the pipe ends.</param>
internal sealed class HostilePipe(Stream inner, long carried, bool stalls) : Stream
{
    private readonly CancellationTokenSource _closed = new();
    private readonly TaskCompletionSource _isClosed = new();
    private long _left = carried;

    /// <summary>Done when the enclave has closed its end.</summary>
    public Task Closed => _isClosed.Task;

    /// <summary>What was let in.</summary>
    public MemoryStream Taken { get; } = new();

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        if (_left == 0) return Stall();
        int read = inner.Read(buffer, offset, (int)Math.Min(count, _left));
        return Take(buffer.AsSpan(offset, read));

        // As a socket does: for ever, or until it is closed.
        int Stall()
        {
            if (stalls) _closed.Token.WaitHandle.WaitOne();
            return 0;
        }
    }

    public override async ValueTask<int> ReadAsync(
        Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_left == 0 && !stalls) return 0;
        if (_left == 0)
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(
                cancellationToken, _closed.Token);
            await Task.Delay(Timeout.Infinite, either.Token);
        }
        int read = await inner.ReadAsync(
            buffer[..(int)Math.Min(buffer.Length, _left)], cancellationToken);
        return Take(buffer.Span[..read]);
    }

    public override void Write(byte[] buffer, int offset, int count) =>
        inner.Write(buffer, offset, count);

    public override ValueTask WriteAsync(
        ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        inner.WriteAsync(buffer, cancellationToken);

    public override void Flush() => inner.Flush();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _closed.Cancel();
            _isClosed.TrySetResult();
            inner.Dispose();
        }
        base.Dispose(disposing);
    }

    private int Take(ReadOnlySpan<byte> read)
    {
        _left -= read.Length;
        Taken.Write(read);
        return read.Length;
    }
}
