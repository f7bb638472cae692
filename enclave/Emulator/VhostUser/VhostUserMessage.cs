using System.Buffers.Binary;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;

namespace Sequencer.Enclave.Emulator.VhostUser;

/// <summary>What the front end asks, of the requests that a device without protocol features gets.
/// </summary>
internal enum VhostUserRequest
{
    GetFeatures = 1,
    SetFeatures = 2,
    SetOwner = 3,
    ResetOwner = 4,
    SetMemoryTable = 5,
    SetRingSize = 8,
    SetRingAddresses = 9,
    SetRingBase = 10,
    GetRingBase = 11,
    SetRingKick = 12,
    SetRingCall = 13,
    SetRingError = 14,
    GetProtocolFeatures = 15,
    SetProtocolFeatures = 16,
    GetQueueCount = 17,
    SetRingEnable = 18,
}

/// <summary>
/// A message of the front end: u32 request, u32 flags, u32 size, all in the machine's order, the
/// payload, and file descriptors beside it, which this owns.
/// </summary>
internal sealed class VhostUserMessage : IDisposable
{
    private const int HeaderBytes = 12;
    private const int PayloadBytesMax = 1024;
    private const uint Version = 1;
    private const uint VersionMask = 3;
    private const uint ReplyFlag = 1 << 2;

    private VhostUserMessage(VhostUserRequest request) => Request = request;

    /// <summary>What it asks.</summary>
    public VhostUserRequest Request { get; }

    /// <summary>Its arguments.</summary>
    public byte[] Payload { get; private set; } = [];

    /// <summary>The files that came with it; whoever takes one removes it from the list.</summary>
    public List<SafeFileHandle> Files { get; } = [];

    /// <summary>The next message; null when the front end has closed.</summary>
    /// <exception cref="VhostUserException">It is no message.</exception>
    public static VhostUserMessage? Receive(SafeSocketHandle socket)
    {
        var files = new List<SafeFileHandle>();
        Span<byte> header = stackalloc byte[HeaderBytes];
        if (!TryFill(socket, header, files)) return null;
        uint flags = BinaryPrimitives.ReadUInt32LittleEndian(header[4..]);
        uint size = BinaryPrimitives.ReadUInt32LittleEndian(header[8..]);
        var message = new VhostUserMessage(
            (VhostUserRequest)BinaryPrimitives.ReadUInt32LittleEndian(header));
        message.Files.AddRange(files);
        if ((flags & VersionMask) != Version || size > PayloadBytesMax)
        {
            message.Dispose();
            throw new VhostUserException("A message has another version, or is too long.");
        }
        message.Payload = new byte[size];
        if (TryFill(socket, message.Payload, message.Files)) return message;
        message.Dispose();
        return null;
    }

    /// <summary>Answers the message.</summary>
    public void Reply(Socket socket, ReadOnlySpan<byte> payload)
    {
        Span<byte> reply = stackalloc byte[HeaderBytes + payload.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(reply, (uint)Request);
        BinaryPrimitives.WriteUInt32LittleEndian(reply[4..], Version | ReplyFlag);
        BinaryPrimitives.WriteUInt32LittleEndian(reply[8..], (uint)payload.Length);
        payload.CopyTo(reply[HeaderBytes..]);
        while (!reply.IsEmpty) reply = reply[socket.Send(reply)..];
    }

    /// <summary>Answers the message with a number.</summary>
    public void Reply(Socket socket, ulong value)
    {
        Span<byte> payload = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(payload, value);
        Reply(socket, payload);
    }

    /// <summary>The payload as one number.</summary>
    /// <exception cref="VhostUserException">It has another length.</exception>
    public ulong Number() => BinaryPrimitives.ReadUInt64LittleEndian(Exactly(8));

    /// <summary>The payload as a ring's index, which is always 0, and a number.</summary>
    /// <exception cref="VhostUserException">It has another length or names another ring.
    /// </exception>
    public uint RingNumber()
    {
        ReadOnlySpan<byte> payload = Exactly(8);
        if (BinaryPrimitives.ReadUInt32LittleEndian(payload) != 0)
        {
            throw new VhostUserException("The device has one ring, number 0.");
        }
        return BinaryPrimitives.ReadUInt32LittleEndian(payload[4..]);
    }

    /// <summary>The payload, which must have so many bytes.</summary>
    /// <exception cref="VhostUserException">It has another length.</exception>
    public ReadOnlySpan<byte> Exactly(int length) => Payload.Length == length
        ? Payload
        : throw new VhostUserException($"{Request} has {Payload.Length} bytes, not {length}.");

    /// <summary>The one file of the message, which the caller then owns; null without one.</summary>
    public SafeFileHandle? TakeFile()
    {
        if (Files.Count == 0) return null;
        SafeFileHandle file = Files[0];
        Files.RemoveAt(0);
        return file;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (SafeFileHandle file in Files) file.Dispose();
    }

    private static bool TryFill(
        SafeSocketHandle socket, Span<byte> destination, List<SafeFileHandle> files)
    {
        while (!destination.IsEmpty)
        {
            int received = LibC.Receive(socket, destination, files);
            if (received == 0) return false;
            destination = destination[received..];
        }
        return true;
    }
}
