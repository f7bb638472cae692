namespace Sequencer.Gateway.Tests;

/// <summary>The files of the repository that tests compare with the program.</summary>
internal static class Checkout
{
    // Above the tests' own folder: a build that is reproducible does not know where its sources lie.
    private static readonly string Root = FindRoot();

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    private static string FindRoot()
    {
        for (string? at = AppContext.BaseDirectory; at is not null; at = Path.GetDirectoryName(at))
        {
            if (File.Exists(Path.Combine(at, "Sequencer.sln"))) return at;
        }
        throw new InvalidOperationException("Sequencer.sln is in no folder above the tests.");
    }
}
