using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Sequencer.Enclave.Nitro.Vsock;

/// <summary>An address of AF_VSOCK: a context (a virtual machine) and a port.</summary>
/// <param name="contextId">The machine's context id, CID.</param>
/// <param name="port">The port.</param>
/// <remarks>
/// The platform knows no such family. It hands an address that it does not know to the kernel as
/// the bytes that it finds, so the family is written there and nowhere else.
/// </remarks>
internal sealed class VsockEndPoint(uint contextId, uint port) : EndPoint
{
    /// <summary>VMADDR_CID_ANY: any context of the own machine.</summary>
    public const uint AnyContext = uint.MaxValue;

    /// <summary>The parent instance of a Nitro enclave.</summary>
    public const uint ParentContext = 3;

    /// <summary>AF_VSOCK.</summary>
    public const int Family = 40;

    // struct sockaddr_vm, in the machine's byte order: family, reserved, port, cid, four zeros.
    private const int AddressBytes = 16;
    private const int PortAt = 4;
    private const int ContextAt = 8;

    /// <summary>The context id.</summary>
    public uint ContextId => contextId;

    /// <summary>The port.</summary>
    public uint Port => port;

    /// <inheritdoc/>
    public override AddressFamily AddressFamily => AddressFamily.Unknown;

    /// <inheritdoc/>
    public override SocketAddress Serialize()
    {
        var address = new SocketAddress(AddressFamily.Unspecified, AddressBytes);
        Span<byte> bytes = address.Buffer.Span[..AddressBytes];
        bytes.Clear();
        ushort family = Family;
        MemoryMarshal.Write(bytes, in family);
        MemoryMarshal.Write(bytes[PortAt..], in port);
        MemoryMarshal.Write(bytes[ContextAt..], in contextId);
        return address;
    }

    /// <inheritdoc/>
    public override EndPoint Create(SocketAddress socketAddress)
    {
        // An accepted peer's address is for display alone; it may be shorter than its structure.
        ReadOnlySpan<byte> bytes = socketAddress.Buffer.Span;
        return bytes.Length < AddressBytes
            ? new VsockEndPoint(AnyContext, 0)
            : new VsockEndPoint(
                MemoryMarshal.Read<uint>(bytes[ContextAt..]),
                MemoryMarshal.Read<uint>(bytes[PortAt..]));
    }

    /// <inheritdoc/>
    public override string ToString() => $"vsock {contextId}:{port}";
}
