using System.Buffers.Binary;
using System.Text.Json;
using System.Threading.RateLimiting;
using Sequencer.Attestation;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Nitro;
using Sequencer.Gateway.Link;
using Sequencer.Gateway.Sequencing;
using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Http;

/// <summary>Epoch statements and attestation documents, kept and live.</summary>
internal sealed class EpochEndpoints(PipelineState state, ReceiptBuilder receipts) : IDisposable
{
    // An NSM signs a few documents a second at most, and epochs need it too.
    private const int LiveDocumentsASecond = 10;

    // An enclave that follows at once, or a connection that broke, is back before a caller would
    // be.
    private static readonly TimeSpan SuccessorPatience = TimeSpan.FromSeconds(2);

    private readonly LiveDocuments _documents = new();
    private readonly TokenBucketRateLimiter _live = new(new TokenBucketRateLimiterOptions
    {
        TokenLimit = LiveDocumentsASecond,
        TokensPerPeriod = LiveDocumentsASecond,
        ReplenishmentPeriod = TimeSpan.FromSeconds(1),
        QueueLimit = 0,
    });

    /// <summary>All epochs, oldest first.</summary>
    public Task AllAsync(HttpContext context)
    {
        if (state.View is not { } view) return EntryEndpoints.Unavailable(state).SendAsync(context);
        return JsonBody.SendAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("epochs");
            foreach (StatementPlace place in view.Statements) WriteEpoch(json, view, place);
            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    /// <summary>One epoch.</summary>
    public Task OneAsync(HttpContext context)
    {
        if (state.View is not { } view) return EntryEndpoints.Unavailable(state).SendAsync(context);
        if (!Query.TryParse((string?)context.Request.RouteValues["epoch"], out ulong epoch)
            || !view.Statements.Any(s => s.Epoch == epoch))
        {
            return new Problem(ProblemKind.NotFound, "The log has no such epoch.").SendAsync(
                context);
        }
        context.Response.Headers.CacheControl = EntryEndpoints.Immutable;
        StatementPlace place = view.Statements.First(s => s.Epoch == epoch);
        return JsonBody.SendAsync(
            context, StatusCodes.Status200OK, json => WriteEpoch(json, view, place));
    }

    /// <summary>A live document for the caller's nonce, or the newest epoch's.</summary>
    public async Task AttestationAsync(HttpContext context)
    {
        if (!context.Request.Query.TryGetValue("nonce", out var text))
        {
            await SendKeptAsync(context);
            return;
        }
        if (!TryParseNonce(text, out byte[] nonce))
        {
            await Problem.Invalid("nonce", "16 to 64 bytes as hexadecimal digits.").SendAsync(
                context);
            return;
        }
        using RateLimitLease lease = _live.AttemptAcquire();
        if (!lease.IsAcquired)
        {
            await new Problem(
                ProblemKind.Overloaded, $"At most {LiveDocumentsASecond} documents a second.")
                .SendAsync(context);
            return;
        }
        try
        {
            Task successor = state.NextAttachment;
            if (await TrySendLiveAsync(context, nonce)) return;
            // Asked of an enclave that went away: once more, of the one that comes after it.
            if (state.NotReady is null or { Failure: AppendFailure.EnclaveUnavailable })
            {
                await Task.WhenAny(
                    successor, Task.Delay(SuccessorPatience, context.RequestAborted));
            }
            if (await TrySendLiveAsync(context, nonce)) return;
            await Problem.Of(state.NotReady?.Failure ?? AppendFailure.EnclaveUnavailable)
                .SendAsync(context);
        }
        catch (EnclaveRefusedException e)
        {
            await new Problem(ProblemKind.EnclaveUnavailable, e.Message).SendAsync(context);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _live.Dispose();
        _documents.Dispose();
    }

    // False when the enclave is gone, before or while it was asked.
    private async Task<bool> TrySendLiveAsync(HttpContext context, byte[] nonce)
    {
        if (state.Enclave is not { } enclave || state.View is not { } view) return false;
        ReadOnlyMemory<byte>? answer;
        try
        {
            answer = await _documents.AskAsync(enclave, nonce, context.RequestAborted);
        }
        catch (EnclaveLostException)
        {
            return false;
        }
        if (answer is { } document)
        {
            await SendLiveAsync(context, document, view.ReadRecord(view.Statements[^1].Number));
        }
        else
        {
            await new Problem(
                ProblemKind.Overloaded,
                $"{LiveDocuments.QueueMax} callers wait for a document already.")
                .SendAsync(context);
        }
        return true;
    }

    private Task SendKeptAsync(HttpContext context)
    {
        if (state.View is not { } view) return EntryEndpoints.Unavailable(state).SendAsync(context);
        if (view.Size == 0)
        {
            return new Problem(ProblemKind.NotFound, "No enclave has opened the log yet.")
                .SendAsync(context);
        }
        StatementPlace place = view.Statements[^1];
        LogHead head = LogHead.Of(view);
        context.Response.Headers.CacheControl = "no-cache";
        return SendDocumentAsync(
            context,
            receipts.Document(place.Epoch),
            view.ReadRecord(place.Number),
            head.Size,
            head.Root);
    }

    // Size and root are quoted from the document: the enclave's word, not the gateway's guess.
    private static Task SendLiveAsync(
        HttpContext context, ReadOnlyMemory<byte> document, byte[] statement)
    {
        int sizeAt = Derivation.LiveDomain.Length + Digest.Size;
        if (!UnverifiedAttestation.TryParse(document.Span, out UnverifiedAttestation? parsed, out _)
            || parsed.UserData is not { } data || data.Length != sizeAt + 8 + Digest.Size)
        {
            return new Problem(ProblemKind.Internal, "The enclave's document is malformed.")
                .SendAsync(context);
        }
        context.Response.Headers.CacheControl = "no-store";
        return SendDocumentAsync(
            context,
            document,
            statement,
            BinaryPrimitives.ReadUInt64BigEndian(data.Span[sizeAt..]),
            new Digest(data.Span[^Digest.Size..]));
    }

    private static Task SendDocumentAsync(
        HttpContext context,
        ReadOnlyMemory<byte> document,
        byte[] statement,
        ulong size,
        Digest root) =>
        JsonBody.SendAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteStartObject();
            json.WriteBase64String("document", document.Span);
            json.WriteBase64String("statement", statement);
            json.WriteNumber("size", size);
            json.WriteBase64String("root", root.AsSpan());
            json.WriteEndObject();
        });

    private void WriteEpoch(Utf8JsonWriter json, LogView view, StatementPlace place)
    {
        json.WriteStartObject();
        json.WriteNumber("epoch", place.Epoch);
        json.WriteNumber("number", place.Number);
        json.WriteBase64String("statement", view.ReadRecord(place.Number));
        json.WriteBase64String("document", receipts.Document(place.Epoch));
        json.WriteEndObject();
    }

    private static bool TryParseNonce(string? hex, out byte[] nonce)
    {
        nonce = [];
        if (hex is null || hex.Length % 2 != 0 || !hex.All(char.IsAsciiHexDigit)) return false;
        if (hex.Length / 2 is < LinkLimits.NonceMinBytes or > LinkLimits.NonceMaxBytes)
        {
            return false;
        }
        nonce = Convert.FromHexString(hex);
        return true;
    }
}
