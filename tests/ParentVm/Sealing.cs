using Sequencer.Client;

namespace Sequencer.ParentVm;

/// <summary>A log with a stable identity, before as many enclaves as the test starts.</summary>
internal static class Sealing
{
    // The stand-in's, and in this machine's /etc/hosts.
    private const string Arn =
        "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

    public static async Task RunAsync()
    {
        // The stand-in for KMS checks no signatures.
        Environment.SetEnvironmentVariable("AWS_ACCESS_KEY_ID", "EXAMPLE");
        Environment.SetEnvironmentVariable("AWS_SECRET_ACCESS_KEY", "EXAMPLE");
        KeyServiceRelay.Start();
        Task heartbeat = HeartbeatAnswer.GiveAsync();
        using var http = new HttpClient { BaseAddress = new Uri(ParentGateway.Url) };
        SequencerClient client = SequencerClient.WithoutVerification(http);
        ParentGateway.Start("--identity-key", Arn, "--kms-pipe", "vsock:5006");

        await SayWhyUntilReadyAsync(http);
        await heartbeat;
        await SayCheckpointAsync(http);

        Console.WriteLine("parent: end the enclave");
        while ((await client.GetEpochsAsync()).Count < 2) await Task.Delay(500);
        await ParentGateway.UntilReadyAsync(client);
        await SayCheckpointAsync(http);
    }

    // Each answer once: the gateway's own lines name a kind of fault once a minute.
    private static async Task SayWhyUntilReadyAsync(HttpClient http)
    {
        string said = "";
        while (true)
        {
            try
            {
                using HttpResponseMessage answer = await http.GetAsync("/readyz");
                if (answer.IsSuccessStatusCode) return;
                string why = (await answer.Content.ReadAsStringAsync()).ReplaceLineEndings(" ");
                if (why != said) Console.WriteLine($"parent: not ready: {why}");
                said = why;
            }
            catch (HttpRequestException)
            {
                // It is starting.
            }
            await Task.Delay(200);
        }
    }

    private static async Task SayCheckpointAsync(HttpClient http) => Console.WriteLine(
        "parent: checkpoint "
        + Convert.ToBase64String(await http.GetByteArrayAsync("/checkpoint")));
}
