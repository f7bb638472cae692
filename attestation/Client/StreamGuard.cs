using System.Text;
using Sequencer.Attestation.Log;

namespace Sequencer.Client;

/// <summary>
/// What a stream must be like for an entry to be appended, to that stream or to another: what the
/// entry's author has read and builds upon.
/// </summary>
public readonly record struct StreamGuard
{
    private StreamGuard(string stream, ExpectedVersion expected, ulong? number)
    {
        ArgumentException.ThrowIfNullOrEmpty(stream);
        Stream = stream;
        Expected = expected;
        Number = number;
    }

    /// <summary>The stream.</summary>
    public string Stream { get; }

    internal ExpectedVersion Expected { get; }

    internal ulong? Number { get; }

    /// <summary>The stream is as expected.</summary>
    /// <exception cref="ArgumentException">Anything is expected, or the name is empty.</exception>
    public static StreamGuard Of(string stream, ExpectedVersion expected) =>
        expected == ExpectedVersion.Any
            ? throw new ArgumentException("A guard expects something.", nameof(expected))
            : new StreamGuard(stream, expected, null);

    /// <summary>Nothing was appended to the stream after a number.</summary>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    public static StreamGuard UnchangedSince(string stream, ulong number) =>
        new(stream, ExpectedVersion.Any, number);

    internal CellOperation Encode()
    {
        if (Stream is null) throw new ArgumentException("A guard of no stream.");
        byte[] name = Encoding.UTF8.GetBytes(Stream);
        return Number is { } number
            ? new CellOperation(OperationCode.UnchangedSince, CellKind.Stream, name, number)
            : new CellOperation(
                Expected.Guard!.Value, CellKind.Stream, name, (ulong)Expected.Version);
    }
}
