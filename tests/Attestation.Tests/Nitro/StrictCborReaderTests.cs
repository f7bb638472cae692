using System.Formats.Cbor;
using Sequencer.Attestation.Nitro;
using Xunit.Abstractions;

namespace Sequencer.Attestation.Tests.Nitro;

public class StrictCborReaderTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("00", 0UL)]
    [InlineData("17", 23UL)]
    [InlineData("1818", 24UL)]
    [InlineData("18ff", 255UL)]
    [InlineData("190100", 256UL)]
    [InlineData("1a00010000", 65536UL)]
    [InlineData("1b0000000100000000", 4294967296UL)]
    [InlineData("1bffffffffffffffff", ulong.MaxValue)]
    public void Unsigned_integers_are_read_in_their_shortest_form(string hex, ulong expected)
    {
        var reader = new StrictCborReader(Convert.FromHexString(hex));
        Assert.True(reader.TryReadUInt64(out ulong value));
        Assert.Equal(expected, value);
        Assert.True(reader.TryReadEnd());
    }

    [Theory]
    [InlineData("", CborFault.Truncated)]
    [InlineData("18", CborFault.Truncated)]
    [InlineData("1901", CborFault.Truncated)]
    [InlineData("1b00000001000000", CborFault.Truncated)]
    [InlineData("1817", CborFault.NotMinimal)]
    [InlineData("1900ff", CborFault.NotMinimal)]
    [InlineData("1a0000ffff", CborFault.NotMinimal)]
    [InlineData("1b00000000ffffffff", CborFault.NotMinimal)]
    [InlineData("1c", CborFault.ReservedForm)]
    [InlineData("1d", CborFault.ReservedForm)]
    [InlineData("1e", CborFault.ReservedForm)]
    [InlineData("1f", CborFault.ReservedForm)]
    [InlineData("ff", CborFault.ReservedForm)]
    [InlineData("f7", CborFault.ReservedForm)]
    [InlineData("f90000", CborFault.ReservedForm)]
    [InlineData("f820", CborFault.ReservedForm)]
    [InlineData("20", CborFault.WrongType)]
    [InlineData("40", CborFault.WrongType)]
    [InlineData("f6", CborFault.WrongType)]
    public void A_failed_integer_says_why_and_does_not_advance(string hex, CborFault expected)
    {
        var reader = new StrictCborReader(Convert.FromHexString(hex));
        Assert.False(reader.TryReadUInt64(out ulong value));
        Assert.Equal(expected, reader.Fault);
        Assert.Equal(0, reader.Position);
        Assert.Equal(0UL, value);
    }

    [Theory]
    [InlineData("4101", CborFault.None)]
    [InlineData("420102", CborFault.None)]
    [InlineData("43010203", CborFault.TooLong)]
    [InlineData("5bffffffffffffffff", CborFault.TooLong)]
    [InlineData("4201", CborFault.Truncated)]
    [InlineData("5f4101ff", CborFault.Indefinite)]
    [InlineData("5801aa", CborFault.NotMinimal)]
    [InlineData("6101", CborFault.WrongType)]
    public void Byte_strings_keep_the_callers_bound(string hex, CborFault expected)
    {
        var reader = new StrictCborReader(Convert.FromHexString(hex));
        bool read = reader.TryReadByteString(2, out ReadOnlySpan<byte> bytes);
        Assert.Equal(expected == CborFault.None, read);
        Assert.Equal(expected, reader.Fault);
        Assert.Equal(read ? 1 + bytes.Length : 0, reader.Position);
    }

    [Fact]
    public void Text_that_is_not_UTF8_is_refused_without_advancing()
    {
        var reader = new StrictCborReader([0x62, 0xc3, 0x28]);
        Assert.False(reader.TryReadTextString(10, out _));
        Assert.Equal(CborFault.InvalidUtf8, reader.Fault);
        Assert.Equal(0, reader.Position);
        reader = new StrictCborReader([0x62, 0xc3, 0xa9]);
        Assert.True(reader.TryReadTextString(10, out ReadOnlySpan<byte> text));
        Assert.Equal(2, text.Length);
    }

    [Fact]
    public void Null_and_booleans_are_told_apart()
    {
        var reader = new StrictCborReader([0xf4, 0xf5, 0xf6]);
        Assert.False(reader.TryReadNull());
        Assert.True(reader.TryReadBoolean(out bool value));
        Assert.False(value);
        Assert.True(reader.TryReadBoolean(out value));
        Assert.True(value);
        Assert.False(reader.TryReadBoolean(out _));
        Assert.Equal(2, reader.Position);
        Assert.True(reader.TryReadNull());
        Assert.True(reader.AtEnd);
    }

    [Theory]
    [InlineData("820102", false, CborFault.None)]
    [InlineData("9f0102ff", true, CborFault.None)]
    [InlineData("9f0102ff", false, CborFault.Indefinite)]
    [InlineData("83010203", true, CborFault.TooLong)]
    [InlineData("9f010203ff", true, CborFault.TooLong)]
    [InlineData("9f0102", true, CborFault.Truncated)]
    [InlineData("9bffffffffffffffff", true, CborFault.TooLong)]
    public void Arrays_of_both_kinds_end_where_they_say(
        string hex, bool allowIndefinite, CborFault expected)
    {
        var reader = new StrictCborReader(Convert.FromHexString(hex));
        var values = new List<ulong>();
        bool whole = reader.TryReadArrayStart(2, allowIndefinite, out CborSequence elements);
        while (whole && (whole = reader.TryMoveNext(ref elements, out bool more)) && more)
        {
            whole = reader.TryReadUInt64(out ulong value);
            values.Add(value);
        }
        Assert.Equal(expected == CborFault.None, whole);
        Assert.Equal(expected, reader.Fault);
        if (whole) Assert.Equal([1UL, 2UL], values);
        if (whole) Assert.True(reader.TryReadEnd());
    }

    [Theory]
    [InlineData("a1", CborFault.Truncated)]
    [InlineData("bf01ff", CborFault.ReservedForm)]
    [InlineData("8181818100", CborFault.TooDeep)]
    [InlineData("c1c1c1c100", CborFault.TooDeep)]
    [InlineData("9b7fffffffffffffff00", CborFault.Truncated)]
    [InlineData("5a7fffffff00", CborFault.Truncated)]
    [InlineData("79ffff00", CborFault.Truncated)]
    [InlineData("61ff", CborFault.InvalidUtf8)]
    public void A_value_that_cannot_be_passed_over_leaves_the_reader_where_it_was(
        string hex, CborFault expected)
    {
        var reader = new StrictCborReader(Convert.FromHexString(hex));
        Assert.False(reader.TrySkip(3));
        Assert.Equal(expected, reader.Fault);
        Assert.Equal(0, reader.Position);
    }

    [Fact]
    public void What_is_passed_over_is_one_whole_item_to_the_oracle_too()
    {
        Random random = Seeded.Random(out int seed);
        output.WriteLine($"SEQUENCER_SEED={seed}");
        int passed = 0;
        for (int i = 0; i < 200_000; i++)
        {
            byte[] bytes = new byte[random.Next(1, 12)];
            random.NextBytes(bytes);
            var reader = new StrictCborReader(bytes);
            if (!reader.TrySkip(16))
            {
                Assert.NotEqual(CborFault.None, reader.Fault);
                Assert.Equal(0, reader.Position);
                continue;
            }
            passed++;
            var oracle = new CborReader(bytes, CborConformanceMode.Lax, true);
            oracle.SkipValue();
            Assert.Equal(bytes.Length - reader.Position, oracle.BytesRemaining);
        }
        output.WriteLine($"{passed} of 200000 random inputs began with a whole item.");
    }
}
