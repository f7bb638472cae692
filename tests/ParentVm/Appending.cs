using System.Diagnostics;
using System.Globalization;
using System.Text;
using Sequencer.Client;
using Sequencer.Gateway.Link;

namespace Sequencer.ParentVm;

/// <summary>Entries over vsock, before one enclave and then before the next.</summary>
internal static class Appending
{
    private const int First = 2_000, Second = 200;

    public static async Task RunAsync()
    {
        Task heartbeat = HeartbeatAnswer.GiveAsync();

        // Nobody has this CID; then, the enclave has no such port.
        await ExplainAsync("vsock:77:5005");
        using var http = new HttpClient { BaseAddress = new Uri(ParentGateway.Url) };
        SequencerClient client = SequencerClient.WithoutVerification(http);
        ParentGateway.Start("--enclave-timeout-seconds", "10");

        await ParentGateway.UntilReadyAsync(client);
        await ExplainAsync("vsock:16:4999");
        await heartbeat;
        await AppendAsync(client, First, "first");

        // The test ends the enclave's machine now, and starts another.
        Console.WriteLine("parent: end the enclave");
        while ((await client.GetEpochsAsync()).Count < 2) await Task.Delay(500);
        await ParentGateway.UntilReadyAsync(client);
        ulong number = await AppendAsync(client, Second, "second");

        ReceivedReceipt receipt = await client.GetReceiptAsync(number);
        foreach (char[] line in Convert.ToBase64String(receipt.Bytes.Span).Chunk(1000))
        {
            Console.WriteLine($"parent: receipt {new string(line)}");
        }
    }

    private static async Task ExplainAsync(string text)
    {
        if (!EnclaveEndpoint.TryParse(text, out EnclaveEndpoint? endpoint, out string fault))
        {
            throw new InvalidOperationException(fault);
        }
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        try
        {
            using var socket = await endpoint.ConnectAsync(patience.Token);
            Console.WriteLine($"parent: {text} connected");
        }
        catch (EnclaveLostException e)
        {
            Console.WriteLine($"parent: {text} refused: {e.Message}");
        }
    }

    // One caller after another, 32 at a time; every number once, without a gap. Gives the number of
    // the last caller's entry, whose payload the test knows.
    private static async Task<ulong> AppendAsync(SequencerClient client, int count, string name)
    {
        var numbers = new ulong[count];
        long since = Stopwatch.GetTimestamp();
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = 32 },
            async (i, token) =>
            {
                byte[] payload = Encoding.ASCII.GetBytes($"{name} {i}");
                Appended appended = await client.AppendAsync(
                    new NewEntry { Payload = payload },
                    new AppendOptions { OmitReceipt = true },
                    token);
                numbers[i] = appended.Number;
            });
        TimeSpan took = Stopwatch.GetElapsedTime(since);
        bool isGapless = numbers.Distinct().Count() == count
            && numbers.Max() - numbers.Min() == (ulong)count - 1;
        Console.WriteLine($"parent: appended {count} as {numbers.Min()} to {numbers.Max()}, "
            + (isGapless ? "without a gap" : "WITH GAPS"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"parent: took {took.TotalSeconds:0.0} s, {count / took.TotalSeconds:0} a second"));
        return numbers[^1];
    }
}
