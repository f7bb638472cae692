using System.Text.Json;
using Sequencer.Bench.Peers;
using Sequencer.Bench.Suite;

namespace Sequencer.Bench.Readme;

/// <summary>The verb <c>readme</c>: reports of a folder as the tables of a page.</summary>
internal static class ReadmeVerb
{
    public static int Run(string folder)
    {
        try
        {
            string? own = Read(folder, SuiteReport.FileName);
            string? peers = Read(folder, PeersReport.FileName);
            string[] lines =
            [
                .. own is null ? [] : ReadmeTables.Of(SuiteReport.FromJson(own)),
                .. own is null || peers is null ? (string[])[] : [""],
                .. peers is null ? [] : ReadmeTables.Of(PeersReport.FromJson(peers)),
            ];
            foreach (string line in lines) Console.WriteLine(line);
            return lines.Length > 0 ? 0 : Fail($"{folder} has no report.");
        }
        catch (JsonException e)
        {
            return Fail(e.Message);
        }
    }

    private static string? Read(string folder, string name)
    {
        string path = Path.Combine(folder, name + ".json");
        return File.Exists(path) ? File.ReadAllText(path) : null;
    }

    private static int Fail(string message)
    {
        Console.Error.WriteLine(message);
        return 1;
    }
}
