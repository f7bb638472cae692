using System.Text;

namespace Sequencer.Enclave.Image.Ramdisks;

/// <summary>
/// A ramdisk in the making. The same entries in the same order give the same bytes: no time, no
/// owner, inode numbers in order.
/// </summary>
public sealed class CpioArchive
{
    private const int MadeParentPermissions = 0x1ed; // 0755

    private readonly Dictionary<string, CpioKind> _kinds = new(StringComparer.Ordinal);
    private readonly List<CpioEntry> _entries = [];

    /// <summary>What was added, with the directories that were made for it.</summary>
    public IReadOnlyList<CpioEntry> Entries => _entries;

    /// <summary>
    /// Adds an entry, and before it the directories above it that are not there yet (mode 0755).
    /// </summary>
    /// <returns>Null, or why the entry was not added.</returns>
    public string? Add(CpioEntry entry)
    {
        if (PathFault(entry.Path) is { } fault) return fault;
        if ((entry.Permissions & ~0xfff) != 0) return "permissions have twelve bits";
        if (_kinds.ContainsKey(entry.Path)) return "is there already";
        string[] parts = entry.Path.Split('/');
        for (int count = 1; count < parts.Length; count++)
        {
            string parent = string.Join('/', parts[..count]);
            if (!_kinds.TryGetValue(parent, out CpioKind kind))
            {
                Put(new CpioEntry(CpioKind.Directory, parent, MadeParentPermissions));
            }
            else if (kind != CpioKind.Directory)
            {
                return $"{parent} above it is no directory";
            }
        }
        Put(entry);
        return null;
    }

    /// <summary>The archive, padded with zeros to a multiple of 512 bytes.</summary>
    public byte[] ToArray()
    {
        using var bytes = new MemoryStream();
        for (int i = 0; i < _entries.Count; i++) Write(bytes, i + 1, _entries[i]);
        WriteHeader(bytes, 0, 0, 1, 0, 0, 0, CpioFormat.Trailer);
        Pad(bytes, CpioFormat.BlockBytes);
        return bytes.ToArray();
    }

    private void Put(CpioEntry entry)
    {
        _kinds.Add(entry.Path, entry.Kind);
        _entries.Add(entry);
    }

    private static string? PathFault(string path)
    {
        if (path.Length == 0) return "an empty path";
        if (path[0] == '/') return "a path is relative to the root and begins with no slash";
        if (path == CpioFormat.Trailer) return "the name that ends an archive";
        if (path.Any(char.IsControl)) return "a control character in the path";
        if (Encoding.UTF8.GetByteCount(path) >= CpioFormat.PathBytesMax) return "too long a path";
        foreach (string part in path.Split('/'))
        {
            if (part is "" or "." or "..") return $"'{part}' as a part of the path";
            if (Encoding.UTF8.GetByteCount(part) > CpioFormat.NameBytesMax)
            {
                return $"a name of more than {CpioFormat.NameBytesMax} bytes";
            }
        }
        return null;
    }

    private static void Write(MemoryStream bytes, int inode, CpioEntry entry)
    {
        // Kernels look for hard links only among files of two links; a directory has its own dot.
        int links = entry.Kind == CpioKind.Directory ? 2 : 1;
        WriteHeader(
            bytes, inode, (int)entry.Kind | entry.Permissions, links, entry.Data.Length,
            entry.DeviceMajor, entry.DeviceMinor, entry.Path);
        bytes.Write(entry.Data.Span);
        Pad(bytes, CpioFormat.Alignment);
    }

    private static void WriteHeader(
        MemoryStream bytes, int inode, int mode, int links, int size, int major, int minor,
        string path)
    {
        byte[] name = Encoding.UTF8.GetBytes(path);
        // inode, mode, owner, group, links, time, size, device (2), own device (2), name, checksum
        int[] fields =
            [inode, mode, 0, 0, links, 0, size, 0, 0, major, minor, name.Length + 1, 0];
        bytes.Write(CpioFormat.Magic);
        foreach (int field in fields) bytes.Write(Encoding.ASCII.GetBytes($"{field:X8}"));
        bytes.Write(name);
        bytes.WriteByte(0);
        Pad(bytes, CpioFormat.Alignment);
    }

    private static void Pad(MemoryStream bytes, int alignment) =>
        bytes.Write(new byte[CpioFormat.Padding(bytes.Length, alignment)]);
}
