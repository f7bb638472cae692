using System.Globalization;
using Sequencer.Attestation;
using Sequencer.Attestation.Cryptography;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Merkle;
using Sequencer.Gateway.Sequencing;
using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Http;

/// <summary>What log it is; checkpoint, tiles (c2sp.org/tlog-tiles) and proofs.</summary>
internal sealed class LogEndpoints(PipelineState state, EdgeLimits limits)
{
    /// <summary>Media type of notes and proofs as text.</summary>
    public const string TextMediaType = "text/plain; charset=utf-8";

    private const int TagDigits = 16;
    private const string TileMediaType = "application/octet-stream";

    /// <summary>The log's address, id and size, and the numbers that callers are held to.</summary>
    public Task LogAsync(HttpContext context)
    {
        if (state.View is not { } view) return EntryEndpoints.Unavailable(state).SendAsync(context);
        if (view.Size == 0)
        {
            return new Problem(ProblemKind.NotFound, "No enclave has opened the log yet.").SendAsync(context);
        }
        if (!EpochStatement.TryParse(view.ReadRecord(0), out EpochStatement? genesis))
        {
            throw new StoreDamagedException("log", "it begins with no statement.");
        }
        LogConfiguration configuration = genesis.Fields.Configuration;
        context.Response.Headers.CacheControl = "no-cache";
        return JsonBody.SendAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteStartObject();
            json.WriteString("origin", configuration.Origin);
            json.WriteString("log_id", genesis.LogId.ToHex());
            json.WriteNumber("epoch", view.Statements[^1].Epoch);
            json.WriteNumber("size", view.Size);
            json.WriteNumber("cells_max", configuration.CellsMax);
            json.WriteNumber("idempotency_window", configuration.IdempotencyWindow);
            if (configuration.Witnesses is { } witnesses)
            {
                json.WriteNumber("witness_numbers_max", witnesses.NumbersMax);
                json.WriteNumber("witness_seconds_max", witnesses.SecondsMax);
            }
            json.WriteNumber("entry_max_bytes", limits.EntryMaxBytes);
            json.WriteNumber("batch_max_bytes", limits.BatchMaxBytes);
            json.WriteEndObject();
        });
    }

    /// <summary>
    /// The newest checkpoint: of a log with witnesses the newest that they cosigned, so that those
    /// whose policy asks for them can audit a log that never rests.
    /// </summary>
    public Task CheckpointAsync(HttpContext context)
    {
        if (state.View is not { } view) return EntryEndpoints.Unavailable(state).SendAsync(context);
        string? head = context.Request.Query["head"];
        if (head is not (null or "durable"))
        {
            return Problem.Invalid("head", "durable, or nothing.").SendAsync(context);
        }
        LogView? cosigned = head is null ? state.Cosigned : null;
        view = cosigned ?? view;
        if (view.Size == 0)
        {
            return new Problem(ProblemKind.NotFound, "No enclave has opened the log yet.").SendAsync(context);
        }
        string tag = TagOf(view, cosigned is not null);
        context.Response.Headers.CacheControl = "no-cache";
        context.Response.Headers.ETag = tag;
        if (context.Request.Headers.IfNoneMatch == tag)
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }
        return JsonBody.SendAsync(context, TextMediaType, view.Checkpoint);
    }

    /// <summary>A tile or an entry bundle.</summary>
    public Task TileAsync(HttpContext context)
    {
        if (state.View is not { } view) return EntryEndpoints.Unavailable(state).SendAsync(context);
        byte[]? tile = TilePath.TryParse(
            $"tile/{context.Request.RouteValues["path"]}", out TilePath path)
            ? view.ReadTile(path)
            : null;
        if (tile is null)
        {
            return new Problem(ProblemKind.NotFound, "The tree has no such tile.").SendAsync(
                context);
        }
        context.Response.Headers.CacheControl = EntryEndpoints.Immutable;
        return JsonBody.SendAsync(context, TileMediaType, tile);
    }

    /// <summary>That a record stands at its number.</summary>
    public Task InclusionAsync(HttpContext context)
    {
        if (state.View is not { } view) return EntryEndpoints.Unavailable(state).SendAsync(context);
        Problem? problem = view.Size == 0
            ? new Problem(ProblemKind.NotFound, "No enclave has opened the log yet.")
            : null;
        ulong size = 0, number = 0;
        problem ??= Query.TryRead(context.Request, "size", view.Size, 1, view.Size, out size);
        problem ??= Require(context, "number");
        problem ??= Query.TryRead(context.Request, "number", 0, 0, size - 1, out number);
        if (problem is not null) return problem.SendAsync(context);
        TileHashSource hashes = view.OpenHashes();
        Digest[] proof = InclusionProof.Create(number, size, hashes);
        return JsonBody.SendAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteStartObject();
            json.WriteNumber("number", number);
            json.WriteNumber("size", size);
            json.WriteString("leaf_hash", hashes.Read(0, number).ToHex());
            JsonBody.WriteHexes(json, "proof", proof);
            json.WriteEndObject();
        });
    }

    /// <summary>That one head extends another.</summary>
    public Task ConsistencyAsync(HttpContext context)
    {
        if (state.View is not { } view) return EntryEndpoints.Unavailable(state).SendAsync(context);
        ulong from = 0;
        Problem? problem = Query.TryRead(
            context.Request, "to", view.Size, 0, view.Size, out ulong to);
        problem ??= Require(context, "from");
        problem ??= Query.TryRead(context.Request, "from", 0, 0, to, out from);
        if (problem is not null) return problem.SendAsync(context);
        Digest[] proof = ConsistencyProof.Create(from, to, view.OpenHashes());
        return JsonBody.SendAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteStartObject();
            json.WriteNumber("from", from);
            json.WriteNumber("to", to);
            JsonBody.WriteHexes(json, "proof", proof);
            json.WriteEndObject();
        });
    }

    // The same head may be cosigned anew: then the size alone does not say what the note is.
    private static string TagOf(LogView view, bool isCosigned)
    {
        string size = view.Size.ToString(CultureInfo.InvariantCulture);
        if (!isCosigned) return $"\"{size}\"";
        return $"\"{size}-{Sha256.Hash(view.Checkpoint.Span).ToHex()[..TagDigits]}\"";
    }

    private static Problem? Require(HttpContext context, string name) =>
        context.Request.Query.ContainsKey(name) ? null : Problem.Invalid(name, "This is required.");
}
