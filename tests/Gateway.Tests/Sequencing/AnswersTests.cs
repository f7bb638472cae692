using Sequencer.Gateway.Sequencing;
using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Tests.Sequencing;

public sealed class AnswersTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(500)]
    public async Task All_are_answered(int count)
    {
        var answers = new Answers();
        Submission[] waiting = [.. Enumerable.Range(0, count).Select(_ => NewSubmission())];
        foreach (Submission submission in waiting) answers.Add(submission, Failed);
        Assert.All(waiting, submission => Assert.False(submission.Completion.IsCompleted));
        answers.Give();
        AppendResult[] results = await Task.WhenAll(waiting.Select(s => s.Completion));
        Assert.All(results, result => Assert.Same(Failed, result));
    }

    [Fact]
    public async Task The_first_answer_stays()
    {
        Submission submission = NewSubmission();
        var first = new Answers();
        first.Add(submission, Failed);
        var second = new Answers();
        second.Add(submission, AppendResult.Failed(AppendFailure.StoreFailed));
        second.Give();
        Assert.False(submission.Completion.IsCompleted);
        first.Give();
        Assert.Same(Failed, await submission.Completion);
    }

    [Fact]
    public async Task A_caller_whose_handler_takes_long_holds_up_no_other()
    {
        using var gate = new ManualResetEventSlim();
        Submission[] waiting = [.. Enumerable.Range(0, 40).Select(_ => NewSubmission())];
        Task held = waiting[0].Completion.ContinueWith(
            _ => gate.Wait(),
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        var answers = new Answers();
        foreach (Submission submission in waiting) answers.Add(submission, Failed);
        answers.Give();
        // Not of the first: what waits for it comes after the handler that takes long.
        await Task.WhenAll(waiting.Skip(1).Select(s => s.Completion));
        Assert.False(held.IsCompleted);
        gate.Set();
        await held;
    }

    private static AppendResult Failed { get; } = AppendResult.Failed(AppendFailure.DiskFull);

    private static Submission NewSubmission() =>
        new([new PayloadItem(new byte[2], default, new byte[1])], isAtomic: true);
}
