using System.Globalization;

namespace Sequencer.Bench.Report;

/// <summary>The first lines of a report: what was measured on.</summary>
internal static class AboutText
{
    /// <summary>Machine and disk.</summary>
    public static IEnumerable<string> Lines(Machine machine, DiskProbe disk)
    {
        yield return Text($"{machine.Date}, {machine.Processor}, {machine.Cores} cores, ")
            + Text($"{machine.MemoryGib} GiB, {machine.Kernel}, {machine.Runtime}");
        yield return Text($"disk: {disk.FileSystem}, 4 KiB appended and synced in ")
            + Text($"{disk.SyncP50Ms:F2} ms (p50), {disk.SyncP99Ms:F2} ms (p99)");
    }

    /// <summary>A line if the machine did other work.</summary>
    public static IEnumerable<string> Warnings(Machine machine)
    {
        if (machine.BusyCores <= Machine.QuietCores) yield break;
        yield return Text($"THE MACHINE WAS BUSY: other work used {machine.BusyCores} cores ")
            + "before the first run. These figures are not the machine's.";
    }

    private static string Text(FormattableString text) =>
        text.ToString(CultureInfo.InvariantCulture);
}
