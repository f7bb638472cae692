using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Sequencer.Gateway.Link;

/// <summary>
/// An address of AF_VSOCK. The framework does not know the family: it hands the bytes that
/// <see cref="Serialize"/> gives to connect(2) as they are.
/// </summary>
internal sealed class VsockAddress(uint cid, uint port) : EndPoint
{
    /// <summary>AF_VSOCK of Linux.</summary>
    public const ushort Family = 40;

    /// <summary>VMADDR_CID_ANY: for listeners, no address of a machine.</summary>
    public const uint AnyCid = uint.MaxValue;

    // struct sockaddr_vm of <linux/vm_sockets.h>, in the machine's byte order: u16 family, u16
    // zero, u32 port, u32 CID, u8 flags, 3 zero bytes. Port before CID, unlike everywhere else.
    private const int Bytes = 16, PortAt = 4, CidAt = 8;

    /// <summary>Which machine.</summary>
    public uint Cid { get; } = cid;

    /// <summary>Which port of it.</summary>
    public uint Port { get; } = port;

    /// <summary>The CID of a <c>sockaddr_vm</c>; null for anything else.</summary>
    public static uint? CidOf(ReadOnlySpan<byte> address) =>
        address.Length == Bytes && MemoryMarshal.Read<ushort>(address) == Family
            ? MemoryMarshal.Read<uint>(address[CidAt..])
            : null;

    /// <summary>What the framework calls the family of a <see cref="VsockSocket"/>.</summary>
    public override AddressFamily AddressFamily => AddressFamily.Unknown;

    /// <summary>The <c>sockaddr_vm</c>.</summary>
    public override SocketAddress Serialize()
    {
        // Unspecified is the one family that is taken here without being translated.
        var address = new SocketAddress(AddressFamily.Unspecified, Bytes);
        Span<byte> bytes = address.Buffer.Span[..Bytes];
        bytes.Clear();
        MemoryMarshal.Write(bytes, Family);
        MemoryMarshal.Write(bytes[PortAt..], Port);
        MemoryMarshal.Write(bytes[CidAt..], Cid);
        return address;
    }

    // The framework asks for the peer's address after connecting.
    public override EndPoint Create(SocketAddress socketAddress)
    {
        ReadOnlySpan<byte> bytes = socketAddress.Buffer.Span;
        return new VsockAddress(
            MemoryMarshal.Read<uint>(bytes[CidAt..]), MemoryMarshal.Read<uint>(bytes[PortAt..]));
    }
}
