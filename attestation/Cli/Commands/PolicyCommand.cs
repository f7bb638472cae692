using System.CommandLine;
using Sequencer.Attestation.Nitro;
using Sequencer.Attestation.Verification;
using Sequencer.Client;

namespace Sequencer.Cli.Commands;

/// <summary><c>sequencer policy</c>: a trust policy from a running log, on first use.</summary>
internal static class PolicyCommand
{
    private const long RootMaxBytes = 16 * 1024;

    private static readonly Option<string?> Measurements = new("--measurements")
    {
        Description = "Images to accept, as published by who built them: measurements.json, a "
            + "policy, or the JSON with PCR0, PCR1 and PCR2 that a build prints; without it, those that the log presents",
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
            SharedOptions.KeyFile,
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
        using HttpClient http = Gateway.Connect(url, parse);
        var client = SequencerClient.WithoutVerification(http);
        PolicyDraft draft = await FirstContact.DraftPolicyAsync(
            client, root, AcceptedFrom(parse.GetValue(Measurements)), cancellationToken);
        if (draft.Policy is not { } policy || draft.Faults.Count > 0)
        {
            Refuse(screen, draft, isAwsRoot: parse.GetValue(DevelopmentRoot) is null);
            return ExitCodes.Refused;
        }
        if (parse.GetValue(Target) is { } path)
        {
            Files.Write(path, policy.ToJson(), parse.GetValue(Force));
            screen.Remark($"Wrote {Screen.Plain(path)}.");
        }
        else
        {
            screen.WriteBytes(policy.ToJson());
        }
        if (draft.AwaitsWitnesses)
        {
            screen.Remark(
                "[yellow]Too few witnesses have cosigned this log so far.[/] Give them this policy; "
                + "verify and audit refuse the log until their quorum is there.");
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
            throw new CommandFailure(
                $"{developmentRoot} is not a DER root certificate: {e.Message}");
        }
    }

    private static AcceptedMeasurement[]? AcceptedFrom(string? path)
    {
        if (path is null) return null;
        byte[] json = Files.Read(path, TrustPolicy.MaxBytes, "a trust policy");
        if (TrustPolicy.TryParse(json, out TrustPolicy? policy, out _))
        {
            return [.. policy.Measurements];
        }
        return TrustedImages.TryParse(json, out TrustedImages? images, out _)
            ? [.. images.Measurements]
            : [new AcceptedMeasurement(ImageFile.Read(path, json))];
    }

    private static void Refuse(Screen screen, PolicyDraft draft, bool isAwsRoot)
    {
        screen.Remark("[red]sequencer:[/] No policy was made: the log does not hold together.");
        foreach (string fault in draft.Faults) screen.Remark($"  {Screen.Plain(fault)}");
        if (!isAwsRoot) return;
        screen.Remark(
            "A simulated enclave is not attested by AWS. If this is one, name its root with "
            + "--insecure-development-root.");
    }

    private static void Remind(Screen screen, TrustPolicy policy, bool isPublished)
    {
        screen.Remark($"It pins log {policy.LogId.ToHex()}, {Screen.Plain(policy.Origin)}.");
        if (isPublished) return;
        screen.Remark(
            "[yellow]Trust on first use: log id and images are what the log itself presents.[/] "
            + "Before you rely on this policy, compare them with what the operator and the image's "
            + "builder publish:");
        foreach (AcceptedMeasurement accepted in policy.Measurements)
        {
            foreach (int pcr in (int[])[0, 1, 2])
            {
                screen.Remark($"  PCR{pcr} {Convert.ToHexStringLower(accepted.Measurements.Pcrs[pcr].Span)}");
            }
        }
    }
}
