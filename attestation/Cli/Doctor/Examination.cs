using System.Reflection;
using Sequencer.Attestation.Auditing;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Verification;
using Sequencer.Client;

namespace Sequencer.Cli.Doctor;

/// <summary>What is looked at; what is null is not.</summary>
internal sealed record ExaminationScope
{
    /// <summary>The gateway.</summary>
    public Uri? Url { get; init; }

    /// <summary>What is trusted, given the log.</summary>
    public Func<IAuditSource, CancellationToken, Task<TrustPolicy>>? Policy { get; init; }

    /// <summary>Whether an entry may be appended.</summary>
    public bool MayAppend { get; init; }

    /// <summary>Where the head that was seen last is kept.</summary>
    public string? StateFile { get; init; }

    /// <summary>The data directory.</summary>
    public string? DataDirectory { get; init; }

    /// <summary>What must stay free on its disk, in bytes.</summary>
    public long FreeBytesMin { get; init; }
}

/// <summary>Runs the checks of a deployment, one after the other.</summary>
internal static class Examination
{
    /// <summary>Version of this program.</summary>
    public static string Version { get; } =
        typeof(Examination).Assembly
            .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
            .Split('+')[0] ?? "0";

    /// <summary>Adds what is found.</summary>
    /// <param name="findings">The findings so far.</param>
    /// <param name="scope">What is looked at.</param>
    /// <param name="http">A client of the gateway's address.</param>
    /// <param name="time">This machine's clock.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    public static async Task RunAsync(
        Findings findings,
        ExaminationScope scope,
        HttpClient http,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        if (scope.Url is { } url)
        {
            await new TlsCheck(url, time).RunAsync(findings, cancellationToken);
            await LookAtGatewayAsync(findings, scope, http, time, cancellationToken);
        }
        if (scope.DataDirectory is { } directory)
        {
            new DataCheck(directory, scope.FreeBytesMin).Run(findings);
        }
    }

    private static async Task LookAtGatewayAsync(
        Findings findings,
        ExaminationScope scope,
        HttpClient http,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        var probe = new Probe(http);
        if (!await new ReachCheck(probe, time).RunAsync(findings, cancellationToken)) return;
        ulong? size = await new HeadCheck(probe, scope.StateFile).RunAsync(
            findings, cancellationToken);
        (TrustPolicy? policy, LogConfiguration? configuration) =
            await ReadLogAsync(findings, scope, http, cancellationToken);
        if (size is not null)
        {
            await new TrustCheck(http, time).RunAsync(findings, policy, cancellationToken);
        }
        await new MetricsCheck(probe, Version).RunAsync(
            findings, configuration?.Witnesses, cancellationToken);
        if (scope.MayAppend)
        {
            await new AppendCheck(http, time).RunAsync(findings, policy, cancellationToken);
        }
    }

    private static async Task<(TrustPolicy?, LogConfiguration?)> ReadLogAsync(
        Findings findings,
        ExaminationScope scope,
        HttpClient http,
        CancellationToken cancellationToken)
    {
        var log = new HttpAuditSource(http);
        try
        {
            if (scope.Policy is not null)
            {
                TrustPolicy policy = await scope.Policy(log, cancellationToken);
                return (policy, policy.Configuration);
            }
            IReadOnlyList<AuditEpoch> epochs = await log.ReadEpochsAsync(cancellationToken);
            return EpochStatement.TryParse(
                epochs.Count > 0 ? epochs[0].Statement.Span : [], out EpochStatement? statement)
                    ? (null, statement.Fields.Configuration)
                    : (null, null);
        }
        catch (Exception e) when (e is SequencerException or CommandFailure)
        {
            findings.Problem("epochs", e.Message, "See what answers at this address.");
            return (null, null);
        }
    }
}
