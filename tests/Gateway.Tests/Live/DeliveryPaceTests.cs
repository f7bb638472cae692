using Sequencer.Gateway.Live;

namespace Sequencer.Gateway.Tests.Live;

public class DeliveryPaceTests
{
    private const int Page = 64 * 1024;

    [Fact]
    public async Task While_few_append_nobody_waits()
    {
        using var pace = new DeliveryPace(() => false, () => 0, TimeProvider.System);
        for (int i = 0; i < 10; i++) Assert.False(await pace.EnterAsync());
    }

    [Fact]
    public async Task While_many_append_pages_are_made_one_after_the_other_in_order()
    {
        using var pace = new DeliveryPace(() => true, () => 0, TimeProvider.System);
        Assert.True(await pace.EnterAsync());
        Task<bool> second = pace.EnterAsync().AsTask();
        Task<bool> third = pace.EnterAsync().AsTask();
        Assert.False(second.IsCompleted);
        pace.Leave(0);
        Assert.True(await second);
        Assert.False(third.IsCompleted);
        pace.Leave(0);
        Assert.True(await third);
    }

    [Fact]
    public async Task Who_owes_is_let_in_when_enough_was_appended()
    {
        long appended = 0;
        using var pace = new DeliveryPace(
            () => true, () => Volatile.Read(ref appended), TimeProvider.System);
        Assert.True(await pace.EnterAsync());
        pace.Leave(Page);
        Task<bool> second = pace.EnterAsync().AsTask();
        Assert.False(second.IsCompleted);
        Volatile.Write(ref appended, (Page + DeliveryPace.PageBytes) / DeliveryPace.BytesPerByte);
        Assert.True(await second);
    }

    [Fact]
    public async Task Who_owes_is_let_in_when_few_append()
    {
        bool isBusy = true;
        using var pace = new DeliveryPace(
            () => Volatile.Read(ref isBusy), () => 0, TimeProvider.System);
        Assert.True(await pace.EnterAsync());
        pace.Leave(1024 * Page);
        Task<bool> second = pace.EnterAsync().AsTask();
        Assert.False(second.IsCompleted);
        Volatile.Write(ref isBusy, false);
        Assert.True(await second);
    }
}
