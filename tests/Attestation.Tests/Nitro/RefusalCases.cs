using System.Formats.Cbor;
using Sequencer.Attestation.Nitro;

namespace Sequencer.Attestation.Tests.Nitro;

/// <summary>One broken rule each, everything else in order and signed.</summary>
internal static class RefusalCases
{
    private static readonly byte[] Nonce = [.. Enumerable.Range(0, 16).Select(i => (byte)i)];
    private static readonly DateTimeOffset Now = TestNitroPki.Now;

    public static IReadOnlyDictionary<string, RefusalCase> All { get; } =
        Envelope().Concat(Cbor()).Concat(Payload()).Concat(CertificateRefusalCases.All)
            .Concat(Policy()).ToDictionary(c => c.Name);

    private static IEnumerable<RefusalCase> Envelope()
    {
        yield return new("document over 16 KiB", AttestationRule.DocumentSize, d =>
            Wrap(d, document => [.. document, .. new byte[16 * 1024]]));
        yield return new("tag 17", AttestationRule.CoseTag, d => Tagged(d, 17));
        yield return new("tag 18 twice", AttestationRule.CoseTag, d => Tagged(d, 18, 18));
        yield return new("array of three", AttestationRule.CoseShape, d =>
            d.Envelope = (p, s) => [0x83, .. TestNitroDocument.Seal(w => w.WriteByteString(p),
                w => w.WriteByteString(s))[1..^98]]);
        yield return new("array of five", AttestationRule.CoseShape, d =>
            Wrap(d, document => [0x85, .. document[1..], 0xf6]));
        yield return new("a map", AttestationRule.CoseShape, d =>
            Wrap(d, document => [0xa4, .. document[1..]]));
        yield return new("indefinite array", AttestationRule.CborIndefinite, d =>
            Wrap(d, document => [0x9f, .. document[1..], 0xff]));
        yield return new("ES256", AttestationRule.ProtectedHeader, d =>
            d.Envelope = (p, s) => Seal(p, s, protectedHeader: "a10126"));
        yield return new("ES384 and a key id", AttestationRule.ProtectedHeader, d =>
            d.Envelope = (p, s) => Seal(p, s, protectedHeader: "a20138220441aa"));
        yield return new("unprotected null", AttestationRule.UnprotectedHeader, d =>
            d.Envelope = (p, s) => Seal(p, s, unprotected: w => w.WriteNull()));
        yield return new("unprotected entry", AttestationRule.UnprotectedHeader, d =>
            d.Envelope = (p, s) => Seal(p, s, unprotected: w =>
            {
                w.WriteStartMap(1);
                w.WriteInt32(1);
                w.WriteInt32(-35);
                w.WriteEndMap();
            }));
        yield return new("detached payload", AttestationRule.PayloadMissing, d =>
            d.Envelope = (_, s) =>
                TestNitroDocument.Seal(w => w.WriteNull(), w => w.WriteByteString(s)));
        yield return new("empty payload", AttestationRule.PayloadMissing, d =>
            d.Envelope = (_, s) => Seal([], s));
        yield return new("payload over 12 KiB", AttestationRule.PayloadSize, d =>
            d.MoreFields.Add(("filler", w => w.WriteByteString(new byte[10_000]))));
        yield return new("signature of 95 bytes", AttestationRule.SignatureLength, d =>
            d.EditSignature = s => s[1..]);
        yield return new("signature of 97 bytes", AttestationRule.SignatureLength, d =>
            d.EditSignature = s => [0, .. s]);
    }

    private static IEnumerable<RefusalCase> Cbor()
    {
        yield return new("payload cut", AttestationRule.CborTruncated, d =>
            d.EditPayload = p => p[..^1]);
        // A flipped bit in the length of a key makes its rest the start of a value.
        yield return new("ignored text beyond the end", AttestationRule.CborTruncated, d =>
            d.EditPayload = p => WithField(p, [0x79, 0xff, 0xff, 0x00]));
        yield return new("ignored array beyond the end", AttestationRule.CborTruncated, d =>
            d.EditPayload = p => WithField(p, [0x99, 0xff, 0xff, 0x00]));
        yield return new("timestamp in 8 bytes", AttestationRule.CborNotMinimal, d =>
            d.Fields["timestamp"] = w => w.WriteEncodedValue([0x1b, 0, 0, 0, 0, 1, 2, 3, 4]));
        yield return new("reserved additional information", AttestationRule.CborReservedForm, d =>
            d.EditPayload = p => [0xbc, .. p[1..]]);
        yield return new("undefined option", AttestationRule.CborReservedForm, d =>
            d.Fields["nonce"] = w => w.WriteSimpleValue(CborSimpleValue.Undefined));
        yield return new("indefinite option", AttestationRule.CborIndefinite, d =>
            d.Fields["nonce"] = w => w.WriteEncodedValue([0x5f, 0x41, 0x00, 0xff]));
        yield return new("nested ignored value", AttestationRule.CborDepth, d =>
            d.MoreFields.Add(("more", w => w.WriteEncodedValue(
                [.. Enumerable.Repeat((byte)0x81, 9), 0x00]))));
        yield return new("module_id not UTF-8", AttestationRule.CborUtf8, d =>
            d.Fields["module_id"] = w => w.WriteEncodedValue([0x61, 0xff]));
        yield return new("byte after the payload map", AttestationRule.CborTrailingBytes, d =>
            d.EditPayload = p => [.. p, 0xf6]);
        yield return new("byte after the document", AttestationRule.CborTrailingBytes, d =>
            Wrap(d, document => [.. document, 0]));
    }

