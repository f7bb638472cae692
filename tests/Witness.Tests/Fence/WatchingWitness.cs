using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Verification;
using Sequencer.Witness.Settings;
using Sequencer.Witness.State;

namespace Sequencer.Witness.Tests.Fence;

/// <summary>How a witness can be reached.</summary>
internal enum Reach
{
    /// <summary>It is.</summary>
    Open,

    /// <summary>Nothing comes to it.</summary>
    Away,

    /// <summary>It is, but its cosignatures are lost on the way back.</summary>
    AnswersLost,
}

/// <summary>
/// A real witness with its state in a directory, behind an address that stays while it comes and
/// goes, and that can lose what passes.
/// </summary>
internal sealed class WatchingWitness : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly HttpClient _inside = new();
    private readonly WebApplication _door;
    private RunningWitness? _running;
    private int _asked;

    private WatchingWitness(string name)
    {
        Name = name;
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(
            new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(
            kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _door = builder.Build();
        _door.Run(PassAsync);
        using StateDirectory directory = StateDirectory.Open(_directory.Path);
        using Witness witness = Witness.Open(
            new WitnessSettings(_directory.Path, Name, new IPEndPoint(0, 0), []),
            directory, TimeProvider.System, _ => { });
        Key = witness.Key.Verifier;
    }

    public string Name { get; }

    public VerifierKey Key { get; }

    public Reach Reach { get; set; }

    /// <summary>Its line of a policy, with the address.</summary>
    public string Line => $"witness {Name} {Key} {_door.Urls.First()}\n";

    /// <summary>How many requests came to the door.</summary>
    public int Asked => Volatile.Read(ref _asked);

    public Witness Inside => _running!.Witness;

    /// <summary>Size of the newest head that it cosigned; 0 before the first.</summary>
    public ulong CosignedSize(string origin) =>
        Inside.Logs[origin].Head?.Checkpoint.Size ?? 0;

    public static async Task<WatchingWitness> MakeAsync(string name)
    {
        var witness = new WatchingWitness(name);
        await witness._door.StartAsync();
        return witness;
    }

    /// <summary>Its clock.</summary>
    public TimeProvider Time { get; set; } = TimeProvider.System;

    /// <summary>The size that it claims to know, whatever it knows; null if it is honest.</summary>
    public ulong? Claim { get; set; }

    /// <summary>What becomes of a cosignature line on its way back.</summary>
    public Func<string, string> Answer { get; set; } = line => line;

    public async Task WatchAsync(TrustPolicy policy) => _running = await RunningWitness.StartAsync(
        _directory.Path, Name, Time, policy);

    public async Task StopAsync()
    {
        if (_running is { } running) await running.DisposeAsync();
        _running = null;
    }

    /// <summary>Loses what it knew of the log, as a state directory put back from a backup does.
    /// </summary>
    public async Task ForgetAsync(TrustPolicy policy)
    {
        await StopAsync();
        File.Delete(Path.Combine(_directory.Path, WitnessedLog.NameOf(policy.Origin)));
        await WatchAsync(policy);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _door.DisposeAsync();
        _inside.Dispose();
        _directory.Dispose();
    }

    private async Task PassAsync(HttpContext context)
    {
        Interlocked.Increment(ref _asked);
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        if (Reach == Reach.Away || _running is not { } running)
        {
            context.Abort();
            return;
        }
        if (Claim is { } size)
        {
            context.Response.StatusCode = StatusCodes.Status409Conflict;
            await context.Response.WriteAsync($"{size}\n");
            return;
        }
        using HttpResponseMessage answer = await _inside.PostAsync(
            new Uri(running.Http.BaseAddress!, context.Request.Path.Value!.TrimStart('/')),
            new ByteArrayContent(body.ToArray()));
        bool isCosigned = answer.StatusCode == HttpStatusCode.OK
            && context.Request.Path == "/add-checkpoint";
        if (Reach == Reach.AnswersLost && isCosigned)
        {
            context.Abort();
            return;
        }
        context.Response.StatusCode = (int)answer.StatusCode;
        string text = await answer.Content.ReadAsStringAsync();
        await context.Response.WriteAsync(isCosigned ? Answer(text) : text);
    }
}
