using System.Security.Cryptography;
using System.Text;
using Sequencer.Attestation.Nitro;
using Sequencer.Enclave.Host;
using Sequencer.Enclave.Nitro.Nsm;
using Sequencer.Enclave.Simulated;
using Sequencer.Enclave.Tests.Host;

namespace Sequencer.Enclave.Tests.Nitro;

/// <summary>
/// The far side of the driver: reads requests as a device does and keeps 32 PCRs, of which the
/// first 16 are locked at the start. Its documents are the simulated device's.
/// </summary>
internal sealed class FakeNsm : INsmTransport, IDisposable
{
    public const int PcrCount = 32;
    public const int RandomBytesMax = 256;

    private readonly SimulatedNsm _documents =
        new(RunningEnclave.Root, Measurements.Default, TimeProvider.System);

    private readonly byte[][] _pcrs = [.. Enumerable.Range(0, PcrCount).Select(_ => new byte[48])];
    private readonly bool[] _locked = [.. Enumerable.Range(0, PcrCount).Select(i => i < 16)];

    /// <summary>A PCR that stays open whatever is asked; none by default.</summary>
    public int? NeverLocks { get; init; }

    /// <summary>Nothing is answered any more, as when the driver's time is over.</summary>
    public bool IsSilent { get; set; }

    public int Exchanges { get; private set; }

    public int Exchange(ReadOnlySpan<byte> request, Span<byte> response)
    {
        Exchanges++;
        if (IsSilent) throw new IOException("silent");
        byte[] answer = Answer(request);
        answer.CopyTo(response);
        return answer.Length;
    }

    public void Dispose() => _documents.Dispose();

    private byte[] Answer(ReadOnlySpan<byte> request)
    {
        var reader = new StrictCborReader(request);
        if (reader.TryReadTextString(64, out ReadOnlySpan<byte> alone))
        {
            Assert.True(reader.TryReadEnd());
            return Encoding.UTF8.GetString(alone) switch
            {
                "DescribeNSM" => Describe(),
                "GetRandom" => Named("GetRandom", 1).Text("random")
                    .Bytes(RandomNumberGenerator.GetBytes(RandomBytesMax)).ToArray(),
                _ => Error("InvalidOperation"),
            };
        }
        Assert.True(reader.TryReadMapStart(1, false, out CborSequence outer));
        Assert.True(reader.TryMoveNext(ref outer, out _));
        Assert.True(reader.TryReadTextString(64, out ReadOnlySpan<byte> name));
        Assert.True(reader.TryReadMapStart(3, false, out CborSequence fields));
        var values = new Dictionary<string, (ulong Number, byte[]? Bytes)>();
        while (reader.TryMoveNext(ref fields, out bool more) && more)
        {
            Assert.True(reader.TryReadTextString(64, out ReadOnlySpan<byte> field));
            string key = Encoding.UTF8.GetString(field);
            if (reader.TryReadUInt64(out ulong number)) values.Add(key, (number, null));
            else if (reader.TryReadNull()) values.Add(key, (0, null));
            else
            {
                Assert.True(reader.TryReadByteString(4096, out ReadOnlySpan<byte> bytes));
                values.Add(key, (0, bytes.ToArray()));
            }
        }
        Assert.True(reader.TryReadEnd());
        return Fielded(Encoding.UTF8.GetString(name), values);
    }

    private byte[] Fielded(string name, Dictionary<string, (ulong Number, byte[]? Bytes)> values)
    {
        if (name == "Attestation")
        {
            byte[] document = _documents.Attest(new NsmOptions
            {
                UserData = Option(values["user_data"].Bytes),
                Nonce = Option(values["nonce"].Bytes),
                PublicKey = Option(values["public_key"].Bytes),
            });
            return Named(name, 1).Text("document").Bytes(document).ToArray();
        }
        if (name == "LockPCRs")
        {
            ulong range = values["range"].Number;
            if (range > PcrCount) return Error("InvalidIndex");
            for (int i = 0; i < (int)range; i++) _locked[i] = i != NeverLocks;
            return new CborBytes().Text(name).ToArray();
        }
        if (values["index"].Number >= PcrCount) return Error("InvalidIndex");
        int index = (int)values["index"].Number;
        if (name != "DescribePCR" && _locked[index]) return Error("ReadOnlyIndex");
        switch (name)
        {
            case "DescribePCR":
                return [.. Named(name, 2).Text("lock").ToArray(),
                    (byte)(_locked[index] ? 0xf5 : 0xf4),
                    .. new CborBytes().Text("data").Bytes(_pcrs[index]).ToArray()];
            case "ExtendPCR":
                _pcrs[index] = SHA384.HashData([.. _pcrs[index], .. values["data"].Bytes!]);
                return Named(name, 1).Text("data").Bytes(_pcrs[index]).ToArray();
            case "LockPCR":
                _locked[index] = true;
                return new CborBytes().Text(name).ToArray();
            default:
                return Error("InvalidOperation");
        }
    }

    private byte[] Describe()
    {
        CborBytes answer = Named("DescribeNSM", 7)
            .Text("digest").Text("SHA384")
            .Text("max_pcrs").Number(PcrCount)
            .Text("module_id").Text("i-1234-enc5678")
            .Text("locked_pcrs").StartArray(_locked.Count(locked => locked));
        for (int i = 0; i < PcrCount; i++)
        {
            if (_locked[i]) answer.Number((ulong)i);
        }
        return answer.Text("version_major").Number(1)
            .Text("version_minor").Number(0)
            .Text("version_patch").Number(0)
            .ToArray();
    }

    // A null byte[], and the word null beside a memory, convert to an empty one: not the same.
    private static ReadOnlyMemory<byte>? Option(byte[]? bytes) =>
        bytes is null ? default(ReadOnlyMemory<byte>?) : bytes;

    private static CborBytes Named(string name, int fields) =>
        new CborBytes().StartMap(1).Text(name).StartMap(fields);

    private static byte[] Error(string name) =>
        new CborBytes().StartMap(1).Text("Error").Text(name).ToArray();
}
