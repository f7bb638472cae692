using System.Text;
using System.Text.Json;
using Sequencer.Attestation.Log;

namespace Sequencer.Gateway.Http;

/// <summary>Reads the optional body of an erasure: <c>{"reason":"…"}</c>, strictly.</summary>
internal static class ErasureReason
{
    /// <summary>Longest body: a reason with each byte escaped, and the rest.</summary>
    public const int BodyMaxBytes = 6 * Tombstone.ReasonMaxBytes + 256;

    private static readonly string Rule = $"1 to {Tombstone.ReasonMaxBytes} bytes of text.";

    /// <summary>Reads the reason; empty without a body.</summary>
    public static Problem? TryRead(ReadOnlySpan<byte> body, out byte[] reason)
    {
        reason = [];
        if (body.IsEmpty) return null;
        try
        {
            var reader = new Utf8JsonReader(body);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return Malformed("An object is asked for.");
            }
            Problem? problem = ReadMembers(ref reader, ref reason);
            if (problem is not null) return problem;
            return reader.Read() ? Malformed("Something follows the object.") : null;
        }
        catch (JsonException e)
        {
            return Malformed($"Not JSON, near byte {e.BytePositionInLine}.");
        }
        catch (InvalidOperationException)
        {
            // The reader's word for text that is not UTF-8 or has half a surrogate pair.
            return Malformed("A string is not valid text.");
        }
    }

    private static Problem? ReadMembers(ref Utf8JsonReader reader, ref byte[] reason)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (!reader.ValueTextEquals("reason"))
            {
                string name = Query.Shorten(reader.GetString()!);
                return new Problem(ProblemKind.UnknownField, $"Member {name} is not known.")
                {
                    Field = name,
                };
            }
            if (reason.Length > 0) return Malformed("Member reason stands twice.");
            reader.Read();
            if (reader.TokenType != JsonTokenType.String) return Problem.Invalid("reason", Rule);
            reason = Encoding.UTF8.GetBytes(reader.GetString()!);
            if (reason.Length is 0 or > Tombstone.ReasonMaxBytes)
            {
                return Problem.Invalid("reason", Rule);
            }
        }
        return null;
    }

    private static Problem Malformed(string detail) => new(ProblemKind.InvalidJson, detail);
}
