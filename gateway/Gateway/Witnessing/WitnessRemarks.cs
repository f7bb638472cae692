using Sequencer.Gateway.Logging;

namespace Sequencer.Gateway.Witnessing;

/// <summary>
/// What the operator reads of the witnesses: a line when one's answers change in kind, not one for
/// every answer.
/// </summary>
internal sealed class WitnessRemarks(ILogger log, IReadOnlyList<Cosigner> cosigners)
{
    private readonly WitnessOutcome[] _last = new WitnessOutcome[cosigners.Count];
    private string _refusal = "";

    /// <summary>A witness answered.</summary>
    public void Answered(int witness, WitnessAnswer answer)
    {
        if (_last[witness] == answer.Outcome) return;
        _last[witness] = answer.Outcome;
        string name = cosigners[witness].Name;
        switch (answer.Outcome)
        {
            case WitnessOutcome.Cosigned:
                log.LogInformation(LogEvents.WitnessBack, "Witness {Name} cosigns again.", name);
                break;
            case WitnessOutcome.Fork:
            case WitnessOutcome.Ahead:
                log.LogCritical(
                    LogEvents.WitnessFork,
                    "Witness {Name} knows another history of this log, which another enclave may "
                    + "have: {Reason}", name, answer.Reason);
                break;
            default:
                log.LogWarning(
                    LogEvents.WitnessLost,
                    "Witness {Name} does not cosign: {Outcome}, {Reason}",
                    name, answer.Outcome, answer.Reason);
                break;
        }
    }

    /// <summary>The enclave did not count a head with enough lines.</summary>
    public void Refused(string reason)
    {
        if (_refusal == reason) return;
        _refusal = reason;
        log.LogWarning(
            LogEvents.CosignedRefused,
            "The enclave does not count the witnesses' cosignatures: {Reason}", reason);
    }
}
