using System.Collections.Immutable;
using Sequencer.Attestation;
using Sequencer.Attestation.Cryptography;
using Sequencer.Attestation.Merkle;
using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Receipts;
using Sequencer.Attestation.Verification;
using Sequencer.Witness.Signing;
using Sequencer.Witness.State;

namespace Sequencer.Witness;

/// <summary>
/// One log as a witness sees it (docs/PROTOCOL.md section 16): the epochs whose keys it was taught,
/// and the newest head that it cosigned. Each step is: check, write, answer; one at a time, so that
/// a check always sees what the write before it stored.
/// </summary>
internal sealed class WitnessedLog : IDisposable
{
    /// <summary>Most epochs remembered; above it those of the lowest number are forgotten, and can
    /// be taught again.</summary>
    public const int EpochsMax = 16;

    private readonly LogVerifier _verifier;
    private readonly CosigningKey _key;
    private readonly IStateFiles _files;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private ImmutableArray<AttestedEpoch> _epochs;
    private volatile WitnessedHead? _head;
    private bool _isStateUnknown;

    private WitnessedLog(
        TrustPolicy policy, CosigningKey key, IStateFiles files, TimeProvider time,
        WitnessedHead? head)
    {
        _verifier = new LogVerifier(policy);
        _key = key;
        _files = files;
        _time = time;
        _head = head;
    }

    /// <summary>The log's address.</summary>
    public string Origin => _verifier.Policy.Origin;

    /// <summary>The newest head that was cosigned; null before the first.</summary>
    public WitnessedHead? Head => _head;

    /// <summary>Name of a log's state file, which its place in the monitoring interface has too.
    /// </summary>
    public static string NameOf(string origin) =>
        Sha256.Hash(System.Text.Encoding.UTF8.GetBytes(origin)).ToHex();

    /// <summary>Takes up a log where the state file left it.</summary>
    /// <param name="policy">What the witness trusts of the log.</param>
    /// <param name="key">What it signs with.</param>
    /// <param name="files">Where it remembers.</param>
    /// <param name="time">Its clock.</param>
    /// <param name="forgotten">Told of each epoch that the policy no longer accepts.</param>
    /// <exception cref="WitnessStateException">The file is damaged, of another log, or by another
    /// key.</exception>
    public static WitnessedLog Open(
        TrustPolicy policy, CosigningKey key, IStateFiles files, TimeProvider time,
        Action<string> forgotten)
    {
        byte[]? bytes = files.Read(NameOf(policy.Origin));
        StateText state = bytes is null
            ? new StateText(policy.LogId, [], null)
            : StoredState.Read(bytes, policy);
        WitnessedHead? head = state.Head is { } stored
            ? StoredState.ReadHead(stored, policy.Origin, key.Verifier)
            : null;
        var log = new WitnessedLog(policy, key, files, time, head);
        log._epochs = [.. log.Reverify(state.Epochs, forgotten)];
        return log;
    }

