using System.Text;
using Sequencer.Attestation.Tests;
using Sequencer.Enclave.Host;
using Sequencer.Enclave.Nitro.Nsm;

namespace Sequencer.Enclave.Tests.Nitro;

/// <summary>The answers of a device, byte by byte, and everything that is not one.</summary>
public sealed class NsmResponseTests
{
    private static readonly string Pcr48 = string.Concat(Enumerable.Repeat("ab", 48));

    private static readonly byte[] Document = Hex(
        "a16b4174746573746174696f6ea168646f63756d656e7443010203");

    private static readonly byte[] Random = Hex(
        "a16947657452616e646f6da16672616e646f6d440a0b0c0d");

    private static readonly byte[] Description = Hex(
        "a16b44657363726962654e534da7",
        "66646967657374665348413338 34", // "digest": "SHA384"
        "686d61785f706372731820", // "max_pcrs": 32
        "696d6f64756c655f696463692d31", // "module_id": "i-1"
        "6b6c6f636b65645f7063727383000118 18", // "locked_pcrs": [0, 1, 24]
        "6d76657273696f6e5f6d616a6f7201",
        "6d76657273696f6e5f6d696e6f7202",
        "6d76657273696f6e5f706174636803");

    private static readonly byte[] Pcr = Hex(
        "a16b4465736372696265504352a2646c6f636bf564646174615830", Pcr48);

    private static readonly byte[] Extended = Hex(
        "a169457874656e64504352a164646174615830", Pcr48);

    private static readonly byte[] LockedOne = Hex("674c6f636b504352");
    private static readonly byte[] LockedMany = Hex("684c6f636b50435273");

    /// <summary>Every answer with its reader, which gives what was read as text.</summary>
    public static TheoryData<string> Kinds => [.. Readers.Keys];

    private static Dictionary<string, (byte[] Bytes, Func<byte[], string> Read)> Readers { get; } =
        new()
        {
            ["Attestation"] = (Document, b => Convert.ToHexStringLower(NsmResponse.Document(b))),
            ["GetRandom"] = (Random, ReadRandom),
            ["DescribeNSM"] = (Description, ReadDescription),
            ["DescribePCR"] = (Pcr, b =>
            {
                NsmPcr pcr = NsmResponse.Pcr(b);
                return $"{pcr.IsLocked} {Convert.ToHexStringLower(pcr.Value)}";
            }
            ),
            ["ExtendPCR"] =
                (Extended, b => Convert.ToHexStringLower(NsmResponse.Extended(b))),
            ["LockPCR"] = (LockedOne, b => ReadName(b, "LockPCR")),
            ["LockPCRs"] = (LockedMany, b => ReadName(b, "LockPCRs")),
        };

    [Theory]
    [InlineData("Attestation", "010203")]
    [InlineData("GetRandom", "0a0b0c0d")]
    [InlineData("DescribeNSM", "1.2.3 i-1 32 0,1,24 SHA384")]
    [InlineData("LockPCR", "LockPCR")]
    [InlineData("LockPCRs", "LockPCRs")]
    public void Answers_are_read(string kind, string said) =>
        Assert.Equal(said, Readers[kind].Read(Readers[kind].Bytes));

