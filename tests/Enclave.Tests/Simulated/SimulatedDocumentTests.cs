using System.Formats.Cbor;
using Sequencer.Attestation.Nitro;
using Sequencer.Enclave.Host;
using Sequencer.Enclave.Simulated;
using Sequencer.Enclave.Tests.Host;

namespace Sequencer.Enclave.Tests.Simulated;

public sealed class SimulatedDocumentTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly SimulatedNsm _nsm;

    public SimulatedDocumentTests() =>
        _nsm = new SimulatedNsm(RunningEnclave.Root, Measurements.Default, _time);

    [Fact]
    public void Its_documents_verify_under_the_development_root()
    {
        VerifiedAttestation verified = RunningEnclave.Verify(_nsm.Attest(new NsmOptions
        {
            UserData = new byte[45],
            Nonce = ReadOnlyMemory<byte>.Empty,
            PublicKey = new byte[1024],
        }));
        Assert.Equal(TrustedRootKind.InsecureDevelopment, verified.Root.Kind);
        Assert.Equal(_time.Now, verified.Timestamp);
        Assert.Equal(TimeSpan.FromHours(3), verified.LeafNotAfter - _time.Now);
        Assert.Equal(16, verified.Pcrs.Count);
        Assert.Equal(45, verified.UserData!.Value.Length);
        Assert.Equal(0, verified.Nonce!.Value.Length);
        Assert.Equal(1024, verified.PublicKey!.Value.Length);
    }

    [Fact]
    public void They_are_refused_under_the_root_of_AWS()
    {
        AttestationResult<VerifiedAttestation> result = NitroAttestationVerifier.Verify(
            _nsm.Attest(default),
            new PcrPolicy(RunningEnclave.Measured),
            TrustedRoot.AwsNitroEnclavesG1,
            new Freshness.Archival());
        Assert.False(result.TryGet(out _, out AttestationRefusal? refusal));
        Assert.Equal(AttestationRule.RootNotTrusted, refusal.Rule);
    }

    [Fact]
    public void They_have_the_form_of_the_device_s()
    {
        var cose = new CborReader(_nsm.Attest(default), CborConformanceMode.Strict);
        Assert.Equal(4, cose.ReadStartArray());
        Assert.Equal([0xa1, 0x01, 0x38, 0x22], cose.ReadByteString());
        Assert.Equal(0, cose.ReadStartMap());
        cose.ReadEndMap();
        var payload = new CborReader(cose.ReadByteString(), CborConformanceMode.Strict);
        Assert.Equal(96, cose.ReadByteString().Length);
        cose.ReadEndArray();
        Assert.Equal(0, cose.BytesRemaining);

        Assert.Null(payload.ReadStartMap());
        var keys = new List<string>();
        while (payload.PeekState() != CborReaderState.EndMap)
        {
            string key = payload.ReadTextString();
            keys.Add(key);
            if (key is "public_key" or "user_data" or "nonce") payload.ReadNull();
            else if (key == "cabundle") Assert.Equal(4, ReadBundle(payload));
            else payload.SkipValue();
        }
        Assert.Equal(
            [
                "module_id", "digest", "timestamp", "pcrs", "certificate", "cabundle", "public_key",
                "user_data", "nonce",
            ],
            keys);
    }

    [Fact]
    public void Each_start_is_another_module()
    {
        using var other = new SimulatedNsm(RunningEnclave.Root, Measurements.Default, _time);
        Assert.NotEqual(
            RunningEnclave.Verify(_nsm.Attest(default)).ModuleId,
            RunningEnclave.Verify(other.Attest(default)).ModuleId);
    }

    [Fact]
    public void A_leaf_near_its_end_is_replaced_and_days_later_documents_still_verify()
    {
        DateTimeOffset first = RunningEnclave.Verify(_nsm.Attest(default)).LeafNotAfter;
        _time.Now += TimeSpan.FromMinutes(169);
        Assert.Equal(first, RunningEnclave.Verify(_nsm.Attest(default)).LeafNotAfter);
        _time.Now += TimeSpan.FromMinutes(2);
        Assert.True(RunningEnclave.Verify(_nsm.Attest(default)).LeafNotAfter > first);
        _time.Now += TimeSpan.FromDays(40);
        RunningEnclave.Verify(
            _nsm.Attest(default), new Freshness.LiveAge(TimeSpan.FromMinutes(1), _time.Now));
    }

    public void Dispose() => _nsm.Dispose();

    private static int ReadBundle(CborReader reader)
    {
        int count = reader.ReadStartArray()!.Value;
        for (int i = 0; i < count; i++) Assert.InRange(reader.ReadByteString().Length, 1, 1024);
        reader.ReadEndArray();
        return count;
    }
}
