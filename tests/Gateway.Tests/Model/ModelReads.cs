namespace Sequencer.Gateway.Tests.Model;

/// <summary>What a gateway must answer to a reading step by the model.</summary>
internal static class ModelReads
{
    /// <summary>The answer, in the words of <see cref="AnswerText"/>.</summary>
    public static string Read(this LogModel model, Step step)
    {
        model.Tenant = step.Tenant;
        return Answer(model, step);
    }

    private static string Answer(LogModel model, Step step) => step switch
    {
        ReadOne one when one.Number >= model.Log.Count => "404 not-found",
        ReadOne one => Record(model, one.Number),
        ReadPayload found => string.Join("; ", Enumerable.Range(0, model.Log.Count).Reverse()
            .Where(n => IsOwn(model, n) && model.Log[n]!.Entry.Payload == found.Payload)
            .Select(n => Record(model, n))),
        ReadStreams streams => Streams(model, streams.Category),
        ReadSequence sequence => Sequence(model, sequence),
        _ => throw new InvalidOperationException($"{step} reads nothing."),
    };

    /// <summary>What a stream's name begins with, up to the first hyphen.</summary>
    public static string CategoryOf(string stream) => stream.Split('-')[0];

    // In the order of their first entries.
    private static string Streams(LogModel model, string? category) => string.Join(
        "; ",
        model.Log.Where(logged => logged?.Version == 1 && logged.Tenant == model.Tenant)
            .Select(first => (First: first!.Number, Name: first.Entry.Stream!))
            .Where(stream => category is null || CategoryOf(stream.Name) == category)
            .Select(stream =>
                $"{stream.Name}@{model.Version(stream.Name)} "
                + $"{stream.First}-{model.LastOf(stream.Name)}"));

    private static string Sequence(LogModel model, ReadSequence read)
    {
        var all = Enumerable.Range(0, model.Log.Count)
            .Where(n => read.Of == Of.All || (IsOwn(model, n) && Has(read, model.Log[n]!)))
            .Select(n => (Number: n, Position: read.Of == Of.Stream ? model.Log[n]!.Version : n));
        var rest = read.IsBackwards
            ? all.Reverse().Where(at => at.Position <= (read.From ?? int.MaxValue)).ToList()
            : all.Where(at => at.Position >= (read.From ?? 0)).ToList();
        var taken = rest.Take(read.Limit).ToList();
        string payload = read.Of == Of.Stream ? " with payload" : "";
        IEnumerable<string> told = taken.Select(at => Record(model, at.Number) + payload);
        if (rest.Count > taken.Count)
        {
            // Backwards the next one; forwards the first position behind, where one may be yet.
            int next = read.IsBackwards ? rest[taken.Count].Position : taken[^1].Position + 1;
            told = told.Append($"next {next}");
        }
        return string.Join("; ", told);
    }

    private static bool IsOwn(LogModel model, int number) =>
        model.Log[number]?.Tenant == model.Tenant;

    private static bool Has(ReadSequence read, Logged logged) => read.Of switch
    {
        Of.Stream => logged.Entry.Stream == read.Name,
        Of.Category => logged.Entry.Stream is { } stream && CategoryOf(stream) == read.Name,
        _ => logged.Entry.Payload == read.Name,
    };

    private static string Record(LogModel model, int number)
    {
        if (model.Log[number] is not { } logged) return $"number {number} statement";
        // Another tenant sees what the record says, and it does not say a name.
        string told = IsOwn(model, number) ? ModelAnswers.Appended(logged) : $"number {number}";
        return $"{told} {AnswerText.DigestOf(logged.Entry.Payload)}"
            + $" group {number - logged.Index}+{logged.Index}/{logged.Count}"
            + (logged.Entry.Key is null ? "" : " idempotent");
    }
}
