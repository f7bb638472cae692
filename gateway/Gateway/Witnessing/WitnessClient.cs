using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Sequencer.Attestation;
using Sequencer.Attestation.Merkle;
using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Receipts;

namespace Sequencer.Gateway.Witnessing;

/// <summary>
/// Submits heads to one witness (docs/PROTOCOL.md section 16). Remembers the size that the witness
/// knows, to send the right proof at once; used by one caller at a time.
/// </summary>
/// <param name="http">With the witness's submission prefix as its base address, ending in a slash.
/// </param>
/// <param name="key">The witness's key: a cosignature counts only if it verifies.</param>
/// <param name="patience">An answer that takes longer is none.</param>
/// <param name="time">What that is measured by.</param>
internal sealed class WitnessClient(
    HttpClient http, VerifierKey key, TimeSpan patience, TimeProvider time)
{
    // One for the size, one for the epoch, and one more when another submitter came between.
    private const int AttemptsMax = 4;
    private const int AnswerMaxBytes = 16 * 1024;
    private const int ReasonMaxChars = 500;

    private ulong _size;

    /// <summary>Asks for a cosignature of a head.</summary>
    public async Task<WitnessAnswer> SubmitAsync(
        WitnessedSubject subject, CancellationToken cancellationToken)
    {
        bool isTaught = false;
        for (int attempt = 0; attempt < AttemptsMax; attempt++)
        {
            if (_size > subject.Size)
            {
                return new WitnessAnswer(WitnessOutcome.Ahead, Reason: $"it knows size {_size}");
            }
            Reply reply = await PostAsync("add-checkpoint", Request(subject), cancellationToken);
            switch (reply.Status)
            {
                case HttpStatusCode.OK:
                    return Accept(subject, reply);
                case HttpStatusCode.Conflict when TryReadSize(reply.Text, out ulong size)
                    && size != _size:
                    _size = size;
                    continue;
                case HttpStatusCode.Forbidden when !isTaught:
                    // It answers so before it looks at sizes: teach it, and ask again.
                    isTaught = true;
                    var head = new SignedHead(subject.Note.ToBytes(), subject.Epoch);
                    Reply lesson = await PostAsync("add-epoch", head.Encode(), cancellationToken);
                    if (lesson.Status == HttpStatusCode.OK) continue;
                    return Refused(lesson);
                default:
                    return Refused(reply);
            }
        }
        return new WitnessAnswer(WitnessOutcome.Unreachable, Reason: "its size keeps changing");
    }

    private byte[] Request(WitnessedSubject subject)
    {
        Digest[] proof = ConsistencyProof.Create(_size, subject.Size, subject.Hashes);
        return new AddCheckpointRequest(_size, proof, subject.Note).Encode();
    }

    private WitnessAnswer Accept(WitnessedSubject subject, Reply reply)
    {
        foreach (string line in reply.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            // Other lines are by keys that nobody asked for.
            if (!NoteSignature.TryParse(line, out NoteSignature? cosignature)
                || cosignature.KeyName != key.Name || cosignature.KeyId != key.KeyId)
            {
                continue;
            }
            NoteSignatureResult result = NoteSignatureVerification.Verify(
                key, subject.Note.Text.Span, cosignature.Signature.Span, out ulong? seconds);
            if (result != NoteSignatureResult.Valid || seconds == 0) break;
            _size = subject.Size;
            return new WitnessAnswer(WitnessOutcome.Cosigned, cosignature);
        }
        return new WitnessAnswer(
            WitnessOutcome.Misbehaved, Reason: "no cosignature of this checkpoint by its key");
    }

    private static WitnessAnswer Refused(Reply reply) =>
        new(
            reply.Status switch
            {
                HttpStatusCode.NotFound => WitnessOutcome.NotWatched,
                HttpStatusCode.Forbidden => WitnessOutcome.EpochRefused,
                HttpStatusCode.UnprocessableEntity => WitnessOutcome.Fork,
                null or HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout
                    or >= HttpStatusCode.InternalServerError => WitnessOutcome.Unreachable,
                _ => WitnessOutcome.Misbehaved,
            },
            Reason: Sentence(reply.Text));

    // It becomes part of the operator's log: a witness must not write lines of its own there.
    private static string Sentence(string text) => string.Create(
        Math.Min(text.Length, ReasonMaxChars), text,
        static (line, all) =>
        {
            for (int i = 0; i < line.Length; i++) line[i] = char.IsControl(all[i]) ? ' ' : all[i];
        }).TrimEnd();

    private async Task<Reply> PostAsync(
        string path, byte[] body, CancellationToken cancellationToken)
    {
        // Headers and body together: a body may dribble as well.
        using var late = new CancellationTokenSource(patience, time);
        using var limit =
            CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        try
        {
            using var content = new ByteArrayContent(body);
            content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
            using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
            using HttpResponseMessage response = await http.SendAsync(
                request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            return new Reply(response.StatusCode, await ReadAsync(response, limit.Token));
        }
        catch (Exception e) when (e is HttpRequestException or IOException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return new Reply(null, e.Message);
        }
    }

    private static async Task<string> ReadAsync(
        HttpResponseMessage response, CancellationToken cancellationToken)
    {
        using Stream stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        var bytes = new byte[AnswerMaxBytes];
        int length = await stream.ReadAtLeastAsync(
            bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken);
        return Encoding.UTF8.GetString(bytes, 0, length);
    }

    private static bool TryReadSize(string text, out ulong size)
    {
        size = 0;
        return text.EndsWith('\n')
            && ulong.TryParse(
                text.AsSpan()[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out size)
            && size <= TreeHash.MaxSize;
    }

    /// <param name="Status">Null where there was no answer.</param>
    /// <param name="Text">The body, or why there was none.</param>
    private sealed record Reply(HttpStatusCode? Status, string Text);
}