    private static IEnumerable<RefusalCase> Payload()
    {
        yield return new("payload is an array", AttestationRule.PayloadNotMap, d =>
            d.EditPayload = _ => [0x80]);
        yield return new("33 fields", AttestationRule.FieldCount, d =>
        {
            for (int i = 0; i < 24; i++) d.MoreFields.Add(($"field {i}", w => w.WriteNull()));
        });
        yield return new("33 fields, indefinite", AttestationRule.FieldCount, d =>
        {
            d.IndefinitePayload = true;
            for (int i = 0; i < 24; i++) d.MoreFields.Add(($"field {i}", w => w.WriteNull()));
        });
        yield return new("integer key", AttestationRule.FieldName, d =>
            d.EditPayload = p => [(byte)(p[0] + 1), .. p[1..], 0x01, 0xf6]);
        yield return new("long key", AttestationRule.FieldName, d =>
            d.MoreFields.Add((new string('k', 65), w => w.WriteNull())));
        yield return new("nonce twice", AttestationRule.DuplicateField, d =>
            d.MoreFields.Add(("nonce", w => w.WriteNull())));
        yield return new("unknown field twice", AttestationRule.DuplicateField, d =>
        {
            d.MoreFields.Add(("more", w => w.WriteNull()));
            d.MoreFields.Add(("more", w => w.WriteNull()));
        });
        foreach (string name in new[]
            { "module_id", "digest", "timestamp", "pcrs", "certificate", "cabundle" })
        {
            yield return new($"no {name}", AttestationRule.FieldMissing, d =>
                d.Fields[name] = null);
            yield return new($"null {name}", AttestationRule.FieldType, d =>
                d.Fields[name] = w => w.WriteNull());
        }
        foreach (string name in new[] { "public_key", "user_data", "nonce" })
        {
            yield return new($"text as {name}", AttestationRule.FieldType, d =>
                d.Fields[name] = w => w.WriteTextString("text"));
            yield return new($"{name} over 4 KiB", AttestationRule.OptionSize, d =>
                d.Fields[name] = w => w.WriteByteString(new byte[4097]));
        }
        yield return new("negative timestamp", AttestationRule.FieldType, d =>
            d.Fields["timestamp"] = w => w.WriteInt64(-1));
        yield return new("nitrotpm_pcrs", AttestationRule.NitroTpm, d =>
            d.MoreFields.Add(("nitrotpm_pcrs", w => w.WriteNull())));
        yield return new("module of a TPM", AttestationRule.NitroTpm, d =>
            d.Fields["module_id"] = w => w.WriteTextString("i-0123-tpm0000000000000000"));
        yield return new("empty module_id", AttestationRule.ModuleId, d =>
            d.Fields["module_id"] = w => w.WriteTextString(""));
        yield return new("module_id with a space", AttestationRule.ModuleId, d =>
            d.Fields["module_id"] = w => w.WriteTextString("i 0"));
        yield return new("long module_id", AttestationRule.ModuleId, d =>
            d.Fields["module_id"] = w => w.WriteTextString(new string('i', 256)));
        yield return new("SHA256", AttestationRule.DigestAlgorithm, d =>
            d.Fields["digest"] = w => w.WriteTextString("SHA256"));
        yield return new("timestamp 0", AttestationRule.Timestamp, d =>
            d.Fields["timestamp"] = w => w.WriteInt64(0));
        yield return new("timestamp 2^64 - 1", AttestationRule.Timestamp, d =>
            d.Fields["timestamp"] = w => w.WriteUInt64(ulong.MaxValue));
        yield return new("year 10000", AttestationRule.Timestamp, d =>
            d.Fields["timestamp"] = w => w.WriteUInt64(253_402_300_800_000));
        yield return new("no PCRs", AttestationRule.PcrCount, d => d.Pcrs.Clear());
        yield return new("33 PCRs", AttestationRule.PcrCount, d =>
        {
            for (int i = 16; i < 33; i++) d.Pcrs.Add(((ulong)i, TestNitroDocument.Pcr(i)));
        });
        yield return new("PCR32", AttestationRule.PcrIndex, d => d.Pcrs.Add((32, new byte[48])));
        yield return new("PCR4294967296", AttestationRule.PcrIndex, d =>
            d.Pcrs.Add((1UL << 32, new byte[48])));
        yield return new("PCR3 twice", AttestationRule.DuplicatePcr, d =>
            d.Pcrs.Add((3, TestNitroDocument.Pcr(3))));
        foreach (int length in new[] { 0, 47, 49, 65 })
        {
            yield return new($"PCR3 of {length} bytes", AttestationRule.PcrLength, d =>
                d.Pcrs[3] = (3, new byte[length]));
        }
        yield return new("empty certificate", AttestationRule.CertificateSize, d =>
            d.EditCertificates = c => c[^1] = []);
        yield return new("certificate of 1025 bytes", AttestationRule.CertificateSize, d =>
            d.EditCertificates = c => c[^1] = new byte[1025]);
        yield return new("empty cabundle", AttestationRule.CaBundleCount, d =>
            d.EditCertificates = c => c.RemoveRange(0, c.Count - 1));
        yield return new("cabundle of nine", AttestationRule.CaBundleCount, d =>
            d.EditCertificates = c => c.InsertRange(1, Enumerable.Repeat(c[1], 5)));
        yield return new("empty cabundle entry", AttestationRule.CaBundleEntrySize, d =>
            d.EditCertificates = c => c[2] = []);
        yield return new("cabundle entry of 1025 bytes", AttestationRule.CaBundleEntrySize, d =>
            d.EditCertificates = c => c[2] = new byte[1025]);
    }

