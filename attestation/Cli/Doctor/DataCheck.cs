using System.Globalization;
using Sequencer.Attestation.Auditing;
using Sequencer.Cli.Backups;

namespace Sequencer.Cli.Doctor;

/// <summary>A data directory on this machine, beside the gateway that may have it open.</summary>
internal sealed class DataCheck(string directory, long freeBytesMin)
{
    private const UnixFileMode Others =
        UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    public void Run(Findings findings)
    {
        if (!Directory.Exists(directory))
        {
            findings.Problem(
                "data", $"{directory} is not there.", "Name the gateway's data directory.");
            return;
        }
        try
        {
            LookAtLog(findings);
        }
        catch (CommandFailure failure)
        {
            findings.Problem(
                "data", failure.Message, "Restore a backup into another directory.");
        }
        catch (UnauthorizedAccessException e)
        {
            findings.NotChecked("data", $"{e.Message} Run this as the gateway's user.");
        }
        LookAtAccess(findings);
        LookAtDisk(findings);
        LookAtLock(findings);
    }

    private void LookAtLog(Findings findings)
    {
        LogFolder log = LogFolder.OfDataDirectory(directory);
        foreach ((string name, List<SegmentFile> segments) in
            (ReadOnlySpan<(string, List<SegmentFile>)>)[("log", log.Log), ("payload", log.Payload)])
        {
            ulong end = 0;
            foreach (SegmentFile segment in segments)
            {
                if (segment.Start == end)
                {
                    end += segment.Length;
                    continue;
                }
                findings.Problem(
                    "data-segments",
                    $"{name}/ has {segment.Name} where the segment from {end} on belongs.",
                    "A file is missing or was cut: stop, and restore a backup into another "
                    + "directory.");
                return;
            }
        }
        findings.Good(
            "data",
            string.Create(
                CultureInfo.InvariantCulture,
                $"{Counted.Of(log.Log.Count, "segment")}, {log.LogBytes} bytes of records; 'sequencer audit' "
                + $"reads them."));
    }

    private void LookAtAccess(Findings findings)
    {
        if (OperatingSystem.IsWindows()) return;
        UnixFileMode mode = File.GetUnixFileMode(directory);
        if ((mode & Others) == 0)
        {
            findings.Good("data-access", "Only the gateway's user and group may enter.");
            return;
        }
        findings.Warning(
            "data-access", "Every user of this machine may enter the data directory.",
            $"chmod 700 {directory}: payloads are not encrypted there.");
    }

    private void LookAtDisk(Findings findings)
    {
        long free = new DriveInfo(Path.GetFullPath(directory)).AvailableFreeSpace;
        string text = string.Create(
            CultureInfo.InvariantCulture,
            $"{free / (double)(1 << 30):F1} GiB are free on its disk.");
        if (free < freeBytesMin)
        {
            findings.Problem(
                "data-disk", text, "Below disk-free-min-bytes entries are refused: make room.");
        }
        else if (free < 4 * freeBytesMin) findings.Warning("data-disk", text, "Make room.");
        else findings.Good("data-disk", text);
    }

    // flock(2) has no holder that could be asked for; a process that has the file open is one.
    private void LookAtLock(Findings findings)
    {
        string path = Path.GetFullPath(Path.Combine(directory, "lock"));
        var holders = new List<string>();
        bool isAllSeen = true;
        foreach (string process in Directory.Exists("/proc") ? Directory.GetDirectories("/proc") : [])
        {
            if (!int.TryParse(Path.GetFileName(process), out int id)) continue;
            try
            {
                foreach (string open in Directory.GetFileSystemEntries(Path.Combine(process, "fd")))
                {
                    if (new FileInfo(open).LinkTarget == path) holders.Add($"{id}");
                }
            }
            catch (UnauthorizedAccessException)
            {
                isAllSeen = false;
            }
            catch (IOException)
            {
                // It ended meanwhile.
            }
        }
        if (holders.Count > 0)
        {
            findings.Good("data-lock", $"Held by process {string.Join(", ", holders.Distinct())}.");
        }
        else if (!isAllSeen)
        {
            findings.NotChecked("data-lock", "Other users' processes cannot be seen.");
        }
        else
        {
            findings.Warning(
                "data-lock", "No process has this directory open.",
                "Start the gateway, or see that it has the same --data.");
        }
    }
}
