using System.Formats.Cbor;
using System.Security.Cryptography;
using Sequencer.Attestation.Nitro;
using Sequencer.Enclave.Emulator.Nsm;
using Sequencer.Enclave.Simulated;
using Sequencer.Enclave.Tests.Host;

namespace Sequencer.Enclave.Tests.Emulator;

/// <summary>The emulator's NSM, byte by byte as a guest's driver sees it.</summary>
public sealed class NsmDeviceTests : IDisposable
{
    private static readonly byte[] Pcr0 = SHA384.HashData("kernel"u8);

    private readonly DevelopmentModule _module = new(RunningEnclave.Root, TimeProvider.System);
    private readonly NsmDevice _nsm;

    public NsmDeviceTests() => _nsm = new NsmDevice(
        new PcrBank(new Dictionary<int, byte[]>
        {
            [0] = Pcr0,
            [1] = SHA384.HashData("boot"u8),
            [2] = SHA384.HashData("program"u8),
        }),
        _module);

    [Fact]
    public void It_describes_itself_with_the_measured_PCRs_locked()
    {
        var reader = new CborReader(_nsm.Answer(Name("DescribeNSM")), CborConformanceMode.Strict);
        reader.ReadStartMap();
        Assert.Equal("DescribeNSM", reader.ReadTextString());
        Assert.Equal(7, reader.ReadStartMap());
        foreach ((string name, int value) in (IEnumerable<(string, int)>)
            [("version_major", 1), ("version_minor", 0), ("version_patch", 0)])
        {
            Assert.Equal(name, reader.ReadTextString());
            Assert.Equal(value, reader.ReadInt32());
        }
        Assert.Equal("module_id", reader.ReadTextString());
        Assert.Equal(_module.Id, reader.ReadTextString());
        Assert.Equal("max_pcrs", reader.ReadTextString());
        Assert.Equal(32, reader.ReadInt32());
        Assert.Equal("locked_pcrs", reader.ReadTextString());
        Assert.Equal(16, reader.ReadStartArray());
        for (int index = 0; index < 16; index++) Assert.Equal(index, reader.ReadInt32());
        reader.ReadEndArray();
        Assert.Equal("digest", reader.ReadTextString());
        Assert.Equal("SHA384", reader.ReadTextString());
        reader.ReadEndMap();
        reader.ReadEndMap();
        Assert.Equal(0, reader.BytesRemaining);
    }

    [Fact]
    public void It_gives_256_random_bytes_and_others_the_next_time()
    {
        byte[] first = Field(Name("GetRandom"), "GetRandom", "random");
        Assert.Equal(256, first.Length);
        Assert.NotEqual(first, Field(Name("GetRandom"), "GetRandom", "random"));
    }

    [Fact]
    public void A_measured_PCR_is_read_and_cannot_be_changed()
    {
        Assert.Equal(Pcr0, Field(Index("DescribePCR", 0), "DescribePCR", "data"));
        Assert.Equal("ReadOnlyIndex", Error(Extend(0, "x"u8.ToArray())));
        Assert.Equal("ReadOnlyIndex", Error(Index("LockPCR", 0)));
        Assert.Equal(Pcr0, Field(Index("DescribePCR", 0), "DescribePCR", "data"));
    }

    [Fact]
    public void A_free_PCR_is_extended_until_it_is_locked()
    {
        byte[] once = SHA384.HashData([.. new byte[48], .. "abc"u8]);
        Assert.Equal(once, Field(Extend(16, "abc"u8.ToArray()), "ExtendPCR", "data"));
        byte[] twice = SHA384.HashData([.. once, .. "def"u8]);
        Assert.Equal(twice, Field(Extend(16, "def"u8.ToArray()), "ExtendPCR", "data"));
        Assert.Equal(Name("LockPCR"), _nsm.Answer(Index("LockPCR", 16)));
        Assert.Equal("ReadOnlyIndex", Error(Extend(16, "ghi"u8.ToArray())));
        Assert.Equal("ReadOnlyIndex", Error(Index("LockPCR", 16)));
        Assert.Equal(twice, Field(Index("DescribePCR", 16), "DescribePCR", "data"));
    }

    [Fact]
    public void A_document_carries_the_locked_PCRs_and_verifies_under_the_development_root()
    {
        Extend(31, "late"u8.ToArray());
        Assert.Equal(Enumerable.Range(0, 16), Verify(Attest()).Pcrs.Keys);
        _nsm.Answer(Index("LockPCR", 20));
        Assert.Equal([.. Enumerable.Range(0, 16), 20], Verify(Attest()).Pcrs.Keys);
        Assert.Equal(Name("LockPCRs"), _nsm.Answer(Number("LockPCRs", "range", 32)));
        VerifiedAttestation all = Verify(Attest());
        Assert.Equal(Enumerable.Range(0, 32), all.Pcrs.Keys);
        Assert.Equal(_module.Id, all.ModuleId);
        Assert.Equal("ReadOnlyIndex", Error(Extend(31, "x"u8.ToArray())));
    }

    [Fact]
    public void What_is_attached_is_told_apart_from_what_is_empty_or_null()
    {
        VerifiedAttestation all = Verify(Attest(writer =>
        {
            writer.WriteStartMap(3);
            writer.WriteTextString("user_data");
            writer.WriteByteString(new byte[1024]);
            writer.WriteTextString("nonce");
            writer.WriteByteString([]);
            writer.WriteTextString("public_key");
            writer.WriteNull();
            writer.WriteEndMap();
        }));
        Assert.Equal(1024, all.UserData!.Value.Length);
        Assert.Equal(0, all.Nonce!.Value.Length);
        Assert.Null(all.PublicKey);
        VerifiedAttestation none = Verify(Attest());
        Assert.Null(none.UserData);
        Assert.Null(none.Nonce);
    }

