using System.Text.Encodings.Web;
using System.Text.Json;

namespace Sequencer.Bench.Report;

/// <summary>How reports are written as JSON.</summary>
internal static class ReportJson
{
    /// <summary>Members in snake case; characters stay as they are, since no page embeds it.
    /// </summary>
    public static readonly JsonSerializerOptions Form = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
    };
}
