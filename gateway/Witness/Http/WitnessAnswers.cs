using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Receipts;
using Sequencer.Witness.State;

namespace Sequencer.Witness.Http;

/// <summary>
/// What a witness answers to a body, however it came (docs/PROTOCOL.md section 16): the one place
/// where outcomes become statuses.
/// </summary>
internal sealed class WitnessAnswers(Witness witness)
{
    private const string SizeMediaType = "text/x.tlog.size";

    private readonly FrozenDictionary<string, WitnessedLog> _byName =
        witness.Logs.Values.ToFrozenDictionary(log => WitnessedLog.NameOf(log.Origin));

    /// <summary>Answers a submission of a head.</summary>
    /// <exception cref="WitnessStateException">The witness must end.</exception>
    public async Task<Answer> AddCheckpointAsync(byte[] body, CancellationToken cancellationToken)
    {
        if (!AddCheckpointRequest.TryParse(body, out AddCheckpointRequest? request)
            || !Attestation.Notes.Checkpoint.TryParse(
                request.Checkpoint.Text.Span, out Checkpoint? checkpoint, out _))
        {
            return Answer.Refusal(400, "Not an add-checkpoint request (c2sp.org/tlog-witness).");
        }
        if (!witness.Logs.TryGetValue(checkpoint.Origin, out WitnessedLog? log))
        {
            return UnknownOrigin();
        }
        Submission submission = await log.SubmitAsync(request, checkpoint, cancellationToken);
        return submission.Outcome switch
        {
            SubmissionOutcome.Cosigned => new Answer(200, submission.Cosignature + "\n"),
            SubmissionOutcome.UnknownKey => Answer.Refusal(
                403,
                "No epoch that this witness was taught signed this checkpoint at this size. Teach "
                + "it the epoch with POST /add-epoch."),
            SubmissionOutcome.OldAboveNew => Answer.Refusal(
                400, "The old size is above the checkpoint's size."),
            SubmissionOutcome.OldIsOther => new Answer(
                409,
                string.Create(CultureInfo.InvariantCulture, $"{submission.Size}\n"),
                SizeMediaType),
            SubmissionOutcome.NotConsistent => Answer.Refusal(
                422, "The checkpoint is not shown to extend the newest one that was cosigned."),
            _ => throw new InvalidOperationException($"No status for {submission.Outcome}."),
        };
    }

    /// <summary>Answers a lesson of an epoch.</summary>
    /// <exception cref="WitnessStateException">The witness must end.</exception>
    public async Task<Answer> AddEpochAsync(byte[] body, CancellationToken cancellationToken)
    {
        if (!SignedHead.TryDecode(body, out SignedHead? head, out ReceiptRefusal? refusal))
        {
            return Answer.Refusal(400, $"Not a signed head with its epoch: {refusal}.");
        }
        if (!SignedNote.TryParse(head.Checkpoint.Span, out SignedNote? note, out _)
            || !Attestation.Notes.Checkpoint.TryParse(
                note.Text.Span, out Checkpoint? checkpoint, out _))
        {
            return Answer.Refusal(400, "The head has no checkpoint.");
        }
        if (!witness.Logs.TryGetValue(checkpoint.Origin, out WitnessedLog? log))
        {
            return UnknownOrigin();
        }
        Lesson lesson = await log.LearnAsync(head, cancellationToken);
        return lesson.Outcome switch
        {
            LessonOutcome.Learned => new Answer(200, "learned\n"),
            LessonOutcome.Known => new Answer(200, "known\n"),
            LessonOutcome.NotAttested => Answer.Refusal(403, lesson.Reason),
            LessonOutcome.NotAdmitted => Answer.Refusal(422, lesson.Reason),
            _ => throw new InvalidOperationException($"No status for {lesson.Outcome}."),
        };
    }

    /// <summary>The newest cosigned head of a log, by the name of its state file.</summary>
    public Answer Checkpoint(string name) =>
        _byName.TryGetValue(name, out WitnessedLog? log) && log.Head is { } head
            ? new Answer(200, Encoding.UTF8.GetString(head.Note.Span))
            : Answer.Refusal(404, "No checkpoint of such a log was cosigned.");

    /// <summary>Says for people who this is and what it watches.</summary>
    public Answer Front()
    {
        var text = new StringBuilder($"{witness.Key.Verifier}\n");
        foreach (WitnessedLog log in witness.Logs.Values.OrderBy(l => l.Origin))
        {
            text.Append(CultureInfo.InvariantCulture, $"log {log.Origin} ")
                .Append(CultureInfo.InvariantCulture, $"{log.Head?.Checkpoint.Size ?? 0}\n");
        }
        return new Answer(200, text.ToString());
    }

    private static Answer UnknownOrigin() =>
        Answer.Refusal(404, "This witness watches no log of this origin.");
}
