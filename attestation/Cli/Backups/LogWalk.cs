using Sequencer.Attestation;
using Sequencer.Attestation.Auditing;
using Sequencer.Attestation.Cryptography;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Merkle;
using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Verification;

namespace Sequencer.Cli.Backups;

/// <summary>An entry of a frame, and where its payload frame is.</summary>
/// <param name="Record">The encoded record; valid until the next frame is read.</param>
/// <param name="Number">Its number.</param>
/// <param name="Offset">Among all payload frames.</param>
internal readonly record struct PlacedEntry(
    ReadOnlyMemory<byte> Record, ulong Number, ulong Offset);

/// <summary>
/// Goes through the commit frames of a log and holds each to those before it: numbers, chain, and
/// the root that each head signs. What an audit adds is trust: whose keys and images these are.
/// </summary>
internal sealed class LogWalk
{
    private readonly TreeFrontier _tree = new();
    private readonly Dictionary<ulong, Digest?> _watched = [];
    private readonly List<EpochStatement> _statements = [];
    private readonly List<PlacedEntry> _entries = [];
    private Digest _lastLeaf;
    private SignedNote? _note;

    /// <summary>Bytes of the log that were taken.</summary>
    public ulong End { get; private set; }

    /// <summary>Records that were taken.</summary>
    public ulong Size => _tree.Size;

    /// <summary>Unix milliseconds of the last record.</summary>
    public ulong TimeMs { get; private set; }

    /// <summary>The head after the last frame; null before the first.</summary>
    public Checkpoint? Head { get; private set; }

    /// <summary>Statements so far, oldest first.</summary>
    public IReadOnlyList<EpochStatement> Statements => _statements;

    /// <summary>Entries of the last frame.</summary>
    public IReadOnlyList<PlacedEntry> Entries => _entries;

    /// <summary>Has the root kept when the log reaches a size.</summary>
    public void Watch(ulong size) => _watched[size] = null;

    /// <summary>The root at a watched size; null if the log did not reach it.</summary>
    public Digest? RootAt(ulong size) => _watched[size];

    /// <summary>Takes a whole frame; gives back its fault, for people, or null.</summary>
    public string? Take(in ScannedFrame scanned)
    {
        CommitFrame.TryReadUnsealed(scanned.Bytes.Span, out CommitFrame frame, out _);
        _entries.Clear();
        if (frame.FirstNumber != Size)
        {
            return $"number {frame.FirstNumber} comes where {Size} belongs";
        }
        ReadOnlySpan<byte> rest = frame.Records;
        for (int i = 0; i < frame.Count; i++)
        {
            int end = CommitFrame.HeaderBytes + frame.Records.Length;
            if (!EntryBundle.TryRead(ref rest, out ReadOnlySpan<byte> record))
            {
                return $"record {Size} does not decode";
            }
            end -= rest.Length;
            string? fault = Take(
                scanned.Bytes[(end - record.Length)..end], frame.PayloadOffset(i));
            if (fault is not null) return fault;
        }
        if (!rest.IsEmpty) return "bytes follow the last record";
        End += scanned.Length;
        return TakeHead(frame.Checkpoint);
    }

    /// <summary>
    /// Whether the last head is signed with the keys that the log's own last statement names: null,
    /// or the fault. It says that the head is whole; whose keys they are, a trust policy decides.
    /// </summary>
    public string? CheckSignatures()
    {
        var checks = new CheckList();
        SignatureVerification.Check(checks, _note!, _statements[^1], Ed25519.IsAvailable);
        return checks.ToArray().OfType<VerificationCheck.Failed>().FirstOrDefault()?.Sentence;
    }

    private string? Take(ReadOnlyMemory<byte> record, ulong payload)
    {
        if (!RecordHeader.TryRead(record.Span, out RecordHeader header))
        {
            return $"record {Size} does not decode";
        }
        if (header.Number != Size || header.Previous != _lastLeaf)
        {
            return $"record {Size} does not follow the one before it";
        }
        if ((header.Type == RecordType.Entry) == (payload == CommitFrame.NoPayload))
        {
            return $"record {Size}: entries have a payload, other records none";
        }
        if (header.Type == RecordType.Entry)
        {
            if (!EntryRecord.TryParse(record.Span, out _)) return $"record {Size} does not decode";
            _entries.Add(new PlacedEntry(record, Size, payload));
        }
        else if (header.Type == RecordType.Statement)
        {
            if (!EpochStatement.TryParse(record.Span, out EpochStatement? statement))
            {
                return $"record {Size} does not decode";
            }
            if (_statements.Count != statement.Fields.Epoch)
            {
                return $"record {Size} opens epoch {statement.Fields.Epoch}, and epoch "
                    + $"{_statements.Count} comes next";
            }
            _statements.Add(statement);
        }
        TimeMs = header.TimeMs;
        _lastLeaf = TreeHash.Leaf(record.Span);
        _tree.Append(_lastLeaf);
        if (_watched.ContainsKey(Size)) _watched[Size] = _tree.Root();
        return null;
    }

    private string? TakeHead(ReadOnlySpan<byte> bytes)
    {
        if (!SignedNote.TryParse(bytes, out SignedNote? note, out _)
            || !Checkpoint.TryParse(note.Text.Span, out Checkpoint? head, out _))
        {
            return $"the head after record {Size - 1} is no signed checkpoint";
        }
        if (_statements.Count == 0
            || head.Origin != _statements[^1].Fields.Configuration.Origin
            || head.Size != Size || head.Root != _tree.Root())
        {
            return $"the head after record {Size - 1} is not that of the records";
        }
        (_note, Head) = (note, head);
        return null;
    }
}
