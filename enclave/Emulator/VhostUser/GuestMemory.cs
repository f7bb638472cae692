using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;

namespace Sequencer.Enclave.Emulator.VhostUser;

/// <summary>
/// The guest's memory, shared with the virtual machine monitor in a few regions. Every access is
/// checked against them: the guest chooses the addresses.
/// </summary>
/// <remarks>
/// The guest may change what it shares at any time. Whoever decides on bytes copies them first.
/// </remarks>
internal sealed unsafe class GuestMemory : IDisposable
{
    private readonly List<Region> _regions = [];

    /// <summary>
    /// Maps the regions of a SET_MEM_TABLE message: u32 count, u32 padding, and for each u64 guest
    /// address, u64 size, u64 front-end address, u64 offset in its file; one file for each.
    /// </summary>
    /// <exception cref="VhostUserException">The table is none, or a file is too short.</exception>
    public static GuestMemory Map(ReadOnlySpan<byte> table, IReadOnlyList<SafeFileHandle> files)
    {
        const int HeaderBytes = 8;
        const int EntryBytes = 32;
        uint count = table.Length < HeaderBytes
            ? 0
            : BinaryPrimitives.ReadUInt32LittleEndian(table);
        if (count is 0 or > LibC.DescriptorsMax || files.Count != count
            || table.Length != HeaderBytes + EntryBytes * (int)count)
        {
            throw new VhostUserException("The table of memory regions has another form.");
        }
        var memory = new GuestMemory();
        try
        {
            for (int i = 0; i < count; i++)
            {
                ReadOnlySpan<byte> entry = table.Slice(HeaderBytes + EntryBytes * i, EntryBytes);
                memory._regions.Add(Region.Map(
                    BinaryPrimitives.ReadUInt64LittleEndian(entry),
                    BinaryPrimitives.ReadUInt64LittleEndian(entry[8..]),
                    BinaryPrimitives.ReadUInt64LittleEndian(entry[16..]),
                    BinaryPrimitives.ReadUInt64LittleEndian(entry[24..]),
                    files[i]));
            }
            return memory;
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    /// <summary>The bytes at a guest address: what descriptors name.</summary>
    /// <exception cref="VhostUserException">Not all of them lie in one region.</exception>
    public Span<byte> AtGuest(ulong address, int length)
    {
        foreach (Region region in _regions)
        {
            if (region.Contains(address - region.GuestAddress, length))
            {
                return region.Slice(address - region.GuestAddress, length);
            }
        }
        throw Outside(address, length);
    }

    /// <summary>The bytes at an address of the front end: where it says that rings are.</summary>
    /// <exception cref="VhostUserException">Not all of them lie in one region.</exception>
    public Span<byte> AtFrontEnd(ulong address, int length)
    {
        foreach (Region region in _regions)
        {
            if (region.Contains(address - region.FrontEndAddress, length))
            {
                return region.Slice(address - region.FrontEndAddress, length);
            }
        }
        throw Outside(address, length);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Region region in _regions) region.Dispose();
    }

    private static VhostUserException Outside(ulong address, int length) =>
        new($"{length} bytes at {address:x} are outside of the guest's memory.");

    private sealed class Region : IDisposable
    {
        private readonly MemoryMappedFile _file;
        private readonly MemoryMappedViewAccessor _view;
        private readonly ulong _size;
        private byte* _start;

        private Region(
            ulong guest, ulong frontEnd, MemoryMappedFile file, MemoryMappedViewAccessor view)
        {
            GuestAddress = guest;
            FrontEndAddress = frontEnd;
            _file = file;
            _view = view;
            _size = (ulong)view.Capacity;
            view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
            _start += view.PointerOffset;
        }

        public ulong GuestAddress { get; }

        public ulong FrontEndAddress { get; }

        public static Region Map(
            ulong guest, ulong size, ulong frontEnd, ulong offset, SafeFileHandle file)
        {
            ulong length = (ulong)RandomAccess.GetLength(file);
            // A mapping that goes beyond its file ends the process when it is touched.
            if (size == 0 || size > length || offset > length - size)
            {
                throw new VhostUserException("A memory region is larger than its file.");
            }
            var mapped = MemoryMappedFile.CreateFromFile(
                file, null, 0, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None,
                leaveOpen: true);
            MemoryMappedViewAccessor view =
                mapped.CreateViewAccessor((long)offset, (long)size);
            return new Region(guest, frontEnd, mapped, view);
        }

        /// <summary>An address below the region wraps to one far above it.</summary>
        public bool Contains(ulong offset, int length) =>
            offset < _size && (ulong)length <= _size - offset;

        public Span<byte> Slice(ulong offset, int length) => new(_start + offset, length);

        public void Dispose()
        {
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
            _file.Dispose();
        }
    }
}
