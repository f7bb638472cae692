using System.Collections.Frozen;
using Sequencer.Attestation.Verification;
using Sequencer.Witness.Settings;
using Sequencer.Witness.Signing;
using Sequencer.Witness.State;

namespace Sequencer.Witness;

/// <summary>A witness: its key, and the logs that it watches, by origin.</summary>
internal sealed class Witness : IDisposable
{
    private volatile WitnessStateException? _fault;

    private Witness(CosigningKey key, FrozenDictionary<string, WitnessedLog> logs) =>
        (Key, Logs) = (key, logs);

    /// <summary>What it signs with.</summary>
    public CosigningKey Key { get; }

    /// <summary>The logs.</summary>
    public FrozenDictionary<string, WitnessedLog> Logs { get; }

    /// <summary>Why it stopped; null unless a state could not be written.</summary>
    public WitnessStateException? Fault => _fault;

    /// <summary>Takes up key and states where they were left.</summary>
    /// <param name="settings">What the operator decides.</param>
    /// <param name="directory">The opened state directory, which outlives the witness.</param>
    /// <param name="time">The clock.</param>
    /// <param name="say">Told what its operator should know, one line each.</param>
    /// <exception cref="WitnessStateException">Key or state cannot be used.</exception>
    public static Witness Open(
        WitnessSettings settings, StateDirectory directory, TimeProvider time, Action<string> say)
    {
        CosigningKey key = KeyFile.Open(directory, settings.Name);
        return Open(key, settings.Policies, directory, time, say);
    }

    /// <summary>The same with a key at hand, which the witness then owns.</summary>
    /// <exception cref="WitnessStateException">A state cannot be used.</exception>
    public static Witness Open(
        CosigningKey key,
        IEnumerable<TrustPolicy> policies,
        IStateFiles files,
        TimeProvider time,
        Action<string> say)
    {
        var logs = new Dictionary<string, WitnessedLog>();
        foreach (TrustPolicy policy in policies)
        {
            if (policy.HasInsecureDevelopmentRoots)
            {
                say($"INSECURE: the policy of {policy.Origin} trusts a development root.");
            }
            logs.Add(policy.Origin, WitnessedLog.Open(
                policy, key, files, time,
                fault => say($"An epoch is forgotten, since the policy refuses it: {fault}")));
        }
        return new Witness(key, logs.ToFrozenDictionary());
    }

    /// <summary>Remembers why it has to stop.</summary>
    public void Fail(WitnessStateException fault) => _fault ??= fault;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (WitnessedLog log in Logs.Values) log.Dispose();
        Key.Dispose();
    }
}
