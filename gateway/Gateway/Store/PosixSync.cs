using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Sequencer.Gateway.Store;

/// <summary>
/// The two ways of making bytes durable that the platform's file API lacks: fdatasync(2), which
/// leaves out the time stamps that fsync(2) would also write, and fsync(2) of a directory.
/// </summary>
internal static partial class PosixSync
{
    private const int ReadOnly = 0;

    /// <summary>Makes a file's bytes and its length durable.</summary>
    /// <exception cref="IOException">The disk did not take them; they may or may not be there.
    /// </exception>
    public static void Data(SafeFileHandle file)
    {
        // Never tried again after a failure, EINTR included: the kernel reports an error once and
        // then takes the lost pages for clean, so a second call that succeeds proves nothing.
        if (FDataSync(file) != 0) throw Failure("fdatasync");
    }

    /// <summary>Makes the names in a directory durable.</summary>
    /// <exception cref="IOException">As <see cref="Data"/>.</exception>
    public static void Directory(string path)
    {
        int descriptor = Open(path, ReadOnly);
        if (descriptor < 0) throw Failure($"open {path}");
        using var directory = new SafeFileHandle(descriptor, ownsHandle: true);
        if (FSync(directory) != 0) throw Failure($"fsync {path}");
    }

    private static IOException Failure(string call) =>
        new($"{call}: {Marshal.GetLastPInvokeErrorMessage()}");

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int FDataSync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(SafeFileHandle file);

    [LibraryImport(
        "libc", EntryPoint = "open", SetLastError = true,
        StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);
}
