using System.Runtime.InteropServices;
using Sequencer.Attestation;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Merkle;

namespace Sequencer.Gateway.Store;

/// <summary>
/// The log as it stood at one durable checkpoint. It never changes; a later batch makes a later
/// view.
/// </summary>
/// <remarks>For any number of threads, without locks; good until the store is disposed.</remarks>
public sealed class LogView
{
    private const int PlacesAtOnce = 1024;

    private readonly SegmentChain _log;
    private readonly PayloadFiles _payloads;
    private readonly DerivedData _derived;

    internal LogView(
        SegmentChain log,
        PayloadFiles payloads,
        DerivedData derived,
        DerivedMark mark,
        byte[] checkpoint)
        : this(log, payloads, derived, mark, checkpoint, derived.Statements, derived.Snapshots)
    {
    }

    private LogView(
        SegmentChain log,
        PayloadFiles payloads,
        DerivedData derived,
        DerivedMark mark,
        byte[] checkpoint,
        IReadOnlyList<StatementPlace> statements,
        IReadOnlyList<ulong> snapshots)
    {
        _log = log;
        _payloads = payloads;
        _derived = derived;
        Mark = mark;
        Checkpoint = checkpoint;
        Statements = statements;
        Snapshots = snapshots;
    }

    /// <summary>Count of records.</summary>
    public ulong Size => Mark.Size;

    /// <summary>The signed checkpoint at this size; empty for an empty log.</summary>
    public ReadOnlyMemory<byte> Checkpoint { get; }

    /// <summary>The epoch statements, oldest first.</summary>
    public IReadOnlyList<StatementPlace> Statements { get; }

    /// <summary>Numbers of the snapshots, oldest first.</summary>
    public IReadOnlyList<ulong> Snapshots { get; }

    /// <summary>Which entries belong together; may know some that came after this view.</summary>
    internal ChainIndex Chains => _derived.Chains;

    /// <summary>Where it ends in the log; of an older view its size alone.</summary>
    internal DerivedMark Mark { get; }

