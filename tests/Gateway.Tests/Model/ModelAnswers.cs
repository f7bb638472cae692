namespace Sequencer.Gateway.Tests.Model;

/// <summary>What a gateway must answer to an append by the model, in the words of
/// <see cref="AnswerText"/>.</summary>
internal static class ModelAnswers
{
    /// <summary>Changes the model as the request does, and tells the answer.</summary>
    public static string Apply(this LogModel model, Post post)
    {
        model.Tenant = post.Tenant;
        Told[] told = [.. post.Groups.SelectMany(model.Append)];
        string replayed = told.All(one => one.What == "replayed") ? " replayed" : "";
        if (post.Form != Form.Batch)
        {
            int fault = Array.FindIndex(told, one => IsRefusal(one) && one.What != "other-member");
            if (fault >= 0)
            {
                return Refusal(told[fault]) + (post.Form == Form.Atomic ? $" at {fault}" : "");
            }
            if (post.Form == Form.Single)
            {
                return post.IsSequenced
                    ? $"202 number {told[0].Value}{replayed}"
                    : $"201 {Appended(model.Log[told[0].Value]!)}{replayed}";
            }
        }
        bool isOfStream = post.PathStream is not null && !post.IsSequenced;
        int status = isOfStream ? 201 : post.IsSequenced ? 202 : 200;
        var each = told.Select((one, i) => IsRefusal(one)
            ? $"{Refusal(one)} at {i}"
            : $"{one.What} {one.Value}"
                + (isOfStream ? $"@{model.Log[one.Value]!.Version}" : ""));
        return $"{status} [{string.Join("; ", each)}]{replayed}";
    }

    /// <summary>The answer if all that came of the request is lost: only who did not wait for the
    /// disk is told otherwise.</summary>
    public static string Lose(this LogModel model, Post post)
    {
        string answer = model.Apply(post);
        return post.IsSequenced ? answer : "503 enclave-unavailable";
    }

    /// <summary>An entry in the answer to who appended it.</summary>
    public static string Appended(Logged logged) =>
        $"number {logged.Number}"
        + (logged.Entry.Stream is { } stream ? $" {stream}@{logged.Version}" : "");

    private static bool IsRefusal(Told told) => told.What is not ("appended" or "replayed");

    private static string Refusal(Told told) => told switch
    {
        ("version-mismatch", var actual, { IsSince: true } guard) =>
            $"412 version-mismatch {guard.Stream} {guard.Expected} actual {actual}",
        ("version-mismatch", var actual, { } guard) =>
            $"412 version-mismatch {guard.Stream} expected {guard.Expected} actual {actual}",
        ("idempotency-conflict", var number, _) => $"422 idempotency-conflict number {number}",
        ("cells-full", var limit, _) => $"507 cells-full limit {limit}",
        _ => throw new InvalidOperationException($"{told} is no refusal."),
    };
}
