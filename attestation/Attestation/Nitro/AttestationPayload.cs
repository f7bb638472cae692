using System.Collections.Immutable;
using System.Text;

namespace Sequencer.Attestation.Nitro;

/// <summary>
/// The fields of the payload map. Each must have its type and keep its bound; unknown fields are
/// passed over, so that one more field from the device does not stop every verifier in the field.
/// </summary>
internal ref struct AttestationPayload
{
    private const string DigestName = "SHA384";
    private const string TpmMark = "-tpm";

    private static readonly long TimestampMax = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    private readonly ReadOnlyMemory<byte> _payload;
    private StrictCborReader _reader;
    private Field _seen;
    private List<byte[]>? _ignored;

    private AttestationPayload(ReadOnlyMemory<byte> payload)
    {
        _payload = payload;
        _reader = new StrictCborReader(payload.Span);
    }

    [Flags]
    private enum Field
    {
        Ignored = 0,
        ModuleId = 1,
        Digest = 2,
        Timestamp = 4,
        Pcrs = 8,
        Certificate = 16,
        CaBundle = 32,
        PublicKey = 64,
        UserData = 128,
        Nonce = 256,
    }

    public string ModuleId { get; private set; } = "";
    public DateTimeOffset Timestamp { get; private set; }
    public ImmutableSortedDictionary<int, ReadOnlyMemory<byte>> Pcrs { get; private set; } =
        ImmutableSortedDictionary<int, ReadOnlyMemory<byte>>.Empty;
    public ReadOnlyMemory<byte> Certificate { get; private set; }
    public ImmutableArray<ReadOnlyMemory<byte>> CaBundle { get; private set; } = [];
    public ReadOnlyMemory<byte>? PublicKey { get; private set; }
    public ReadOnlyMemory<byte>? UserData { get; private set; }
    public ReadOnlyMemory<byte>? Nonce { get; private set; }

    /// <summary>Reads the payload; null when every rule of it holds.</summary>
    public static AttestationRefusal? Parse(
        ReadOnlyMemory<byte> bytes, out AttestationPayload payload)
    {
        payload = new AttestationPayload(bytes);
        return payload.ReadMap();
    }

    private AttestationRefusal? ReadMap()
    {
        int max = AttestationLimits.FieldCountMax;
        if (!_reader.TryReadMapStart(max, true, out CborSequence keys)) return RefuseMap();
        while (true)
        {
            if (!_reader.TryMoveNext(ref keys, out bool more)) return RefuseMap();
            if (!more) break;
            if (ReadKey(out Field field) is { } badKey) return badKey;
            if (ReadValue(field) is { } badValue) return badValue;
        }
        if (!_reader.TryReadEnd()) return RefuseMap();
        return CheckMandatory();
    }

    private AttestationRefusal? ReadKey(out Field field)
    {
        field = Field.Ignored;
        if (!_reader.TryReadTextString(AttestationLimits.FieldNameBytesMax, out var name))
        {
            return Refuse(
                "a short text string as key", AttestationRule.FieldName, AttestationRule.FieldName);
        }
        if (name.SequenceEqual("nitrotpm_pcrs"u8)) return RefuseTpm("nitrotpm_pcrs");
        field = FieldOf(name);
        bool isNew = field == Field.Ignored ? AddIgnored(name) : (_seen & field) == 0;
        if (!isNew)
        {
            return new AttestationRefusal(
                AttestationRule.DuplicateField, "each field once", Encoding.UTF8.GetString(name));
        }
        _seen |= field;
        return null;
    }

    private static Field FieldOf(ReadOnlySpan<byte> name)
    {
        if (name.SequenceEqual("module_id"u8)) return Field.ModuleId;
        if (name.SequenceEqual("digest"u8)) return Field.Digest;
        if (name.SequenceEqual("timestamp"u8)) return Field.Timestamp;
        if (name.SequenceEqual("pcrs"u8)) return Field.Pcrs;
        if (name.SequenceEqual("certificate"u8)) return Field.Certificate;
        if (name.SequenceEqual("cabundle"u8)) return Field.CaBundle;
        if (name.SequenceEqual("public_key"u8)) return Field.PublicKey;
        if (name.SequenceEqual("user_data"u8)) return Field.UserData;
        return name.SequenceEqual("nonce"u8) ? Field.Nonce : Field.Ignored;
    }

    private bool AddIgnored(ReadOnlySpan<byte> name)
    {
        _ignored ??= [];
        foreach (byte[] other in _ignored)
        {
            if (name.SequenceEqual(other)) return false;
        }
        _ignored.Add(name.ToArray());
        return true;
    }

    private AttestationRefusal? ReadValue(Field field)
    {
        AttestationRefusal? refusal;
        ReadOnlyMemory<byte>? option;
        switch (field)
        {
            case Field.ModuleId:
                return ReadModuleId();
            case Field.Digest:
                return ReadDigest();
            case Field.Timestamp:
                return ReadTimestamp();
            case Field.Pcrs:
                return ReadPcrs();
            case Field.Certificate:
                refusal = ReadCertificate(AttestationRule.CertificateSize, out var leaf);
                Certificate = leaf;
                return refusal;
            case Field.CaBundle:
                return ReadCaBundle();
            case Field.PublicKey:
                refusal = ReadOption("public_key", out option);
                PublicKey = option;
                return refusal;
            case Field.UserData:
                refusal = ReadOption("user_data", out option);
                UserData = option;
                return refusal;
            case Field.Nonce:
                refusal = ReadOption("nonce", out option);
                Nonce = option;
                return refusal;
            default:
                return _reader.TrySkip(AttestationLimits.IgnoredDepthMax)
                    ? null
                    : Refuse(
                        "an ignored value", AttestationRule.FieldType, AttestationRule.FieldType);
        }
    }

    private AttestationRefusal? ReadModuleId()
    {
        string what = $"module_id, 1 to {AttestationLimits.ModuleIdLengthMax} ASCII characters";
        if (!_reader.TryReadTextString(AttestationLimits.ModuleIdLengthMax, out var name))
        {
            return Refuse(what, AttestationRule.FieldType, AttestationRule.ModuleId);
        }
        if (name.IsEmpty || name.ContainsAnyExceptInRange((byte)'!', (byte)'~'))
        {
            return new AttestationRefusal(
                AttestationRule.ModuleId, what, name.IsEmpty ? "none" : "others");
        }
        ModuleId = Encoding.ASCII.GetString(name);
        return ModuleId.Contains(TpmMark, StringComparison.Ordinal) ? RefuseTpm(ModuleId) : null;
    }

    private AttestationRefusal? ReadDigest()
    {
        if (!_reader.TryReadTextString(AttestationLimits.FieldNameBytesMax, out var name))
        {
            return Refuse(
                "digest SHA384", AttestationRule.FieldType, AttestationRule.DigestAlgorithm);
        }
        string digest = Encoding.UTF8.GetString(name);
        return digest == DigestName
            ? null
            : new AttestationRefusal(AttestationRule.DigestAlgorithm, DigestName, digest);
    }

    private AttestationRefusal? ReadTimestamp()
    {
        if (!_reader.TryReadUInt64(out ulong milliseconds))
        {
            return Refuse(
                "an unsigned timestamp", AttestationRule.FieldType, AttestationRule.Timestamp);
        }
        // Compared unsigned: as a signed number, 2^64 - 1 would be the last millisecond of 1969.
        if (milliseconds == 0 || milliseconds > (ulong)TimestampMax)
        {
            return new AttestationRefusal(
                AttestationRule.Timestamp, $"1 to {TimestampMax} ms", $"{milliseconds} ms");
        }
        Timestamp = DateTimeOffset.FromUnixTimeMilliseconds((long)milliseconds);
        return null;
    }

    private AttestationRefusal? ReadPcrs()
    {
        int max = AttestationLimits.PcrCountMax;
        var pcrs = ImmutableSortedDictionary.CreateBuilder<int, ReadOnlyMemory<byte>>();
        if (!_reader.TryReadMapStart(max, true, out CborSequence keys)) return RefusePcrs();
        while (true)
        {
            if (!_reader.TryMoveNext(ref keys, out bool more)) return RefusePcrs();
            if (!more) break;
            if (ReadPcr(out int index, out var value) is { } refusal) return refusal;
            if (!pcrs.TryAdd(index, value))
            {
                return new AttestationRefusal(
                    AttestationRule.DuplicatePcr, "each PCR once", $"PCR{index} twice");
            }
        }
        if (pcrs.Count == 0)
        {
            return new AttestationRefusal(AttestationRule.PcrCount, $"1 to {max} PCRs", "none");
        }
        Pcrs = pcrs.ToImmutable();
        return null;
    }

    private AttestationRefusal? ReadPcr(out int index, out ReadOnlyMemory<byte> value)
    {
        index = 0;
        value = default;
        if (!_reader.TryReadUInt64(out ulong key))
        {
            return Refuse("a PCR index", AttestationRule.FieldType, AttestationRule.PcrIndex);
        }
        if (key >= AttestationLimits.PcrCountMax)
        {
            return new AttestationRefusal(AttestationRule.PcrIndex, "0 to 31", $"{key}");
        }
        if (!_reader.TryReadByteString(64, out var bytes))
        {
            return Refuse($"PCR{key}", AttestationRule.FieldType, AttestationRule.PcrLength);
        }
        if (bytes.Length is not (32 or AttestationLimits.PcrBytes or 64))
        {
            return new AttestationRefusal(
                AttestationRule.PcrLength, "32, 48 or 64 bytes", $"{bytes.Length} in PCR{key}");
        }
        index = (int)key;
        value = JustRead(bytes.Length);
        return null;
    }

    private AttestationRefusal? ReadCaBundle()
    {
        int max = AttestationLimits.CaBundleCountMax;
        var bundle = ImmutableArray.CreateBuilder<ReadOnlyMemory<byte>>();
        if (!_reader.TryReadArrayStart(max, true, out CborSequence items)) return RefuseBundle();
        while (true)
        {
            if (!_reader.TryMoveNext(ref items, out bool more)) return RefuseBundle();
            if (!more) break;
            if (ReadCertificate(AttestationRule.CaBundleEntrySize, out var certificate) is { } bad)
            {
                return bad;
            }
            bundle.Add(certificate);
        }
        if (bundle.Count == 0)
        {
            return new AttestationRefusal(
                AttestationRule.CaBundleCount, $"1 to {max} certificates", "none");
        }
        CaBundle = bundle.ToImmutable();
        return null;
    }

    private AttestationRefusal? ReadCertificate(
        AttestationRule sizeRule, out ReadOnlyMemory<byte> certificate)
    {
        certificate = default;
        string what = $"a certificate of 1 to {AttestationLimits.CertificateBytesMax} bytes";
        if (!_reader.TryReadByteString(AttestationLimits.CertificateBytesMax, out var bytes))
        {
            return Refuse(what, AttestationRule.FieldType, sizeRule);
        }
        certificate = JustRead(bytes.Length);
        return bytes.IsEmpty ? new AttestationRefusal(sizeRule, what, "no bytes") : null;
    }

    private AttestationRefusal? ReadOption(string name, out ReadOnlyMemory<byte>? option)
    {
        option = null;
        if (_reader.TryReadNull()) return null;
        if (!_reader.TryReadByteString(AttestationLimits.OptionBytesMax, out var bytes))
        {
            return Refuse(
                $"{name} as null or at most {AttestationLimits.OptionBytesMax} bytes",
                AttestationRule.FieldType,
                AttestationRule.OptionSize);
        }
        option = JustRead(bytes.Length);
        return null;
    }

    private readonly AttestationRefusal? CheckMandatory()
    {
        ReadOnlySpan<Field> mandatory =
        [
            Field.ModuleId, Field.Digest, Field.Timestamp, Field.Pcrs, Field.Certificate,
            Field.CaBundle,
        ];
        foreach (Field field in mandatory)
        {
            if ((_seen & field) != 0) continue;
            return new AttestationRefusal(AttestationRule.FieldMissing, $"{field}", "none");
        }
        return null;
    }

    /// <summary>The bytes of the string just read, as a slice of the payload.</summary>
    private readonly ReadOnlyMemory<byte> JustRead(int length) =>
        _payload.Slice(_reader.Position - length, length);

    private readonly AttestationRefusal RefuseMap() => Refuse(
        "a map as payload", AttestationRule.PayloadNotMap, AttestationRule.FieldCount);

    private readonly AttestationRefusal RefusePcrs() => Refuse(
        $"pcrs with 1 to {AttestationLimits.PcrCountMax} entries",
        AttestationRule.FieldType,
        AttestationRule.PcrCount);

    private readonly AttestationRefusal RefuseBundle() => Refuse(
        $"cabundle with 1 to {AttestationLimits.CaBundleCountMax} entries",
        AttestationRule.FieldType,
        AttestationRule.CaBundleCount);

    private static AttestationRefusal RefuseTpm(string actual) =>
        new(AttestationRule.NitroTpm, "a document of an enclave", actual);

    private readonly AttestationRefusal Refuse(
        string what, AttestationRule wrongType, AttestationRule tooLong) =>
        CborRefusal.From(_reader.Fault, what, wrongType, tooLong);
}
