using System.Formats.Cbor;
using System.Security.Cryptography;
using Sequencer.Enclave.Emulator;
using Sequencer.Enclave.Host;
using Sequencer.Enclave.Nitro.Nsm;
using Xunit.Abstractions;

namespace Sequencer.Emulated.Tests;

/// <summary>
/// Every call of the enclave's own codec, and every error that a device can be brought to, through
/// Linux's driver.
/// </summary>
public abstract class DriverConformance(ITestOutputHelper output)
{
    private const int PcrCount = 32;
    private const int MeasuredCount = 16;
    private const int PcrBytes = 48;

    private protected abstract AttestationRoute Route { get; }

    [EmulatedFact]
    public async Task A_device_describes_itself_and_each_PCR()
    {
        await using RelayedNsm relay = await StartAsync();
        NsmDescription device = relay.Device.Describe();
        output.WriteLine($"{device.Version}, module {device.ModuleId}");
        Assert.Equal(new Version(1, 0, 0), device.Version);
        Assert.NotEmpty(device.ModuleId);
        Assert.Equal("SHA384", device.Digest);
        Assert.Equal(PcrCount, device.PcrCount);
        Assert.Equal(Indices(0, MeasuredCount), device.LockedPcrs);
        foreach (ushort index in Indices(0, PcrCount))
        {
            NsmPcr pcr = relay.Device.DescribePcr(index);
            Assert.Equal(index < MeasuredCount, pcr.IsLocked);
            Assert.Equal(PcrBytes, pcr.Value.Length);
            if (!pcr.IsLocked) Assert.Equal(new byte[PcrBytes], pcr.Value);
        }
    }

    [EmulatedFact]
    public async Task A_PCR_is_extended_until_it_is_locked_and_is_then_in_documents()
    {
        await using RelayedNsm relay = await StartAsync();
        NsmDevice nsm = relay.Device;
        var value = new byte[PcrBytes];
        // The last is as long as a request can carry.
        foreach (int length in (int[])[0, 1, 48, 256, LongestField(ExtensionOf)])
        {
            byte[] data = RandomNumberGenerator.GetBytes(length);
            value = SHA384.HashData([.. value, .. data]);
            Assert.Equal(value, nsm.ExtendPcr(16, data));
            Assert.Equal(value, nsm.ExtendPcr(31, data));
        }
        nsm.LockPcr(31);
        Assert.Equal(NsmError.ReadOnlyIndex, Refusal(() => nsm.ExtendPcr(31, [1])));
        Assert.Equal(value, nsm.DescribePcr(31).Value);
        Assert.True(nsm.DescribePcr(31).IsLocked);
        Assert.False(nsm.DescribePcr(16).IsLocked);
        Assert.Equal([.. Indices(0, MeasuredCount), 31], nsm.Describe().LockedPcrs);

        // One that can change yet is in no document.
        IReadOnlyDictionary<int, byte[]> stated = DocumentPayload.Read(nsm.Attest(default)).Pcrs;
        Assert.Equal(MeasuredCount + 1, stated.Count);
        Assert.Equal(value, stated[31]);
    }

    [EmulatedFact]
    public async Task All_PCRs_are_locked_at_once_and_documents_then_carry_all()
    {
        await using RelayedNsm relay = await StartAsync();
        NsmDevice nsm = relay.Device;
        byte[] extended = nsm.ExtendPcr(20, [1, 2, 3]);
        nsm.LockPcrs(0);
        Assert.Equal(MeasuredCount, nsm.Describe().LockedPcrs.Count);
        for (int time = 0; time < 2; time++)
        {
            nsm.LockPcrs(PcrCount);
            Assert.Equal(Indices(0, PcrCount), nsm.Describe().LockedPcrs);
        }
        IReadOnlyDictionary<int, byte[]> stated = DocumentPayload.Read(nsm.Attest(default)).Pcrs;
        Assert.Equal(Indices(0, PcrCount), stated.Keys.Order().Select(index => (ushort)index));
        Assert.Equal(extended, stated[20]);
        foreach (ushort index in Indices(0, PcrCount))
        {
            Assert.Equal(NsmError.ReadOnlyIndex, Refusal(() => nsm.ExtendPcr(index, [1])));
            Assert.Equal(NsmError.ReadOnlyIndex, Refusal(() => nsm.LockPcr(index)));
            Assert.Equal(stated[index], nsm.DescribePcr(index).Value);
        }
    }

    [EmulatedFact]
    public async Task Random_bytes_of_any_number_are_others_each_time()
    {
        await using RelayedNsm relay = await StartAsync();
        var seen = new HashSet<string>();
        foreach (int length in (int[])[32, 255, 256, 257, 1000])
        {
            for (int time = 0; time < 8; time++)
            {
                var random = new byte[length];
                relay.Device.GetRandom(random);
                // 32 bytes of each: two that are equal would not come in the age of the universe.
                Assert.True(seen.Add(Convert.ToHexString(random.AsSpan(0, 32))));
                string last = Convert.ToHexString(random.AsSpan(length - 32));
                Assert.True(seen.Add(last) || length == 32);
            }
        }
    }

