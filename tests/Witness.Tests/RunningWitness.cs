using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;
using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Receipts;
using Sequencer.Attestation.Tests.Log;
using Sequencer.Attestation.Verification;
using Sequencer.Witness.Settings;
using Sequencer.Witness.State;

namespace Sequencer.Witness.Tests;

/// <summary>A witness over HTTP, in this process, on a state directory.</summary>
internal sealed class RunningWitness : IAsyncDisposable
{
    public const string Name = "witness.example/w1";

    private readonly StateDirectory _directory;
    private readonly WebApplication _app;

    private RunningWitness(StateDirectory directory, Witness witness, WebApplication app)
    {
        (_directory, Witness, _app) = (directory, witness, app);
        Http = new HttpClient { BaseAddress = new Uri(app.Urls.First() + "/") };
    }

    public Witness Witness { get; }

    public HttpClient Http { get; }

    /// <summary>Ends when the witness stops by itself.</summary>
    public Task Stopped => _app.WaitForShutdownAsync();

    public List<string> Remarks { get; private init; } = [];

    public static Task<RunningWitness> StartAsync(
        string path, TimeProvider time, params TrustPolicy[] policies) =>
        StartAsync(path, Name, time, policies);

    public static async Task<RunningWitness> StartAsync(
        string path, string name, TimeProvider time, params TrustPolicy[] policies)
    {
        StateDirectory directory = StateDirectory.Open(path);
        try
        {
            var settings = new WitnessSettings(
                path, name, new IPEndPoint(IPAddress.Loopback, 0), [.. policies]);
            var remarks = new List<string>();
            Witness witness = Witness.Open(settings, directory, time, remarks.Add);
            WebApplication app = WitnessHost.Build(witness, settings.Listen);
            await app.StartAsync();
            return new RunningWitness(directory, witness, app) { Remarks = remarks };
        }
        catch
        {
            directory.Dispose();
            throw;
        }
    }

    public Task<(HttpStatusCode Status, string Text)> SubmitAsync(
        TestLog log, ulong oldSize, ulong size) =>
        PostAsync("add-checkpoint", log.Request(oldSize, size).Encode());

    public Task<(HttpStatusCode Status, string Text)> TeachAsync(SignedHead head) =>
        PostAsync("add-epoch", head.Encode());

    public async Task<(HttpStatusCode Status, string Text)> PostAsync(string path, byte[] body)
    {
        using HttpResponseMessage response =
            await Http.PostAsync(new Uri(path, UriKind.Relative), new ByteArrayContent(body));
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    /// <summary>The time of a cosignature that verifies over the log's head.</summary>
    public ulong CosignedAt(TestLog log, ulong size, string line)
    {
        byte[] bytes = [.. log.Note(size), .. Encoding.UTF8.GetBytes(line)];
        Assert.True(SignedNote.TryParse(bytes, out SignedNote? note, out _));
        Assert.Equal(
            NoteOpening.Verified,
            VerifiedNote.Open(note, [Witness.Key.Verifier], out VerifiedNote? opened));
        return Assert.Single(opened!.Signatures).TimestampSeconds!.Value;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.DisposeAsync();
        Witness.Dispose();
        _directory.Dispose();
    }
}
