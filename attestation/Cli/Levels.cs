using System.Text.Json;
using Sequencer.Attestation.Verification;

namespace Sequencer.Cli;

/// <summary>The level of acknowledgement that was proved, and by whom.</summary>
internal static class Levels
{
    /// <summary>For people.</summary>
    public static string Text(VerifiedHead head)
    {
        string[] names = [.. head.Cosignatures.Select(c => $"{c.Witness} at {Times.Text(c.Time)}")];
        string by = names.Length > 0 ? $"cosigned by {string.Join(", ", names)}" : "";
        return head.Level switch
        {
            HeadLevel.Witnessed => $"witnessed ({by})",
            HeadLevel.Durable when names.Length > 0 => $"durable ({by}; no quorum is asked for)",
            HeadLevel.Durable => "durable (no witness quorum in the policy)",
            _ => throw new ArgumentOutOfRangeException(nameof(head)),
        };
    }

    /// <summary>The members <c>level</c> and, where there are any, <c>cosignatures</c>.</summary>
    public static void Write(Utf8JsonWriter json, VerifiedHead head)
    {
        json.WriteString("level", head.Level == HeadLevel.Witnessed ? "witnessed" : "durable");
        if (head.Cosignatures.IsEmpty) return;
        json.WriteStartArray("cosignatures");
        foreach (VerifiedCosignature cosignature in head.Cosignatures)
        {
            json.WriteStartObject();
            json.WriteString("witness", cosignature.Witness);
            json.WriteString("time", Times.Text(cosignature.Time));
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