    [Fact]
    public void PCRs_are_read()
    {
        Assert.Equal($"True {Pcr48}", Readers["DescribePCR"].Read(Pcr));
        Assert.Equal(Pcr48, Readers["ExtendPCR"].Read(Extended));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_truncated_or_longer_answer_is_refused(string kind)
    {
        (byte[] bytes, Func<byte[], string> read) = Readers[kind];
        for (int length = 0; length < bytes.Length; length++) Refuses(() => read(bytes[..length]));
        Refuses(() => read([.. bytes, 0]));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void An_answer_to_another_request_is_refused(string kind)
    {
        foreach ((string other, (byte[] bytes, _)) in Readers)
        {
            if (other != kind) Refuses(() => Readers[kind].Read(bytes));
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_flipped_bit_changes_a_value_or_is_refused(string kind)
    {
        (byte[] bytes, Func<byte[], string> read) = Readers[kind];
        string said = read(bytes);
        foreach (byte[] flipped in Seeded.OneBitFlips(bytes))
        {
            try
            {
                // A value's own bits may change, and then it reads as another of the same form.
                string other = read(flipped);
                Assert.NotEqual(said, other);
                if (kind != "DescribeNSM") Assert.Equal(said.Length, other.Length, tolerance: 1);
            }
            catch (NsmException e)
            {
                Assert.Null(e.Error);
            }
        }
    }

    [Fact]
    public void Random_bytes_never_crash_a_reader()
    {
        Random random = Seeded.Random(out _);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] noise = random.Bytes(random.Next(80));
            foreach ((_, Func<byte[], string> read) in Readers.Values) Refuses(() => read(noise));
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_error_of_a_device_is_known_by_its_name(string kind)
    {
        foreach (NsmError error in Enum.GetValues<NsmError>())
        {
            var refused = Assert.Throws<NsmException>(() => Readers[kind].Read(Error($"{error}")));
            Assert.Equal(error, refused.Error);
            Assert.Contains(kind, refused.Message, StringComparison.Ordinal);
            Assert.Contains($"{error}", refused.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("invalidindex")]
    [InlineData("InvalidIndex,InputTooLarge")]
    [InlineData("Busy")]
    public void An_unknown_error_is_an_unreadable_answer(string name) =>
        Refuses(() => NsmResponse.Document(Error(name)));

    [Fact]
    public void Fields_that_are_not_known_are_passed_over()
    {
        byte[] newer = new CborBytes().StartMap(1).Text("GetRandom").StartMap(2)
            .Text("source").StartArray(2).Number(1).Text("x")
            .Text("random").Bytes([9]).ToArray();
        Assert.Equal("09", ReadRandom(newer));
    }

    [Fact]
    public void A_field_twice_or_missing_is_refused()
    {
        Refuses(() => NsmResponse.Document(
            new CborBytes().StartMap(1).Text("Attestation").StartMap(2)
                .Text("document").Bytes([1]).Text("document").Bytes([1]).ToArray()));
        Refuses(() => NsmResponse.Document(
            new CborBytes().StartMap(1).Text("Attestation").StartMap(0).ToArray()));
    }

    [Fact]
    public void Empty_or_oversized_values_are_refused()
    {
        Refuses(() => NsmResponse.Document(Field("Attestation", "document", [])));
        Refuses(() => ReadRandom(Field("GetRandom", "random", [])));
        Refuses(() => NsmResponse.Extended(Field("ExtendPCR", "data", new byte[47])));
        Refuses(() => NsmResponse.Extended(Field("ExtendPCR", "data", new byte[49])));
        Refuses(() => NsmResponse.Document(
            Field("Attestation", "document", new byte[NsmResponse.BytesMax + 1])));
    }

    private static void Refuses(Func<object?> read) =>
        Assert.Null(Assert.Throws<NsmException>(read).Error);

    private static byte[] Error(string name) =>
        new CborBytes().StartMap(1).Text("Error").Text(name).ToArray();

    private static byte[] Field(string name, string field, byte[] value) =>
        new CborBytes().StartMap(1).Text(name).StartMap(1).Text(field).Bytes(value).ToArray();

    private static string ReadName(byte[] bytes, string name)
    {
        NsmResponse.Locked(bytes, name);
        // What was read, without the head that says how long it is.
        return Encoding.UTF8.GetString(bytes.AsSpan(1));
    }

    private static string ReadRandom(byte[] bytes)
    {
        var buffer = new byte[64];
        int length = NsmResponse.Random(bytes, buffer);
        Assert.InRange(length, 1, buffer.Length);
        return Convert.ToHexStringLower(buffer.AsSpan(0, length));
    }

    private static string ReadDescription(byte[] bytes)
    {
        NsmDescription said = NsmResponse.Description(bytes);
        string locked = string.Join(',', said.LockedPcrs);
        return $"{said.Version} {said.ModuleId} {said.PcrCount} {locked} {said.Digest}";
    }

    private static byte[] Hex(params string[] parts) => Convert.FromHexString(
        string.Concat(parts).Replace(" ", "", StringComparison.Ordinal));
}
