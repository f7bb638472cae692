using System.Formats.Asn1;

namespace Sequencer.Attestation.Nitro;

/// <summary>The common name within an X.501 Name.</summary>
internal static class CommonName
{
    private const string CommonNameOid = "2.5.4.3";

    /// <summary>The one common name; null for none, several or a bad encoding.</summary>
    public static string? Find(ReadOnlyMemory<byte> name)
    {
        try
        {
            return FindCore(new AsnReader(name, AsnEncodingRules.DER));
        }
        catch (AsnContentException)
        {
            return null;
        }
    }

    private static string? FindCore(AsnReader reader)
    {
        string? found = null;
        AsnReader names = reader.ReadSequence();
        while (names.HasData)
        {
            AsnReader attributes = names.ReadSetOf();
            while (attributes.HasData)
            {
                AsnReader attribute = attributes.ReadSequence();
                if (attribute.ReadObjectIdentifier() != CommonNameOid) continue;
                if (found is not null) return null;
                found = ReadText(attribute);
                attribute.ThrowIfNotEmpty();
            }
        }
        return found;
    }

    private static string ReadText(AsnReader reader)
    {
        var printable = new Asn1Tag(UniversalTagNumber.PrintableString);
        return reader.PeekTag().HasSameClassAndValue(printable)
            ? reader.ReadCharacterString(UniversalTagNumber.PrintableString)
            : reader.ReadCharacterString(UniversalTagNumber.UTF8String);
    }
}
