using Sequencer.Iac.Settings;

namespace Sequencer.Iac.Credentials;

/// <summary>
/// A profile of AWS's shared files, <c>~/.aws/credentials</c> and <c>~/.aws/config</c>.
/// </summary>
internal sealed class ProfileFiles
{
    private static readonly string[] Indirect =
    [
        "role_arn", "sso_session", "sso_start_url", "credential_process", "login_session",
        "web_identity_token_file",
    ];

    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);
    private readonly bool _isNamed;

    private ProfileFiles(string name, bool isNamed)
    {
        Name = name;
        _isNamed = isNamed;
    }

    /// <summary>Name of the profile.</summary>
    public string Name { get; }

    /// <summary>The region that it names; null if none.</summary>
    public string? Region => _values.GetValueOrDefault("region");

    /// <summary>Reads the profile that settings and environment name, or <c>default</c>.</summary>
    public static ProfileFiles Read(SettingValues settings)
    {
        string? named = settings.Find(AwsSettings.Profile) ?? settings.Variable("AWS_PROFILE");
        var profile = new ProfileFiles(named ?? "default", named is not null);
        string folder = Path.Combine(settings.Variable("HOME") ?? "", ".aws");
        string name = profile.Name;
        // What stands in both is taken from the file that is meant for secrets.
        profile.Add(
            settings.Variable("AWS_CONFIG_FILE") ?? Path.Combine(folder, "config"),
            name == "default" ? ["default", "profile default"] : [$"profile {name}"]);
        profile.Add(
            settings.Variable("AWS_SHARED_CREDENTIALS_FILE") ?? Path.Combine(folder, "credentials"),
            [name]);
        return profile;
    }

    /// <summary>Its access key; null if nobody asked for the profile and it has none.</summary>
    /// <exception cref="CommandFailure">Its access key has to be got in a way that is not known
    /// here, or it was asked for and is not there.</exception>
    public AwsCredentials? Find()
    {
        if (_values.TryGetValue("aws_access_key_id", out string? id)
            && _values.TryGetValue("aws_secret_access_key", out string? secret))
        {
            return new AwsCredentials(
                id, secret, _values.GetValueOrDefault("aws_session_token"), $"profile {Name}");
        }
        if (Array.Find(Indirect, _values.ContainsKey) is { } way)
        {
            throw new CommandFailure(
                FailureCodes.NoCredentials,
                $"Profile {Name} gets its access key by {way}, which only the aws command can do: "
                + $"eval \"$(aws configure export-credentials --profile {Name} --format env)\"",
                ExitCodes.Unusable);
        }
        if (!_isNamed) return null;
        throw new CommandFailure(
            FailureCodes.NoCredentials,
            $"There is no profile {Name} with an access key in the files of ~/.aws.",
            ExitCodes.Unusable);
    }

    private void Add(string path, string[] sections)
    {
        if (!File.Exists(path)) return;
        bool isInside = false;
        foreach (string raw in File.ReadLines(path))
        {
            string line = raw.Trim();
            if (line.Length == 0 || line[0] is '#' or ';') continue;
            if (line[0] == '[')
            {
                isInside = sections.Contains(line.Split('#')[0].Trim().Trim('[', ']').Trim());
                continue;
            }
            // An indented line belongs to a nested setting, such as those of s3.
            int equals = line.IndexOf('=', StringComparison.Ordinal);
            if (!isInside || equals < 1 || char.IsWhiteSpace(raw[0])) continue;
            _values[line[..equals].Trim()] = line[(equals + 1)..].Trim();
        }
    }
}
