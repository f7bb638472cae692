using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Sequencer.Gateway.Link;

/// <summary>
/// Makes stream sockets of AF_VSOCK, a family that the framework's constructors refuse. Everything
/// after socket(2) is its own.
/// </summary>
internal static partial class VsockSocket
{
    // Values of Linux on x86-64 and arm64.
    private const int Stream = 1, CloseOnExec = 0x80000;
    private const int NotPermitted = 1, AccessDenied = 13, FamilyNotSupported = 97;

    /// <summary>A new socket, not connected.</summary>
    /// <exception cref="EnclaveLostException">Why this machine gives none.</exception>
    public static Socket Create()
    {
        int descriptor = OpenSocket(VsockAddress.Family, Stream | CloseOnExec, 0);
        if (descriptor < 0) throw new EnclaveLostException(Explain(Marshal.GetLastPInvokeError()));
        return new Socket(new SafeSocketHandle(descriptor, ownsHandle: true));
    }

    /// <summary>The CID that a connection comes from, as the kernel says; null for a connection of
    /// another family, or one that is over.</summary>
    public static uint? PeerCid(Socket connection)
    {
        // Room for the longest address of any family, sockaddr_storage.
        Span<byte> address = stackalloc byte[128];
        int length = address.Length;
        return ReadPeer(connection.SafeHandle, address, ref length) == 0
            && length <= address.Length
                ? VsockAddress.CidOf(address[..length])
                : null;
    }

    /// <summary>What a failed socket(2) means.</summary>
    internal static string Explain(int errno) => errno switch
    {
        FamilyNotSupported =>
            "this machine has no vsock: the driver is not loaded (modprobe vsock), or this is not "
            + "an EC2 instance that was started with enclaves enabled",
        NotPermitted or AccessDenied =>
            "the system does not let this process use vsock: a container's profile may forbid it",
        _ => $"no vsock socket: {Marshal.GetPInvokeErrorMessage(errno)}",
    };

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial int OpenSocket(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "getpeername")]
    private static partial int ReadPeer(
        SafeSocketHandle socket, Span<byte> address, ref int length);
}