    /// <summary>The log as it stood at a size that this view has, under another signed note of that
    /// head.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The size is above this view's.</exception>
    public LogView Under(ulong size, byte[] checkpoint)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, Size);
        return new LogView(
            _log, _payloads, _derived, new DerivedMark(size, 0, 0, 0, 0), checkpoint,
            [.. Statements.TakeWhile(statement => statement.Number < size)],
            [.. Snapshots.TakeWhile(snapshot => snapshot < size)]);
    }

    /// <summary>The record of a number.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is not below the size.</exception>
    public byte[] ReadRecord(ulong number) => ReadRecord(PlaceOf(number));

    /// <summary>
    /// Fills the span with whole records from <paramref name="first"/> on, each u16 length and
    /// bytes: what an entry bundle and a replay message are made of.
    /// </summary>
    /// <param name="first">The first number; at the size there is nothing to read.</param>
    /// <param name="destination">Any length; from 2 + 65,535 bytes on it takes at least
    /// one.</param>
    /// <param name="count">The records read.</param>
    /// <param name="countMax">Read no more than these.</param>
    /// <returns>The bytes written.</returns>
    public int ReadRecords(
        ulong first, Span<byte> destination, out int count, int countMax = int.MaxValue)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first, Size);
        count = 0;
        int written = 0;
        var places = new NumberPlace[(int)Math.Min(
            (ulong)Math.Min(countMax, PlacesAtOnce), Size - first)];
        while (count < countMax && first + (ulong)count < Size)
        {
            ulong left = Math.Min(Size - first, (ulong)countMax) - (ulong)count;
            Span<NumberPlace> batch = places.AsSpan(0, (int)Math.Min((ulong)places.Length, left));
            _derived.Numbers.Read(first + (ulong)count, batch);
            int taken = ReadPlaces(batch, destination[written..], out int bytes);
            count += taken;
            written += bytes;
            if (taken < batch.Length) break;
        }
        return written;
    }

    /// <summary>A record with its request, metadata and payload, compared with the
    /// record.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is not below the size.</exception>
    public StoredEntry ReadEntry(ulong number)
    {
        NumberPlace place = PlaceOf(number);
        byte[] record = ReadRecord(place);
        return _payloads.Read(record, place.PayloadOffset);
    }

    /// <summary>
    /// A record with its request and metadata, compared with the record; the payload, which may be
    /// thousands of times longer, is not read.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is not below the size.</exception>
    public StoredHead ReadHead(ulong number)
    {
        NumberPlace place = PlaceOf(number);
        byte[] record = ReadRecord(place);
        return _payloads.ReadHead(record, place.PayloadOffset);
    }

    /// <summary>
    /// The bytes of a tile or entry bundle (c2sp.org/tlog-tiles), whole or as narrow as it once
    /// was; null if the tree of this view has it not, or not so wide.
    /// </summary>
    public byte[]? ReadTile(in TilePath path)
    {
        int level = path.IsEntries ? 0 : path.Level;
        if (path.Width > TileMath.Width(level, path.Index, Size)) return null;
        if (path.IsEntries) return ReadBundle(path);
        var hashes = new byte[path.Width * Digest.Size];
        _derived.Tiles.Read(
            level,
            path.Index * TilePath.FullWidth,
            MemoryMarshal.Cast<byte, Digest>(hashes.AsSpan()));
        return hashes;
    }

    /// <summary>Hashes for proofs at any size up to this view's. One for each batch of
    /// proofs.</summary>
    public TileHashSource OpenHashes() => new(_derived.Tiles, Size);

    /// <summary>The numbers of a payload, newest first, at most
    /// <paramref name="countMax"/>.</summary>
    public IReadOnlyList<ulong> FindPayload(in Digest commitment, int countMax)
    {
        var found = new List<ulong>();
        ulong number = _derived.Payloads.Newest(commitment.Fingerprint);
        while (number != NumberPlace.NoNumber && found.Count < countMax)
        {
            NumberPlace place = _derived.Numbers.Read(number);
            // The table may know numbers that came after this view.
            if (number < Size && HasPayload(place, commitment)) found.Add(number);
            number = place.PreviousEqual;
        }
        return found;
    }

    private NumberPlace PlaceOf(ulong number)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(number, Size);
        return _derived.Numbers.Read(number);
    }

    private byte[] ReadRecord(in NumberPlace place)
    {
        var record = new byte[place.RecordBytes];
        ReadLog(place.RecordOffset, record);
        return record;
    }

    private byte[] ReadBundle(in TilePath path)
    {
        ulong first = path.Index * TilePath.FullWidth;
        var places = new NumberPlace[path.Width];
        _derived.Numbers.Read(first, places);
        var bundle = new byte[places.Sum(p => RecordPrefix.Bytes + p.RecordBytes)];
        ReadPlaces(places, bundle, out _);
        return bundle;
    }

    // Records of one frame lie end to end, so each such run is one read.
    private int ReadPlaces(ReadOnlySpan<NumberPlace> places, Span<byte> destination, out int bytes)
    {
        bytes = 0;
        int done = 0;
        while (done < places.Length)
        {
            long start = places[done].RecordOffset - RecordPrefix.Bytes;
            int run = 0;
            int next = done;
            while (next < places.Length
                && places[next].RecordOffset - RecordPrefix.Bytes == start + run
                && RecordPrefix.Bytes + places[next].RecordBytes
                    <= destination.Length - bytes - run)
            {
                run += RecordPrefix.Bytes + places[next].RecordBytes;
                next++;
            }
            if (next == done) break;
            ReadLog(start, destination.Slice(bytes, run));
            bytes += run;
            done = next;
        }
        return done;
    }

    private bool HasPayload(in NumberPlace place, in Digest commitment) =>
        EntryRecord.TryParse(ReadRecord(place), out EntryRecord entry)
        && entry.Payload == commitment;

    private void ReadLog(long offset, Span<byte> destination)
    {
        if (!_log.TryRead(offset, destination))
        {
            throw new IOException($"The log ends before {offset + destination.Length}.");
        }
    }
}
