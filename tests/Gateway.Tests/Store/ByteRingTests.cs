using System.Buffers.Binary;
using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Tests.Store;

public class ByteRingTests
{
    [Fact]
    public void What_is_found_is_what_was_put_last_and_nothing_else_is_in_the_memory()
    {
        Random random = Seeded.Random(out _);
        var ring = new ByteRing(ByteRing.BytesMin);
        var put = new Dictionary<ulong, byte[]>();
        ulong next = 0;
        for (int step = 0; step < 5000; step++)
        {
            // Forwards, as entries come; or anything again, as texts do.
            ulong number = random.Next(3) > 0 ? next++ : (ulong)random.NextInt64((long)next + 1);
            if (random.Next(4) == 0)
            {
                ring.Remove(number);
                put.Remove(number);
            }
            else
            {
                put[number] = Put(ring, number, Content(random, ring.LengthMax));
            }
            var seen = new List<ulong>();
            foreach ((ulong known, byte[] content) in put)
            {
                if (!ring.TryFind(known, out RingPlace place)) continue;
                var copy = new byte[place.Length];
                Assert.True(ring.TryCopy(place, 0, copy));
                Assert.Equal(content, copy);
                seen.Add(known);
            }
            foreach (ulong gone in put.Keys.Except(seen).ToList())
            {
                AssertAbsent(ring, put[gone]);
                put.Remove(gone);
            }
        }
    }

    [Fact]
    public void What_was_put_last_is_there()
    {
        Random random = Seeded.Random(out _);
        var ring = new ByteRing(ByteRing.BytesMin);
        for (ulong number = 0; number < 1000; number++)
        {
            byte[] content = Put(ring, number, Content(random, ring.LengthMax));
            Assert.True(ring.TryFind(number, out RingPlace place));
            var part = new byte[content.Length / 2];
            Assert.True(ring.TryCopy(place, content.Length - part.Length, part));
            Assert.Equal(content[^part.Length..], part);
        }
    }

    [Fact]
    public void Removed_bytes_are_nowhere_in_the_memory()
    {
        Random random = Seeded.Random(out _);
        var ring = new ByteRing(ByteRing.BytesMin);
        for (ulong number = 0; number < 200; number++)
        {
            byte[] content = Put(ring, number, Content(random, ring.LengthMax));
            ring.Remove(number);
            Assert.False(ring.TryFind(number, out _));
            AssertAbsent(ring, content);
        }
    }

    [Fact]
    public async Task A_reader_beside_the_writer_gets_whole_bytes_or_none()
    {
        var ring = new ByteRing(4 * ByteRing.BytesMin);
        long newest = 0;
        bool isOver = false;
        Task reading = Task.WhenAll(Enumerable.Range(0, 2).Select(reader => Task.Run(() =>
        {
            var random = new Random(reader);
            var copy = new byte[ring.LengthMax];
            while (!Volatile.Read(ref isOver))
            {
                ulong number = (ulong)Math.Max(Volatile.Read(ref newest) - random.Next(16), 0);
                if (!ring.TryFind(number, out RingPlace place)) continue;
                Span<byte> content = copy.AsSpan(0, place.Length);
                if (!ring.TryCopy(place, 0, content)) continue;
                Assert.Equal(number, BinaryPrimitives.ReadUInt64LittleEndian(content));
                Assert.False(content[8..].ContainsAnyExcept((byte)(number | 1)));
            }
        })));
        for (ulong number = 0; number < 200_000; number++)
        {
            var content = new byte[8 + number % 200];
            BinaryPrimitives.WriteUInt64LittleEndian(content, number);
            content.AsSpan(8).Fill((byte)(number | 1));
            Put(ring, number, content);
            Volatile.Write(ref newest, (long)number);
            if (number % 7 == 0) ring.Remove(number - number % 5);
        }
        Volatile.Write(ref isOver, true);
        await reading;
    }

    private static byte[] Put(ByteRing ring, ulong number, byte[] content)
    {
        RingPlace place = ring.Put(number, content.Length, out Span<byte> room);
        Assert.False(room.ContainsAnyExcept((byte)0));
        content.CopyTo(room);
        ring.Show(place);
        return content;
    }

    // Long enough to be found by chance nowhere else.
    private static byte[] Content(Random random, int lengthMax)
    {
        var content = new byte[random.Next(16, lengthMax + 1)];
        random.NextBytes(content);
        return content;
    }

    private static void AssertAbsent(ByteRing ring, byte[] content)
    {
        byte[] memory = RingMemory.Of(ring);
        Assert.Equal(-1, memory.AsSpan().IndexOf(content.AsSpan(0, 12)));
        Assert.Equal(-1, memory.AsSpan().IndexOf(content.AsSpan(^12..)));
    }
}
