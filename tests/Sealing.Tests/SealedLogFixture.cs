using System.Net;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Notes;
using Sequencer.Enclave.Host;
using Sequencer.Enclave.Sealing.Kms;
using Sequencer.Enclave.Simulated;
using Sequencer.Gateway.Identity;
using Sequencer.Gateway.Settings;
using Sequencer.Gateway.Tests;
using Sequencer.InstanceMetadata;

namespace Sequencer.Sealing.Tests;

/// <summary>
/// A log with a stable identity: a real gateway with its pipe, the real enclave program, and the
/// stand-in for KMS behind the pipe.
/// </summary>
internal sealed class SealedLogFixture : IAsyncDisposable
{
    public const string Origin = "test.example/log";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sealing-");

    public StandInKms Kms { get; private set; } = null!;

    public TestGateway Gateway { get; } = new();

    public TestEnclave? Enclave { get; private set; }

    /// <summary>How long the enclave waits for KMS: as in the image, if a test says nothing else.
    /// </summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(8);

    public string PipePath => Path.Combine(_folder.FullName, "kms");

    public string IdentityPath => Path.Combine(Gateway.DataDirectory, "identity");

    public static async Task<SealedLogFixture> StartAsync(
        Func<GatewaySettings, GatewaySettings>? adjust = null)
    {
        var log = new SealedLogFixture { Kms = await StandInKms.StartAsync() };
        await log.Gateway.StartAgainAsync(
            settings => adjust is null ? log.Adjust(settings) : adjust(log.Adjust(settings)));
        return log;
    }

    /// <summary>The settings of a gateway of this log.</summary>
    public GatewaySettings Adjust(GatewaySettings settings)
    {
        Assert.True(KmsKeyArn.TryParse(StandInKms.Arn, out KmsKeyArn? arn));
        Assert.True(
            LogConfiguration.TryCreate(Origin, 100, 1000, arn, null, out var configuration));
        Assert.True(PipeAddress.TryParse($"unix:{PipePath}", out PipeAddress? address));
        return settings with
        {
            Log = configuration,
            // In the place of the name that the settings' reader takes from the ARN.
            KmsPipe = new KmsPipeSettings(
                address, new DnsEndPoint("127.0.0.1", Kms.Port), null),
            Credentials = new InstanceCredentials(
                name => name is "AWS_ACCESS_KEY_ID" or "AWS_SECRET_ACCESS_KEY" ? "EXAMPLE" : null,
                InstanceRole.Service),
        };
    }

    /// <summary>Starts an enclave of the image that seals, or of the one that does not.</summary>
    public void StartEnclave(bool seals = true, Measurements? measurements = null) =>
        Enclave = new TestEnclave(
            Gateway.SocketPath,
            null,
            nsm => seals ? OptionsOf(nsm) : new EnclaveOptions(),
            measurements);

    /// <summary>Ends the enclave, with its keys.</summary>
    public async Task StopEnclaveAsync()
    {
        if (Enclave is not null) await Enclave.DisposeAsync();
        Enclave = null;
    }

    /// <summary>Ends the enclave and starts the next.</summary>
    public async Task RestartEnclaveAsync()
    {
        await StopEnclaveAsync();
        StartEnclave();
    }

    /// <summary>The sealed identity's public key.</summary>
    public byte[] PublicKey() => File.ReadAllBytes(IdentityPath)[4..36];

    /// <summary>The newest checkpoint, and its lines as a witness that knows no epochs reads it.
    /// </summary>
    public async Task<SignedNote> CheckpointAsync()
    {
        byte[] note = await Gateway.Http.GetByteArrayAsync("/checkpoint");
        Assert.True(SignedNote.TryParse(note, out SignedNote? signed, out _));
        return signed;
    }

    /// <summary>Waits until the gateway says why entries are not taken, with these words in it.
    /// </summary>
    public async Task WaitForReasonAsync(string words)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        string last = "";
        while (!last.Contains(words, StringComparison.Ordinal))
        {
            using HttpResponseMessage answer =
                await Gateway.Http.GetAsync("/readyz", CancellationToken.None);
            last = await answer.Content.ReadAsStringAsync(CancellationToken.None);
            Assert.False(patience.IsCancellationRequested, last);
            await Task.Delay(5, CancellationToken.None);
        }
    }

    /// <summary>Waits until an epoch's statement is durable.</summary>
    public async Task WaitForEpochAsync(uint epoch)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while ((await Gateway.GetJsonAsync("/v1/log")).GetProperty("epoch").GetUInt32() < epoch)
        {
            await Task.Delay(5, patience.Token);
        }
    }

    /// <summary>Appends an entry; its number.</summary>
    public async Task<long> AppendAsync(string payload)
    {
        using HttpResponseMessage answer = await Gateway.PostAsync("/v1/entries", payload);
        string text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.Created, text);
        return (await TestGateway.ReadJsonAsync(answer)).GetProperty("number").GetInt64();
    }

    public async ValueTask DisposeAsync()
    {
        await StopEnclaveAsync();
        await Gateway.DisposeAsync();
        await Kms.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    // The enclave's end of the pipe, as the image has it over vsock.
    private EnclaveOptions OptionsOf(INsm nsm) => new()
    {
        DataKeys = new KmsDataKeys(nsm, UnixPipe.To(PipePath), Kms.Roots, Patience),
    };
}
