using System.Globalization;
using System.Text.Json;

namespace Sequencer.Cli.Doctor;

/// <summary>Whether the gateway answers, what its clock says, and whether it appends.</summary>
internal sealed class ReachCheck(Probe probe, TimeProvider time)
{
    private static readonly TimeSpan SkewWarning = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan SkewProblem = TimeSpan.FromMinutes(2);

    /// <summary>False if there is no gateway to look at any further.</summary>
    public async Task<bool> RunAsync(Findings findings, CancellationToken cancellationToken)
    {
        (ProbeAnswer? live, string fault) = await probe.GetAsync("livez", cancellationToken);
        if (live is not { IsGood: true })
        {
            findings.Problem(
                "reachable",
                live is null ? $"No answer: {fault}." : $"GET /livez is {(int)live.Status}.",
                "Start the gateway, or correct the address; look at what stands before it.");
            return false;
        }
        findings.Good("reachable", "The gateway answers.");
        CompareClocks(findings, live.Headers.Date);
        (ProbeAnswer? ready, fault) = await probe.GetAsync("readyz", cancellationToken);
        if (ready is null) findings.Problem("ready", $"No answer: {fault}.", "Try again.");
        else if (ready.IsGood) findings.Good("ready", "Entries can be appended.");
        else TellNotReady(findings, ready);
        return true;
    }

    /// <summary>Compares another clock with this machine's.</summary>
    public static void CompareClocks(
        Findings findings, string check, string whose, TimeSpan skew, TimeSpan tolerance)
    {
        string text = string.Create(
            CultureInfo.InvariantCulture,
            $"{whose} clock is {Math.Abs(skew.TotalSeconds):F0} s "
            + $"{(skew < TimeSpan.Zero ? "behind" : "ahead of")} this machine's.");
        const string advice = "Run an NTP client (chrony) on both machines.";
        TimeSpan distance = skew.Duration() - tolerance;
        if (distance > SkewProblem) findings.Problem(check, text, advice);
        else if (distance > SkewWarning) findings.Warning(check, text, advice);
        else findings.Good(check, $"{whose} clock agrees with this machine's.");
    }

    private void CompareClocks(Findings findings, DateTimeOffset? date)
    {
        if (date is not { } told)
        {
            findings.NotChecked("clock", "The answer has no Date header.");
            return;
        }
        // The header has whole seconds.
        CompareClocks(
            findings, "clock", "The gateway's", told - time.GetUtcNow(), TimeSpan.FromSeconds(1));
    }

    private static void TellNotReady(Findings findings, ProbeAnswer answer)
    {
        string name = "", detail = $"status {(int)answer.Status}";
        try
        {
            using JsonDocument problem = JsonDocument.Parse(answer.Body);
            name = problem.RootElement.GetProperty("type").GetString()?.Split(':')[^1] ?? "";
            detail = problem.RootElement.GetProperty("detail").GetString() ?? "";
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException
            or KeyNotFoundException)
        {
            // A proxy's answer, or nobody's: the status has to do.
        }
        findings.Problem("ready", $"Not ready, {name}: {detail}", AdviceFor(name));
    }

    // As in docs/OPERATING.md, "Readiness".
    private static string AdviceFor(string problem) => problem switch
    {
        "enclave-unavailable" => "Wait; if it stays, see that the enclave runs and listens where "
            + "--enclave says.",
        "enclave-mismatch" => "Start the enclave image, on the root, that the log was made with, or "
            + "one that names it as predecessor.",
        "enclave-stopped" => "Restart the enclave; the log goes on in a new epoch.",
        "epoch-sealed" => "Start the next enclave.",
        "store-failed" => "Make room or repair the disk; the gateway opens the store again.",
        "disk-full" => "Make room; entries are taken again by themselves.",
        "witnesses-behind" => "See why the witnesses do not cosign: the gateway's log names them.",
        "witness-conflict" => "Delete nothing; see docs/OPERATING.md, 'A witness knows another "
            + "history'.",
        "shutting-down" => "The process is ending; start it again.",
        _ => "Read the gateway's log.",
    };
}
