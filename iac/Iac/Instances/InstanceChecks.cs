using System.Net;
using Sequencer.Iac.Aws;
using Sequencer.Iac.Ec2;
using Sequencer.Iac.Keys;
using Sequencer.Iac.Settings;

namespace Sequencer.Iac.Instances;

/// <summary>
/// Everything about an instance that can be known to be wrong before anything is made.
/// </summary>
internal sealed class InstanceChecks(AwsConnection aws, SettingValues settings)
{
    // An enclave takes two processors of the instance and leaves the others to it.
    private const int VCpusMin = 2;
    private const int VCpusOfEnclave = 2;
    private const int VolumeGibMin = 8;
    private const int VolumeGibMax = 16_384;

    // Two halves of the world are the whole of it.
    private const int SshPrefixMin = 8;

    private readonly Ec2Client _ec2 = new(aws);

    /// <summary>The type that the settings say, which supports enclaves.</summary>
    public async Task<InstanceType> RequireTypeAsync(CancellationToken cancellationToken)
    {
        string name = settings.Require(AwsSettings.InstanceType);
        InstanceType type = await _ec2.FindTypeAsync(name, cancellationToken)
            ?? throw new CommandFailure(
                FailureCodes.NoSuchInstanceType,
                $"EC2 has no instance type '{name}' in {aws.Region}.");
        if (!type.SupportsEnclaves)
        {
            throw new CommandFailure(
                FailureCodes.NoEnclaveSupport,
                $"{type.Name} does not support enclaves. c6a.xlarge and m6i.xlarge (x86_64) do, and "
                + "c7g.large (arm64).");
        }
        if (type.Architecture is not ("x86_64" or "arm64"))
        {
            throw new CommandFailure(
                FailureCodes.NoEnclaveSupport,
                $"{type.Name} is {type.Architecture}; enclaves run on x86_64 and arm64.");
        }
        return type.VCpus >= VCpusMin + (type.Architecture == "x86_64" ? VCpusOfEnclave : 0)
            ? type
            : throw new CommandFailure(
                FailureCodes.NoEnclaveSupport,
                $"{type.Name} has {type.VCpus} processors, too few to give {VCpusOfEnclave} to an "
                + "enclave.");
    }

    /// <summary>The image that the settings say, or the newest Amazon Linux 2023.</summary>
    public async Task<MachineImage> RequireImageAsync(
        InstanceType type, CancellationToken cancellationToken)
    {
        string? id = settings.Find(AwsSettings.Ami)
            ?? await MachineImages.FindNewestAsync(aws, type.Architecture, cancellationToken);
        MachineImage? image = id is null ? null : await _ec2.FindImageAsync(id, cancellationToken);
        if (image is null)
        {
            throw new CommandFailure(
                FailureCodes.NoImage,
                id is null
                    ? $"AWS has no Amazon Linux 2023 for {type.Architecture} in {aws.Region}."
                    : $"There is no image {id} in {aws.Region}; images are of one region each.");
        }
        return image.Architecture == type.Architecture
            ? image
            : throw new CommandFailure(
                FailureCodes.NoImage,
                $"{image.Id} is for {image.Architecture}, {type.Name} is {type.Architecture}.");
    }

    /// <summary>The subnet that the settings say, or a default one; the type is to be had there.
    /// </summary>
    public async Task<Subnet> RequireSubnetAsync(
        InstanceType type, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> zones = await _ec2.ListZonesAsync(type, cancellationToken);
        if (zones.Count == 0)
        {
            throw new CommandFailure(
                FailureCodes.InstanceTypeNotOffered,
                $"{type.Name} is not to be had in {aws.Region}.");
        }
        if (settings.Find(AwsSettings.Subnet) is { } id)
        {
            Subnet subnet = await _ec2.FindSubnetAsync(id, cancellationToken)
                ?? throw new CommandFailure(
                    FailureCodes.NoNetwork, $"There is no subnet {id} in {aws.Region}.");
            return zones.Contains(subnet.Zone)
                ? subnet
                : throw new CommandFailure(
                    FailureCodes.InstanceTypeNotOffered,
                    $"{type.Name} is not to be had in {subnet.Zone}, where {id} is; in "
                    + $"{string.Join(", ", zones)} it is.");
        }
        IReadOnlyList<Subnet> defaults = await _ec2.ListDefaultSubnetsAsync(cancellationToken);
        return defaults.OrderBy(s => s.Zone, StringComparer.Ordinal)
            .FirstOrDefault(s => zones.Contains(s.Zone))
            ?? throw new CommandFailure(
                FailureCodes.NoNetwork,
                $"No default subnet in {aws.Region} where {type.Name} is to be had: name one with "
                + "--subnet.");
    }

    /// <summary>The key pair that lets in; its private half is here.</summary>
    public async Task<string> RequireKeyAsync(CancellationToken cancellationToken)
    {
        string name = PrivateKeyFile.RequireName(settings);
        if (await _ec2.FindKeyAsync(name, cancellationToken) is null)
        {
            throw new CommandFailure(
                FailureCodes.NoSuchKey,
                $"There is no key pair {name} in {aws.Region}: 'iac key create -k {name}' makes it.");
        }
        string path = PrivateKeyFile.PathOf(settings, name);
        return File.Exists(path)
            ? name
            : throw new CommandFailure(
                FailureCodes.NoSuchKeyFile,
                $"{path} is not here, and nobody could log in without it. Name it with --key-file.");
    }

    /// <summary>Size of the disk.</summary>
    public int RequireVolumeGib() =>
        settings.RequireNumber(AwsSettings.VolumeGib, VolumeGibMin, VolumeGibMax);

    /// <summary>What a new security group lets in: ports and addresses.</summary>
    public IReadOnlyList<(int Port, string Cidr)> RequireRules()
    {
        var rules = new List<(int, string)>();
        foreach ((int port, Setting setting) in
            ((int, Setting)[])[(22, AwsSettings.SshCidr), (443, AwsSettings.HttpsCidr)])
        {
            if (settings.Find(setting) is not { } cidr) continue;
            if (!IPNetwork.TryParse(cidr, out IPNetwork network))
            {
                throw settings.Bad(setting, "a range of addresses such as 203.0.113.7/32");
            }
            if (port == 22 && network.PrefixLength < SshPrefixMin)
            {
                throw new CommandFailure(
                    FailureCodes.BadConfig,
                    $"{settings.SourceOf(setting)}: {cidr} is the whole world, or much of it, and lets "
                    + "it try to log in. Name your own address, such as 203.0.113.7/32.",
                    ExitCodes.Unusable);
            }
            rules.Add((port, cidr));
        }
        return rules;
    }
}
