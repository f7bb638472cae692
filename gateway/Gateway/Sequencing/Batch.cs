using Sequencer.Attestation;
using Sequencer.Attestation.Log;
using Sequencer.Gateway.Link;

namespace Sequencer.Gateway.Sequencing;

/// <summary>Submissions that go to the enclave in one message, with their payloads' places.
/// </summary>
internal sealed class Batch
{
    /// <summary>Most entries: two of the largest submissions.</summary>
    public const int EntriesMax = 2 * Limits.GroupMax;

    /// <summary>Most bytes of requests: half a frame of the link.</summary>
    /// <remarks>The answer fits one too: an HTTP entry has at most one update, so that
    /// <see cref="EntriesMax"/> of them are answered in under 3 MiB (docs/PROTOCOL.md section 14,
    /// "Batch size").</remarks>
    public const int RequestBytesMax = LinkLimits.FrameMaxBytes / 2;

    // Bounds how long one sync takes; a single larger submission still goes, alone.
    private const long BytesMax = 64 * 1024 * 1024;

    private readonly List<Submission> _submissions = [];
    private long _requestBytes;

    /// <summary>One that nobody waits for.</summary>
    public static Batch OfNothing => new() { Takes = 0 };

    /// <summary>How many batches were taken from the line to make it.</summary>
    public int Takes { get; private set; } = 1;

    /// <summary>How many of its submissions are answered; the line's own.</summary>
    public int Answered { get; set; }

    /// <summary>In the order of arrival.</summary>
    public IReadOnlyList<Submission> Submissions => _submissions;

    /// <summary>Entries of all submissions.</summary>
    public int EntryCount { get; private set; }

    /// <summary>Bytes of all submissions.</summary>
    public long Bytes { get; private set; }

    /// <summary>Offset of each entry's payload frame; set when they are durable.</summary>
    public List<ulong> PayloadOffsets { get; } = [];

    /// <summary>Adds a submission; false where it has no room.</summary>
    public bool TryAdd(Submission submission)
    {
        if (!HasRoomFor(submission)) return false;
        Add(submission);
        return true;
    }

    /// <summary>True when another staged batch can go in the same message.</summary>
    public bool HasRoomFor(Batch other) =>
        EntryCount + other.EntryCount <= EntriesMax
        && _requestBytes + other._requestBytes <= RequestBytesMax;

    /// <summary>Appends a staged batch to this one.</summary>
    public void Join(Batch other)
    {
        foreach (Submission submission in other._submissions) Add(submission);
        PayloadOffsets.AddRange(other.PayloadOffsets);
        Takes += other.Takes;
    }

    /// <summary>The sequence request for these entries.</summary>
    public ReadOnlyMemory<byte> EncodeRequest(ulong acknowledgedSize, ulong startSize)
    {
        var request = new SequenceRequest(acknowledgedSize, startSize);
        foreach (Submission submission in _submissions)
        {
            if (submission.IsAtomic) request.BeginGroup(submission.Count);
            foreach (Store.PayloadItem item in submission.Items)
            {
                if (!submission.IsAtomic) request.BeginGroup(1);
                request.Add(item.Request.Span);
            }
        }
        return request.Finish();
    }

    /// <summary>Where each request's payload is, by request digest.</summary>
    public IEnumerable<KeyValuePair<Digest, ulong>> PayloadsByRequest() =>
        _submissions.SelectMany(s => s.Items)
            .Select((item, i) =>
                KeyValuePair.Create(Derivation.Request(item.Request.Span), PayloadOffsets[i]));

    /// <summary>Gives every submission the same answer; those that have one keep it.</summary>
    public void Fail(AppendFailure failure)
    {
        AppendResult result = AppendResult.Failed(failure);
        var answers = new Answers();
        foreach (Submission submission in _submissions) answers.Add(submission, result);
        answers.Give();
    }

    private bool HasRoomFor(Submission submission) =>
        EntryCount == 0
        || (EntryCount + submission.Count <= EntriesMax
            && _requestBytes + submission.RequestBytes <= RequestBytesMax
            && Bytes + submission.Bytes <= BytesMax);

    private void Add(Submission submission)
    {
        _submissions.Add(submission);
        EntryCount += submission.Count;
        _requestBytes += submission.RequestBytes;
        Bytes += submission.Bytes;
    }
}
