namespace Sequencer.Gateway.Tests.Model;

/// <summary>What a gateway must answer by the model, in the words of <see cref="AnswerText"/>.
/// </summary>
internal static class ModelAnswers
{
    /// <summary>Changes the model as the request does, and tells the answer.</summary>
    public static string Apply(this LogModel model, Post post)
    {
        Told[] told = [.. post.Groups.SelectMany(model.Append)];
        int fault = Array.FindIndex(told, one => IsRefusal(one) && one.What != "other-member");
        string replayed = told.All(one => one.What == "replayed") ? " replayed" : "";
        if (post.Form != Form.Batch && fault >= 0)
        {
            return Refusal(told[fault], post.Entries[fault])
                + (post.Form == Form.Atomic ? $" at {fault}" : "");
        }
        if (post.Form == Form.Single)
        {
            return post.IsSequenced
                ? $"202 number {told[0].Value}{replayed}"
                : $"201 {Appended(model.Log[told[0].Value]!)}{replayed}";
        }
        var each = told.Select((one, i) =>
            IsRefusal(one) ? $"{Refusal(one, post.Entries[i])} at {i}" : $"{one.What} {one.Value}");
        return $"{(post.IsSequenced ? 202 : 200)} [{string.Join("; ", each)}]{replayed}";
    }

    /// <summary>The answer if all that came of the request is lost: only who did not wait for the
    /// disk is told otherwise.</summary>
    public static string Lose(this LogModel model, Post post)
    {
        string answer = model.Apply(post);
        return post.IsSequenced ? answer : "503 enclave-unavailable";
    }

    /// <summary>What a reading step must be answered.</summary>
    public static string Read(this LogModel model, Step step) => step switch
    {
        ReadOne one when one.Number >= model.Log.Count => "404 not-found",
        ReadOne one => Record(model, one.Number),
        ReadRange range => Range(model, range),
        ReadPayload found => string.Join("; ", Enumerable.Range(0, model.Log.Count).Reverse()
            .Where(n => model.Log[n]?.Entry.Payload == found.Payload)
            .Select(n => Record(model, n))),
        _ => throw new InvalidOperationException($"{step} reads nothing."),
    };

    private static string Range(LogModel model, ReadRange range)
    {
        int first = Math.Min(range.From, model.Log.Count);
        int end = Math.Min(first + range.Limit, model.Log.Count);
        string records = string.Join(
            "; ", Enumerable.Range(first, end - first).Select(n => Record(model, n)));
        return records + (end < model.Log.Count ? $"; next {end}" : "");
    }

    private static string Record(LogModel model, int number)
    {
        if (model.Log[number] is not { } logged) return $"number {number} statement";
        return $"{Appended(logged)} payload {AnswerText.DigestOf(logged.Entry.Payload)}"
            + $" group {number - logged.Index}+{logged.Index}/{logged.Count}"
            + (logged.Entry.Key is null ? "" : " idempotent");
    }

    private static string Appended(Logged logged) =>
        $"number {logged.Number}"
        + (logged.Entry.Stream is { } stream ? $" {stream}@{logged.Version}" : "");

    private static bool IsRefusal(Told told) => told.What is not ("appended" or "replayed");

    private static string Refusal(Told told, Entry entry) => told.What switch
    {
        "version-mismatch" =>
            $"412 version-mismatch {entry.Stream} expected {entry.Expected} actual {told.Value}",
        "idempotency-conflict" => $"422 idempotency-conflict number {told.Value}",
        _ => $"507 cells-full limit {told.Value}",
    };
}
