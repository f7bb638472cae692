using System.Runtime.InteropServices;

namespace Sequencer.Cli;

/// <summary>Gives a file the owner and group of another: a gateway's user must be able to read what
/// root replaced.</summary>
internal static partial class FileOwner
{
    private const int CurrentDirectory = -100;
    private const uint WantOwner = 0x08 | 0x10;

    // struct statx of linux/stat.h, the same on every machine.
    private const int StatBytes = 256;
    private const int UserOffset = 20;
    private const int GroupOffset = 24;

    /// <summary>Copies owner and group; nothing outside Linux.</summary>
    /// <exception cref="CommandFailure">Not permitted.</exception>
    public static void Copy(string from, string to)
    {
        if (!OperatingSystem.IsLinux()) return;
        (uint User, uint Group) wanted = Read(from);
        if (wanted == Read(to)) return;
        if (Change(to, wanted.User, wanted.Group) != 0)
        {
            throw new CommandFailure(
                $"{from} is another user's: run this as that user, or as root.");
        }
    }

    private static (uint User, uint Group) Read(string path)
    {
        var stat = new byte[StatBytes];
        if (Stat(CurrentDirectory, path, 0, WantOwner, stat) != 0)
        {
            throw new CommandFailure($"Cannot tell whose {path} is.");
        }
        return (BitConverter.ToUInt32(stat, UserOffset), BitConverter.ToUInt32(stat, GroupOffset));
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Stat(int directory, string path, int flags, uint mask, byte[] stat);

    [LibraryImport("libc", EntryPoint = "chown", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Change(string path, uint user, uint group);
}
