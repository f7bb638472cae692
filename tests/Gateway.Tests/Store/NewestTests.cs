using System.Buffers;
using System.Text;
using Sequencer.Attestation;
using Sequencer.Attestation.Log;
using Sequencer.Gateway.Live;
using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Tests.Store;

/// <summary>What is served from memory is what the disk has, to the byte.</summary>
public class NewestTests
{
    private const int Size = 120;

    private static readonly byte[] Checkpoint = "sequencer.example/log\n"u8.ToArray();
    private static readonly string[] Tenants = ["default", "other"];

    [Theory]
    [InlineData(ByteRing.BytesMin)]
    [InlineData(64 * 1024)]
    [InlineData(1024 * 1024)]
    public void Events_from_memory_and_from_the_disk_are_the_same_bytes(int newestBytes)
    {
        Random random = Seeded.Random(out _);
        SampleLog log = MakeLog(random);
        var files = new MemoryFiles();
        var options = new StoreOptions { NewestBytes = newestBytes };
        (LogStore memory, _) = StoreSteps.Open(files, options);
        while (memory.View.Size < Size)
        {
            int size = Math.Min(Size, (int)memory.View.Size + random.Next(1, 12));
            memory.CommitTo(log, size, isHeadGiven: true);
            // What is kept of an entry that is erased later must not be given out any more.
            if (random.Next(2) == 0) Told(memory, 0);
        }
        Dictionary<string, string> first = Told(memory, 0);
        Dictionary<string, string> kept = Told(memory, 0);
        Dictionary<string, string> recent = Told(memory, Size - 10);
        MemoryFiles restarted = files.Restarted();
        memory.Dispose();
        (LogStore disk, _) = StoreSteps.Open(restarted, options);
        using (disk)
        {
            Dictionary<string, string> expected = Told(disk, 0);
            Assert.Equal(expected, first);
            Assert.Equal(expected, kept);
            Assert.Equal(Told(disk, Size - 10), recent);
        }
    }

    [Fact]
    public void An_erased_payload_and_its_salt_leave_the_memory_at_once()
    {
        Random random = Seeded.Random(out _);
        var log = new SampleLog();
        log.AddStatement();
        byte[] salt = Bytes(random, Limits.SaltBytes);
        byte[] payload = Encoding.ASCII.GetBytes("erased " + random.NextInt64());
        log.AddEntry(payload, salt);
        log.AddEntry("kept"u8.ToArray());
        (LogStore store, _) = StoreSteps.Open(new MemoryFiles());
        using (store)
        {
            store.CommitTo(log, 3, isHeadGiven: true);
            Told(store, 0);
            Assert.Contains(RingMemory.Of(store), ring => Holds(ring, salt));
            string base64 = Convert.ToBase64String(payload);
            Assert.Equal(2, RingMemory.Of(store).Count(ring => Holds(ring, payload)));
            Assert.Contains(
                RingMemory.Of(store), ring => Holds(ring, Encoding.ASCII.GetBytes(base64)));
            log.AddTombstone(1);
            store.CommitTo(log, 4, isHeadGiven: true);
            for (int i = 0; i < 2; i++)
            {
                Assert.DoesNotContain(
                    RingMemory.Of(store),
                    ring => Holds(ring, payload) || Holds(ring, salt)
                        || Holds(ring, Encoding.ASCII.GetBytes(base64)));
                Told(store, 0);
            }
            Assert.Contains(RingMemory.Of(store), ring => Holds(ring, "kept"u8));
        }
    }

    [Fact]
    public void An_entry_that_is_erased_in_its_own_batch_is_not_kept()
    {
        var log = new SampleLog();
        log.AddStatement();
        log.AddEntry("the payload"u8.ToArray());
        log.AddTombstone(1);
        (LogStore store, _) = StoreSteps.Open(new MemoryFiles());
        using (store)
        {
            store.CommitTo(log, 3, isHeadGiven: true);
            Assert.Equal(PayloadStatus.Erased, store.View.ReadEntry(1).Status);
            Assert.DoesNotContain(RingMemory.Of(store), ring => Holds(ring, "the payload"u8));
        }
    }

