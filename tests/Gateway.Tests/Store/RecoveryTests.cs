using System.Globalization;
using System.Text;
using Sequencer.Attestation;
using Sequencer.Attestation.Log;
using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Tests.Store;

public class RecoveryTests
{
    [Fact]
    public void A_log_that_is_opened_after_every_batch_goes_on()
    {
        Random random = Seeded.Random(out _);
        SampleLog log = SampleLog.Of(120, random);
        var files = new MemoryFiles();
        for (int size = 0; size < log.Size;)
        {
            (LogStore store, RecoveryReport report) =
                StoreSteps.Open(files, StoreSteps.SmallSegments);
            Assert.Equal((ulong)size, report.Size);
            Assert.Equal(0, report.LogBytesCut + report.PayloadBytesCut);
            Assert.Single(report.Sentences);
            store.AssertHolds(log);
            size = Math.Min(log.Size, size + random.Next(1, 8));
            store.CommitTo(log, size);
            store.AssertHolds(log);
            store.Dispose();
        }
        Assert.True(files.Paths("log").Count() > 3);
        Assert.True(files.Paths("payload").Count() > 3);
    }

    [Fact]
    public void A_tail_torn_at_any_byte_leaves_the_batch_before()
    {
        (MemoryFiles files, SampleLog log, byte[] segment, int lastFrame) = ThreeBatches();
        for (int length = lastFrame; length < segment.Length; length++)
        {
            MemoryFiles torn = files.Copy();
            torn.SetContent("log/00000000000000000000.seg", segment[..length]);
            (LogStore store, RecoveryReport report) = StoreSteps.Open(torn);
            Assert.Equal(length - lastFrame, report.LogBytesCut);
            Assert.Equal(4UL, report.Size);
            Assert.Equal(3, report.PendingPayloads.Count);
            store.AssertHolds(log);
            store.CommitTo(log, 7, report.PendingPayloads);
            store.Dispose();
            Assert.Equal(segment, torn.Content("log/00000000000000000000.seg"));
            Assert.Equal(Payload(files), Payload(torn));
        }
    }

    [Fact]
    public void A_torn_sector_in_the_last_frame_is_cut_wherever_it_is()
    {
        (MemoryFiles files, SampleLog log, byte[] segment, int lastFrame) = ThreeBatches();
        for (int at = lastFrame; at < segment.Length; at++)
        {
            MemoryFiles torn = files.Copy();
            byte[] content = [.. segment];
            int length = Math.Min(64, content.Length - at);
            if (!content.AsSpan(at, length).ContainsAnyExcept((byte)0)) continue;
            content.AsSpan(at, length).Clear();
            torn.SetContent("log/00000000000000000000.seg", content);
            (LogStore store, RecoveryReport report) = StoreSteps.Open(torn);
            using (store)
            {
                Assert.Equal(segment.Length - lastFrame, report.LogBytesCut);
                store.AssertHolds(log);
            }
        }
    }

    [Fact]
    public void A_payload_tail_torn_at_any_byte_keeps_what_was_written_whole()
    {
        SampleLog log = SampleLog.Of(7, Seeded.Random(out _), payloadMaxBytes: 80);
        var files = new MemoryFiles();
        (LogStore store, _) = StoreSteps.Open(files);
        store.CommitTo(log, 4);
        int committed = Payload(files).Length;
        ulong[] offsets = store.WritePayloads(log, 4, 7);
        store.Dispose();
        byte[] payload = Payload(files);
        for (int length = committed; length <= payload.Length; length++)
        {
            MemoryFiles torn = files.Copy();
            torn.SetContent("payload/00000000000000000000.seg", payload[..length]);
            (store, RecoveryReport report) = StoreSteps.Open(torn);
            ulong[] whole = [.. offsets.Skip(1).Append((ulong)payload.Length)
                .Where(end => end <= (ulong)length)];
            Assert.Equal(whole.Length, report.PendingPayloads.Count);
            ulong end = whole.Append((ulong)committed).Max();
            Assert.Equal(length - (long)end, report.PayloadBytesCut);
            store.CommitTo(log, 7, report.PendingPayloads);
            store.AssertHolds(log);
            store.Dispose();
            Assert.Equal(payload, Payload(torn));
        }
    }

    [Fact]
    public void Pending_payloads_are_found_by_their_requests()
    {
        SampleLog log = SampleLog.Of(10, Seeded.Random(out _));
        var files = new MemoryFiles();
        (LogStore store, _) = StoreSteps.Open(files);
        store.CommitTo(log, 6);
        ulong[] offsets = store.WritePayloads(log, 6, 10);
        store.Dispose();
        (store, RecoveryReport report) = StoreSteps.Open(files);
        store.Dispose();
        Assert.Equal(4, report.PendingPayloads.Count);
        for (int i = 0; i < offsets.Length; i++)
        {
            Digest request = Derivation.Request(log.Items[6 + i]!.Value.Request.Span);
            Assert.Equal(offsets[i], report.PendingPayloads[request]);
        }
    }

    [Fact]
    public void A_flipped_bit_of_the_log_is_refused_or_cuts_the_last_batch_only()
    {
        (MemoryFiles files, SampleLog log, byte[] segment, int lastFrame) = ThreeBatches();
        for (int at = 0; at < segment.Length; at++)
        {
            MemoryFiles flipped = files.Copy();
            byte[] content = [.. segment];
            content[at] ^= (byte)(1 << at % 8);
            flipped.SetContent("log/00000000000000000000.seg", content);
            if (at < lastFrame)
            {
                var damage = Assert.Throws<StoreDamagedException>(() => StoreSteps.Open(flipped));
                Assert.Equal("log/00000000000000000000.seg", damage.Path);
                continue;
            }
            (LogStore store, RecoveryReport report) = StoreSteps.Open(flipped);
            using (store)
            {
                Assert.Equal(segment.Length - lastFrame, report.LogBytesCut);
                store.AssertHolds(log);
            }
        }
    }

