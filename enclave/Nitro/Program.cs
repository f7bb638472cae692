using System.Net.Sockets;
using Sequencer.Enclave.Core;
using Sequencer.Enclave.Host;
using Sequencer.Enclave.Nitro.Boot;
using Sequencer.Enclave.Nitro.Nsm;
using Sequencer.Enclave.Nitro.Vsock;

// Process 1 of the enclave: where it ends, the enclave ends. It takes no argument, no environment
// and no file but the image's own, so that all that it does is measured.
const uint Port = 5005;
const int Failed = 1;

// A thread of the platform's own failed: state unknown, and nothing more may be signed. The runtime
// ends the process after this line, process 1 too. Environment.Exit would first run the end of the
// program on what is left of it, and wait for that.
AppDomain.CurrentDomain.UnhandledException += (_, failure) =>
    OperatorConsole.SayFailure(failure.ExceptionObject);
try
{
    using NsmDeviceFile file = NsmDeviceFile.Open();
    var nsm = new NsmDevice(file);
    NsmDescription device = PcrLock.LockAll(nsm);
    OperatorConsole.Say(
        $"NSM {device.Version}, module {device.ModuleId}, {device.PcrCount} PCRs, all locked");

    var accepted = PredecessorFile.Read(PredecessorFile.Path);
    OperatorConsole.Say($"{accepted.Count} images accepted as predecessors");

    var options = new EnclaveOptions
    {
        Core = new CoreLimits { AcceptedPredecessors = accepted },
        DataKeys = KeyService.Of(nsm),
        Say = OperatorConsole.Say,
    };
    using EnclaveProgram program = EnclaveProgram.Start(nsm, options, TimeProvider.System);
    using Socket listener = VsockSocket.Listen(Port);
    OperatorConsole.Say($"listening on vsock port {Port}");
    Task serving = program.RunAsync(listener, CancellationToken.None);
    // Not awaited: it never fails, ends by itself, and the end of the enclave waits for nobody.
    _ = Heartbeat.AnnounceAsync(
        VsockSocket.Create,
        new VsockEndPoint(VsockEndPoint.ParentContext, Heartbeat.Port),
        TimeProvider.System,
        OperatorConsole.Say);
    await serving;
    return Failed; // It is never told to end.
}
catch (Exception failure)
{
    // Whatever it is: an enclave in doubt is over, and one line says why.
    OperatorConsole.SayFailure(failure);
    return Failed;
}
