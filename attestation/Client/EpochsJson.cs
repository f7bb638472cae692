using System.Text.Json;
using Sequencer.Attestation.Auditing;

namespace Sequencer.Client;

/// <summary>Reads the answer of <c>/v1/epochs</c> (docs/PROTOCOL.md section 13).</summary>
internal static class EpochsJson
{
    /// <summary>Longest answer: some thousands of epochs.</summary>
    public const int MaxBytes = 64 * 1024 * 1024;

    /// <exception cref="UnexpectedAnswerException">It is malformed.</exception>
    public static IReadOnlyList<AuditEpoch> Read(ReadOnlyMemory<byte> body)
    {
        using JsonDocument json = AnswerObject.Parse(body);
        var epochs = new List<AuditEpoch>();
        foreach (JsonElement element in new AnswerObject(json.RootElement).Array("epochs"))
        {
            var read = new AnswerObject(element);
            epochs.Add(new AuditEpoch(
                read.UInt32("epoch"),
                read.UInt64("number"),
                read.Base64("statement"),
                read.Base64("document")));
        }
        return epochs;
    }
}
