namespace Sequencer.Gateway.Witnessing;

/// <summary>One of the log's witnesses. Asked by one caller at a time.</summary>
/// <param name="name">Its name in the log's policy.</param>
/// <param name="client">The way to it; null where the settings give no address.</param>
internal sealed class Cosigner(string name, WitnessClient? client)
{
    private static readonly WitnessAnswer NoAddress = new(
        WitnessOutcome.Unreachable,
        Reason: "witness-policy names no witness with its key, or no address of it");

    /// <summary>Its name in the log's policy.</summary>
    public string Name => name;

    /// <summary>Asks for a cosignature.</summary>
    public Task<WitnessAnswer> AskAsync(
        WitnessedSubject subject, CancellationToken cancellationToken) =>
        client is null ? Task.FromResult(NoAddress) : client.SubmitAsync(subject, cancellationToken);
}
