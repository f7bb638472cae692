using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Tests.Store;

public sealed class DiskTests : IDisposable
{
    private readonly string _directory =
        Path.Combine(Path.GetTempPath(), "sequencer-store-" + Guid.NewGuid().ToString("N"));

    public void Dispose()
    {
        if (Directory.Exists(_directory)) Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public void A_log_on_disk_is_found_again()
    {
        Random random = Seeded.Random(out _);
        SampleLog log = SampleLog.Of(300, random);
        while (true)
        {
            (LogStore store, RecoveryReport report) =
                LogStore.Open(_directory, StoreSteps.SmallSegments);
            using (store)
            {
                store.AssertHolds(log);
                if (report.Size == 300) break;
                for (int i = 0; i < 4 && store.View.Size < 300; i++)
                {
                    store.CommitTo(log, Math.Min(300, (int)store.View.Size + random.Next(1, 40)));
                }
            }
        }
        Assert.Equal("sequencer-store/v1\n", File.ReadAllText(Path.Combine(_directory, "format")));
        Assert.True(Directory.GetFiles(Path.Combine(_directory, "log")).Length > 3);
    }

    [Fact]
    public void Large_payloads_are_written_from_where_they_are()
    {
        Random random = Seeded.Random(out _);
        var log = new SampleLog();
        log.AddStatement();
        foreach (int length in new[] { 10, 65_536, 65_537, 3_000_000, 0, 100_000, 7 })
        {
            var payload = new byte[length];
            random.NextBytes(payload);
            log.AddEntry(payload);
        }
        (LogStore store, _) = LogStore.Open(_directory, new StoreOptions());
        store.CommitTo(log, log.Size);
        store.AssertHolds(log);
        store.Dispose();
        (store, _) = LogStore.Open(_directory, new StoreOptions());
        store.AssertHolds(log);
        store.Dispose();
    }

    [Fact]
    public void A_directory_has_one_owner()
    {
        (LogStore store, _) = LogStore.Open(_directory, new StoreOptions());
        var locked = Assert.Throws<StoreLockedException>(
            () => LogStore.Open(_directory, new StoreOptions()));
        Assert.Contains(_directory, locked.Message, StringComparison.Ordinal);
        store.Dispose();
        LogStore.Open(_directory, new StoreOptions()).Store.Dispose();
    }

    [Fact]
    public async Task Readers_beside_the_writer_see_whole_views()
    {
        Random random = Seeded.Random(out _);
        SampleLog log = SampleLog.Of(2000, random, payloadMaxBytes: 40);
        (LogStore store, _) = LogStore.Open(_directory, StoreSteps.SmallSegments);
        using (store)
        {
            Task[] readers = [.. Enumerable.Range(0, 3).Select(n => Task.Run(() => Read(n)))];
            while (store.View.Size < 2000)
            {
                store.CommitTo(log, Math.Min(2000, (int)store.View.Size + random.Next(1, 60)));
            }
            await Task.WhenAll(readers);
        }

        void Read(int seed)
        {
            var own = new Random(seed);
            for (LogView view = store.View; view.Size < 2000; view = store.View)
            {
                if (view.Size == 0) continue;
                Assert.Equal(SampleLog.CheckpointAt((int)view.Size), view.Checkpoint.ToArray());
                StoreSteps.AssertEntry(view, log, own.Next((int)view.Size));
                StoreSteps.AssertEntry(view, log, (int)view.Size - 1);
                StoreSteps.AssertInclusion(view, log, own.Next((int)view.Size), view.OpenHashes());
            }
        }
    }
}