    [EmulatedFact]
    public async Task Documents_carry_options_of_every_shape()
    {
        await using RelayedNsm relay = await StartAsync();
        byte[]?[] shapes = [null, [], RandomNumberGenerator.GetBytes(20)];
        foreach (byte[]? data in shapes)
        {
            foreach (byte[]? nonce in shapes)
            {
                foreach (byte[]? key in shapes) AssertCarried(relay, data, nonce, key);
            }
        }
        // A whole request for one, then what the device's documentation allows of each.
        byte[] longest = RandomNumberGenerator.GetBytes(LongestField(AttestationOf));
        AssertCarried(relay, longest, null, null);
        AssertCarried(relay, null, longest, null);
        AssertCarried(relay, null, null, longest);
        AssertCarried(
            relay,
            RandomNumberGenerator.GetBytes(512),
            RandomNumberGenerator.GetBytes(512),
            RandomNumberGenerator.GetBytes(1024));
    }

    [EmulatedFact]
    public async Task Refusals_arrive_as_the_errors_that_they_are()
    {
        await using RelayedNsm relay = await StartAsync();
        NsmDevice nsm = relay.Device;
        var provoked = new HashSet<NsmError>();
        void Refuses(NsmError expected, Action call)
        {
            Assert.Equal(expected, Refusal(call));
            provoked.Add(expected);
        }
        foreach (ushort index in (ushort[])[PcrCount, 255])
        {
            Refuses(NsmError.InvalidIndex, () => nsm.DescribePcr(index));
            Refuses(NsmError.InvalidIndex, () => nsm.ExtendPcr(index, [1]));
            Refuses(NsmError.InvalidIndex, () => nsm.LockPcr(index));
        }
        Refuses(NsmError.InvalidIndex, () => nsm.LockPcrs(PcrCount + 1));
        Refuses(NsmError.ReadOnlyIndex, () => nsm.LockPcr(0));
        Refuses(NsmError.ReadOnlyIndex, () => nsm.ExtendPcr(0, [1]));
        foreach (byte[] request in Unknown)
        {
            Refuses(
                NsmError.InvalidOperation, () => NsmResponse.Description(relay.Ask(request)));
        }

        // Longer than a request: by the codec, and where that is passed by, by the driver.
        var tooLong = new byte[LongestField(AttestationOf) + 1];
        Assert.Equal(
            NsmError.InputTooLarge, Refusal(() => nsm.Attest(new NsmOptions { Nonce = tooLong })));
        IOException refused = Assert.Throws<IOException>(
            () => relay.Ask(new byte[NsmRequest.BytesMax + 1]));
        Assert.Contains("errno 90", refused.Message); // EMSGSIZE

        Assert.Equal(PcrCount, nsm.Describe().PcrCount);
        output.WriteLine($"{Route}: provoked {string.Join(", ", provoked.Order())}; of the device "
            + $"never seen: {string.Join(", ", Enum.GetValues<NsmError>().Except(provoked))}");
    }

    /// <summary>Requests that no NSM knows.</summary>
    private static byte[][] Unknown =>
    [
        Cbor(writer => writer.WriteTextString("Nonsense")),
        Cbor(writer => writer.WriteTextString("")),
        // Names of requests, in the other form.
        Cbor(writer => writer.WriteTextString("Attestation")),
        Cbor(writer => WriteCall(writer, NsmRequest.GetRandomName)),
        // Without their fields, or with others.
        Cbor(writer => WriteCall(writer, NsmRequest.DescribePcrName)),
        Cbor(writer => WriteCall(writer, NsmRequest.LockPcrsName, "index")),
        Cbor(writer => WriteCall(writer, NsmRequest.ExtendPcrName, "index")),
        Cbor(writer =>
        {
            writer.WriteStartMap(0);
            writer.WriteEndMap();
        }),
        Cbor(writer => writer.WriteInt32(1)),
        new byte[NsmRequest.BytesMax],
    ];

    private Task<RelayedNsm> StartAsync() =>
        RelayedNsm.StartAsync(output, options => options with { Route = Route });

    private static void AssertCarried(RelayedNsm relay, byte[]? data, byte[]? nonce, byte[]? key)
    {
        DocumentPayload stated = DocumentPayload.Read(relay.Device.Attest(new NsmOptions
        {
            UserData = Optional(data),
            Nonce = Optional(nonce),
            PublicKey = Optional(key),
        }));
        Assert.Equal(data, stated.UserData);
        Assert.Equal(nonce, stated.Nonce);
        Assert.Equal(key, stated.PublicKey);
    }

    // A null array would convert to memory that is empty, not to no memory.
    private static ReadOnlyMemory<byte>? Optional(byte[]? bytes)
    {
        if (bytes is null) return null;
        return bytes;
    }

    private static NsmError Refusal(Action call)
    {
        NsmException refused = Assert.Throws<NsmException>(call);
        Assert.NotNull(refused.Error);
        return refused.Error.Value;
    }

    private static byte[] ExtensionOf(byte[] data) => NsmRequest.ExtendPcr(31, data);

    private static byte[] AttestationOf(byte[] data) =>
        NsmRequest.Attestation(new NsmOptions { UserData = data });

    // The length of a field's length does not change any more above 255 bytes.
    private static int LongestField(Func<byte[], byte[]> request) =>
        NsmRequest.BytesMax - (request(new byte[1000]).Length - 1000);

    private static IEnumerable<ushort> Indices(int first, int count) =>
        Enumerable.Range(first, count).Select(index => (ushort)index);

    private static byte[] Cbor(Action<CborWriter> write)
    {
        var writer = new CborWriter();
        write(writer);
        return writer.Encode();
    }

    private static void WriteCall(CborWriter writer, string name, params string[] fields)
    {
        writer.WriteStartMap(1);
        writer.WriteTextString(name);
        writer.WriteStartMap(fields.Length);
        foreach (string field in fields)
        {
            writer.WriteTextString(field);
            writer.WriteInt32(0);
        }
        writer.WriteEndMap();
        writer.WriteEndMap();
    }
}
