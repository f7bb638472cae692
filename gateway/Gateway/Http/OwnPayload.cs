using Sequencer.Attestation.Log;
using Sequencer.Gateway.Access;

namespace Sequencer.Gateway.Http;

/// <summary>Payloads are their tenant's alone.</summary>
internal static class OwnPayload
{
    /// <summary>The problem of asking for the payload of what has none, or is another tenant's.
    /// </summary>
    public static Problem? Refuse(HttpContext context, ReadOnlySpan<byte> record) =>
        EntryRecord.TryParse(record, out _)
            ? RefuseOthers(context, record)
            : new Problem(ProblemKind.NotFound, "Only entries have a payload.");

    /// <summary>The problem of asking for what travels beside another tenant's record.</summary>
    public static Problem? RefuseOthers(HttpContext context, ReadOnlySpan<byte> record) =>
        EntryRecord.TryParse(record, out EntryRecord entry)
            && entry.Tenant != Caller.Of(context).Tenant
                ? new Problem(ProblemKind.Forbidden, "The entry is another tenant's.")
                : null;
}
