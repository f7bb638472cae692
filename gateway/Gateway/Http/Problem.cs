using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Sequencer.Gateway.Link;
using Sequencer.Gateway.Sequencing;

namespace Sequencer.Gateway.Http;

/// <summary>The problems of docs/HTTP.md; each has one name and one status.</summary>
public enum ProblemKind
{
    /// <summary>A header, parameter or member has a value that it may not have.</summary>
    InvalidRequest,

    /// <summary>The body is not JSON in the form that is asked for.</summary>
    InvalidJson,

    /// <summary>A member that is not known.</summary>
    UnknownField,

    /// <summary>The caller may not do or see this.</summary>
    Forbidden,

    /// <summary>There is nothing here.</summary>
    NotFound,

    /// <summary>The path has no such method.</summary>
    MethodNotAllowed,

    /// <summary>The stream is not at the version that the caller expects.</summary>
    VersionMismatch,

    /// <summary>The body, or the payload in it, is above the limit.</summary>
    PayloadTooLarge,

    /// <summary>The content type does not fit the path.</summary>
    UnsupportedMediaType,

    /// <summary>The idempotency key stands for another request.</summary>
    IdempotencyConflict,

    /// <summary>More is waiting than the gateway takes in.</summary>
    Overloaded,

    /// <summary>The log has as many streams as its configuration allows.</summary>
    CellsFull,

    /// <summary>The caller waits for witnesses, of which the log has none.</summary>
    NoWitnessPolicy,

    /// <summary>The disk has no room to spare.</summary>
    DiskFull,

    /// <summary>Too few witnesses cosigned the log of late.</summary>
    WitnessesBehind,

    /// <summary>What the caller appended is durable, and not cosigned in time.</summary>
    NotYetWitnessed,

    /// <summary>A witness knows another history of this log.</summary>
    WitnessConflict,

    /// <summary>No enclave sequences at the moment.</summary>
    EnclaveUnavailable,

    /// <summary>The enclave stopped on a doubt of its own.</summary>
    EnclaveStopped,

    /// <summary>The epoch was ended as planned, and the next one is not open yet.</summary>
    EpochSealed,

    /// <summary>This enclave and this log do not belong together.</summary>
    EnclaveMismatch,

    /// <summary>The disk failed.</summary>
    StoreFailed,

    /// <summary>The gateway is going down.</summary>
    ShuttingDown,

    /// <summary>A fault of the gateway.</summary>
    Internal,
}

/// <summary>An error as RFC 9457 problem details.</summary>
/// <param name="Kind">Which problem.</param>
/// <param name="Detail">What happened here, for people.</param>
public sealed record Problem(ProblemKind Kind, string Detail)
{
    /// <summary>Media type of a problem.</summary>
    public const string MediaType = "application/problem+json";

    private const string TypePrefix = "urn:sequencer:problem:";
    private const int RetryAfterSeconds = 1;

    /// <summary>The header, parameter or member at fault.</summary>
    public string? Field { get; init; }

    /// <summary>Place in the batch, from 0.</summary>
    public int? Index { get; init; }

    /// <summary>The limit that was passed.</summary>
    public long? Limit { get; init; }

    /// <summary>The number that used an idempotency key.</summary>
    public ulong? Number { get; init; }

    /// <summary>The stream at another version.</summary>
    public string? Stream { get; init; }

    /// <summary>What the caller expected of the stream.</summary>
    public ExpectedVersion? Expected { get; init; }

    /// <summary>The number since which the caller expects no change of the stream.</summary>
    public ulong? UnchangedSince { get; init; }

    /// <summary>The stream's version.</summary>
    public long? Actual { get; init; }

