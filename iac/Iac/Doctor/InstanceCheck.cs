using Sequencer.Cli.Doctor;
using Sequencer.Iac.Aws;
using Sequencer.Iac.Ec2;
using Sequencer.Iac.Instances;
using Sequencer.Iac.Keys;
using Sequencer.Iac.Settings;

namespace Sequencer.Iac.Doctor;

/// <summary>What an instance needs, as <c>iac instance create</c> would check it.</summary>
internal sealed class InstanceCheck(AwsConnection aws, SettingValues settings)
{
    private readonly InstanceChecks _checks = new(aws, settings);
    private readonly Ec2Client _ec2 = new(aws);

    /// <summary>Looks, and says of which type an instance would be; null if of none.</summary>
    public async Task<InstanceType?> RunAsync(
        Findings findings, CancellationToken cancellationToken)
    {
        InstanceType? type = await LookAsync(
            findings, "instance-type", () => _checks.RequireTypeAsync(cancellationToken),
            t => $"{t.Name}: {t.Architecture}, {t.VCpus} processors, {t.MemoryMib} MiB, enclaves");
        if (type is null) return null;
        MachineImage? image = await LookAsync(
            findings, "image", () => _checks.RequireImageAsync(type, cancellationToken),
            i => $"{i.Name} ({i.Id})");
        Subnet? subnet = await LookAsync(
            findings, "network", () => _checks.RequireSubnetAsync(type, cancellationToken),
            s => $"{s.Id} in {s.Zone}");
        string? key = await CheckKeyAsync(findings, cancellationToken);
        if (image is not null && subnet is not null)
        {
            await LookAsync(
                findings, "permission",
                async () =>
                {
                    var plan = new InstancePlan(
                        "doctor", type, image, key, subnet, _checks.RequireVolumeGib());
                    await _ec2.TryRunAsync(plan, cancellationToken);
                    return plan;
                },
                _ => "may start instances");
        }
        return type;
    }

    private async Task<string?> CheckKeyAsync(
        Findings findings, CancellationToken cancellationToken)
    {
        if (settings.Find(AwsSettings.KeyName) is null)
        {
            findings.NotChecked("key", "no key_name is set");
            return null;
        }
        string? name = await LookAsync(
            findings, "key", () => _checks.RequireKeyAsync(cancellationToken),
            n => $"{n}, private half in {PrivateKeyFile.PathOf(settings, n)}",
            "'iac instance create' needs it, 'iac up' only with --ssh-cidr.");
        if (name is null) return null;
        string path = PrivateKeyFile.PathOf(settings, name);
        if (!PrivateKeyFile.IsPrivate(path))
        {
            findings.Warning(
                "key", $"others may read {path}, so ssh refuses it", $"chmod 600 {path}");
        }
        return name;
    }

    // With advice for where it is missing, what is missing is no problem yet.
    private async Task<T?> LookAsync<T>(
        Findings findings,
        string check,
        Func<Task<T>> look,
        Func<T, string> tell,
        string? adviceIfMissing = null)
        where T : class
    {
        CommandFailure failure;
        try
        {
            T found = await look();
            findings.Good(check, tell(found));
            return found;
        }
        catch (CommandFailure e)
        {
            failure = e;
        }
        catch (AwsFault e)
        {
            failure = await new FaultTranslation(aws).OfAsync(e);
        }
        catch (AwsUnreachable e)
        {
            failure = await new FaultTranslation(aws).OfAsync(e);
        }
        string text = $"{failure.Code}: {failure.Message}";
        if (adviceIfMissing is not null
            && failure.Code is (FailureCodes.NoSuchKey or FailureCodes.NoSuchKeyFile))
        {
            findings.Warning(check, text, adviceIfMissing);
        }
        else findings.Problem(check, text, "");
        return null;
    }
}
