using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using Sequencer.Attestation.Auditing;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Nitro;
using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Verification;
using Sequencer.Client;

namespace Sequencer.Cli.Commands;

/// <summary><c>sequencer policy</c>: a trust policy from a running log, on first use.</summary>
internal static class PolicyCommand
{
    private const long RootMaxBytes = 16 * 1024;

    private static readonly Option<string?> Measurements = new("--measurements")
    {
        Description = "Policy file whose images to accept, as published by who built them; without it, those "
            + "that the log itself presents",
        HelpName = "FILE",
    };

    private static readonly Option<string?> DevelopmentRoot = new("--insecure-development-root")
    {
        Description = "Trust this DER root certificate of a simulated enclave instead of AWS's",
        HelpName = "FILE",
    };

    private static readonly Option<string?> Target = new("--output", "-o")
    {
        Description = "Where to write the policy (default: standard output)",
        HelpName = "FILE",
    };

    private static readonly Option<bool> Force = new("--force")
    {
        Description = "Replace the output file",
    };

    public static Command Create()
    {
        var command = new Command(
            "policy",
            "Make a trust policy from a running log: it pins log id, origin, configuration, images and root.\n\n"
            + "What the log presents is taken at its word this one time (trust on first use). Compare the "
            + "measurements with those that the builder of the image publishes before you rely on it.\n\n"
            + "Example:\n  sequencer policy --url https://log.example --output trust-policy.json")
        {
            SharedOptions.Url,
            Measurements,
            DevelopmentRoot,
            Target,
            Force,
        };
        command.SetWork(Work);
        return command;
    }

    private static async Task<int> Work(
        ParseResult parse, Screen screen, CancellationToken cancellationToken)
    {
        Uri url = parse.GetRequiredValue(SharedOptions.Url);
        TrustedRoot root = Root(parse.GetValue(DevelopmentRoot));
        using HttpClient http = Gateway.Connect(url);
        var client = SequencerClient.WithoutVerification(http);
        IReadOnlyList<AuditEpoch> epochs = await client.GetEpochsAsync(cancellationToken);
        TrustPolicy policy = Pin(epochs, root, AcceptedFrom(parse.GetValue(Measurements)), url);
        await RequireGoodAsync(client, policy, cancellationToken);

        if (parse.GetValue(Target) is { } path)
        {
            Files.Write(path, policy.ToJson(), parse.GetValue(Force));
            screen.Remark($"Wrote {Screen.Plain(path)}.");
        }
        else
        {
            screen.WriteBytes(policy.ToJson());
        }
        Remind(screen, policy, isPublished: parse.GetValue(Measurements) is not null);
        return ExitCodes.Good;
    }

    private static TrustedRoot Root(string? developmentRoot)
    {
        if (developmentRoot is null) return TrustedRoot.AwsNitroEnclavesG1;
        byte[] der = Files.Read(developmentRoot, RootMaxBytes, "a root certificate");
        try
        {
            return TrustedRoot.InsecureDevelopmentRoot(der);
        }
        catch (ArgumentException e)
        {
            throw new CommandFailure($"{developmentRoot} is not a DER root certificate: {e.Message}");
        }
    }

    private static ImmutableArray<AcceptedMeasurement>? AcceptedFrom(string? path)
    {
        if (path is null) return null;
        byte[] json = Files.Read(path, TrustPolicy.MaxBytes, "a trust policy");
        return TrustPolicy.TryParse(json, out TrustPolicy? published, out string? fault)
            ? published.Measurements
            : throw new CommandFailure($"{path} is not a trust policy: {fault}");
    }

    private static TrustPolicy Pin(
        IReadOnlyList<AuditEpoch> epochs,
        TrustedRoot root,
        ImmutableArray<AcceptedMeasurement>? published,
        Uri url)
    {
        if (epochs.Count == 0) throw new CommandFailure($"The log at {url} has no epoch yet.");
        if (!EpochStatement.TryParse(epochs[0].Statement.Span, out EpochStatement? genesis))
        {
            throw new CommandFailure("The log's first statement does not decode.");
        }
        return new TrustPolicy(
            genesis.LogId, genesis.Fields.Configuration, published ?? Presented(epochs, url), [root]);
    }

    /// <summary>The images that the epochs' documents name, each once.</summary>
    private static ImmutableArray<AcceptedMeasurement> Presented(IReadOnlyList<AuditEpoch> epochs, Uri url)
    {
        var accepted = new List<AcceptedMeasurement>();
        foreach (AuditEpoch epoch in epochs)
        {
            if (!UnverifiedAttestation.TryParse(epoch.Document.Span, out var document, out var refusal))
            {
                throw new CommandFailure($"The document of epoch {epoch.Epoch} is broken: {refusal.Message}");
            }
            MeasurementSet presented;
            try
            {
                presented = new MeasurementSet(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"presented by {url.Host} from epoch {epoch.Epoch} on"),
                    document.Pcrs[0].Span,
                    document.Pcrs[1].Span,
                    document.Pcrs[2].Span);
            }
            catch (Exception e) when (e is ArgumentException or KeyNotFoundException)
            {
                throw new CommandFailure(
                    $"Epoch {epoch.Epoch} has no measurements that a policy could accept: {e.Message}");
            }
            if (!accepted.Exists(a => a.Measurements.Equals(presented)))
            {
                accepted.Add(new AcceptedMeasurement(presented));
            }
        }
        return [.. accepted];
    }

    /// <summary>The newest record's receipt must be good under the policy, or it is worth nothing.</summary>
    private static async Task RequireGoodAsync(
        SequencerClient client, TrustPolicy policy, CancellationToken cancellationToken)
    {
        byte[] note = await client.GetCheckpointAsync(cancellationToken);
        if (!SignedNote.TryParse(note, out SignedNote? signed, out _)
            || !Checkpoint.TryParse(signed.Text.Span, out Checkpoint? checkpoint, out _)
            || checkpoint.Size == 0)
        {
            throw new CommandFailure("The log's checkpoint does not decode.");
        }
        ReceivedReceipt receipt = await client.GetReceiptAsync(
            checkpoint.Size - 1, cancellationToken: cancellationToken);
        var report = new LogVerifier(policy).VerifyReceipt(receipt.Bytes.Span);
        if (report.IsGood) return;
        throw new CommandFailure(
            "The log does not hold under the policy that it would get:\n  "
            + string.Join("\n  ", report.Faults.Select(fault => fault.Sentence)));
    }

    private static void Remind(Screen screen, TrustPolicy policy, bool isPublished)
    {
        screen.Remark($"It pins log {policy.LogId.ToHex()}, {Screen.Plain(policy.Origin)}.");
        if (isPublished) return;
        screen.Remark(
            "[yellow]Images were taken as the log presents them. Before you rely on this policy, compare:[/]");
        foreach (AcceptedMeasurement accepted in policy.Measurements)
        {
            foreach (int pcr in (int[])[0, 1, 2])
            {
                screen.Remark($"  PCR{pcr} {Convert.ToHexStringLower(accepted.Measurements.Pcrs[pcr].Span)}");
            }
        }
    }
}