    private static IEnumerable<RefusalCase> Policy()
    {
        yield return new("debug mode", AttestationRule.DebugMode, d =>
        {
            for (int i = 0; i < 3; i++) d.Pcrs[i] = ((ulong)i, new byte[48]);
        });
        yield return new("PCR1 of 32 bytes", AttestationRule.PcrNotSha384, d =>
            d.Pcrs[1] = (1, new byte[32]));
        for (int i = 0; i < 3; i++)
        {
            int at = i;
            yield return new($"PCR{i} missing", AttestationRule.PcrMissing, d =>
                d.Pcrs.RemoveAt(at));
            yield return new($"PCR{i} differs", AttestationRule.PcrMismatch, d =>
                d.Pcrs[at] = ((ulong)at, TestNitroDocument.Pcr(99)));
            yield return new($"PCR{i} zero", AttestationRule.PcrMismatch, d =>
                d.Pcrs[at] = ((ulong)at, new byte[48]));
        }
        var nonce = new Freshness.LiveNonce(Nonce, Now);
        yield return new("no nonce", AttestationRule.NonceMissing, _ => { }) { Freshness = nonce };
        yield return new("empty nonce", AttestationRule.NonceMismatch, d =>
            d.Fields["nonce"] = w => w.WriteByteString([]))
        { Freshness = nonce };
        yield return new("nonce and a byte", AttestationRule.NonceMismatch, d =>
            d.Fields["nonce"] = w => w.WriteByteString([.. Nonce, 0]))
        { Freshness = nonce };
        yield return new("nonce from the future", AttestationRule.FromTheFuture, d =>
        {
            d.Fields["nonce"] = w => w.WriteByteString(Nonce);
            d.Timestamp = Now.AddMilliseconds(60_001);
        })
        { Freshness = nonce };
        yield return new("from the future", AttestationRule.FromTheFuture, d =>
            d.Timestamp = Now.AddMilliseconds(60_001))
        { Freshness = new Freshness.LiveAge(TimeSpan.FromMinutes(5), Now) };
        yield return new("too old", AttestationRule.TooOld, _ => { })
        {
            Freshness = new Freshness.LiveAge(TimeSpan.FromSeconds(300), Now.AddSeconds(301)),
        };
        yield return new("live after the leaf's end", AttestationRule.CertificateExpired, _ => { })
        {
            Freshness = new Freshness.LiveAge(TimeSpan.FromDays(1), Now.AddHours(3).AddTicks(1)),
        };
    }

    private static byte[] Seal(
        byte[] payload,
        byte[] signature,
        string protectedHeader = "a1013822",
        Action<CborWriter>? unprotected = null) =>
        TestNitroDocument.Seal(
            w => w.WriteByteString(payload),
            w => w.WriteByteString(signature),
            protectedHeader,
            unprotected);

    private static void Tagged(TestNitroDocument document, params ulong[] tags) =>
        document.Envelope = (p, s) => TestNitroDocument.Seal(
            w => w.WriteByteString(p), w => w.WriteByteString(s), tags: tags);

    /// <summary>A payload with one unknown field more, whose value nobody checks.</summary>
    private static byte[] WithField(byte[] payload, byte[] value) =>
        [(byte)(payload[0] + 1), .. payload[1..], 0x64, .. "more"u8, .. value];

    private static void Wrap(TestNitroDocument document, Func<byte[], byte[]> edit) =>
        document.Envelope = (p, s) => edit(Seal(p, s));
}
