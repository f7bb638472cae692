using System.Runtime.InteropServices;
using Sequencer.Enclave.Core;
using Sequencer.Enclave.Host;
using Sequencer.Enclave.Host.Link;
using Sequencer.Enclave.Simulated;

// As in the image (setup/image/init.c): what arrives is read by the thread that waits for all sockets,
// without a turn of the thread pool. The platform looks once, before its first socket.
Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");

if (!CommandLine.TryParse(args, out CommandLine line, out string error))
{
    Console.Error.WriteLine($"sequencer-enclave-simulated: {error} (see --help)");
    return 2;
}
if (line.WantsHelp || line.WantsMeasurements)
{
    Console.WriteLine(line.WantsHelp ? CommandLine.Help : line.Measurements.ToJson());
    return 0;
}

using var end = new CancellationTokenSource();
using PosixSignalRegistration term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
try
{
    using DevelopmentCertificate root =
        DevelopmentRoot.LoadOrCreate(line.RootDirectory, TimeProvider.System);
    using var nsm = new SimulatedNsm(root, line.Measurements, TimeProvider.System);
    var options = new EnclaveOptions
    {
        Core = new CoreLimits { AcceptedPredecessors = line.AcceptedPredecessors },
        Link = new LinkLimits { IdleTimeout = line.ExitWhenIdle },
        Say = said => Console.WriteLine($"sequencer-enclave-simulated: {said}"),
    };
    using EnclaveProgram program = EnclaveProgram.Start(nsm, options, TimeProvider.System);
    using LinkSocket socket = LinkSocket.Listen(line.Socket);
    Console.WriteLine($"sequencer-enclave-simulated: listening at {line.Socket}");
    await program.RunAsync(socket.Socket, end.Token);
    return 0;
}
catch (Exception e) when (e is IOException or UnauthorizedAccessException or NsmException)
{
    Console.Error.WriteLine($"sequencer-enclave-simulated: {e.Message}");
    return 1;
}

void End(PosixSignalContext signal)
{
    // The default would end the process with its keys not cleared and its socket not removed.
    signal.Cancel = true;
    end.Cancel();
}
