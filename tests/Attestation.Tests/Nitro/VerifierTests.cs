using Sequencer.Attestation.Nitro;

namespace Sequencer.Attestation.Tests.Nitro;

public class VerifierTests
{
    private static readonly DateTimeOffset Now = TestNitroPki.Now;
    private static readonly Freshness Archival = new Freshness.Archival();
    private static readonly byte[] Nonce = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];

    private static readonly Dictionary<string, Action<TestNitroDocument>> Twins = new()
    {
        ["plain"] = _ => { },
        ["tagged"] = d => d.Envelope = (p, s) => TestNitroDocument.Seal(
            w => w.WriteByteString(p), w => w.WriteByteString(s), tags: [18]),
        ["indefinite payload"] = d => d.IndefinitePayload = true,
        ["indefinite collections"] = d => d.IndefiniteCollections = true,
        ["both indefinite"] = d => d.IndefinitePayload = d.IndefiniteCollections = true,
        ["unknown field"] = d => d.MoreFields.Add(("more", w => w.WriteEncodedValue(
            [0xbf, 0x01, 0x82, 0xc1, 0x20, 0x61, 0x61, 0x02, 0x9f, 0xf5, 0xff, 0xff]))),
        ["sparse PCRs"] = d => d.Pcrs.RemoveRange(3, 11),
        ["three PCRs"] = d => d.Pcrs.RemoveRange(3, 13),
        ["PCRs out of order"] = d => d.Pcrs.Reverse(),
        ["17 PCRs"] = d => d.Pcrs.Add((16, TestNitroDocument.Pcr(16))),
        ["32 PCRs"] = d =>
        {
            for (int i = 16; i < 32; i++) d.Pcrs.Add(((ulong)i, TestNitroDocument.Pcr(i)));
        },
        ["PCR of 64 bytes beyond the policy"] = d => d.Pcrs[15] = (15, new byte[64]),
        ["PCR3 zero beyond the policy"] = d => d.Pcrs[3] = (3, new byte[48]),
        ["at the leaf's start"] = d => d.Pki.Leaf.NotBefore = d.Timestamp,
        ["at the leaf's end"] = d => d.Pki.Leaf.NotAfter = d.Timestamp,
        ["at the root's ends"] = d => d.Pki.Root.NotBefore = d.Pki.Root.NotAfter = d.Timestamp,
        ["root and leaf"] = d => d.Pki.Chain.RemoveRange(1, 3),
        ["root, issuer and leaf"] = d => d.Pki.Chain.RemoveRange(1, 2),
        ["non-critical unknown extension"] = d =>
            d.Pki.Zonal.MoreExtensions.Add(("2.5.29.31", false, [0x30, 0x00])),
        ["root without pathLen"] = d => d.Pki.Regional.PathLength = null,
    };

    public static TheoryData<string> TwinNames => [.. Twins.Keys];

    [Theory]
    [MemberData(nameof(TwinNames))]
    public void Every_form_that_devices_send_verifies(string name)
    {
        var document = new TestNitroDocument();
        Twins[name](document);

        VerifiedAttestation verified = Verified(document, Archival);

        Assert.Equal(TestNitroDocument.ModuleId, verified.ModuleId);
        Assert.Equal(document.Timestamp, verified.Timestamp);
        Assert.Equal(document.Pki.Leaf.NotBefore, verified.LeafNotBefore);
        Assert.Equal(document.Pki.Leaf.NotAfter, verified.LeafNotAfter);
        Assert.Equal(TrustedRootKind.InsecureDevelopment, verified.Root.Kind);
        Assert.Equal(document.Pcrs.Count, verified.Pcrs.Count);
        foreach ((ulong index, byte[] value) in document.Pcrs)
        {
            Assert.Equal(value, verified.Pcrs[(int)index].ToArray());
        }
    }

    [Theory]
    [InlineData(-2)]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1024)]
    [InlineData(2048)]
    public void Options_come_out_as_they_went_in_and_null_is_not_empty(int length)
    {
        const int Absent = -2;
        var document = new TestNitroDocument();
        byte[]? value = length < 0 ? null : new byte[length];
        foreach (string name in new[] { "public_key", "user_data", "nonce" })
        {
            if (length == Absent) document.Fields[name] = null;
            else if (value is null) document.Fields[name] = w => w.WriteNull();
            else document.Fields[name] = w => w.WriteByteString(value);
        }

        VerifiedAttestation verified = Verified(document, Archival);

        Assert.Equal(value, verified.PublicKey?.ToArray());
        Assert.Equal(value, verified.UserData?.ToArray());
        Assert.Equal(value, verified.Nonce?.ToArray());
    }

    [Fact]
    public void Both_signatures_of_a_malleable_pair_verify()
    {
        var order = System.Numerics.BigInteger.Parse(
            "0ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77ae" +
            "cec196accc52973",
            System.Globalization.NumberStyles.HexNumber,
            System.Globalization.CultureInfo.InvariantCulture);
        var document = new TestNitroDocument();
        byte[] low = document.Build();
        var s = new System.Numerics.BigInteger(low.AsSpan(low.Length - 48), true, true);
        byte[] twin = (order - s).ToByteArray(true, true);
        byte[] high = [.. low[..^48], .. new byte[48 - twin.Length], .. twin];

        Assert.NotEqual(low, high);
        Assert.True(Verify(low, document.Trusted, Archival).TryGet(out _, out _));
        Assert.True(Verify(high, document.Trusted, Archival).TryGet(out _, out _));
    }

    [Fact]
    public void Signatures_with_a_leading_zero_verify()
    {
        var document = new TestNitroDocument();
        byte[] bytes;
        // One signature in 128 has r or s below 2^376.
        do bytes = document.Build(); while (bytes[^96] != 0 && bytes[^48] != 0);

        Assert.True(Verify(bytes, document.Trusted, Archival).TryGet(out _, out _));
    }

    [Fact]
    public void Either_of_two_images_is_accepted_and_named()
    {
        MeasurementSet mine = TestNitroDocument.Measurements("mine");
        var other = new MeasurementSet(
            "other", TestNitroDocument.Pcr(7), TestNitroDocument.Pcr(1), TestNitroDocument.Pcr(2));
        var document = new TestNitroDocument();
        byte[] bytes = document.Build();

        foreach (PcrPolicy policy in new[] { new PcrPolicy(mine, other), new(other, mine) })
        {
            var result =
                NitroAttestationVerifier.Verify(bytes, policy, document.Trusted, Archival);
            Assert.True(result.TryGet(out VerifiedAttestation? verified, out _));
            Assert.Equal("mine", verified.Measurements.Name);
        }
    }

    [Fact]
    public void Optional_PCRs_of_a_set_must_match_too_and_the_nearest_set_explains_a_refusal()
    {
        KeyValuePair<int, ReadOnlyMemory<byte>> Expect(int index, int value) =>
            new(index, TestNitroDocument.Pcr(value));
        MeasurementSet Set(string name, params KeyValuePair<int, ReadOnlyMemory<byte>>[] others) =>
            new(name, TestNitroDocument.Pcr(0), TestNitroDocument.Pcr(1), TestNitroDocument.Pcr(2),
                others);
        var far = new MeasurementSet(
            "far", TestNitroDocument.Pcr(5), TestNitroDocument.Pcr(6), TestNitroDocument.Pcr(7));
        var document = new TestNitroDocument();
        byte[] bytes = document.Build();
        AttestationResult<VerifiedAttestation> With(MeasurementSet set) =>
            NitroAttestationVerifier.Verify(
                bytes, new PcrPolicy(far, set), document.Trusted, Archival);

        Assert.True(With(Set("all", Expect(3, 3), Expect(8, 8))).TryGet(out _, out _));
        Assert.False(With(Set("wrong", Expect(8, 3))).TryGet(out _, out var refusal));
        Assert.Equal(AttestationRule.PcrMismatch, refusal.Rule);
        Assert.Contains("PCR8", refusal.Expected, StringComparison.Ordinal);
        Assert.Contains("wrong", refusal.Expected, StringComparison.Ordinal);
        Assert.Equal(Convert.ToHexStringLower(TestNitroDocument.Pcr(8)), refusal.Actual);
        Assert.False(With(Set("more", Expect(20, 20))).TryGet(out _, out refusal));
        Assert.Equal(AttestationRule.PcrMissing, refusal.Rule);
    }

    [Fact]
    public void A_live_document_verifies_by_nonce_and_by_age_up_to_the_bounds()
    {
        var document = new TestNitroDocument();
        document.Fields["nonce"] = w => w.WriteByteString(Nonce);
        TimeSpan age = TimeSpan.FromMinutes(5);

        Verified(document, new Freshness.LiveNonce(Nonce, Now));
        Verified(document, new Freshness.LiveNonce(Nonce, Now.AddHours(3)));
        Verified(document, new Freshness.LiveNonce(Nonce, Now - Freshness.ClockSkewMax));
        Verified(document, new Freshness.LiveAge(age, Now + age));
        Verified(document, new Freshness.LiveAge(age, Now - Freshness.ClockSkewMax));
    }

    [Fact]
    public void A_slow_clock_does_not_refuse_a_leaf_that_was_just_made()
    {
        var document = new TestNitroDocument();
        document.Pki.Leaf.NotBefore = Now;

        Verified(document, new Freshness.LiveAge(TimeSpan.FromMinutes(5), Now.AddSeconds(-30)));
    }

    [Fact]
    public void Debug_mode_passes_only_through_the_insecure_entry()
    {
        var debug = new TestNitroDocument();
        for (int i = 0; i < 3; i++) debug.Pcrs[i] = ((ulong)i, new byte[48]);
        byte[] debugBytes = debug.Build();
        var production = new TestNitroDocument();
        byte[] productionBytes = production.Build();

        Assert.False(Verify(debugBytes, debug.Trusted, Archival).TryGet(out _, out var refusal));
        Assert.Equal(AttestationRule.DebugMode, refusal.Rule);
        Assert.True(NitroAttestationVerifier
            .VerifyInsecureDebugMode(debugBytes, debug.Trusted, Archival)
            .TryGet(out InsecureDebugAttestation? insecure, out _));
        Assert.True(insecure.Document.IsDebugMode);
        Assert.False(NitroAttestationVerifier
            .VerifyInsecureDebugMode(productionBytes, production.Trusted, Archival)
            .TryGet(out _, out refusal));
        Assert.Equal(AttestationRule.NotDebugMode, refusal.Rule);
    }

    [Fact]
    public void An_enclave_verifies_its_predecessor_under_the_root_of_its_own_device()
    {
        var document = new TestNitroDocument();
        byte[] own = document.Build();
        Assert.True(UnverifiedAttestation.TryParse(own, out var parsed, out _));
        TrustedRoot root = TrustedRoot.FromOwnNsmDocument(parsed);

        Assert.Equal(TrustedRootKind.OwnNsmDocument, root.Kind);
        Assert.True(Verify(own, root, Archival).TryGet(out _, out _));
        Assert.False(Verify(own, TrustedRoot.AwsNitroEnclavesG1, Archival)
            .TryGet(out _, out var refusal));
        Assert.Equal(AttestationRule.RootNotTrusted, refusal.Rule);
    }

    private static AttestationResult<VerifiedAttestation> Verify(
        byte[] bytes, TrustedRoot root, Freshness freshness) =>
        NitroAttestationVerifier.Verify(
            bytes, new PcrPolicy(TestNitroDocument.Measurements()), root, freshness);

    private static VerifiedAttestation Verified(TestNitroDocument document, Freshness freshness)
    {
        byte[] bytes = document.Build();
        bool holds = Verify(bytes, document.Trusted, freshness)
            .TryGet(out VerifiedAttestation? verified, out AttestationRefusal? refusal);
        Assert.True(holds, refusal?.Message);
        return verified!;
    }
}
