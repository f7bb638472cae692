using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Sequencer.Enclave.Emulator.VhostUser;

namespace Sequencer.Enclave.Tests.Emulator;

/// <summary>
/// The other side of a vhost-user device, as a virtual machine monitor and a guest's driver are it:
/// 64 KiB of memory in a file, one ring, two eventfds.
/// </summary>
internal sealed unsafe partial class FrontEnd : IDisposable
{
    public const ulong GuestBase = 0x4000_0000;
    public const int MemoryBytes = 0x1_0000;
    public const int RingSize = 4;

    public const int Descriptors = 0;
    public const int Available = 0x1000;
    public const int Used = 0x2000;

    // Elsewhere than the guest's addresses, so that one kind cannot pass for the other.
    private const ulong FrontEndBase = 0x7000_0000_0000;
    private const ulong HasProtocolFeatures = 1ul << 30;

    private readonly Socket _ours;
    private readonly Socket _theirs;
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _memory;
    private readonly FileStream _stream;
    private readonly RequestDevice _device;
    private readonly Thread _thread;
    private readonly SafeFileHandle _kick = EventDescriptor();
    private readonly SafeFileHandle _call = EventDescriptor();
    private ushort _offered;

    public FrontEnd(RequestAnswerer answerer, string folder)
    {
        string path = Path.Combine(folder, Path.GetRandomFileName());
        using (var listener =
            new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            listener.Bind(new UnixDomainSocketEndPoint(path));
            listener.Listen(1);
            _ours = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            _ours.Connect(new UnixDomainSocketEndPoint(path));
            _theirs = listener.Accept();
        }
        _stream = new FileStream(path + ".memory", FileMode.CreateNew, FileAccess.ReadWrite);
        _stream.SetLength(MemoryBytes);
        _file = MemoryMappedFile.CreateFromFile(
            _stream, null, 0, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, true);
        _memory = _file.CreateViewAccessor();
        _device = new RequestDevice(_theirs, new RequestLimits(64, 128), answerer);
        _thread = new Thread(Run) { IsBackground = true };
        _thread.Start();
    }

    /// <summary>Why the device stopped; null as long as it runs, or when it was closed.</summary>
    public Exception? Fault { get; private set; }

    /// <summary>The handshake of QEMU, up to a ring that runs.</summary>
    public void Start()
    {
        Ask(VhostUserRequest.GetFeatures);
        Send(VhostUserRequest.SetOwner, []);
        Assert.Equal(0ul, Ask(VhostUserRequest.GetProtocolFeatures));
        Assert.Equal(1ul, Ask(VhostUserRequest.GetQueueCount));
        Send(VhostUserRequest.SetFeatures, U64(1ul << 32 | HasProtocolFeatures));
        SendMemoryTable(MemoryBytes);
        Send(VhostUserRequest.SetRingSize, Ring(RingSize));
        Send(VhostUserRequest.SetRingBase, Ring(0));
        SendAddresses();
        Send(VhostUserRequest.SetRingKick, U64(0), _kick);
        Send(VhostUserRequest.SetRingCall, U64(0), _call);
        Send(VhostUserRequest.SetRingEnable, Ring(1));
    }

    public void SendMemoryTable(ulong size) => Send(
        VhostUserRequest.SetMemoryTable,
        [.. U64(1), .. U64(GuestBase), .. U64(size), .. U64(FrontEndBase), .. U64(0)],
        _stream.SafeFileHandle);

    public void SendAddresses() => Send(
        VhostUserRequest.SetRingAddresses,
        [
            .. Ring(0), .. U64(FrontEndBase + Descriptors), .. U64(FrontEndBase + Used),
            .. U64(FrontEndBase + Available), .. U64(0),
        ]);

    public void SendCall() => Send(VhostUserRequest.SetRingCall, U64(0), _call);

    public void Write(int at, ReadOnlySpan<byte> bytes) =>
        _memory.SafeMemoryMappedViewHandle.WriteSpan((ulong)at, bytes);

    public byte[] Read(int at, int length)
    {
        var bytes = new byte[length];
        _memory.SafeMemoryMappedViewHandle.ReadSpan<byte>((ulong)at, bytes);
        return bytes;
    }

