using Sequencer.Gateway.Sequencing;
using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Tests.Sequencing;

public sealed class AppendLineTests
{
    private readonly AppendLine _line = new(submissionsMax: 8);

    [Fact]
    public async Task A_lone_submission_is_taken_at_once()
    {
        Task<bool> turn = _line.TurnAsync(default);
        Assert.False(turn.IsCompleted);
        Join(1);
        Assert.True(await turn);
        Assert.Single(_line.Take().Submissions);
    }

    [Fact]
    public async Task What_waits_becomes_one_batch_in_the_order_of_arrival()
    {
        Submission[] joined = Join(5);
        Assert.True(await _line.TurnAsync(default));
        Assert.Equal(joined, _line.Take().Submissions);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_second_batch_leaves_when_as_many_wait_as_are_under_way(int underWay)
    {
        Join(underWay);
        _line.Take();
        Task<bool> turn = _line.TurnAsync(default);
        Join(underWay - 1);
        Assert.False(turn.IsCompleted);
        Join(1);
        Assert.True(await turn);
        Assert.Equal(underWay, _line.Take().Submissions.Count);
    }

    [Fact]
    public async Task What_waits_leaves_when_nothing_is_under_way_any_more()
    {
        Join(3);
        Batch first = _line.Take();
        Join(1);
        Task<bool> turn = _line.TurnAsync(default);
        Assert.False(turn.IsCompleted);
        _line.Done(first);
        Assert.True(await turn);
    }

    [Fact]
    public async Task No_more_than_two_batches_are_under_way()
    {
        Join(1);
        Batch first = _line.Take();
        Join(1);
        _line.Take();
        Join(5);
        Task<bool> turn = _line.TurnAsync(default);
        Assert.False(turn.IsCompleted);
        _line.Done(first);
        Assert.True(await turn);
    }

    [Fact]
    public async Task Who_is_answered_ahead_is_not_under_way_any_more()
    {
        Join(3);
        Batch batch = _line.Take();
        _line.AnsweredAhead(batch, 2);
        Join(1);
        Assert.True(await _line.TurnAsync(default));
        _line.Done(_line.Take());
        Assert.False(_line.IsIdle);
        _line.Done(batch);
        Assert.True(_line.IsIdle);
        _line.Done(batch);
        Assert.True(_line.IsIdle);
    }

    [Fact]
    public async Task A_joined_batch_ends_all_of_which_it_was_made()
    {
        Join(1);
        Batch batch = _line.Take();
        Join(1);
        batch.Join(_line.Take());
        _line.Done(batch);
        Join(1);
        Assert.True(await _line.TurnAsync(default));
    }

    [Fact]
    public async Task A_closed_line_takes_nothing_and_is_worked_off()
    {
        Join(2);
        _line.Close();
        Assert.True(_line.IsClosed);
        Assert.False(_line.TryJoin(NewSubmission()));
        Assert.True(await _line.TurnAsync(default));
        Batch last = _line.Take();
        Assert.False(await _line.TurnAsync(default));
        _line.Done(last);
        Assert.False(await _line.TurnAsync(default));
    }

    [Fact]
    public async Task Closing_ends_a_wait()
    {
        Task<bool> turn = _line.TurnAsync(default);
        _line.Close();
        Assert.False(await turn);
    }

    [Fact]
    public async Task A_cancelled_wait_ends()
    {
        using var ending = new CancellationTokenSource();
        Task<bool> turn = _line.TurnAsync(ending.Token);
        await ending.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => turn);
    }

    [Fact]
    public void A_full_line_takes_nothing()
    {
        Join(8);
        Assert.False(_line.IsClosed);
        Assert.False(_line.TryJoin(NewSubmission()));
    }

    private static Submission NewSubmission() =>
        new([new PayloadItem(new byte[2], default, new byte[1])], isAtomic: true);

    private Submission[] Join(int count)
    {
        Submission[] submissions = [.. Enumerable.Range(0, count).Select(_ => NewSubmission())];
        Assert.All(submissions, submission => Assert.True(_line.TryJoin(submission)));
        return submissions;
    }
}
