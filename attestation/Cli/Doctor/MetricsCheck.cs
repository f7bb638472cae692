using System.Globalization;
using Sequencer.Attestation.Log;

namespace Sequencer.Cli.Doctor;

/// <summary>What the gateway tells of itself: version, disk, enclave, witnesses.</summary>
internal sealed class MetricsCheck(Probe probe, string clientVersion)
{
    private const int ConnectionsMany = 10;
    private const double DiskLowBytes = 5.0 * 1024 * 1024 * 1024;

    /// <summary>Looks; <paramref name="witnesses"/> is what the log asks of them.</summary>
    public async Task RunAsync(
        Findings findings, WitnessRequirement? witnesses, CancellationToken cancellationToken)
    {
        (ProbeAnswer? answer, string fault) = await probe.GetAsync("metrics", cancellationToken);
        if (answer is not { IsGood: true })
        {
            findings.NotChecked(
                "metrics",
                answer is null ? $"No answer: {fault}." : $"GET /metrics is {(int)answer.Status}.");
            return;
        }
        string[] lines = answer.Body.Split('\n');
        CompareVersions(findings, lines);
        if (ValueOf(lines, "sequencer_disk_free_bytes") is { } free) Judge(findings, free);
        double connections = ValueOf(lines, "sequencer_enclave_connections_total") ?? 0;
        if (connections > ConnectionsMany)
        {
            findings.Warning(
                "enclave-connections",
                $"The gateway connected to its enclave {connections} times since it started.",
                "An enclave that does not stay: read the gateway's log, and nitro-cli's.");
        }
        if (witnesses is not null) Judge(findings, witnesses, lines);
    }

    private void CompareVersions(Findings findings, string[] lines)
    {
        const string before = "sequencer_build_info{version=\"";
        string? line = lines.FirstOrDefault(l => l.StartsWith(before, StringComparison.Ordinal));
        string? version = line?[before.Length..].Split('"')[0];
        if (version is null) findings.NotChecked("version", "The gateway does not tell its version.");
        else if (version == clientVersion) findings.Good("version", $"Both are {version}.");
        else
        {
            findings.Warning(
                "version", $"The gateway is {version}, this command {clientVersion}.",
                "Use the command that came with the gateway.");
        }
    }

    private static void Judge(Findings findings, double free)
    {
        // 0 means that the disk does not say.
        if (free == 0) return;
        string text = string.Create(
            CultureInfo.InvariantCulture, $"{free / (1 << 30):F1} GiB are free on the log's disk.");
        if (free >= DiskLowBytes) findings.Good("disk", text);
        else findings.Warning("disk", text, "Make the volume larger before entries are refused.");
    }

    private static void Judge(Findings findings, WitnessRequirement witnesses, string[] lines)
    {
        double ahead = (ValueOf(lines, "sequencer_log_size") ?? 0)
            - (ValueOf(lines, "sequencer_cosigned_size") ?? 0);
        double age = ValueOf(lines, "sequencer_cosigned_age_seconds") ?? 0;
        string text = string.Create(
            CultureInfo.InvariantCulture,
            $"The newest cosigned head is {ahead} numbers and {age:F0} s behind; the log stops at "
            + $"{witnesses.NumbersMax} and {witnesses.SecondsMax}.");
        bool isLate = ahead > witnesses.NumbersMax / 2.0 || age > witnesses.SecondsMax / 2.0;
        if (!isLate) findings.Good("witnesses", text);
        else
        {
            findings.Warning(
                "witnesses", text, "See why they do not cosign: the gateway's log names them.");
        }
    }

    private static double? ValueOf(string[] lines, string series)
    {
        string? line = lines.FirstOrDefault(
            l => l.StartsWith(series + " ", StringComparison.Ordinal));
        return line is not null && double.TryParse(
            line.AsSpan(series.Length + 1), CultureInfo.InvariantCulture, out double value)
                ? value
                : null;
    }
}
