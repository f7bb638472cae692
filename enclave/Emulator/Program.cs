using System.Runtime.InteropServices;
using Sequencer.Enclave.Emulator;

if (!CommandLine.TryParse(args, out CommandLine line, out string error))
{
    Console.Error.WriteLine($"sequencer-emulator: {error} (see --help)");
    return 2;
}
if (line.WantsHelp)
{
    Console.WriteLine(CommandLine.Help);
    return 0;
}

using var end = new CancellationTokenSource();
using PosixSignalRegistration term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
if (line.EndsWithParent)
{
    _ = ParentProcess.UntilEndedAsync(end.Token).ContinueWith(
        _ => end.Cancel(), TaskScheduler.Default);
}
try
{
    await using EmulatedEnclave enclave = await EmulatedEnclave.StartAsync(
        line.Options, Show, end.Token);
    TimeSpan took = await enclave.UntilAnsweringAsync(line.Timeout, end.Token);
    Console.WriteLine(FormattableString.Invariant(
        $"sequencer-emulator: the enclave answers after {took.TotalSeconds:0.0} s; ")
        + $"the gateway's setting is --enclave {enclave.Endpoint}");
    throw new EmulatorException(await enclave.UntilEndedAsync().WaitAsync(end.Token));
}
catch (OperationCanceledException) when (end.IsCancellationRequested)
{
    return 0;
}
catch (Exception e) when (e is EmulatorException or IOException or UnauthorizedAccessException)
{
    // On a terminal, Ctrl-C ends the virtual machine just as this program is about to.
    if (end.IsCancellationRequested) return 0;
    Console.Error.WriteLine($"sequencer-emulator: {e.Message}");
    return 1;
}

static void Show(string text)
{
    // What the kernel says at each boot is for the log alone.
    if (!text.StartsWith('[')) Console.WriteLine(text);
}

void End(PosixSignalContext signal)
{
    // The default would leave the sockets behind.
    signal.Cancel = true;
    end.Cancel();
}
