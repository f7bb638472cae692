using System.Globalization;

namespace Sequencer.Gateway.Sequencing;

/// <summary>
/// The room that must stay free on the data directory's disk, in bytes: entries that would take of
/// it are refused before anything is written, so that a full disk is met with a certain no instead
/// of half a write.
/// </summary>
/// <param name="bytesMin">What must stay free; 0 for no watch.</param>
/// <param name="freeBytes">What is free.</param>
public sealed class DiskReserve(long bytesMin, Func<long> freeBytes)
{
    /// <summary>The reserve on the disk of a directory, which must exist when it is asked.</summary>
    public static DiskReserve Of(string directory, long bytesMin) =>
        new(bytesMin, () => new DriveInfo(Path.GetFullPath(directory)).AvailableFreeSpace);

    /// <summary>What is free, in bytes; null when the disk does not say.</summary>
    public long? FreeBytesIfKnown
    {
        get
        {
            try
            {
                return freeBytes();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // A directory that is gone, or a disk that fails: writing tells more of it.
                return null;
            }
        }
    }

    /// <summary>Whether the reserve stays whole when so much is written.</summary>
    public bool HasRoomFor(long bytes) =>
        bytesMin == 0 || FreeBytesIfKnown is not { } free || free - bytes >= bytesMin;

    /// <summary>What is wrong, for people.</summary>
    public string Shortage => string.Create(
        CultureInfo.InvariantCulture,
        $"Fewer than {bytesMin} bytes (disk-free-min-bytes) are left on the disk.");
}

/// <summary>The reserve as a writer watches it: the operator reads when it is short and when it is
/// not any more.</summary>
internal sealed class DiskWatch(DiskReserve reserve, FaultLog faults)
{
    /// <inheritdoc cref="DiskReserve.HasRoomFor"/>
    public bool HasRoomFor(long bytes)
    {
        bool hasRoom = reserve.HasRoomFor(bytes);
        if (hasRoom) faults.Mended(AppendFailure.DiskFull, "The disk has room again.");
        else faults.Fault(AppendFailure.DiskFull, reserve.Shortage);
        return hasRoom;
    }
}