    [Theory]
    [InlineData("DescribePCR", 32, "InvalidIndex")]
    [InlineData("DescribePCR", 65_535, "InvalidIndex")]
    [InlineData("DescribePCR", 65_536, "InvalidOperation")]
    [InlineData("LockPCR", 32, "InvalidIndex")]
    public void An_index_beyond_the_last_is_refused(string request, int index, string error) =>
        Assert.Equal(error, Error(Index(request, index)));

    [Fact]
    public void Other_refusals_have_their_names_too()
    {
        Assert.Equal("InvalidIndex", Error(Extend(32, "x"u8.ToArray())));
        Assert.Equal("InvalidIndex", Error(Number("LockPCRs", "range", 33)));
        Assert.Equal("InvalidOperation", Error(Name("Nonsense")));
        Assert.Equal("InvalidOperation", Error(Name("LockPCR")));
        Assert.Equal("InvalidOperation", Error(Index("ExtendPCR", 16)));
        Assert.Equal("InvalidOperation", Error(Index("DescribeNSM", 0)));
        Assert.Equal("InvalidOperation", Error([]));
        Assert.Equal("InvalidOperation", Error([0xff, 0xff]));
        Assert.Equal("InvalidOperation", Error([.. Name("GetRandom"), 0]));
        Assert.Equal("InputTooLarge", Error(new byte[NsmDevice.RequestBytesMax + 1]));
    }

    [Fact]
    public void The_longest_request_is_answered()
    {
        // Every byte that a request of its longest has beside user_data.
        int overhead = AttestRequest(new byte[2000]).Length - 2000;
        byte[] longest = AttestRequest(new byte[NsmDevice.RequestBytesMax - overhead]);
        Assert.Equal(NsmDevice.RequestBytesMax, longest.Length);
        byte[] document = Field(longest, "Attestation", "document");
        Assert.InRange(document.Length, longest.Length, NsmDevice.AnswerBytesMax);
    }

    public void Dispose() => _module.Dispose();

    private VerifiedAttestation Verify(byte[] request) => Verified(
        Field(request, "Attestation", "document"));

    private static VerifiedAttestation Verified(byte[] document)
    {
        var measured = new MeasurementSet(
            "image", Pcr0, SHA384.HashData("boot"u8), SHA384.HashData("program"u8));
        AttestationResult<VerifiedAttestation> result = NitroAttestationVerifier.Verify(
            document,
            new PcrPolicy(measured),
            TrustedRoot.InsecureDevelopmentRoot(RunningEnclave.Root.Der),
            new Freshness.Archival());
        Assert.True(
            result.TryGet(out VerifiedAttestation? verified, out AttestationRefusal? refusal),
            $"{refusal}");
        return verified!;
    }

    private string Error(byte[] request)
    {
        var reader = new CborReader(_nsm.Answer(request), CborConformanceMode.Strict);
        Assert.Equal(1, reader.ReadStartMap());
        Assert.Equal("Error", reader.ReadTextString());
        string error = reader.ReadTextString();
        reader.ReadEndMap();
        Assert.Equal(0, reader.BytesRemaining);
        return error;
    }

    private byte[] Field(byte[] request, string name, string field)
    {
        var reader = new CborReader(_nsm.Answer(request), CborConformanceMode.Strict);
        reader.ReadStartMap();
        Assert.Equal(name, reader.ReadTextString());
        reader.ReadStartMap();
        while (reader.ReadTextString() != field) reader.SkipValue();
        return reader.ReadByteString();
    }

    private static byte[] Attest(Action<CborWriter>? arguments = null) => Call("Attestation", writer =>
    {
        if (arguments is not null)
        {
            arguments(writer);
            return;
        }
        writer.WriteStartMap(0);
        writer.WriteEndMap();
    });

    private static byte[] AttestRequest(byte[] userData) => Attest(writer =>
    {
        writer.WriteStartMap(1);
        writer.WriteTextString("user_data");
        writer.WriteByteString(userData);
        writer.WriteEndMap();
    });

    private static byte[] Name(string name)
    {
        var writer = new CborWriter();
        writer.WriteTextString(name);
        return writer.Encode();
    }

    private static byte[] Index(string name, int index) => Number(name, "index", index);

    private static byte[] Number(string name, string argument, int value) => Call(name, writer =>
    {
        writer.WriteStartMap(1);
        writer.WriteTextString(argument);
        writer.WriteInt32(value);
        writer.WriteEndMap();
    });

    private static byte[] Extend(int index, byte[] data) => Call("ExtendPCR", writer =>
    {
        writer.WriteStartMap(2);
        writer.WriteTextString("index");
        writer.WriteInt32(index);
        writer.WriteTextString("data");
        writer.WriteByteString(data);
        writer.WriteEndMap();
    });

    private static byte[] Call(string name, Action<CborWriter> arguments)
    {
        var writer = new CborWriter();
        writer.WriteStartMap(1);
        writer.WriteTextString(name);
        arguments(writer);
        writer.WriteEndMap();
        return writer.Encode();
    }
}
