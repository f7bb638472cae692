using System.CommandLine;
using System.Text.Json;
using Sequencer.Iac.Aws;
using Sequencer.Iac.Ec2;
using Sequencer.Iac.Keys;
using Sequencer.Iac.Settings;

namespace Sequencer.Iac.Commands;

/// <summary><c>iac key list</c>.</summary>
internal static class KeyListCommand
{
    private static readonly Option<bool> All = new("--all")
    {
        Description = "Also those that have no tag Deployment=Sequencer",
    };

    public static Command Create()
    {
        var command = new Command("list", "List the key pairs of sequencers in a region.") { All };
        command.SetCloudWork(WorkAsync);
        return command;
    }

    /// <summary>What is told of a key pair as JSON.</summary>
    public static void WriteMembers(Utf8JsonWriter json, KeyPair key)
    {
        json.WriteString("name", key.Name);
        json.WriteString("id", key.Id);
        json.WriteString("fingerprint", key.Fingerprint);
        json.WriteBoolean("stack", Tags.AreOfStack(key.Tags));
    }

    private static async Task<int> WorkAsync(CloudCall call, CancellationToken cancellationToken)
    {
        (ParseResult parse, Screen screen, SettingValues settings, AwsConnection aws) = call;
        IReadOnlyList<KeyPair> all = await new Ec2Client(aws).ListKeysAsync(cancellationToken);
        KeyPair[] keys =
        [
            .. all.Where(key => parse.GetValue(All) || Tags.AreOfSequencer(key.Tags))
                .OrderBy(key => key.Name, StringComparer.Ordinal),
        ];
        if (screen.IsJson)
        {
            screen.WriteJson(json => Write(json, keys));
            return ExitCodes.Good;
        }
        foreach (KeyPair key in keys)
        {
            string path = PrivateKeyFile.PathOf(settings, key.Name);
            string where = Tags.AreOfStack(key.Tags) ? "of the stack"
                : File.Exists(path) ? path
                : "private half not here";
            screen.Say($"{Screen.Plain(key.Name)}  {key.Id}  {Screen.Plain(where)}");
        }
        if (keys.Length == 0) screen.Remark($"No key pairs of sequencers in {aws.Region}.");
        return ExitCodes.Good;
    }

    private static void Write(Utf8JsonWriter json, IEnumerable<KeyPair> keys)
    {
        json.WriteStartArray();
        foreach (KeyPair key in keys)
        {
            json.WriteStartObject();
            WriteMembers(json, key);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
