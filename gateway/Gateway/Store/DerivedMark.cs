using System.Buffers.Binary;
using Sequencer.Attestation;
using Sequencer.Attestation.Cryptography;

namespace Sequencer.Gateway.Store;

/// <summary>
/// Says up to where tiles and indexes are on the disk, so that the next opening computes only what
/// came after. Derived like them: without it they are made anew.
/// </summary>
/// <param name="Size">The numbers that they cover.</param>
/// <param name="LastFrame">Offset in the log of the commit frame with the last of these.</param>
/// <param name="LogEnd">Offset in the log after that frame.</param>
/// <param name="Rows">Rows of the chains that they make.</param>
/// <param name="Chains">These chains.</param>
internal readonly record struct DerivedMark(
    ulong Size, long LastFrame, long LogEnd, ulong Rows, ulong Chains)
{
    private const string FilePath = NumberIndex.Directory + "/mark";
    private const string Unfinished = FilePath + ".unfinished";
    private const int FieldBytes = 4 + 5 * 8;

    // The version of what the mark stands for: another one is not read.
    private static ReadOnlySpan<byte> Magic => "SQM2"u8;

    /// <summary>The mark that is there, if it is whole.</summary>
    public static DerivedMark? TryRead(IStoreFiles files)
    {
        if (!files.List(NumberIndex.Directory).Contains(Path.GetFileName(FilePath))) return null;
        var bytes = new byte[FieldBytes + Digest.Size];
        using IStoreFile file = files.Open(FilePath);
        if (file.Length != bytes.Length || file.Read(bytes, 0) != bytes.Length) return null;
        ReadOnlySpan<byte> fields = bytes.AsSpan(0, FieldBytes);
        if (!fields.StartsWith(Magic)) return null;
        if (!bytes.AsSpan(FieldBytes).SequenceEqual(Sha256.Hash(fields).AsSpan())) return null;
        return new DerivedMark(
            BinaryPrimitives.ReadUInt64BigEndian(fields[4..]),
            BinaryPrimitives.ReadInt64BigEndian(fields[12..]),
            BinaryPrimitives.ReadInt64BigEndian(fields[20..]),
            BinaryPrimitives.ReadUInt64BigEndian(fields[28..]),
            BinaryPrimitives.ReadUInt64BigEndian(fields[36..]));
    }

    /// <summary>
    /// Takes the mark away for good, before what it stands for is made anew: after a crash it would
    /// stand for files whose bytes never got to the disk.
    /// </summary>
    public static void Delete(IStoreFiles files)
    {
        files.CreateDirectory(NumberIndex.Directory);
        foreach (string path in new[] { FilePath, Unfinished })
        {
            bool exists = files.List(NumberIndex.Directory).Contains(Path.GetFileName(path));
            if (exists) files.Delete(path);
        }
        files.SyncDirectory(NumberIndex.Directory);
    }

    /// <summary>Writes it so that a crash leaves the old one or this one. What it stands for is
    /// durable already.</summary>
    public void Write(IStoreFiles files)
    {
        var bytes = new byte[FieldBytes + Digest.Size];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(4), Size);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(12), LastFrame);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(20), LogEnd);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(28), Rows);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(36), Chains);
        Sha256.Hash(bytes.AsSpan(0, FieldBytes)).CopyTo(bytes.AsSpan(FieldBytes));
        bool isLeftOver = files.List(NumberIndex.Directory).Contains(Path.GetFileName(Unfinished));
        if (isLeftOver) files.Delete(Unfinished);
        using (IStoreFile file = files.Create(Unfinished))
        {
            file.Write([bytes], 0);
            file.Sync();
        }
        files.Rename(Unfinished, FilePath);
        files.SyncDirectory(NumberIndex.Directory);
    }
}
