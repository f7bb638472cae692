using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Sequencer.Enclave.Emulator.VhostUser;

/// <summary>
/// The device's side of a split virtqueue (Virtio 1.2 section 2.7): a table of descriptors, the
/// ring of chains that the driver offers, and the ring of those that the device has used.
/// </summary>
/// <param name="Size">Number of descriptors: a power of two, at most <see cref="SizeMax"/>.</param>
/// <param name="Descriptors">Front-end address of the table.</param>
/// <param name="Available">Front-end address of the driver's ring.</param>
/// <param name="Used">Front-end address of the device's ring.</param>
internal sealed record SplitRing(int Size, ulong Descriptors, ulong Available, ulong Used)
{
    /// <summary>Largest size that Virtio knows.</summary>
    public const int SizeMax = 32768;

    private const int DescriptorBytes = 16;
    private const ushort HasNext = 1;
    private const ushort IsWritable = 2;
    private const ushort IsIndirect = 4;

    /// <summary>
    /// Number of chains that the driver has offered since the ring began, modulo 2^16.
    /// </summary>
    public ushort OfferedCount(GuestMemory memory)
    {
        Span<byte> index = memory.AtFrontEnd(Available + 2, 2);
        // Acquires: the driver wrote the ring's entries before it moved the index.
        return Volatile.Read(ref MemoryMarshal.AsRef<ushort>(index));
    }

    /// <summary>The first descriptor of the chain that was offered as the n-th.</summary>
    public ushort OfferedHead(GuestMemory memory, ushort n) =>
        BinaryPrimitives.ReadUInt16LittleEndian(
            memory.AtFrontEnd(Available + 4 + 2 * (ulong)(n % Size), 2));

    /// <summary>The buffers of a chain, all readable or all writable by the device.</summary>
    /// <exception cref="VhostUserException">
    /// The chain loops, leaves the table, mixes directions or is longer in sum than
    /// <paramref name="maxBytes"/>.
    /// </exception>
    public List<GuestBuffer> Chain(GuestMemory memory, ushort head, bool isWritable, int maxBytes)
    {
        var buffers = new List<GuestBuffer>();
        long bytes = 0;
        for (ushort index = head; ;)
        {
            // A chain has at most as many links as there are descriptors, or it is a loop.
            if (index >= Size || buffers.Count == Size)
            {
                throw new VhostUserException("A chain of descriptors does not end.");
            }
            Span<byte> descriptor = memory.AtFrontEnd(
                Descriptors + DescriptorBytes * (ulong)index, DescriptorBytes);
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(descriptor[8..]);
            ushort flags = BinaryPrimitives.ReadUInt16LittleEndian(descriptor[12..]);
            bool isRightWay = (flags & IsIndirect) == 0
                && (flags & IsWritable) != 0 == isWritable;
            bytes += length;
            if (!isRightWay || bytes > maxBytes)
            {
                throw new VhostUserException("A chain of descriptors has another form.");
            }
            buffers.Add(new GuestBuffer(
                BinaryPrimitives.ReadUInt64LittleEndian(descriptor), (int)length));
            if ((flags & HasNext) == 0) return buffers;
            index = BinaryPrimitives.ReadUInt16LittleEndian(descriptor[14..]);
        }
    }

    /// <summary>Gives a chain back to the driver, of which so many bytes were written.</summary>
    public void Return(GuestMemory memory, ushort head, int writtenBytes)
    {
        ref ushort index =
            ref MemoryMarshal.AsRef<ushort>(memory.AtFrontEnd(Used + 2, 2));
        Span<byte> entry = memory.AtFrontEnd(Used + 4 + 8 * (ulong)(index % Size), 8);
        BinaryPrimitives.WriteUInt32LittleEndian(entry, head);
        BinaryPrimitives.WriteInt32LittleEndian(entry[4..], writtenBytes);
        // Releases: the driver that sees the index sees the entry and the buffers.
        Volatile.Write(ref index, (ushort)(index + 1));
    }
}

/// <summary>A buffer at a guest address, not yet known to lie in the guest's memory.</summary>
internal readonly record struct GuestBuffer(ulong Address, int Length);