    /// <summary>The one table of names, statuses and titles.</summary>
    public (string Name, int Status, string Title) Meaning => Kind switch
    {
        ProblemKind.InvalidRequest => ("invalid-request", 400, "The request is not valid"),
        ProblemKind.InvalidJson => ("invalid-json", 400, "The body is not the JSON that is asked for"),
        ProblemKind.UnknownField => ("unknown-field", 400, "A member is not known"),
        ProblemKind.Forbidden => ("forbidden", 403, "This is not yours to do or see"),
        ProblemKind.NotFound => ("not-found", 404, "There is nothing here"),
        ProblemKind.MethodNotAllowed => ("method-not-allowed", 405, "The path has no such method"),
        ProblemKind.VersionMismatch => ("version-mismatch", 412, "The stream is at another version"),
        ProblemKind.PayloadTooLarge => ("payload-too-large", 413, "The payload is too large"),
        ProblemKind.UnsupportedMediaType =>
            ("unsupported-media-type", 415, "The content type is not taken here"),
        ProblemKind.IdempotencyConflict =>
            ("idempotency-conflict", 422, "The idempotency key was used for another request"),
        ProblemKind.Overloaded => ("overloaded", 429, "Too much is waiting"),
        ProblemKind.CellsFull => ("cells-full", 507, "The log has no room for another stream"),
        ProblemKind.NoWitnessPolicy => ("no-witness-policy", 422, "The log has no witness policy"),
        ProblemKind.DiskFull => ("disk-full", 507, "The disk has no room to spare"),
        ProblemKind.WitnessesBehind =>
            ("witnesses-behind", 503, "Too few witnesses cosigned the log of late"),
        ProblemKind.NotYetWitnessed =>
            ("not-yet-witnessed", 504, "Durable, and not witnessed in time"),
        ProblemKind.WitnessConflict =>
            ("witness-conflict", 503, "A witness knows another history of this log"),
        ProblemKind.EnclaveUnavailable => ("enclave-unavailable", 503, "No enclave is sequencing"),
        ProblemKind.EnclaveStopped => ("enclave-stopped", 503, "The enclave has stopped"),
        ProblemKind.EpochSealed => ("epoch-sealed", 503, "The epoch was ended as planned"),
        ProblemKind.EnclaveMismatch =>
            ("enclave-mismatch", 503, "The enclave and the log do not belong together"),
        ProblemKind.StoreFailed => ("store-failed", 503, "The disk failed"),
        ProblemKind.ShuttingDown => ("shutting-down", 503, "The gateway is going down"),
        _ => ("internal", 500, "The gateway failed"),
    };

    private bool CanRetry => Kind is ProblemKind.Overloaded or ProblemKind.EnclaveUnavailable
        or ProblemKind.EpochSealed or ProblemKind.ShuttingDown or ProblemKind.WitnessesBehind;

    /// <summary>A value that a header, parameter or member may not have.</summary>
    public static Problem Invalid(string field, string detail) =>
        new(ProblemKind.InvalidRequest, detail) { Field = field };

    /// <summary>A body or payload above a limit, in bytes.</summary>
    public static Problem TooLarge(long limit) =>
        new(ProblemKind.PayloadTooLarge, $"At most {limit} bytes.") { Limit = limit };

    /// <summary>The problem of a submission without outcomes.</summary>
    public static Problem Of(AppendFailure failure) => failure switch
    {
        AppendFailure.Overloaded =>
            new(ProblemKind.Overloaded, "Nothing was appended; try again."),
        AppendFailure.EnclaveUnavailable => new(
            ProblemKind.EnclaveUnavailable,
            "The entry may or may not be in the log; an Idempotency-Key makes a retry safe."),
        AppendFailure.EnclaveStopped => new(
            ProblemKind.EnclaveStopped, "It found a contradiction and will sign nothing more."),
        AppendFailure.EpochSealed => new(
            ProblemKind.EpochSealed, "Nothing was appended; the next enclave goes on."),
        AppendFailure.EnclaveMismatch => new(
            ProblemKind.EnclaveMismatch,
            "The operator has to start another enclave. An entry under way may be in the log."),
        AppendFailure.StoreFailed => new(
            ProblemKind.StoreFailed,
            "The entry may or may not be in the log; an Idempotency-Key makes a retry safe."),
        AppendFailure.DiskFull => new(
            ProblemKind.DiskFull, "Nothing was appended; what is in the log can be read."),
        AppendFailure.WitnessesBehind => new(
            ProblemKind.WitnessesBehind, "Nothing was appended; try again."),
        AppendFailure.WitnessConflict => new(
            ProblemKind.WitnessConflict,
            "The operator has to resolve it. An entry under way may be in the log."),
        AppendFailure.ShuttingDown => new(ProblemKind.ShuttingDown, "Nothing was appended."),
        _ => new(ProblemKind.Internal, "An answer without outcomes."),
    };

