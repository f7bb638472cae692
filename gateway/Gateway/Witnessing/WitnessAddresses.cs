using Sequencer.Attestation.Notes;
using Sequencer.Gateway.Settings;

namespace Sequencer.Gateway.Witnessing;

/// <summary>
/// Finds the witnesses that a log names at the addresses that the settings give: the log's
/// configuration has keys, which stay for ever, and addresses move.
/// </summary>
/// <param name="settings">The addresses.</param>
/// <param name="network">What requests go through, and disposed of with this; null: sockets.</param>
public sealed class WitnessAddresses(
    WitnessSettings settings, HttpMessageHandler? network = null) : IDisposable
{
    // What is asked goes where the operator said, and nowhere else.
    private readonly HttpMessageHandler _http =
        network ?? new SocketsHttpHandler { AllowAutoRedirect = false };

    /// <summary>What all waiting for witnesses is measured by.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Where the chance in the pauses comes from.</summary>
    public Random Chance { get; init; } = Random.Shared;

    /// <summary>Pause between two heads that are submitted.</summary>
    public TimeSpan Interval => settings.Interval;

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    /// <summary>The witnesses of a policy, in its order; some may have no address.</summary>
    internal Cosigner[] Find(WitnessPolicy policy) =>
        [.. policy.Witnesses.Select(witness => new Cosigner(witness.Name, Connect(witness.Key)))];

    private WitnessClient? Connect(VerifierKey key)
    {
        Uri? address = settings.Witnesses.FirstOrDefault(known => known.Key.Equals(key))?.Url;
        if (address is null) return null;
        string prefix = address.AbsoluteUri;
        var http = new HttpClient(_http, disposeHandler: false)
        {
            BaseAddress = new Uri(prefix.EndsWith('/') ? prefix : prefix + "/"),
            // The client's own measure covers the body too.
            Timeout = Timeout.InfiniteTimeSpan,
        };
        return new WitnessClient(http, key, settings.Timeout, Time);
    }
}
