using System.Text.Json;

namespace Sequencer.Iac.Stack;

/// <summary>The settings of the program, by the names that <c>Pulumi.yaml</c> gives them.</summary>
internal sealed class StackInputs
{
    /// <summary>Addresses that nobody has who comes over a network.</summary>
    public const string Nobody = "127.0.0.1/32";

    private static readonly string[] Numbers = ["logVolumeGib", "enclaveMemoryMib", "enclaveCpus"];

    // What Pulumi keeps in the same file, to open its state again.
    private static readonly string[] PulumisOwn =
        ["encryptionsalt:", "encryptedkey:", "secretsprovider:"];

    private readonly SortedDictionary<string, string> _values = new(StringComparer.Ordinal);

    /// <summary>Names, sorted.</summary>
    public IReadOnlyCollection<string> Names => _values.Keys;

    /// <summary>A setting.</summary>
    public string this[string name]
    {
        get => _values[name];
        set => _values[name] = value;
    }

    /// <summary>The two images that may use the sealing key.</summary>
    public void SetImages(ImageMeasurements image, ImageMeasurements previous)
    {
        foreach ((string prefix, ImageMeasurements of) in
            ((string, ImageMeasurements)[])[("pcr", image), ("previousPcr", previous)])
        {
            this[prefix + "0"] = of.Pcr0;
            this[prefix + "1"] = of.Pcr1;
            this[prefix + "2"] = of.Pcr2;
        }
    }

    /// <summary>Writes Pulumi's file of settings, in place of those of an earlier run.</summary>
    public void Write(string path)
    {
        string[] kept = File.Exists(path)
            ? [.. File.ReadLines(path).Where(line => PulumisOwn.Any(
                name => line.StartsWith(name, StringComparison.Ordinal)))]
            : [];
        // Strings of JSON are strings of YAML.
        IEnumerable<string> lines = _values.Select(value =>
            $"  {StackFolder.Project}:{value.Key}: "
            + (Numbers.Contains(value.Key) ? value.Value : JsonSerializer.Serialize(value.Value)));
        string unfinished = path + ".new";
        File.WriteAllLines(unfinished, [.. kept, "config:", .. lines]);
        File.Move(unfinished, path, overwrite: true);
    }
}
