using System.Globalization;
using Sequencer.Client;
using Spectre.Console;

namespace Sequencer.Cli.Commands;

/// <summary>Submits a file line by line, in batches.</summary>
internal sealed class LineSubmission(
    Screen screen, SequencerClient client, LineVerification? verification)
{
    private const int LinesPerBatch = 1000;
    private const int BatchBytesMax = 512 * 1024;
    private const long FileMaxBytes = 1L << 30;

    /// <summary>Submits the lines of a file.</summary>
    /// <param name="source">The file, or <c>-</c>.</param>
    /// <param name="key">Makes a retry safe: each line's key is this and its number.</param>
    /// <param name="entryOf">The entry of a payload and a key.</param>
    /// <param name="cancellationToken">Ends it between batches.</param>
    /// <exception cref="CommandFailure">Lines were refused.</exception>
    public async Task SubmitAsync(
        string source,
        string? key,
        Func<byte[], string?, NewEntry> entryOf,
        CancellationToken cancellationToken)
    {
        List<NewEntry> entries = ReadLines(source, key, entryOf);
        int appended = 0, replayed = 0, done = 0;
        var refused = new List<(int Line, string Reason)>();
        await WithProgress(entries.Count, async advance =>
        {
            foreach (List<NewEntry> batch in Batches(entries))
            {
                AppendedBatch answer;
                try
                {
                    answer = await client.AppendBatchAsync(
                        batch, cancellationToken: cancellationToken);
                }
                catch (SequencerException)
                {
                    screen.Remark(
                        $"{done} lines were acknowledged before this; what became of the next "
                        + $"{batch.Count} is unknown. With --idempotency-key, running it again is "
                        + "safe.");
                    throw;
                }
                for (int i = 0; i < batch.Count; i++)
                {
                    BatchOutcome outcome = answer.Entries[i];
                    if (outcome.Status == BatchStatus.Appended) appended++;
                    else if (outcome.Status == BatchStatus.Replayed) replayed++;
                    else refused.Add((done + i + 1, outcome.Problem?.Detail ?? "refused"));
                    if (verification is null || outcome.Number is not { } number) continue;
                    await verification.VerifyAsync(number, batch[i], cancellationToken);
                }
                done += batch.Count;
                advance(done);
            }
        });
        if (screen.IsJson)
        {
            screen.WriteJsonLine(json =>
            {
                json.WriteStartObject();
                json.WriteString("file", source);
                json.WriteNumber("appended", appended);
                json.WriteNumber("replayed", replayed);
                json.WriteNumber("refused", refused.Count);
                json.WriteBoolean("verified", verification is not null);
                json.WriteEndObject();
            });
        }
        else
        {
            screen.Say(
                $"{appended} lines appended, {replayed} were there already, "
                + $"{refused.Count} refused"
                + (verification is not null ? "; each receipt verified." : "."));
        }
        foreach ((int line, string reason) in refused.Take(10))
        {
            screen.Remark($"  line {line}: {Screen.Plain(reason)}");
        }
        if (refused.Count == 0) return;
        throw new CommandFailure(
            $"{refused.Count} lines of {source} were refused.", ExitCodes.Refused);
    }

    private static IEnumerable<List<NewEntry>> Batches(List<NewEntry> entries)
    {
        for (int first = 0; first < entries.Count;)
        {
            int end = first;
            for (int bytes = 0; end < entries.Count && end - first < LinesPerBatch; end++)
            {
                bytes += entries[end].Payload.Length;
                if (end > first && bytes > BatchBytesMax) break;
            }
            yield return entries[first..end];
            first = end;
        }
    }

    private static List<NewEntry> ReadLines(
        string source, string? key, Func<byte[], string?, NewEntry> entryOf)
    {
        var entries = new List<NewEntry>();
        ReadOnlySpan<byte> rest = Files.Read(source, FileMaxBytes, "a file of lines");
        while (!rest.IsEmpty)
        {
            int end = rest.IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = end < 0 ? rest : rest[..end];
            rest = end < 0 ? [] : rest[(end + 1)..];
            string? keyOfLine = key is null
                ? null
                : string.Create(CultureInfo.InvariantCulture, $"{key}/{entries.Count + 1}");
            entries.Add(entryOf(line.TrimEnd((byte)'\r').ToArray(), keyOfLine));
        }
        return entries;
    }

    private async Task WithProgress(int total, Func<Action<int>, Task> work)
    {
        if (!screen.Error.Profile.Capabilities.Interactive)
        {
            await work(_ => { });
            return;
        }
        await screen.Error.Progress().AutoClear(true).StartAsync(async context =>
        {
            ProgressTask bar = context.AddTask("Lines", maxValue: Math.Max(1, total));
            await work(done => bar.Value = done);
        });
    }
}
