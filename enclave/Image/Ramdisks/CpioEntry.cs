namespace Sequencer.Enclave.Image.Ramdisks;

/// <summary>What an entry of a ramdisk is; the values are the file types of a mode.</summary>
public enum CpioKind
{
    /// <summary>A regular file.</summary>
    File = 0x8000,

    /// <summary>A directory.</summary>
    Directory = 0x4000,

    /// <summary>A symbolic link, whose data is its target.</summary>
    SymbolicLink = 0xa000,

    /// <summary>A character device.</summary>
    CharacterDevice = 0x2000,
}

/// <summary>One entry of a ramdisk. Owner is always root.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Path">Where it is, relative to the root: <c>etc/hosts</c>.</param>
/// <param name="Permissions">The low twelve bits of its mode.</param>
public sealed record CpioEntry(CpioKind Kind, string Path, int Permissions)
{
    /// <summary>Content of a file, target of a link, in UTF-8; empty for others.</summary>
    public ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>Major number of a device.</summary>
    public int DeviceMajor { get; init; }

    /// <summary>Minor number of a device.</summary>
    public int DeviceMinor { get; init; }
}
