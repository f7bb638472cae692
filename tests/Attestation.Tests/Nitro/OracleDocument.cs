using System.Formats.Cbor;
using Sequencer.Attestation.Nitro;

namespace Sequencer.Attestation.Tests.Nitro;

/// <summary>A document as System.Formats.Cbor reads it.</summary>
internal sealed class OracleDocument
{
    public SortedDictionary<int, byte[]> Pcrs { get; } = [];
    public List<byte[]> CaBundle { get; } = [];
    public byte[] Certificate { get; private set; } = [];
    public DateTimeOffset Timestamp { get; private set; }
    public byte[]? PublicKey { get; private set; }
    public byte[]? UserData { get; private set; }
    public byte[]? Nonce { get; private set; }

    public PcrPolicy Policy => new(new MeasurementSet("own", Pcrs[0], Pcrs[1], Pcrs[2]));

    public static OracleDocument Read(byte[] document)
    {
        var outer = new CborReader(document, CborConformanceMode.Strict);
        outer.ReadStartArray();
        outer.ReadByteString();
        outer.SkipValue();
        var reader = new CborReader(outer.ReadByteString(), CborConformanceMode.Strict);
        var result = new OracleDocument();
        reader.ReadStartMap();
        while (reader.PeekState() != CborReaderState.EndMap) result.ReadField(reader);
        return result;
    }

    private void ReadField(CborReader reader)
    {
        switch (reader.ReadTextString())
        {
            case "timestamp":
                Timestamp = DateTimeOffset.FromUnixTimeMilliseconds(reader.ReadInt64());
                break;
            case "certificate":
                Certificate = reader.ReadByteString();
                break;
            case "public_key":
                PublicKey = ReadOption(reader);
                break;
            case "user_data":
                UserData = ReadOption(reader);
                break;
            case "nonce":
                Nonce = ReadOption(reader);
                break;
            case "pcrs":
                reader.ReadStartMap();
                while (reader.PeekState() != CborReaderState.EndMap)
                {
                    Pcrs.Add(reader.ReadInt32(), reader.ReadByteString());
                }
                reader.ReadEndMap();
                break;
            case "cabundle":
                reader.ReadStartArray();
                while (reader.PeekState() != CborReaderState.EndArray)
                {
                    CaBundle.Add(reader.ReadByteString());
                }
                reader.ReadEndArray();
                break;
            default:
                reader.SkipValue();
                break;
        }
    }

    private static byte[]? ReadOption(CborReader reader)
    {
        if (reader.PeekState() != CborReaderState.Null) return reader.ReadByteString();
        reader.ReadNull();
        return null;
    }
}
