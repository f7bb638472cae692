using System.Globalization;
using System.Text.Json;
using Sequencer.Iac.Aws;
using Sequencer.Iac.Settings;

namespace Sequencer.Iac.Stack;

/// <summary>What the last <c>iac up</c> made, from the outputs of the program.</summary>
internal sealed class RunningStack
{
    private readonly SortedDictionary<string, string> _outputs;

    private RunningStack(SortedDictionary<string, string> outputs, bool hasInstance)
    {
        _outputs = outputs;
        HasInstance = hasInstance;
    }

    /// <summary>All outputs, by name.</summary>
    public IReadOnlyDictionary<string, string> Outputs => _outputs;

    /// <summary>False after <c>iac down</c>: only what is kept is there.</summary>
    public bool HasInstance { get; }

    /// <summary>The image that may use the sealing key.</summary>
    public ImageMeasurements Image => ImageOf("pcr");

    /// <summary>The image that may use it besides; the same where there is none.</summary>
    public ImageMeasurements PreviousImage => ImageOf("previousPcr");

    /// <summary>An output.</summary>
    public string this[string name] => _outputs.GetValueOrDefault(name, "");

    /// <summary>Reads; null where nothing was made.</summary>
    /// <param name="json">What <c>pulumi stack output --json</c> prints.</param>
    /// <param name="export">What <c>pulumi stack export</c> prints.</param>
    public static RunningStack? Read(string json, string export)
    {
        var outputs = new SortedDictionary<string, string>(StringComparer.Ordinal);
        using (JsonDocument document = JsonDocument.Parse(json))
        {
            foreach (JsonProperty output in document.RootElement.EnumerateObject())
            {
                outputs[output.Name] = output.Value.ToString();
            }
        }
        return outputs.ContainsKey("origin")
            ? new RunningStack(outputs, StackResource.Read(export).Any(r => r.IsInstance)) : null;
    }

    /// <summary>Lets hold what holds, where nothing else is said.</summary>
    public void Suppose(SettingValues settings, bool exceptAmi)
    {
        foreach ((Setting setting, string output) in (
            (Setting, string)[])
        [
            (AwsSettings.Subnet, "subnetId"),
            (AwsSettings.InstanceType, "instanceType"),
            (AwsSettings.KeyName, "keyName"),
            (StackSettings.Origin, "origin"),
            (StackSettings.Listen, "listen"),
            (StackSettings.LogGib, "logVolumeGib"),
            (StackSettings.EnclaveMemoryMib, "enclaveMemoryMib"),
            (StackSettings.EnclaveCpus, "enclaveCpus"),
            (StackSettings.Sealing, "sealing"),
        ])
        {
            Suppose(settings, setting, this[output]);
        }
        if (!exceptAmi) Suppose(settings, AwsSettings.Ami, this["ami"]);
        Suppose(settings, StackSettings.CellsMax, Digits("cellsMax"));
        Suppose(settings, StackSettings.IdempotencyWindow, Digits("idempotencyWindow"));
        SupposeDoor(settings, AwsSettings.SshCidr, "sshCidr");
        // Behind loopback the door is shut whatever was said, and says nothing.
        if (this["listen"] == "https") SupposeDoor(settings, AwsSettings.HttpsCidr, "httpsCidr");
    }

    /// <summary>Refuses what cannot change while the log stays.</summary>
    public void RequireUnchanged(StackInputs inputs)
    {
        foreach (string name in (string[])
            ["region", "subnetId", "origin", "cellsMax", "idempotencyWindow", "sealing"])
        {
            if (this[name].Length == 0 || inputs[name] == this[name]) continue;
            throw new CommandFailure(
                FailureCodes.Fixed,
                $"{name} of this stack is {this[name]}, for as long as its log; it cannot become "
                + $"{inputs[name]}. Another log is another stack: --stack.",
                ExitCodes.Unusable);
        }
        if (Number("logVolumeGib") > int.Parse(inputs["logVolumeGib"], CultureInfo.InvariantCulture))
        {
            throw new CommandFailure(
                FailureCodes.Fixed,
                $"The log's volume has {this["logVolumeGib"]} GiB; a volume can only grow.",
                ExitCodes.Unusable);
        }
    }

    /// <summary>
    /// Refuses another account: nothing of the stack is there, and Pulumi would take it for gone.
    /// </summary>
    public void RequireAccount(Caller caller)
    {
        if (this["account"].Length == 0 || caller.Account == this["account"]) return;
        throw new CommandFailure(
            FailureCodes.Fixed,
            $"This stack is in {this["account"]}, and the access key is of {caller.Arn}.",
            ExitCodes.Unusable);
    }

    private int Number(string output) => int.TryParse(
        this[output], NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0;

    private static void Suppose(SettingValues settings, Setting setting, string value)
    {
        if (value.Length > 0) settings.Suppose(setting, value, "the stack");
    }

    // A door that was shut stays shut, also where it would be open if nothing were said.
    private void SupposeDoor(SettingValues settings, Setting setting, string output) =>
        settings.Suppose(
            setting, this[output] == StackInputs.Nobody ? "" : this[output], "the stack");

    private string Digits(string output) =>
        this[output].Replace("_", "", StringComparison.Ordinal);

    private ImageMeasurements ImageOf(string prefix) =>
        new(this[prefix + "0"], this[prefix + "1"], this[prefix + "2"]);
}