    [Fact]
    public void A_flipped_bit_of_a_payload_is_refused_or_seen_when_it_is_read()
    {
        (MemoryFiles files, SampleLog log, _, _) = ThreeBatches();
        byte[] payload = Payload(files);
        int last = 0;
        for (int at = 0; at < payload.Length; at++)
        {
            MemoryFiles flipped = files.Copy();
            byte[] content = [.. payload];
            content[at] ^= (byte)(1 << at % 8);
            flipped.SetContent("payload/00000000000000000000.seg", content);
            LogStore store;
            try
            {
                (store, _) = StoreSteps.Open(flipped);
            }
            catch (StoreDamagedException)
            {
                // Only the last frame of the log is read at opening, to find where the rest begins.
                last++;
                continue;
            }
            Assert.Equal(0, last);
            Assert.Single(
                Enumerable.Range(0, log.Size),
                n => store.View.ReadEntry((ulong)n).Status == PayloadStatus.Damaged);
            store.Dispose();
        }
        Assert.True(last > 0);
    }

    [Theory]
    [InlineData("log")]
    [InlineData("payload")]
    public void A_middle_segment_that_is_cut_or_missing_loses_nothing_in_silence(string directory)
    {
        SampleLog log = SampleLog.Of(100, Seeded.Random(out _));
        var files = new MemoryFiles();
        (LogStore store, _) = StoreSteps.Open(files, StoreSteps.SmallSegments);
        for (int size = 4; size <= 100; size += 4) store.CommitTo(log, size);
        store.Dispose();
        string[] segments = [.. files.Paths(directory)];
        Assert.True(segments.Length > 3);

        MemoryFiles cut = files.Copy();
        cut.SetContent(segments[1], cut.Content(segments[1])[..^1]);
        MemoryFiles missing = files.Copy();
        missing.Delete(segments[1]);
        MemoryFiles endless = files.Copy();
        endless.Delete(segments[^1]);
        MemoryFiles strange = files.Copy();
        strange.SetContent(directory + "/0.seg", []);

        Assert.Throws<StoreDamagedException>(() => StoreSteps.Open(strange));
        if (directory == "log")
        {
            Assert.Throws<StoreDamagedException>(() => StoreSteps.Open(cut));
            Assert.Throws<StoreDamagedException>(() => StoreSteps.Open(missing));
            return;
        }
        // Payloads may be taken away without breaking the log, all but the end of them.
        Assert.Throws<StoreDamagedException>(() => StoreSteps.Open(endless));
        StoreSteps.Open(cut).Store.Dispose();
        StoreSteps.Open(missing).Store.Dispose();
    }

    [Fact]
    public void A_directory_of_another_format_or_without_one_is_refused()
    {
        (MemoryFiles files, _, _, _) = ThreeBatches();
        MemoryFiles other = files.Copy();
        other.SetContent("format", Encoding.ASCII.GetBytes("sequencer-store/v2\n"));
        Assert.Throws<StoreDamagedException>(() => StoreSteps.Open(other));
        MemoryFiles without = files.Copy();
        without.Delete("format");
        Assert.Throws<StoreDamagedException>(() => StoreSteps.Open(without));
    }

    [Fact]
    public void An_epoch_without_its_document_is_refused()
    {
        (MemoryFiles files, _, _, _) = ThreeBatches();
        files.Delete("epochs/0.document");
        Assert.Throws<StoreDamagedException>(() => StoreSteps.Open(files));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(2, false)]
    [InlineData(7, false)]
    public void A_document_beyond_the_next_epoch_tells_that_the_logs_end_is_lost(
        int epoch, bool opens)
    {
        (MemoryFiles files, SampleLog log, byte[] segment, _) = ThreeBatches();
        string path = $"epochs/{epoch.ToString(CultureInfo.InvariantCulture)}.document";
        files.SetContent(path, SampleLog.DocumentOf((uint)epoch));
        if (opens)
        {
            StoreSteps.Open(files).Store.AssertHolds(log);
            return;
        }
        var refused = Assert.Throws<StoreDamagedException>(() => StoreSteps.Open(files));
        Assert.Equal(path, refused.Path);
        Assert.Contains("its end is lost", refused.Message, StringComparison.Ordinal);
        Assert.Equal(segment, files.Content("log/00000000000000000000.seg"));
    }

    // Batches that end at 2, 4 and 7; a statement and six entries.
    private static (MemoryFiles Files, SampleLog Log, byte[] Segment, int LastFrame) ThreeBatches()
    {
        var log = new SampleLog();
        log.AddStatement();
        for (int i = 1; i < 7; i++) log.AddEntry([(byte)i, 0, 0]);
        var files = new MemoryFiles();
        (LogStore store, _) = StoreSteps.Open(files);
        store.CommitTo(log, 2);
        store.CommitTo(log, 4);
        int lastFrame = files.Content("log/00000000000000000000.seg").Length;
        store.CommitTo(log, 7);
        store.Dispose();
        return (files, log, files.Content("log/00000000000000000000.seg"), lastFrame);
    }

    private static byte[] Payload(MemoryFiles files) =>
        files.Content("payload/00000000000000000000.seg");
}
