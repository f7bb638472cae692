using System.Formats.Cbor;
using System.Security.Cryptography;
using Sequencer.Attestation.Nitro;

namespace Sequencer.Attestation.Tests.Nitro;

/// <summary>
/// An attestation document to be made and signed under a <see cref="TestNitroPki"/>: genuine in
/// shape until a test changes one thing.
/// </summary>
internal sealed class TestNitroDocument
{
    public const string ModuleId = "i-0123456789abcdef0-enc0123456789abcdef";

    private byte[]? _rootDer;

    public TestNitroPki Pki { get; } = new(ModuleId);
    public DateTimeOffset Timestamp { get; set; } = TestNitroPki.Now;

    public List<(ulong Index, byte[] Value)> Pcrs { get; } =
        [.. Enumerable.Range(0, 16).Select(i => ((ulong)i, Pcr(i)))];

    /// <summary>Changes the certificates as they stand in the document, root to leaf.</summary>
    public Action<List<byte[]>> EditCertificates { get; set; } = _ => { };

    /// <summary>Replaces or adds a field; null as writer takes it out.</summary>
    public Dictionary<string, Action<CborWriter>?> Fields { get; } = [];

    /// <summary>Fields written after all others, duplicates included.</summary>
    public List<(string Name, Action<CborWriter> Write)> MoreFields { get; } = [];

    public bool IndefinitePayload { get; set; }
    public bool IndefiniteCollections { get; set; }

    /// <summary>Changes the payload before it is signed.</summary>
    public Func<byte[], byte[]> EditPayload { get; set; } = payload => payload;

    /// <summary>Changes r || s.</summary>
    public Func<byte[], byte[]> EditSignature { get; set; } = signature => signature;

    /// <summary>Writes the envelope; given payload and signature.</summary>
    public Func<byte[], byte[], byte[]> Envelope { get; set; } = (payload, signature) =>
        Seal(w => w.WriteByteString(payload), w => w.WriteByteString(signature));

    /// <summary>The root as the document carries it.</summary>
    public TrustedRoot Trusted =>
        TrustedRoot.InsecureDevelopmentRoot(_rootDer ?? throw new InvalidOperationException());

    public static byte[] Pcr(int index) => SHA384.HashData([(byte)index]);

    public static MeasurementSet Measurements(string name = "test") =>
        new(name, Pcr(0), Pcr(1), Pcr(2));

    public static byte[] Seal(
        Action<CborWriter> payload,
        Action<CborWriter> signature,
        string protectedHeader = "a1013822",
        Action<CborWriter>? unprotected = null,
        ulong[]? tags = null)
    {
        var writer = new CborWriter(CborConformanceMode.Lax);
        foreach (ulong tag in tags ?? []) writer.WriteTag((CborTag)tag);
        writer.WriteStartArray(4);
        writer.WriteByteString(Convert.FromHexString(protectedHeader));
        (unprotected ?? WriteEmptyMap)(writer);
        payload(writer);
        signature(writer);
        writer.WriteEndArray();
        return writer.Encode();
    }

    public byte[] Build()
    {
        List<byte[]> certificates = Pki.Build();
        _rootDer = certificates[0];
        EditCertificates(certificates);
        byte[] payload = EditPayload(BuildPayload(certificates));
        var signed = new CborWriter();
        signed.WriteStartArray(4);
        signed.WriteTextString("Signature1");
        signed.WriteByteString([0xa1, 0x01, 0x38, 0x22]);
        signed.WriteByteString([]);
        signed.WriteByteString(payload);
        signed.WriteEndArray();
        byte[] signature = Pki.Leaf.Key.SignData(signed.Encode(), HashAlgorithmName.SHA384);
        return Envelope(payload, EditSignature(signature));
    }

    private static void WriteEmptyMap(CborWriter writer)
    {
        writer.WriteStartMap(0);
        writer.WriteEndMap();
    }

    private byte[] BuildPayload(List<byte[]> certificates)
    {
        var fields = new List<(string Name, Action<CborWriter> Write)>
        {
            ("module_id", w => w.WriteTextString(ModuleId)),
            ("digest", w => w.WriteTextString("SHA384")),
            ("timestamp", w => w.WriteInt64(Timestamp.ToUnixTimeMilliseconds())),
            ("pcrs", WritePcrs),
            ("certificate", w => w.WriteByteString(certificates[^1])),
            ("cabundle", w => WriteBundle(w, certificates.SkipLast(1).ToList())),
            ("public_key", w => w.WriteNull()),
            ("user_data", w => w.WriteNull()),
            ("nonce", w => w.WriteNull()),
        };
        foreach ((string name, Action<CborWriter>? write) in Fields)
        {
            int at = fields.FindIndex(f => f.Name == name);
            if (write is null) fields.RemoveAt(at);
            else if (at >= 0) fields[at] = (name, write);
            else fields.Add((name, write));
        }
        fields.AddRange(MoreFields);
        var writer = new CborWriter(CborConformanceMode.Lax);
        writer.WriteStartMap(IndefinitePayload ? null : fields.Count);
        foreach ((string name, Action<CborWriter> write) in fields)
        {
            writer.WriteTextString(name);
            write(writer);
        }
        writer.WriteEndMap();
        return writer.Encode();
    }

    private void WritePcrs(CborWriter writer)
    {
        writer.WriteStartMap(IndefiniteCollections ? null : Pcrs.Count);
        foreach ((ulong index, byte[] value) in Pcrs)
        {
            writer.WriteUInt64(index);
            writer.WriteByteString(value);
        }
        writer.WriteEndMap();
    }

    private void WriteBundle(CborWriter writer, List<byte[]> bundle)
    {
        writer.WriteStartArray(IndefiniteCollections ? null : bundle.Count);
        foreach (byte[] certificate in bundle) writer.WriteByteString(certificate);
        writer.WriteEndArray();
    }
}
