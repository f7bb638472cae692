using System.CommandLine;
using System.Text.Json;
using Sequencer.Iac.Aws;
using Sequencer.Iac.Ec2;

namespace Sequencer.Iac.Commands;

/// <summary><c>iac instance list</c>.</summary>
internal static class InstanceListCommand
{
    private static readonly Option<bool> All = new("--all")
    {
        Description = "Also those that are terminated; EC2 shows them for an hour",
    };

    public static Command Create()
    {
        var command = new Command("list", "List the instances of sequencers in a region.") { All };
        command.SetCloudWork(WorkAsync);
        return command;
    }

    /// <summary>An instance as JSON.</summary>
    public static void Write(Utf8JsonWriter json, Instance instance)
    {
        json.WriteStartObject();
        json.WriteString("name", instance.Name);
        json.WriteString("id", instance.Id);
        json.WriteString("state", instance.State);
        json.WriteString("type", instance.Type);
        json.WriteString("address", instance.Address);
        json.WriteString("key_name", instance.KeyName);
        if (instance.HasEnclaves is { } enclaves) json.WriteBoolean("enclaves", enclaves);
        json.WriteBoolean("stack", Tags.AreOfStack(instance.Tags));
        json.WriteEndObject();
    }

    /// <summary>An instance on one line.</summary>
    public static void Show(Screen screen, Instance instance) =>
        screen.Say(Screen.Plain(string.Join("  ",
            instance.Name, instance.Id, instance.State, instance.Type, instance.Address ?? "-",
            Tags.AreOfStack(instance.Tags) ? "of the stack" : $"key {instance.KeyName ?? "-"}")));

    private static async Task<int> WorkAsync(CloudCall call, CancellationToken cancellationToken)
    {
        Screen screen = call.Screen;
        bool withGone = call.Parse.GetValue(All);
        Instance[] instances =
        [
            .. (await new Ec2Client(call.Aws).ListInstancesAsync(cancellationToken))
                .Where(instance => withGone || instance.State != "terminated")
                .OrderBy(instance => instance.Name, StringComparer.Ordinal)
                .ThenBy(instance => instance.Id, StringComparer.Ordinal),
        ];
        if (screen.IsJson)
        {
            screen.WriteJson(json =>
            {
                json.WriteStartArray();
                foreach (Instance instance in instances) Write(json, instance);
                json.WriteEndArray();
            });
            return ExitCodes.Good;
        }
        foreach (Instance instance in instances) Show(screen, instance);
        if (instances.Length == 0)
        {
            screen.Remark($"No instances of sequencers in {call.Aws.Region}.");
        }
        return ExitCodes.Good;
    }
}
