using System.Globalization;
using System.Text.RegularExpressions;
using Sequencer.Attestation.Log;
using Sequencer.Iac.Aws;
using Sequencer.Iac.Ec2;
using Sequencer.Iac.Instances;
using Sequencer.Iac.Settings;

namespace Sequencer.Iac.Stack;

/// <summary>
/// From settings to the program's inputs, with everything checked that can be known to be wrong
/// before anything is made.
/// </summary>
/// <param name="aws">Account and region.</param>
/// <param name="settings">What was said, and what holds.</param>
internal sealed partial class StackMaking(AwsConnection aws, SettingValues settings)
{
    private const int CapMax = 4_000_000;

    // What the parent keeps for itself, and a core.
    private const int ParentMemoryMib = 1024;

    /// <summary>The inputs, but for the release's digest.</summary>
    /// <param name="release">What will run.</param>
    /// <param name="running">What runs; null for nothing.</param>
    /// <param name="dropPrevious">Whether only the release's image may use the sealing key.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<StackInputs> CheckAsync(
        ReleaseFolder release,
        RunningStack? running,
        bool dropPrevious,
        CancellationToken cancellationToken)
    {
        Caller caller = await Caller.FindAsync(aws, cancellationToken);
        running?.RequireAccount(caller);
        var inputs = new StackInputs
        {
            ["account"] = caller.Account,
            ["region"] = aws.Region,
            ["releaseVersion"] = release.Version,
        };
        AddLog(inputs);
        AddEnclave(inputs);
        AddDoors(inputs);
        inputs.SetImages(
            release.Measurements, Previous(release.Measurements, running, dropPrevious));
        await AddMachineAsync(inputs, release, cancellationToken);
        running?.RequireUnchanged(inputs);
        return inputs;
    }

    /// <summary>
    /// The image that may use the sealing key besides a release's. While another one runs it is that
    /// one, so that it can be started again until the new one is seen to work.
    /// </summary>
    public static ImageMeasurements Previous(
        ImageMeasurements image, RunningStack? running, bool dropPrevious)
    {
        if (running is null) return image;
        if (running.Image != image)
        {
            return dropPrevious
                ? throw new CommandFailure(
                    FailureCodes.Usage,
                    "--drop-previous is for after an upgrade: this release is not what runs yet.",
                    ExitCodes.Unusable)
                : running.Image;
        }
        return dropPrevious ? image : running.PreviousImage;
    }

    private void AddLog(StackInputs inputs)
    {
        string origin = settings.Require(StackSettings.Origin);
        if (!OriginForm().IsMatch(origin))
        {
            throw settings.Bad(StackSettings.Origin, "a URL without scheme, such as log.example/orders");
        }
        inputs["origin"] = origin;
        inputs["cellsMax"] = Cap(StackSettings.CellsMax);
        inputs["idempotencyWindow"] = Cap(StackSettings.IdempotencyWindow);
        inputs["logVolumeGib"] = Number(StackSettings.LogGib, 1, 16_384);
        AddSealing(inputs);
    }

    private void AddSealing(StackInputs inputs)
    {
        string sealing = settings.Require(StackSettings.Sealing);
        KmsKeyArn? key = null;
        // As a log's configuration takes it, which the enclave reads and every verifier.
        if (sealing is not ("none" or "stack") && !KmsKeyArn.TryParse(sealing, out key))
        {
            throw settings.Bad(
                StackSettings.Sealing,
                "none, stack, or the ARN of a KMS key that is not a multi-Region one");
        }
        if (key is not null && key.Region != aws.Region)
        {
            throw settings.Bad(StackSettings.Sealing, $"a key in {aws.Region}");
        }
        // Their keys are of a partition that no log can name.
        if (sealing == "stack" && aws.Region.StartsWith("cn-", StringComparison.Ordinal))
        {
            throw settings.Bad(StackSettings.Sealing, $"none in {aws.Region}");
        }
        inputs["sealing"] = sealing;
        // No key has the latter's ARN.
        inputs["sealingKeyElsewhere"] = key?.Text ?? "arn:aws:kms:us-east-1:000000000000:key/none";
    }

    private void AddEnclave(StackInputs inputs)
    {
        inputs["enclaveMemoryMib"] = Number(StackSettings.EnclaveMemoryMib, 256, 900_000);
        inputs["enclaveCpus"] = Number(StackSettings.EnclaveCpus, 1, 256);
    }

    private void AddDoors(StackInputs inputs)
    {
        string listen = settings.Require(StackSettings.Listen);
        if (listen is not ("loopback" or "https"))
        {
            throw settings.Bad(StackSettings.Listen, "loopback or https");
        }
        Dictionary<int, string> rules = new InstanceChecks(aws, settings).RequireRules()
            .ToDictionary(rule => rule.Port, rule => rule.Cidr);
        foreach ((int port, Setting setting) in
            ((int, Setting)[])[(22, AwsSettings.SshCidr), (443, AwsSettings.HttpsCidr)])
        {
            if (rules.GetValueOrDefault(port, "").Contains(':', StringComparison.Ordinal))
            {
                throw settings.Bad(setting, "a range of IPv4 addresses");
            }
        }
        inputs["listen"] = listen;
        inputs["sshCidr"] = rules.GetValueOrDefault(22, StackInputs.Nobody);
        inputs["httpsCidr"] = listen == "https"
            ? rules.GetValueOrDefault(443, StackInputs.Nobody) : StackInputs.Nobody;
    }

    private async Task AddMachineAsync(
        StackInputs inputs, ReleaseFolder release, CancellationToken cancellationToken)
    {
        var checks = new InstanceChecks(aws, settings);
        InstanceType type = await checks.RequireTypeAsync(cancellationToken);
        if (type.Architecture != release.Architecture)
        {
            throw new CommandFailure(
                FailureCodes.BadRelease,
                $"{type.Name} is {type.Architecture}, and the release in {release.Path} is for "
                + $"{release.Architecture}.",
                ExitCodes.Unusable);
        }
        Fits(
            StackSettings.EnclaveCpus, inputs["enclaveCpus"], type.VCpus - type.ThreadsPerCore,
            "processors");
        // The allocator gives cores away, with both threads of each.
        if (Value(inputs["enclaveCpus"]) % type.ThreadsPerCore != 0)
        {
            throw settings.Bad(
                StackSettings.EnclaveCpus,
                $"a multiple of {type.ThreadsPerCore}, the processors of a core of {type.Name}");
        }
        Fits(
            StackSettings.EnclaveMemoryMib, inputs["enclaveMemoryMib"],
            type.MemoryMib - ParentMemoryMib, "MiB");
        inputs["instanceType"] = type.Name;
        inputs["ami"] = (await checks.RequireImageAsync(type, cancellationToken)).Id;
        inputs["subnetId"] = (await checks.RequireSubnetAsync(type, cancellationToken)).Id;
        // A key pair opens nothing where port 22 is closed.
        inputs["keyName"] = inputs["sshCidr"] == StackInputs.Nobody
            ? "" : await checks.RequireKeyAsync(cancellationToken);

        void Fits(Setting setting, string wanted, int most, string unit)
        {
            if (Value(wanted) <= most) return;
            throw settings.Bad(
                setting, $"at most {most} {unit}, which {type.Name} has beside what it needs itself");
        }

        static int Value(string number) => int.Parse(number, CultureInfo.InvariantCulture);
    }

    private string Number(Setting setting, int min, int max) =>
        settings.RequireNumber(setting, min, max).ToString(CultureInfo.InvariantCulture);

    // With underscores: Pulumi's YAML would turn a large number's digits into an exponent.
    private string Cap(Setting setting) => settings.RequireNumber(setting, 1, CapMax)
        .ToString("#,0", CultureInfo.InvariantCulture).Replace(',', '_');

    // As user-data takes it.
    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._~/-]{0,199}\z")]
    private static partial Regex OriginForm();
}