    [Fact]
    public void A_text_that_was_made_before_an_erasure_is_not_kept_after_it()
    {
        var erasures = new Erasures();
        var texts = new NewestTexts(erasures);
        erasures.Note(7, 9);
        texts.Remove(7);
        texts.Keep(7, 0, default, tombstone: null, "with its payload"u8);
        var written = new ArrayBufferWriter<byte>();
        Assert.False(texts.TryWrite(7, 0, default, written));
        texts.Keep(7, 0, default, tombstone: 9, "without"u8);
        Assert.True(texts.TryWrite(7, 0, default, written));
        Assert.Equal("without", Encoding.ASCII.GetString(written.WrittenSpan));
    }

    [Fact]
    public void A_view_does_not_show_what_is_not_published()
    {
        SampleLog log = SampleLog.Of(6, Seeded.Random(out _));
        (LogStore store, _) = StoreSteps.Open(new MemoryFiles());
        using (store)
        {
            store.CommitTo(log, 3, isHeadGiven: true);
            LogView older = store.View;
            store.CommitTo(log, 6, isHeadGiven: true);
            Assert.Throws<ArgumentOutOfRangeException>(() => older.ReadEntry(4));
            Assert.Throws<ArgumentOutOfRangeException>(() => older.ReadHead(4));
            Assert.Throws<ArgumentOutOfRangeException>(() => older.ReadRecord(4));
        }
    }

    // Every selection of every tenant, in every form, as every tenant reads it.
    private static Dictionary<string, string> Told(LogStore store, ulong from)
    {
        LogView view = store.View.Under(store.View.Size, Checkpoint);
        var told = new Dictionary<string, string>();
        foreach (string tenant in Tenants)
        {
            Digest reader = Derivation.Tenant(Encoding.UTF8.GetBytes(tenant));
            EntrySelection[] selections =
            [
                EntrySelection.All,
                EntrySelection.Stream(reader, "cart-1"),
                EntrySelection.Category(reader, "cart"),
                EntrySelection.Type(reader, "odd"),
            ];
            foreach (EntrySelection selection in selections)
            {
                var sequence = new EntrySequence(selection, ReadDirection.Forwards);
                ulong first = selection.IsByVersion ? selection.PositionAfter(view, from) : from;
                EntryPage page = sequence.Read(view, first, Size);
                foreach (EntryForm form in Enum.GetValues<EntryForm>())
                {
                    var text = new ArrayBufferWriter<byte>();
                    foreach (EntryPlace place in page.Entries)
                    {
                        EntryEvents.Write(text, view, place.Number, form, reader);
                    }
                    told[$"{tenant} {selection.Kind} {form}"] =
                        Encoding.UTF8.GetString(text.WrittenSpan);
                }
            }
        }
        return told;
    }

    private static SampleLog MakeLog(Random random)
    {
        var log = new SampleLog();
        log.AddStatement();
        while (log.Size < Size)
        {
            string tenant = Tenants[random.Next(2)];
            switch (random.Next(6))
            {
                case 0:
                    log.AddTombstone(random.Next(1, log.Size));
                    break;
                case 1:
                    log.AddEntry(Bytes(random, random.Next(300)), Bytes(random, 32));
                    break;
                case 2:
                    log.AddEvent(tenant, null, "odd");
                    break;
                default:
                    log.AddEvent(tenant, $"cart-{random.Next(3)}", random.Next(2) == 0 ? "odd" : "");
                    break;
            }
        }
        return log;
    }

    private static byte[] Bytes(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }

    private static bool Holds(byte[] memory, ReadOnlySpan<byte> text) =>
        memory.AsSpan().IndexOf(text) >= 0;
}
