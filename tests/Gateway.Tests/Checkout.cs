using System.Runtime.CompilerServices;

namespace Sequencer.Gateway.Tests;

/// <summary>The files of the repository that tests compare with the program.</summary>
internal static class Checkout
{
    public static string Read(string path) => File.ReadAllText(Path.Combine(Root(), path));

    private static string Root([CallerFilePath] string path = "") =>
        Path.Combine(Path.GetDirectoryName(path)!, "..", "..");
}
