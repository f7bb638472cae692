using Sequencer.Iac.Settings;

namespace Sequencer.Iac.Credentials;

/// <summary>
/// Finds the access key to call AWS with. In this order: flags and variables of this command, the
/// CSV file of the AWS console, the environment of AWS's own tools, a profile, the role of a
/// container, the role of an instance. A profile that is named where it wins over what names the
/// file, as a flag over the settings file, comes before it.
/// </summary>
internal static class CredentialChain
{
    /// <summary>Where CSV files and private keys lie; git does not look there.</summary>
    public const string SecretsFolder = "secrets";

    /// <summary>The first access key that is found.</summary>
    /// <exception cref="CommandFailure">There is none, or half of one.</exception>
    public static async Task<AwsCredentials> FindAsync(
        SettingValues settings, CancellationToken cancellationToken)
    {
        var metadata = new MetadataCredentials(settings);
        AwsCredentials found = Said(settings)
            ?? FromCsv(settings)
            ?? FromEnvironment(settings)
            ?? ProfileFiles.Read(settings).Find()
            ?? await metadata.FindOfContainerAsync(cancellationToken)
            ?? await metadata.FindOfInstanceAsync(cancellationToken)
            ?? throw new CommandFailure(
                FailureCodes.NoCredentials,
                "There is no access key for AWS: name the CSV file of one as cred_file in "
                + $"{settings.File ?? SettingValues.DefaultFile}, or set AWS_ACCESS_KEY_ID and "
                + "AWS_SECRET_ACCESS_KEY, or AWS_PROFILE.",
                ExitCodes.Unusable);
        // They become headers, as they are; a line break at the end is what a shell likes to add.
        return Array.TrueForAll(
            [found.AccessKey, found.SecretKey, found.SessionToken ?? ""],
            part => part.All(c => c is > ' ' and <= '~'))
            ? found
            : throw new CommandFailure(
                FailureCodes.BadCredentials,
                $"The access key from {found.Source} has a blank, a line break or another character "
                + "in it that no access key has: it was not copied as it is.",
                ExitCodes.Unusable);
    }

    /// <summary>Where a file of secrets is: a bare name is in the folder for secrets.</summary>
    public static string PathOf(string name) =>
        Path.GetFileName(name) == name ? Path.Combine(SecretsFolder, name) : name;

    private static AwsCredentials? Said(SettingValues settings)
    {
        string? id = settings.Find(AwsSettings.AccessKey);
        string? secret = settings.Find(AwsSettings.SecretKey);
        if (id is null && secret is null) return null;
        if (id is null || secret is null)
        {
            throw new CommandFailure(
                FailureCodes.NoCredentials,
                "An access key has two halves: --access-key and --secret-key.",
                ExitCodes.Unusable);
        }
        return new AwsCredentials(
            id, secret, settings.Find(AwsSettings.SessionToken),
            settings.SourceOf(AwsSettings.AccessKey)!);
    }

    private static AwsCredentials? FromCsv(SettingValues settings)
    {
        // --profile on the command line is not for the account of a cred_file in the settings file.
        if (settings.IsSaidOver(AwsSettings.Profile, AwsSettings.CredFile)) return null;
        return settings.Find(AwsSettings.CredFile) is { } name
            ? CsvCredentials.Read(PathOf(name)) : null;
    }

    private static AwsCredentials? FromEnvironment(SettingValues settings)
    {
        // Who names a profile means it, whatever a shell exported earlier.
        if (settings.Find(AwsSettings.Profile) is not null) return null;
        return settings.Variable("AWS_ACCESS_KEY_ID") is { } id
            && settings.Variable("AWS_SECRET_ACCESS_KEY") is { } secret
                ? new AwsCredentials(
                    id, secret, settings.Variable("AWS_SESSION_TOKEN"), "AWS_ACCESS_KEY_ID")
                : null;
    }
}
