namespace Sequencer.Bench.Report;

/// <summary>A report as files beside each other: text, JSON and SVG.</summary>
internal static class ReportFiles
{
    /// <summary>Writes them into a folder, which is made.</summary>
    public static async Task WriteAsync(
        string folder, string name, string text, string json, BarChart chart)
    {
        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, name);
        await File.WriteAllTextAsync(path + ".txt", text);
        await File.WriteAllTextAsync(path + ".json", json);
        await File.WriteAllTextAsync(path + ".svg", BarChartSvg.Draw(chart));
    }
}
