using System.Formats.Cbor;

namespace Sequencer.Emulated.Tests;

/// <summary>
/// What a document says of its PCRs and options, signed or not: read with another reader than the
/// verifier's, which refuses an unsigned one before it comes to them.
/// </summary>
internal sealed record DocumentPayload(
    IReadOnlyDictionary<int, byte[]> Pcrs, byte[]? UserData, byte[]? Nonce, byte[]? PublicKey)
{
    public static DocumentPayload Read(byte[] document)
    {
        var cose = new CborReader(document, CborConformanceMode.Lax);
        // Tag 18 is optional.
        if (cose.PeekState() == CborReaderState.Tag) cose.ReadTag();
        cose.ReadStartArray();
        cose.SkipValue();
        cose.SkipValue();
        var payload = new CborReader(cose.ReadByteString(), CborConformanceMode.Lax);
        var options = new Dictionary<string, byte[]?>();
        IReadOnlyDictionary<int, byte[]> pcrs = new Dictionary<int, byte[]>();
        payload.ReadStartMap();
        while (payload.PeekState() != CborReaderState.EndMap)
        {
            string name = payload.ReadTextString();
            if (name == "pcrs") pcrs = ReadPcrs(payload);
            else if (name is "user_data" or "nonce" or "public_key")
            {
                options[name] = ReadOption(payload);
            }
            else payload.SkipValue();
        }
        return new DocumentPayload(
            pcrs, options["user_data"], options["nonce"], options["public_key"]);
    }

    private static Dictionary<int, byte[]> ReadPcrs(CborReader reader)
    {
        var pcrs = new Dictionary<int, byte[]>();
        reader.ReadStartMap();
        while (reader.PeekState() != CborReaderState.EndMap)
        {
            int index = reader.ReadInt32();
            pcrs.Add(index, reader.ReadByteString());
        }
        reader.ReadEndMap();
        return pcrs;
    }

    private static byte[]? ReadOption(CborReader reader)
    {
        if (reader.PeekState() != CborReaderState.Null) return reader.ReadByteString();
        reader.ReadNull();
        return null;
    }
}
