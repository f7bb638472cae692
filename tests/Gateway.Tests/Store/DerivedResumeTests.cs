using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Tests.Store;

/// <summary>Tiles and index that an earlier opening kept, and what is made of them.</summary>
public sealed class DerivedResumeTests
{
    private const string Mark = "index/mark";

    [Fact]
    public void What_was_kept_is_not_read_again_and_what_came_after_is()
    {
        Random random = Seeded.Random(out _);
        for (int run = 0; run < 20; run++)
        {
            SampleLog log = SampleLog.Of(700, random, 20);
            var files = new MemoryFiles();
            (LogStore store, _) = StoreSteps.Open(files, StoreSteps.SmallSegments);
            ulong kept = 0;
            for (int size = 0; size < log.Size;)
            {
                size = Math.Min(log.Size, size + random.Next(1, 90));
                store.CommitTo(log, size);
                if (random.Next(3) == 0)
                {
                    store.KeepDerived();
                    kept = store.View.Size;
                }
                if (random.Next(4) != 0) continue;
                store.Dispose();
                files = random.Next(2) == 0 ? files.Restarted() : files.Crashed(random);
                (store, RecoveryReport report) = StoreSteps.Open(files, StoreSteps.SmallSegments);
                Assert.Equal(kept, store.KeptSize);
                Assert.Equal((ulong)size, report.Size);
            }
            store.AssertHolds(log);
            store.Dispose();
        }
    }

    [Fact]
    public void A_mark_that_is_damaged_in_any_bit_is_no_mark()
    {
        (MemoryFiles files, _) = Kept();
        for (int bit = 0; bit < 8 * files.Content(Mark).Length; bit++)
        {
            byte[] flipped = [.. files.Content(Mark)];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            IsMadeAnew(flipped);
        }
        IsMadeAnew([]);
        IsMadeAnew([.. files.Content(Mark), 0]);

        void IsMadeAnew(byte[] mark)
        {
            MemoryFiles other = files.Copy();
            other.SetContent(Mark, mark);
            (LogStore store, _) = StoreSteps.Open(other);
            Assert.Equal(0ul, store.KeptSize);
            store.Dispose();
        }
    }

    [Theory]
    [InlineData("index/numbers")]
    [InlineData("tiles/0")]
    [InlineData("tiles/1")]
    public void Files_that_are_too_short_or_missing_are_made_anew(string path)
    {
        (MemoryFiles files, SampleLog log) = Kept();
        MemoryFiles cut = files.Copy();
        cut.SetContent(path, cut.Content(path)[..^1]);
        MemoryFiles missing = files.Copy();
        missing.Delete(path);
        foreach (MemoryFiles other in new[] { cut, missing })
        {
            (LogStore store, _) = StoreSteps.Open(other);
            Assert.Equal(0ul, store.KeptSize);
            store.AssertHolds(log);
            store.Dispose();
        }
    }

    [Fact]
    public void A_log_that_is_shorter_or_another_one_gets_tiles_of_its_own()
    {
        (MemoryFiles files, _) = Kept();
        foreach (bool isShorter in new[] { true, false })
        {
            SampleLog other = SampleLog.Of(isShorter ? 300 : 600, new Random(7), 20);
            var others = new MemoryFiles();
            (LogStore store, _) = StoreSteps.Open(others);
            store.CommitTo(other, other.Size);
            store.Dispose();
            foreach (string path in files.Paths("index").Concat(files.Paths("tiles")))
            {
                others.SetContent(path, files.Content(path));
            }
            (store, _) = StoreSteps.Open(others);
            Assert.Equal(0ul, store.KeptSize);
            store.AssertHolds(other);
            store.Dispose();
        }
    }

    [Fact]
    public void Whatever_step_of_keeping_fails_the_next_opening_holds()
    {
        Random random = Seeded.Random(out _);
        SampleLog log = SampleLog.Of(600, random, 20);
        foreach (Fault fault in Enum.GetValues<Fault>())
        {
            for (int step = 1; ; step++)
            {
                var files = new MemoryFiles();
                (LogStore store, _) = StoreSteps.Open(files);
                store.CommitTo(log, 300);
                store.KeepDerived();
                store.CommitTo(log, 600);
                int before = files.Operations;
                files.Fault = fault;
                files.FaultAt = before + step;
                bool isDone = !Throws(store.KeepDerived);
                store.Dispose();
                foreach (MemoryFiles next in new[] { files.Restarted(), files.Crashed(random) })
                {
                    (LogStore again, _) = StoreSteps.Open(next);
                    Assert.Contains(again.KeptSize, new ulong[] { 0, 300, 600 });
                    again.AssertHolds(log);
                    again.Dispose();
                }
                if (isDone && files.Operations < files.FaultAt) break;
            }
        }

        static bool Throws(Action action)
        {
            try
            {
                action();
                return false;
            }
            catch (IOException)
            {
                return true;
            }
        }
    }

    [Fact]
    public void After_a_sync_that_failed_no_mark_is_written_any_more()
    {
        (MemoryFiles files, SampleLog log) = Kept();
        (LogStore store, _) = StoreSteps.Open(files);
        log.AddEntry([1]);
        store.CommitTo(log, log.Size);
        files.Fault = Fault.Failed;
        files.FaultAt = files.Operations + 1;
        Assert.Throws<IOException>(store.KeepDerived);
        Assert.Throws<IOException>(store.KeepDerived);
        store.AssertHolds(log);
        store.Dispose();
    }

    private static (MemoryFiles Files, SampleLog Log) Kept()
    {
        SampleLog log = SampleLog.Of(600, new Random(3), 20);
        var files = new MemoryFiles();
        (LogStore store, _) = StoreSteps.Open(files);
        store.CommitTo(log, 100);
        store.CommitTo(log, log.Size);
        store.KeepDerived();
        store.Dispose();
        (store, RecoveryReport report) = StoreSteps.Open(files);
        Assert.Equal((600ul, 600ul), (store.KeptSize, report.Size));
        store.AssertHolds(log);
        store.Dispose();
        return (files, log);
    }
}
