using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Sequencer.Enclave.Nitro.Nsm;

/// <summary>The kernel's <c>/dev/nsm</c>: one ioctl carries a request and its answer.</summary>
internal sealed unsafe partial class NsmDeviceFile : INsmTransport, IDisposable
{
    private const string Path = "/dev/nsm";

    /// <summary>_IOWR(0x0A, 0, struct nsm_raw), a structure of 32 bytes.</summary>
    private const nuint RawExchange = 0xC0200A00;

    private const int Interrupted = 4; // EINTR
    private const int NoDevice = 19; // ENODEV
    private const int MessageTooLong = 90; // EMSGSIZE
    private const int TimedOut = 110; // ETIMEDOUT

    private readonly SafeFileHandle _device;

    private NsmDeviceFile(SafeFileHandle device) => _device = device;

    /// <summary>Opens the device.</summary>
    /// <exception cref="IOException">There is none, or it may not be opened.</exception>
    public static NsmDeviceFile Open()
    {
        try
        {
            // ReadWrite sharing: no advisory lock, which a device has no use for.
            return new NsmDeviceFile(File.OpenHandle(
                Path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException(
                $"{Path} cannot be opened: this is no Nitro enclave, or its kernel lacks the "
                + $"NSM driver ({e.GetType().Name})",
                e);
        }
    }

    /// <inheritdoc/>
    public int Exchange(ReadOnlySpan<byte> request, Span<byte> response)
    {
        fixed (byte* asked = request, answered = response)
        {
            Message message;
            int error;
            do
            {
                message = new Message(asked, request.Length, answered, response.Length);
                error = Ioctl(_device, RawExchange, &message) == 0
                    ? 0
                    : Marshal.GetLastPInvokeError();
            }
            // The driver waits uninterruptibly for the device: a signal came before it was asked.
            while (error == Interrupted);
            if (error != 0) throw Failure(error);
            if (message.ResponseBytes <= (ulong)response.Length) return (int)message.ResponseBytes;
            throw new IOException("The NSM driver says that it wrote more than the buffer holds");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _device.Dispose();

    private static IOException Failure(int error) => new(error switch
    {
        NoDevice => "The NSM is gone: start the enclave anew",
        MessageTooLong => "The NSM driver takes no request so long",
        TimedOut => "The NSM did not answer within the driver's time: start the enclave anew",
        _ => $"The exchange with the NSM failed with errno {error}: start the enclave anew",
    });

    // ioctl is variadic; on Linux, x86-64 and arm64 alike, a pointer is passed no differently.
    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Ioctl(SafeFileHandle file, nuint request, Message* message);

    /// <summary>struct nsm_raw: two address and length pairs.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Message(
        byte* request, int requestBytes, byte* response, int responseBytes)
    {
        public readonly ulong Request = (ulong)request;
        public readonly ulong RequestBytes = (ulong)requestBytes;
        public readonly ulong Response = (ulong)response;
        public readonly ulong ResponseBytes = (ulong)responseBytes;
    }
}
