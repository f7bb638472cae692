using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Sequencer.Enclave.Nitro.Vsock;

/// <summary>
/// Stream sockets of AF_VSOCK. The platform makes none, but works with one that it is given.
/// </summary>
internal static partial class VsockSocket
{
    private const int Stream = 1; // SOCK_STREAM
    private const int CloseOnExec = 0x80000; // SOCK_CLOEXEC
    private const int Backlog = 16;

    /// <summary>A socket that is neither bound nor connected; one for each attempt.</summary>
    /// <exception cref="IOException">The kernel makes none.</exception>
    public static Socket Create()
    {
        int file = NewSocket(VsockEndPoint.Family, Stream | CloseOnExec, 0);
        if (file < 0)
        {
            int error = Marshal.GetLastPInvokeError();
            throw new IOException(
                $"The kernel makes no vsock socket: {new Win32Exception(error).Message}");
        }
        return new Socket(new SafeSocketHandle(file, ownsHandle: true));
    }

    /// <summary>A socket that listens at a port, for any peer.</summary>
    /// <exception cref="IOException">The port is taken, or the kernel has no vsock.</exception>
    public static Socket Listen(uint port)
    {
        Socket socket = Create();
        try
        {
            socket.Bind(new VsockEndPoint(VsockEndPoint.AnyContext, port));
            socket.Listen(Backlog);
            return socket;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new IOException($"Cannot listen on vsock port {port}: {e.Message}", e);
        }
    }

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial int NewSocket(int family, int type, int protocol);
}
