using System.Reflection;
using Sequencer.Client;
using Sequencer.Gateway.Link;

namespace Sequencer.ParentVm;

/// <summary>The gateway, and whether it takes entries.</summary>
internal static class ParentGateway
{
    public const string Url = "http://127.0.0.1:5000";

    /// <summary>Starts it at its entry point, so that what runs is what a parent runs.</summary>
    public static void Start(params string[] more)
    {
        string[] arguments =
        [
            "--listen", Url, "--data", "/tmp/data", "--enclave", "vsock:16:5005",
            "--enclave-keep-alive-seconds", "2",
            // The data directory is in memory here: less than the reserve that a disk would keep.
            "--disk-free-min-bytes", "0",
            .. more,
        ];
        MethodInfo main = typeof(EnclaveEndpoint).Assembly.EntryPoint!;
        new Thread(() =>
        {
            object? code = main.Invoke(null, [arguments]);
            Console.WriteLine($"parent: failed: the gateway ended with {code}");
            Environment.Exit(1);
        }).Start();
    }

    /// <summary>Waits until entries are taken.</summary>
    public static async Task UntilReadyAsync(SequencerClient client)
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
}
