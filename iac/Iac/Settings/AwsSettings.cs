namespace Sequencer.Iac.Settings;

/// <summary>The settings of table <c>[iac.aws]</c>, and the secrets that go with them.</summary>
internal static class AwsSettings
{
    private const string Table = "iac.aws";

    public static Setting AccessKey { get; } = new(
        null, "access_key", "ID", "Id of an AWS access key");

    public static Setting SecretKey { get; } = new(
        null, "secret_key", "SECRET",
        "Its secret. Other users of this machine see flags: a cred_file or a variable is better");

    public static Setting SessionToken { get; } = new(
        null, "session_token", "TOKEN", "Its session token, where it is a temporary one");

    public static Setting CredFile { get; } = new(
        Table, "cred_file", "FILE",
        "CSV file with an access key, as the AWS console gives it; a bare name is in secrets/");

    public static Setting Profile { get; } = new(
        Table, "profile", "NAME", "Profile of ~/.aws/credentials and ~/.aws/config");

    public static Setting Region { get; } = new(
        Table, "region", "REGION", "AWS region, such as eu-central-1");

    public static Setting EndpointUrl { get; } = new(
        Table, "endpoint_url", "URL", "Send all calls here instead of to AWS (for tests)");

    public static Setting KeyName { get; } = new(
        Table, "key_name", "NAME", "Name of the SSH key pair", null, "-k");

    public static Setting KeyFile { get; } = new(
        Table, "key_file", "FILE", "Its private half here (default: secrets/NAME.pem)");

    public static Setting InstanceName { get; } = new(
        Table, "instance_name", "NAME", "Name of the instance", null, "-i");

    public static Setting InstanceType { get; } = new(
        Table, "instance_type", "TYPE", "Type of the instance; it has to support enclaves",
        "c6a.xlarge");

    public static Setting Ami { get; } = new(
        Table, "ami", "AMI",
        "Image of the instance (default: the newest Amazon Linux 2023 for its processor)");

    public static Setting VolumeGib { get; } = new(
        Table, "volume_gib", "GIB", "Size of its disk, encrypted gp3", "30");

    public static Setting Subnet { get; } = new(
        Table, "subnet", "SUBNET", "Where it goes (default: a default subnet that offers the type)");

    public static Setting SecurityGroup { get; } = new(
        Table, "security_group", "NAME",
        "Security group, by name or sg-… id; a name that is not there yet is made",
        "sequencer", "-s");

    public static Setting SshCidr { get; } = new(
        Table, "ssh_cidr", "CIDR",
        "Addresses that a new security group lets in to port 22, such as 203.0.113.7/32 "
        + "(default: none)");

    public static Setting HttpsCidr { get; } = new(
        Table, "https_cidr", "CIDR",
        "Addresses that a new security group lets in to port 443; empty for none", "0.0.0.0/0");

    /// <summary>What says who calls AWS, where, and how: every command that does has these.</summary>
    public static IReadOnlyList<Setting> Connection { get; } =
        [AccessKey, SecretKey, SessionToken, CredFile, Profile, Region, EndpointUrl];

    /// <summary>What an instance is made from.</summary>
    public static IReadOnlyList<Setting> Instance { get; } =
    [
        InstanceName, InstanceType, KeyName, KeyFile, SecurityGroup, SshCidr, HttpsCidr, Subnet,
        Ami, VolumeGib,
    ];

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Setting> All { get; } = [.. Connection, .. Instance];
}