    public void Describe(int index, ulong address, int length, ushort flags, ushort next)
    {
        var descriptor = new byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(descriptor, address);
        BinaryPrimitives.WriteInt32LittleEndian(descriptor.AsSpan(8), length);
        BinaryPrimitives.WriteUInt16LittleEndian(descriptor.AsSpan(12), flags);
        BinaryPrimitives.WriteUInt16LittleEndian(descriptor.AsSpan(14), next);
        Write(Descriptors + 16 * index, descriptor);
    }

    /// <summary>Offers chains by their heads, without a kick.</summary>
    public void Offer(params ushort[] heads)
    {
        foreach (ushort head in heads)
        {
            Write(Available + 4 + 2 * (_offered % RingSize), U16(head));
            _offered++;
        }
        Write(Available + 2, U16(_offered));
    }

    public void Kick() => LibC.SignalEvent(_kick);

    /// <summary>Waits for the device's signal.</summary>
    public void AwaitCall() => LibC.TakeEvent(_call);

    /// <summary>Waits until the device has stopped by itself.</summary>
    public void AwaitFault() => Assert.True(_thread.Join(TimeSpan.FromSeconds(20)));

    public ushort UsedCount => BinaryPrimitives.ReadUInt16LittleEndian(Read(Used + 2, 2));

    public (uint Head, int Written) UsedEntry(int n)
    {
        byte[] entry = Read(Used + 4 + 8 * (n % RingSize), 8);
        return (
            BinaryPrimitives.ReadUInt32LittleEndian(entry),
            BinaryPrimitives.ReadInt32LittleEndian(entry.AsSpan(4)));
    }

    /// <summary>Sends a request and returns the number that it is answered with.</summary>
    public ulong Ask(VhostUserRequest request, params byte[] payload)
    {
        Send(request, payload);
        var reply = new byte[20];
        for (int at = 0; at < reply.Length;)
        {
            int received = _ours.Receive(reply.AsSpan(at));
            Assert.NotEqual(0, received);
            at += received;
        }
        Assert.Equal((uint)request, BinaryPrimitives.ReadUInt32LittleEndian(reply));
        Assert.Equal(5u, BinaryPrimitives.ReadUInt32LittleEndian(reply.AsSpan(4)));
        return BinaryPrimitives.ReadUInt64LittleEndian(reply.AsSpan(12));
    }

    public void Send(VhostUserRequest request, byte[] payload, SafeFileHandle? file = null)
    {
        byte[] message =
            [.. U32((uint)request), .. U32(1), .. U32((uint)payload.Length), .. payload];
        byte[] control =
            [.. U64(20), .. U32(1), .. U32(1), .. U32((uint)(file?.DangerousGetHandle() ?? 0)), 0, 0, 0, 0];
        fixed (byte* m = message, c = control)
        {
            // struct iovec and struct msghdr, eight bytes a member.
            nint* vector = stackalloc nint[2] { (nint)m, message.Length };
            nint* header = stackalloc nint[7]
            {
                0, 0, (nint)vector, 1, file is null ? 0 : (nint)c, file is null ? 0 : control.Length, 0,
            };
            Assert.Equal(message.Length, SendMessage(_ours.SafeHandle, header, 0));
        }
    }

    public static byte[] Ring(uint value) => [.. U32(0), .. U32(value)];

    public void Dispose()
    {
        _ours.Dispose();
        _thread.Join();
        _device.Dispose();
        _theirs.Dispose();
        _memory.Dispose();
        _file.Dispose();
        _stream.Dispose();
        _kick.Dispose();
        _call.Dispose();
    }

    public static byte[] U64(ulong value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return bytes;
    }

    private static byte[] U32(uint value) => U64(value)[..4];

    private static byte[] U16(ushort value) => U64(value)[..2];

    private static SafeFileHandle EventDescriptor() => new(EventFd(0, 0), ownsHandle: true);

    private void Run()
    {
        try
        {
            _device.Run();
        }
        catch (Exception e) when (e is VhostUserException or IOException)
        {
            Fault = e;
        }
    }

    [LibraryImport("libc", EntryPoint = "eventfd")]
    private static partial int EventFd(uint count, int flags);

    [LibraryImport("libc", EntryPoint = "sendmsg", SetLastError = true)]
    private static partial nint SendMessage(SafeSocketHandle socket, nint* message, int flags);
}
