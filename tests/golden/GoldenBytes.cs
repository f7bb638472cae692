using System.Text;

namespace Sequencer.Tests;

/// <summary>The files of tests/golden, shared by the test projects that link this file.</summary>
internal static class GoldenBytes
{
    private const int LineLength = 64;

    /// <summary>
    /// Checks bytes against a file, or writes the file first when SEQUENCER_WRITE_GOLDEN is set.
    /// </summary>
    public static void AssertEqual(string name, ReadOnlySpan<byte> actual)
    {
        string path = Path.Combine(Folder(), name);
        if (Environment.GetEnvironmentVariable("SEQUENCER_WRITE_GOLDEN") is not null)
        {
            File.WriteAllText(path, Fold(Convert.ToHexStringLower(actual)));
        }
        Assert.Equal(File.ReadAllText(path), Fold(Convert.ToHexStringLower(actual)));
    }

    /// <summary>The bytes of a file.</summary>
    public static byte[] Read(string name) => Convert.FromHexString(
        File.ReadAllText(Path.Combine(Folder(), name)).Replace("\n", "", StringComparison.Ordinal));

    private static string Folder()
    {
        string? at = AppContext.BaseDirectory;
        while (at is not null && !File.Exists(Path.Combine(at, "Sequencer.sln")))
        {
            at = Path.GetDirectoryName(at);
        }
        return Path.Combine(at ?? throw new InvalidOperationException("No checkout above."), "tests", "golden");
    }

    private static string Fold(string hex)
    {
        var text = new StringBuilder();
        foreach (char[] line in hex.Chunk(LineLength)) text.Append(line).Append('\n');
        return text.ToString();
    }
}
