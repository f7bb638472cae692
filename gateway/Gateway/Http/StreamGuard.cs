using System.Text;
using Sequencer.Attestation.Log;

namespace Sequencer.Gateway.Http;

/// <summary>What a stream must be like for an entry to be appended, to that stream or to another.
/// </summary>
/// <param name="Stream">The stream: 1 to 255 bytes of text.</param>
/// <param name="Expected">Its version; not any, unless <paramref name="UnchangedSince"/> is there.
/// </param>
/// <param name="UnchangedSince">The number after which nothing was appended to it; or null.</param>
public readonly record struct StreamGuard(
    string Stream, ExpectedVersion Expected, ulong? UnchangedSince)
{
    /// <summary>The operation of the request.</summary>
    public CellOperation Encode()
    {
        byte[] name = Encoding.UTF8.GetBytes(Stream);
        if (UnchangedSince is { } number)
        {
            return new CellOperation(
                OperationCode.UnchangedSince, CellKind.Stream, name, number);
        }
        OperationCode guard = Expected.Guard
            ?? throw new InvalidOperationException("A guard that asks for nothing.");
        return new CellOperation(guard, CellKind.Stream, name, (ulong)Expected.Version);
    }
}
