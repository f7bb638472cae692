using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Sequencer.Attestation;
using Sequencer.Attestation.Merkle;
using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Tests.Notes;

namespace Sequencer.Sealing.Tests;

/// <summary>
/// A stand-in for a witness of others (c2sp.org/tlog-witness): it knows one key of a log, no epochs
/// and no attestation, and cosigns what extends what it cosigned.
/// </summary>
internal sealed class StockWitness : IAsyncDisposable
{
    private readonly TestWitness _witness = new("stock");
    private readonly WebApplication _app;
    private readonly Lock _gate = new();
    private VerifierKey? _log;
    private ulong _size;
    private Digest _root = TreeHash.EmptyRoot;

    private StockWitness()
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(
            new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(
            kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _app = builder.Build();
        _app.Run(AnswerAsync);
    }

    /// <summary>A policy of this witness alone.</summary>
    public string Policy =>
        $"witness stock {_witness.Key} {_app.Urls.First()}\nquorum stock\n";

    /// <summary>Paths that were asked for, each once.</summary>
    public HashSet<string> Paths { get; } = [];

    /// <summary>The size of the newest head that it cosigned.</summary>
    public ulong Size
    {
        get
        {
            lock (_gate) return _size;
        }
    }

    public static async Task<StockWitness> StartAsync()
    {
        var witness = new StockWitness();
        await witness._app.StartAsync();
        return witness;
    }

    /// <summary>From now on it watches the log whose key this is.</summary>
    public void Watch(VerifierKey log)
    {
        lock (_gate) _log = log;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        (int status, string text) = Answer(context.Request.Path, body.ToArray());
        context.Response.StatusCode = status;
        await context.Response.WriteAsync(text);
    }

    private (int Status, string Text) Answer(string path, byte[] body)
    {
        lock (_gate)
        {
            Paths.Add(path);
            if (path != "/add-checkpoint") return (404, "no such path\n");
            if (!AddCheckpointRequest.TryParse(body, out AddCheckpointRequest? request))
            {
                return (400, "malformed\n");
            }
            SignedNote note = request.Checkpoint;
            if (!Checkpoint.TryParse(note.Text.Span, out Checkpoint? head, out _))
            {
                return (400, "malformed\n");
            }
            if (_log is null || head.Origin != _log.Name) return (404, "unknown log\n");
            bool isSigned = note.Signatures.Any(line => IsBy(_log, note, line));
            if (!isSigned) return (403, "no signature\n");
            if (request.OldSize != _size)
            {
                return (409, _size.ToString(CultureInfo.InvariantCulture) + "\n");
            }
            if (!ConsistencyProof.Verify(_size, _root, head.Size, head.Root, request.Proof.Span))
            {
                return (422, "not consistent\n");
            }
            (_size, _root) = (head.Size, head.Root);
            ulong now = (ulong)DateTimeOffset.UtcNow.ToUnixTimeSeconds();
            return (200, _witness.Cosign(note.Text.Span, now) + "\n");
        }
    }

    private static bool IsBy(VerifierKey key, SignedNote note, NoteSignature line) =>
        line.KeyName == key.Name && line.KeyId == key.KeyId
        && NoteSignatureVerification.Verify(key, note.Text.Span, line.Signature.Span, out _)
            == NoteSignatureResult.Valid;
}
