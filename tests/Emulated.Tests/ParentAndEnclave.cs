using System.Net.Sockets;
using System.Text;
using Sequencer.Enclave.Emulator;
using Sequencer.Enclave.Emulator.Machine;

namespace Sequencer.Emulated.Tests;

/// <summary>
/// A gateway in a machine of its own beside an image's, as on an EC2 instance: between them is
/// vsock alone, with Linux's own driver at both ends.
/// </summary>
internal sealed class ParentAndEnclave : IAsyncDisposable
{
    private const uint ParentCid = 3;
    private const int OrderPort = 7000;

    private static readonly TimeSpan BootPatience = TimeSpan.FromSeconds(120);

    private readonly string _folder = Directory.CreateTempSubdirectory("seq-").FullName;
    private readonly VsockGuest _parentPlace;
    private readonly VsockGuest _enclavePlace;
    private VsockDaemon? _vsock;
    private EmulatedEnclave? _parent;
    private EmulatedEnclave? _enclave;
    private int _enclaves;

    private ParentAndEnclave()
    {
        _parentPlace = Place("parent", ParentCid);
        _enclavePlace = Place("enclave", VsockGuest.EnclaveCid);
    }

    /// <summary>What the parent says.</summary>
    public ParentConsole Console { get; } = new();

    /// <summary>The root of both machines' documents.</summary>
    public byte[] Root =>
        File.ReadAllBytes(Path.Combine(RootDirectory, "development-root.der"));

    private string RootDirectory => Path.Combine(_folder, "nsm");

    /// <summary>Starts the parent, with a word that says what it does (tests/ParentVm); it waits
    /// for an enclave then.</summary>
    public static async Task<ParentAndEnclave> StartAsync(string order)
    {
        var machines = new ParentAndEnclave();
        try
        {
            await machines.StartParentAsync(order);
            return machines;
        }
        catch
        {
            await machines.DisposeAsync();
            throw;
        }
    }

    /// <summary>The UNIX socket at which the parent's connections to a port of this host arrive.
    /// </summary>
    public string PathOfHostPort(int port) =>
        FormattableString.Invariant($"{_parentPlace.Clients}_{port}");

    /// <summary>Connects from this host, which is CID 2 to the parent, to a port of it; gives what
    /// comes until the parent closes.</summary>
    public async Task<string> ReadFromParentPortAsync(int port)
    {
        using var socket =
            new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(_parentPlace.Clients));
        await socket.SendAsync(
            Encoding.ASCII.GetBytes(FormattableString.Invariant($"CONNECT {port}\n")));
        using var reader = new StreamReader(new NetworkStream(socket), Encoding.ASCII);
        return await reader.ReadToEndAsync();
    }

    /// <summary>Starts the first enclave.</summary>
    public async Task StartEnclaveAsync(string image) =>
        _enclave = await StartAsync(
            FormattableString.Invariant($"enclave-{_enclaves++}"), image, _enclavePlace);

    /// <summary>The enclave stands still. To the parent it ends here: vsock tells nobody of a
    /// machine that is gone.</summary>
    public void HaltEnclave() => Halting.Halt(_enclave!);

    /// <summary>Ends the enclave, and starts the next while the parent stands still; says how long
    /// that one took until it answered.</summary>
    public async Task<TimeSpan> NextEnclaveAsync(string image)
    {
        // The gateway goes on asking. The device, though, never serves a machine any more for which
        // it had a packet before the machine was there.
        Halting.Halt(_parent!);
        // The device makes this socket again when it waits for the next machine.
        File.Delete(_enclavePlace.Device);
        await _enclave!.DisposeAsync();
        await _vsock!.UntilWaitingAsync(_enclavePlace);
        await StartEnclaveAsync(image);
        TimeSpan took = await _enclave.UntilAnsweringAsync(BootPatience, CancellationToken.None);
        Halting.Continue(_parent!);
        return took;
    }

    public async ValueTask DisposeAsync()
    {
        if (_enclave is not null) await _enclave.DisposeAsync();
        if (_parent is not null) await _parent.DisposeAsync();
        if (_vsock is not null) await _vsock.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task StartParentAsync(string order)
    {
        _vsock = await VsockDaemon.StartAsync(
            EnclaveTools.Find(Built.Tools), [_parentPlace, _enclavePlace], Console.Add);
        using var orders =
            new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        orders.Bind(new UnixDomainSocketEndPoint(PathOfHostPort(OrderPort)));
        orders.Listen();
        _parent = await StartAsync(
            "parent", Built.Parent, _parentPlace, memoryMiB: 1024, Console.Add);
        using var patience = new CancellationTokenSource(BootPatience);
        using (Socket asking = await orders.AcceptAsync(patience.Token))
        {
            await asking.SendAsync(Encoding.ASCII.GetBytes(order), patience.Token);
        }
        await Console.UntilAsync("parent: waits for the heartbeat");
    }

    private VsockGuest Place(string name, uint cid) => new(
        cid, Path.Combine(_folder, $"{name}.device"), Path.Combine(_folder, $"{name}.vsock"));

    // The parent gets an NSM as well, which it does not ask.
    private Task<EmulatedEnclave> StartAsync(
        string name,
        string image,
        VsockGuest place,
        int memoryMiB = 512,
        Action<string>? onLine = null) =>
        EmulatedEnclave.StartAsync(
            new EmulatorOptions
            {
                ImageFile = image,
                SocketDirectory = Path.Combine(_folder, name),
                RootDirectory = RootDirectory,
                ToolsDirectory = Built.Tools,
                MemoryMiB = memoryMiB,
            },
            place,
            onLine ?? (_ => { }),
            CancellationToken.None);
}
