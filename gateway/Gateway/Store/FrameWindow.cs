namespace Sequencer.Gateway.Store;

/// <summary>Reads a chain from front to back through one buffer, which grows to the longest frame.
/// </summary>
internal sealed class FrameWindow(SegmentChain chain, int bytesAtOnce = 1024 * 1024)
{
    private byte[] _buffer = new byte[bytesAtOnce];
    private long _start;
    private int _length;

    /// <summary>
    /// The bytes from an offset on: at least so many, unless the segment ends before; good until
    /// the next call.
    /// </summary>
    public ReadOnlySpan<byte> At(long offset, int atLeast)
    {
        if (offset < _start || offset + atLeast > _start + _length)
        {
            if (_buffer.Length < atLeast) _buffer = new byte[atLeast];
            _start = offset;
            _length = chain.ReadAtMost(offset, _buffer);
        }
        return _buffer.AsSpan((int)(offset - _start), (int)(_start + _length - offset));
    }
}