    /// <summary>The problem of an entry that the enclave refused.</summary>
    public static Problem Of(Outcome outcome, EntryDraft entry, int? index) => outcome.Reason switch
    {
        RefusalReason.Guard => OfGuard(outcome, entry.GuardAt(outcome.OperationIndex), index),
        RefusalReason.IdempotencyConflict => new(
            ProblemKind.IdempotencyConflict, $"Entry {outcome.Number} used this key.")
        {
            Number = outcome.Number,
            Index = index,
        },
        RefusalReason.CellsMax => new(
            ProblemKind.CellsFull, $"The log's configuration allows {outcome.Actual} streams.")
        {
            Limit = outcome.Actual,
            Index = index,
        },
        _ => new(ProblemKind.Internal, $"The enclave refused the entry: {outcome.Reason}.")
        {
            Index = index,
        },
    };

    private static Problem OfGuard(Outcome outcome, StreamGuard guard, int? index) => new(
        ProblemKind.VersionMismatch,
        guard.UnchangedSince is null
            ? $"The stream is at version {outcome.Actual}."
            : $"The stream changed at number {outcome.Number}.")
    {
        Stream = guard.Stream,
        Expected = guard.UnchangedSince is null ? guard.Expected : null,
        UnchangedSince = guard.UnchangedSince,
        Actual = outcome.Actual,
        Number = guard.UnchangedSince is null ? null : outcome.Number,
        Index = index,
    };

    /// <summary>Sends the problem as the whole answer.</summary>
    public Task SendAsync(HttpContext context)
    {
        var body = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(body, JsonBody.WriterOptions)) WriteTo(json);
        // For those who count.
        context.Features.Set(this);
        HttpResponse response = context.Response;
        response.StatusCode = Meaning.Status;
        response.ContentType = MediaType;
        response.Headers.CacheControl = "no-store";
        if (CanRetry)
        {
            response.Headers.RetryAfter = RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
        }
        // The rest of a body that was not read is not worth reading.
        if (Kind == ProblemKind.PayloadTooLarge && HttpProtocol.IsHttp11(context.Request.Protocol))
        {
            response.Headers.Connection = "close";
        }
        response.ContentLength = body.WrittenCount;
        return response.Body.WriteAsync(body.WrittenMemory).AsTask();
    }

    /// <summary>Writes the JSON object.</summary>
    public void WriteTo(Utf8JsonWriter json)
    {
        (string name, int status, string title) = Meaning;
        json.WriteStartObject();
        json.WriteString("type", TypePrefix + name);
        json.WriteString("title", title);
        json.WriteNumber("status", status);
        json.WriteString("detail", Detail);
        if (Field is not null) json.WriteString("field", Field);
        if (Index is { } index) json.WriteNumber("index", index);
        if (Limit is { } limit) json.WriteNumber("limit", limit);
        if (Number is { } number) json.WriteNumber("number", number);
        if (Stream is not null) json.WriteString("stream", Stream);
        if (Expected is { } expected) expected.WriteTo(json, "expected");
        if (UnchangedSince is { } since) json.WriteNumber("unchanged_since", since);
        if (Actual is { } actual) json.WriteNumber("actual", actual);
        json.WriteEndObject();
    }
}
