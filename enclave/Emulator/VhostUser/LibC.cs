using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Sequencer.Enclave.Emulator.VhostUser;

/// <summary>
/// What the platform's sockets and files lack: receiving file descriptors (unix(7), SCM_RIGHTS),
/// waiting for several of them (poll(2)), and eventfd(2)'s reads and writes.
/// </summary>
internal static unsafe partial class LibC
{
    private const int InterruptedCall = 4;
    private const int SocketLevel = 1;
    private const int ScmRights = 1;
    private const int CloseOnExec = 0x4000_0000;
    private const int ControlTruncated = 8;
    private const short PollIn = 1;
    private const int EventBytes = 8;

    /// <summary>sizeof(struct cmsghdr): u64 length with this header, i32 level, i32 type.</summary>
    private const int ControlHeaderBytes = 16;

    /// <summary>Most descriptors that one message brings.</summary>
    public const int DescriptorsMax = 8;

    /// <summary>
    /// Receives what is there of a stream, with the descriptors that came along, which are the
    /// caller's to dispose of. 0 bytes: the peer has closed.
    /// </summary>
    /// <exception cref="IOException">The connection broke.</exception>
    public static int Receive(
        SafeSocketHandle socket, Span<byte> bytes, List<SafeFileHandle> descriptors)
    {
        Span<byte> control = stackalloc byte[ControlHeaderBytes + 4 * DescriptorsMax];
        fixed (byte* b = bytes, c = control)
        {
            var vector = new IoVector { Base = b, Length = (nuint)bytes.Length };
            var message = new MessageHeader
            {
                Vectors = &vector,
                VectorCount = 1,
                Control = c,
                ControlLength = (nuint)control.Length,
            };
            nint received;
            do received = ReceiveMessage(socket, &message, CloseOnExec);
            while (received < 0 && Marshal.GetLastPInvokeError() == InterruptedCall);
            if (received < 0) throw Failure("recvmsg");
            TakeDescriptors(control[..(int)message.ControlLength], descriptors);
            if ((message.Flags & ControlTruncated) != 0)
            {
                throw new IOException("More file descriptors came than any message has.");
            }
            return (int)received;
        }
    }

    /// <summary>Waits until one of two descriptors can be read; null is not waited for.</summary>
    /// <exception cref="IOException">poll(2) failed.</exception>
    public static (bool First, bool Second) WaitReadable(SafeHandle first, SafeHandle? second)
    {
        // A descriptor that is negative is passed over.
        PollEntry* entries = stackalloc PollEntry[2];
        entries[0] = new PollEntry { Descriptor = Number(first), Events = PollIn };
        entries[1] = new PollEntry
        {
            Descriptor = second is null ? -1 : Number(second),
            Events = PollIn,
        };
        int ready;
        do ready = Poll(entries, 2, -1);
        while (ready < 0 && Marshal.GetLastPInvokeError() == InterruptedCall);
        GC.KeepAlive(first);
        GC.KeepAlive(second);
        if (ready < 0) throw Failure("poll");
        return (entries[0].Returned != 0, entries[1].Returned != 0);
    }

    /// <summary>Takes the count of an eventfd that can be read.</summary>
    /// <exception cref="IOException">It cannot be read after all.</exception>
    public static void TakeEvent(SafeFileHandle eventDescriptor)
    {
        Span<byte> count = stackalloc byte[EventBytes];
        fixed (byte* c = count)
        {
            if (Read(eventDescriptor, c, EventBytes) != EventBytes) throw Failure("read");
        }
    }

    /// <summary>Adds one to the count of an eventfd.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void SignalEvent(SafeFileHandle eventDescriptor)
    {
        Span<byte> one = stackalloc byte[EventBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(one, 1);
        fixed (byte* o = one)
        {
            if (Write(eventDescriptor, o, EventBytes) != EventBytes) throw Failure("write");
        }
    }

    private static void TakeDescriptors(ReadOnlySpan<byte> control, List<SafeFileHandle> taken)
    {
        if (control.Length < ControlHeaderBytes) return;
        int length = (int)BinaryPrimitives.ReadUInt64LittleEndian(control);
        bool isRights = BinaryPrimitives.ReadInt32LittleEndian(control[8..]) == SocketLevel
            && BinaryPrimitives.ReadInt32LittleEndian(control[12..]) == ScmRights;
        if (!isRights) return;
        for (int at = ControlHeaderBytes; at + 4 <= length; at += 4)
        {
            int descriptor = BinaryPrimitives.ReadInt32LittleEndian(control[at..]);
            taken.Add(new SafeFileHandle(descriptor, ownsHandle: true));
        }
    }

    private static int Number(SafeHandle handle) => (int)handle.DangerousGetHandle();

    private static IOException Failure(string call) =>
        new($"{call}: {Marshal.GetLastPInvokeErrorMessage()}");

    [LibraryImport("libc", EntryPoint = "recvmsg", SetLastError = true)]
    private static partial nint ReceiveMessage(
        SafeSocketHandle socket, MessageHeader* message, int flags);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(PollEntry* entries, nuint count, int timeoutMs);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint Read(SafeFileHandle file, byte* bytes, nuint count);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint Write(SafeFileHandle file, byte* bytes, nuint count);

    // The layouts of Linux on 64-bit, little-endian machines.
    [StructLayout(LayoutKind.Sequential)]
    private struct IoVector
    {
        public byte* Base;
        public nuint Length;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct MessageHeader
    {
        public byte* Name;
        public uint NameLength;
        public IoVector* Vectors;
        public nuint VectorCount;
        public byte* Control;
        public nuint ControlLength;
        public int Flags;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }
}