    /// <summary>Cosigns a checkpoint that extends the newest one, or says why not.</summary>
    /// <exception cref="WitnessStateException">The write failed: the process must end.</exception>
    public async Task<Submission> SubmitAsync(
        AddCheckpointRequest request, Checkpoint checkpoint, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            ThrowIfStateUnknown();
            return Submit(request, checkpoint);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Learns the epoch that signed a head, if all about both holds.</summary>
    /// <exception cref="WitnessStateException">As <see cref="SubmitAsync"/>.</exception>
    public async Task<Lesson> LearnAsync(SignedHead taught, CancellationToken cancellationToken)
    {
        // The costly part needs no turn: it depends on the policy alone.
        var report = _verifier.VerifyAttestedHead(taught);
        if (!report.TryGet(out AttestedHead? head))
        {
            return new Lesson(
                LessonOutcome.NotAttested, string.Join(" ", report.Faults.Select(f => f.Sentence)));
        }
        await _turn.WaitAsync(cancellationToken);
        try
        {
            ThrowIfStateUnknown();
            return Learn(head.Epoch);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private Submission Submit(AddCheckpointRequest request, Checkpoint checkpoint)
    {
        if (FindSigner(request.Checkpoint) is not { } signer)
        {
            return new Submission(SubmissionOutcome.UnknownKey);
        }
        if (request.OldSize > checkpoint.Size)
        {
            return new Submission(SubmissionOutcome.OldAboveNew);
        }
        WitnessedHead? before = _head;
        ulong size = before?.Checkpoint.Size ?? 0;
        if (request.OldSize != size)
        {
            return new Submission(SubmissionOutcome.OldIsOther) { Size = size };
        }
        Digest root = before?.Checkpoint.Root ?? TreeHash.EmptyRoot;
        if (!ConsistencyProof.Verify(
            size, root, checkpoint.Size, checkpoint.Root, request.Proof.Span))
        {
            return new Submission(SubmissionOutcome.NotConsistent);
        }

        // A clock that was put back must not make an older claim out of a newer one.
        DateTimeOffset time = DateTimeOffset.FromUnixTimeSeconds(Math.Max(
            _time.GetUtcNow().ToUnixTimeSeconds(), (long)(before?.TimeSeconds ?? 0)));
        ReadOnlySpan<byte> text = request.Checkpoint.Text.Span;
        if (before is not null && FindGiven(before, text, time) is { } given)
        {
            return new Submission(SubmissionOutcome.Cosigned) { Cosignature = given };
        }
        NoteSignature cosignature = _key.Cosign(text, time);
        SignedNote note = SignedNote.Create(
            text, [.. request.Checkpoint.Signatures.Take(2), cosignature]);
        var head = new WitnessedHead(
            checkpoint, signer.Statement.Fields.Epoch, signer.Statement.Hash, note.ToBytes(),
            (ulong)time.ToUnixTimeSeconds());
        Store(head, [.. _epochs.Where(head.Admits)]);
        return new Submission(SubmissionOutcome.Cosigned) { Cosignature = cosignature };
    }

    // The line that was given for this head in this second says all that another would. Heads are
    // public: whoever sends one again and again costs no write each time.
    private static NoteSignature? FindGiven(
        WitnessedHead before, ReadOnlySpan<byte> text, DateTimeOffset time) =>
        before.TimeSeconds == (ulong)time.ToUnixTimeSeconds()
        && SignedNote.TryParse(before.Note.Span, out SignedNote? note, out _)
        && note.Text.Span.SequenceEqual(text)
            ? note.Signatures[^1]
            : null;

    // The epochs that are remembered are those that the newest head admits, so whoever is found
    // here may sign the next one.
    private AttestedEpoch? FindSigner(SignedNote note)
    {
        byte[] bytes = note.ToBytes();
        return _epochs.FirstOrDefault(epoch => _verifier.VerifySigned(epoch, bytes).IsGood);
    }

    private Lesson Learn(AttestedEpoch epoch)
    {
        if (_epochs.Any(known => known.Statement.Hash == epoch.Statement.Hash))
        {
            return new Lesson(LessonOutcome.Known);
        }
        if (_head is { } head && !head.Admits(epoch))
        {
            return new Lesson(
                LessonOutcome.NotAdmitted,
                $"epoch {epoch.Statement.Fields.Epoch} began at {epoch.Statement.Fields.Number};"
                + $" this witness cosigned size {head.Checkpoint.Size} by epoch {head.Epoch},"
                + " which only that epoch, or a later one that began there or above, may extend.");
        }
        ImmutableArray<AttestedEpoch> epochs = _epochs.Add(epoch);
        if (epochs.Length > EpochsMax)
        {
            // Not the newest head's own, without which the log could not go on within its epoch.
            epochs = epochs.Remove(epochs
                .Where(known => known.Statement.Hash != _head?.Statement && known != epoch)
                .MinBy(known => known.Statement.Fields.Epoch)!);
        }
        Store(_head, epochs);
        return new Lesson(LessonOutcome.Learned);
    }

    private void Store(WitnessedHead? head, ImmutableArray<AttestedEpoch> epochs)
    {
        var state = new StateText(
            _verifier.Policy.LogId,
            [.. epochs.Select(e => new StoredEpoch(e.Statement.Bytes, e.Document))],
            head?.ToStored());
        try
        {
            _files.Replace(NameOf(Origin), state.Encode());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The disk may have either state. Only reading it again can tell, at the next start.
            _isStateUnknown = true;
            throw new WitnessStateException(
                $"The state of {Origin} could not be written: {e.Message}", e);
        }
        _epochs = epochs;
        _head = head;
    }

    private IEnumerable<AttestedEpoch> Reverify(
        ImmutableArray<StoredEpoch> stored, Action<string> forgotten)
    {
        foreach (StoredEpoch epoch in stored)
        {
            var report = _verifier.VerifyEpoch(epoch.Statement, epoch.Document);
            if (report.TryGet(out AttestedEpoch? attested)) yield return attested;
            else forgotten($"{Origin}: {string.Join(" ", report.Faults.Select(f => f.Sentence))}");
        }
    }

    private void ThrowIfStateUnknown()
    {
        if (!_isStateUnknown) return;
        throw new WitnessStateException($"The state of {Origin} is unknown since a failed write.");
    }
}
