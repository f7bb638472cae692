using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text;
using Sequencer.Client;
using Sequencer.Gateway.Link;
using Sequencer.ParentVm;

// A parent instance in a virtual machine: the gateway as it is released, over its own vsock
// connector, beside an enclave with CID 16. Each line on the console that begins with "parent:" is
// for the test outside, which also reads the gateway's own.
const int First = 2_000, Second = 200;
const string Url = "http://127.0.0.1:5000";

try
{
    Machine.MountData("/tmp");
    Machine.StartLoopback();
    Task heartbeat = HeartbeatAnswer.GiveAsync();

    // Nobody has this CID; then, the enclave has no such port.
    await ExplainAsync("vsock:77:5005");
    using var http = new HttpClient { BaseAddress = new Uri(Url) };
    SequencerClient client = SequencerClient.WithoutVerification(http);
    StartGateway();

    await UntilReadyAsync(client);
    await ExplainAsync("vsock:16:4999");
    await heartbeat;
    await AppendAsync(client, First, "first");

    // The test ends the enclave's machine now, and starts another.
    Console.WriteLine("parent: end the enclave");
    while ((await client.GetEpochsAsync()).Count < 2) await Task.Delay(500);
    await UntilReadyAsync(client);
    ulong number = await AppendAsync(client, Second, "second");

    ReceivedReceipt receipt = await client.GetReceiptAsync(number);
    foreach (char[] line in Convert.ToBase64String(receipt.Bytes.Span).Chunk(1000))
    {
        Console.WriteLine($"parent: receipt {new string(line)}");
    }
    Console.WriteLine("parent: done");
    await Task.Delay(Timeout.Infinite);
    return 0;
}
catch (Exception e)
{
    Console.WriteLine($"parent: failed: {e}");
    return 1;
}

static async Task ExplainAsync(string text)
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

// Its entry point, so that what runs is what a parent runs.
static void StartGateway()
{
    string[] arguments =
    [
        "--listen", Url, "--data", "/tmp/data", "--enclave", "vsock:16:5005",
        "--enclave-keep-alive-seconds", "2", "--enclave-timeout-seconds", "10",
        // The data directory is in memory here: less than the reserve that a disk would keep.
        "--disk-free-min-bytes", "0",
    ];
    MethodInfo main = typeof(EnclaveEndpoint).Assembly.EntryPoint!;
    new Thread(() =>
    {
        object? code = main.Invoke(null, [arguments]);
        Console.WriteLine($"parent: failed: the gateway ended with {code}");
        Environment.Exit(1);
    }).Start();
}

static async Task UntilReadyAsync(SequencerClient client)
{
    while (true)
    {
        try
        {
            if (await client.IsReadyAsync()) return;
        }
        catch (GatewayUnreachableException)
        {
            // It is starting.
        }
        await Task.Delay(200);
    }
}

// One caller after another, 32 at a time; every number once, without a gap. Gives the number of the
// last caller's entry, whose payload the test knows.
static async Task<ulong> AppendAsync(SequencerClient client, int count, string name)
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
