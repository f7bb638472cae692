using System.Globalization;
using Sequencer.Bench.Peers;

namespace Sequencer.Bench.Parts;

/// <summary>What a gateway's metrics say of its process.</summary>
internal sealed class ProcessFigures(Uri gateway) : IDisposable
{
    private const string Resident = "\nprocess_resident_memory_bytes ";

    private readonly HttpClient _http = new() { BaseAddress = gateway };

    /// <exception cref="PeerException">The metrics do not say.</exception>
    public async Task<long> ResidentBytesAsync(CancellationToken cancellationToken)
    {
        string text = await _http.GetStringAsync("/metrics", cancellationToken);
        int at = text.IndexOf(Resident, StringComparison.Ordinal) + Resident.Length;
        ReadOnlySpan<char> rest = text.AsSpan(at);
        int end = rest.IndexOf('\n');
        return at >= Resident.Length && end >= 0 && double.TryParse(
            rest[..end], NumberStyles.Float, CultureInfo.InvariantCulture, out double bytes)
            ? (long)bytes
            : throw new PeerException("The gateway does not say how much memory it takes up.");
    }

    public void Dispose() => _http.Dispose();
}
