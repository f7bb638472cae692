using System.Runtime.InteropServices;

namespace Sequencer.ParentVm;

/// <summary>What an operating system's start would have done for the gateway.</summary>
internal static partial class Machine
{
    private const int InternetFamily = 2; // AF_INET
    private const int Datagram = 2; // SOCK_DGRAM
    private const uint SetInterfaceFlags = 0x8914; // SIOCSIFFLAGS
    private const int InterfaceUp = 0x41; // IFF_UP | IFF_RUNNING

    /// <summary>A writable file system for the log.</summary>
    public static void MountData(string folder) =>
        Check(Mount("data", folder, "tmpfs", 0, "size=256m"), "mounting the data");

    /// <summary>127.0.0.1 works.</summary>
    public static unsafe void StartLoopback()
    {
        int socket = Check(NewSocket(InternetFamily, Datagram, 0), "a socket");
        // struct ifreq: 16 bytes of name, then the flags.
        byte* request = stackalloc byte[40];
        new Span<byte>(request, 40).Clear();
        "lo"u8.CopyTo(new Span<byte>(request, 16));
        *(short*)(request + 16) = InterfaceUp;
        Check(Ioctl(socket, SetInterfaceFlags, request), "starting the loopback interface");
    }

    private static int Check(int result, string step) => result >= 0
        ? result
        : throw new IOException($"{step} failed, errno {Marshal.GetLastPInvokeError()}");

    [LibraryImport("libc", EntryPoint = "mount", SetLastError = true,
        StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Mount(
        string source, string target, string type, nuint flags, string options);

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial int NewSocket(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static unsafe partial int Ioctl(int file, nuint request, void* argument);
}
