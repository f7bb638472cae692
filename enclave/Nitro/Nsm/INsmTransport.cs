namespace Sequencer.Enclave.Nitro.Nsm;

/// <summary>Carries one request to an NSM and its answer back: a device file, or a test.</summary>
internal interface INsmTransport
{
    /// <summary>
    /// Sends a request of at most <see cref="NsmRequest.BytesMax"/> bytes and blocks until the
    /// answer is in <paramref name="response"/>; returns the answer's length in bytes.
    /// </summary>
    /// <exception cref="IOException">
    /// Nothing was answered. Ask nothing more: the late answer might be taken for the next one's.
    /// </exception>
    int Exchange(ReadOnlySpan<byte> request, Span<byte> response);
}
