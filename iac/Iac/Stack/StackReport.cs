using System.Globalization;
using System.Text.Json;

namespace Sequencer.Iac.Stack;

/// <summary>Says what a stack is, and how to reach it.</summary>
internal static class StackReport
{
    /// <summary>All outputs as JSON, or the lines that people need.</summary>
    public static void Show(Screen screen, string name, RunningStack stack)
    {
        if (screen.IsJson)
        {
            screen.WriteJson(json =>
            {
                json.WriteStartObject();
                json.WriteString("stack", name);
                json.WriteBoolean("is_up", stack.HasInstance);
                foreach ((string output, string value) in stack.Outputs)
                {
                    json.WriteString(JsonNamingPolicy.SnakeCaseLower.ConvertName(output), value);
                }
                json.WriteEndObject();
            });
            return;
        }
        Line(screen, "stack", $"{name} in {stack["region"]}");
        if (!stack.HasInstance)
        {
            Line(screen, "instance", "none: the stack is down");
            Line(screen, "log", $"{stack["origin"]}, kept on {stack["logVolume"]}");
            Line(screen, "key", $"kept: {stack["sealingKey"]}");
            return;
        }
        Line(screen, "instance",
            $"{stack["instance"]}, {stack["instanceType"]}, {stack["ami"]}, in {stack["zone"]}");
        Line(screen, "address", $"{stack["address"]}, {Doors(stack)}");
        Line(screen, "log", $"{stack["origin"]}, on {stack["logVolume"]} of {stack["logVolumeGib"]} GiB");
        Line(screen, "release", stack["releaseVersion"]);
        Line(screen, "image", $"PCR0 {stack["pcr0"]}");
        if (stack.PreviousImage != stack.Image)
        {
            Line(screen, "previous", $"PCR0 {stack["previousPcr0"]} may still use the sealing key");
        }
        Line(screen, "sealing", stack["sealing"] switch
        {
            "none" => "none",
            "stack" => stack["sealingKey"],
            string key => key,
        });
        Line(screen, "alarms", stack["alarmTopic"]);
    }

    /// <summary>What to do next, as remarks.</summary>
    /// <param name="screen">Where to.</param>
    /// <param name="stack">The stack.</param>
    /// <param name="release">Folder of the release that it runs.</param>
    public static void ShowNext(Screen screen, RunningStack stack, string release)
    {
        if (!stack.HasInstance)
        {
            screen.Remark("'iac up' goes on with them.");
            return;
        }
        string session = $"aws ssm start-session --region {stack["region"]} --target {stack["instance"]}";
        string url = "http://127.0.0.1:5000";
        screen.Remark("");
        screen.Remark("A new instance sets itself up in about five minutes.");
        if (stack["listen"] == "https")
        {
            url = $"https://{stack["address"]}";
            screen.Remark("Put keys and a certificate in its /var/lib/sequencer/access, from a session:");
            screen.Remark(Screen.Plain($"  {session}"));
        }
        else
        {
            screen.Remark("Forward its port to this machine, and leave that running:");
            screen.Remark(Screen.Plain(string.Create(
                CultureInfo.InvariantCulture,
                $"  {session} --document-name AWS-StartPortForwardingSession "
                + $"--parameters portNumber=5000,localPortNumber=5000")));
        }
        screen.Remark("Then pin the log, and have a receipt:");
        screen.Remark(Screen.Plain(
            $"  sequencer policy --url {url} --measurements {release}/measurements.json "
            + "--output my-log.json"));
        screen.Remark(Screen.Plain($"  echo hi | sequencer submit - --url {url}"));
        screen.Remark("  sequencer verify 1.receipt.json --policy my-log.json");
    }

    private static string Doors(RunningStack stack)
    {
        string[] open =
        [
            .. Open(stack, "sshCidr", "SSH"), .. Open(stack, "httpsCidr", "HTTPS"),
        ];
        return open.Length == 0 ? "no port is open" : string.Join(", ", open);
    }

    private static IEnumerable<string> Open(RunningStack stack, string output, string what) =>
        stack[output] is StackInputs.Nobody or "" ? [] : [$"{what} from {stack[output]}"];

    private static void Line(Screen screen, string name, string value) =>
        screen.Say($"{name,-9} {Screen.Plain(value)}");
}
