namespace Sequencer.Client;

/// <summary>Reads bodies that may not be longer than their reader says.</summary>
internal static class BoundedBody
{
    private const int FirstBufferBytes = 16 * 1024;

    /// <exception cref="UnexpectedAnswerException">The body is longer than the bound.</exception>
    public static async Task<byte[]> ReadAsync(
        HttpContent content, int maxBytes, CancellationToken cancellationToken)
    {
        if (content.Headers.ContentLength > maxBytes) throw TooLong(maxBytes);
        await using Stream stream = await content.ReadAsStreamAsync(cancellationToken);
        // Grows with what has come, not with what is announced.
        var buffer = new byte[Math.Min(maxBytes, FirstBufferBytes)];
        int length = 0;
        while (true)
        {
            if (length == buffer.Length)
            {
                if (length == maxBytes) break;
                Array.Resize(ref buffer, (int)Math.Min(maxBytes, 2L * length));
            }
            int read = await stream.ReadAsync(buffer.AsMemory(length), cancellationToken);
            if (read == 0) return Trimmed(buffer, length);
            length += read;
        }
        return await stream.ReadAsync(new byte[1], cancellationToken) == 0
            ? Trimmed(buffer, length)
            : throw TooLong(maxBytes);
    }

    private static byte[] Trimmed(byte[] buffer, int length)
    {
        Array.Resize(ref buffer, length);
        return buffer;
    }

    private static UnexpectedAnswerException TooLong(int maxBytes) =>
        new($"The answer is longer than {maxBytes} bytes.");
}
