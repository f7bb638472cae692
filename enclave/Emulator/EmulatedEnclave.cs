using System.Diagnostics;
using Sequencer.Enclave.Emulator.Machine;
using Sequencer.Enclave.Emulator.Nsm;
using Sequencer.Enclave.Image.Eif;
using Sequencer.Enclave.Simulated;

namespace Sequencer.Enclave.Emulator;

/// <summary>
/// An enclave image that runs in a virtual machine on this one: what <c>nitro-cli run-enclave</c>
/// starts on hardware, with the same image, the same device interfaces and no protection at all.
/// </summary>
internal sealed class EmulatedEnclave : IAsyncDisposable
{
    /// <summary>Linux says it when all drivers are there; some images may keep it quiet.</summary>
    private const string DriversStarted = "Run /init as init process";

    private static readonly TimeSpan QuietBoot = TimeSpan.FromSeconds(10);

    private readonly EmulatorOptions _options;
    private readonly SocketDirectory _directory;
    private readonly VsockGuest _guest;
    private readonly ConsoleLog _console;
    private readonly Stopwatch _sinceStart = Stopwatch.StartNew();
    private readonly TaskCompletionSource _driversStarted =
        new(TaskCreationOptions.RunContinuationsAsynchronously);
    private VsockDaemon? _vsock;
    private ChildProcess? _machine;
    private NsmServer? _nsm;
    private DevelopmentModule? _module;
    private DevelopmentCertificate? _root;

    private EmulatedEnclave(
        EmulatorOptions options,
        SocketDirectory directory,
        VsockGuest guest,
        Action<string> onLine)
    {
        _options = options;
        _directory = directory;
        _guest = guest;
        _console = new ConsoleLog(directory.Console, line =>
        {
            if (line.Contains(DriversStarted, StringComparison.Ordinal))
            {
                _driversStarted.TrySetResult();
            }
            onLine(line);
        });
    }

    /// <summary>The gateway's <c>enclave</c> setting for it.</summary>
    public string Endpoint =>
        FormattableString.Invariant($"hybrid:{_guest.Clients}:{_options.Port}");

    /// <summary>The UNIX socket at which a port of the enclave is asked for.</summary>
    public string SocketPath => _guest.Clients;

    /// <summary>The virtual machine's process.</summary>
    public int MachineProcessId => _machine!.Id;

    /// <summary>The last lines of its console.</summary>
    public string ConsoleTail => _console.Tail;

    /// <summary>
    /// Starts an image with a vsock device of its own; <paramref name="onLine"/> gets what its
    /// console and the programs around it say, from any thread.
    /// </summary>
    /// <exception cref="EmulatorException">It cannot be started.</exception>
    public static Task<EmulatedEnclave> StartAsync(
        EmulatorOptions options, Action<string> onLine, CancellationToken cancellationToken) =>
        StartAsync(options, null, onLine, cancellationToken);

    /// <summary>
    /// The same at a place of a vsock device that others started, which outlives it; null: at one
    /// of its own.
    /// </summary>
    /// <exception cref="EmulatorException">It cannot be started.</exception>
    public static async Task<EmulatedEnclave> StartAsync(
        EmulatorOptions options,
        VsockGuest? place,
        Action<string> onLine,
        CancellationToken cancellationToken)
    {
        EnclaveTools tools = EnclaveTools.Find(options.ToolsDirectory);
        EifImage image = ImageFile.Read(options.ImageFile);
        SocketDirectory directory =
            await SocketDirectory.TakeAsync(options.SocketDirectory, cancellationToken);
        VsockGuest guest = place ?? new VsockGuest(
            VsockGuest.EnclaveCid, directory.VsockDevice, directory.Enclave);
        var enclave = new EmulatedEnclave(options, directory, guest, onLine);
        try
        {
            if (place is null)
            {
                enclave._vsock = await VsockDaemon.StartAsync(tools, [guest], enclave._console.Add);
            }
            await enclave.StartMachineAsync(tools, image);
            return enclave;
        }
        catch
        {
            await enclave.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until the enclave answers, and says how long that took from its start.
    /// </summary>
    /// <exception cref="EmulatorException">It ended before, or did not answer in time.</exception>
    public async Task<TimeSpan> UntilAnsweringAsync(
        TimeSpan patience, CancellationToken cancellationToken)
    {
        using var give = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<bool> answers = AskAsync(patience, give.Token);
        Task<string> ends = UntilEndedAsync();
        if (await Task.WhenAny(answers, ends) == ends)
        {
            await give.CancelAsync();
            await ((Task)answers).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw new EmulatorException(await ends);
        }
        if (await answers) return _sinceStart.Elapsed;
        throw new EmulatorException(
            $"the enclave does not answer at port {_options.Port} after "
            + $"{patience.TotalSeconds:0} s; its console ends with:\n{_console.Tail}");
    }

    /// <summary>Waits until the virtual machine ends by itself, and says how.</summary>
    public async Task<string> UntilEndedAsync()
    {
        List<Task> ends = [_machine!.Ended];
        if (_vsock is not null) ends.Add(_vsock.Ended);
        if (_nsm is not null) ends.Add(_nsm.Failed);
        Task first = await Task.WhenAny(ends);
        if (first == _nsm?.Failed) return $"the NSM cannot go on: {await _nsm.Failed}";
        // Its last lines are in: a process has ended when they are.
        string which = first == _machine.Ended ? "the enclave" : "its vsock device";
        int code = await (Task<int>)first;
        return $"{which} has ended (code {code}); its console ends with:\n{_console.Tail}";
    }

    /// <summary>Ends the enclave and all that was started for it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_machine is not null) await _machine.DisposeAsync();
        _nsm?.Dispose();
        if (_vsock is not null) await _vsock.DisposeAsync();
        _module?.Dispose();
        _root?.Dispose();
        _directory.RemoveSockets();
        _console.Dispose();
    }

    // The vsock device may never serve a machine for which it was asked while that was setting up
    // its queues.
    private async Task<bool> AskAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        await Task.WhenAny(_driversStarted.Task, Task.Delay(QuietBoot, cancellationToken));
        return await HybridProbe.UntilAnsweringAsync(
            _guest.Clients, _options.Port, patience, cancellationToken);
    }

    private async Task StartMachineAsync(EnclaveTools tools, EifImage image)
    {
        IEnumerable<string> arguments;
        if (_options.Route == AttestationRoute.Signed)
        {
            StartNsm(image);
            ImageFile.TakeApart(image, _directory);
            arguments = QemuArguments.Signed(_options, tools, _directory, _guest, image);
        }
        else
        {
            arguments = QemuArguments.Unsigned(_options, tools, _guest);
        }
        _machine = await ChildProcess.StartAsync(
            tools.Qemu, arguments, _console.Add, line => _console.Add($"qemu: {line}"));
    }

    private void StartNsm(EifImage image)
    {
        _root = DevelopmentRoot.LoadOrCreate(_options.RootDirectory, TimeProvider.System);
        _module = new DevelopmentModule(_root, TimeProvider.System, _options.InstanceId);
        var pcrs = new PcrBank(GuestMeasurements.Of(
            image, _options.RoleArn, _options.InstanceId, _options.IsDebugMode));
        _nsm = NsmServer.Start(_directory.NsmDevice, new NsmDevice(pcrs, _module));
    }
}
