using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Sequencer.Enclave.Emulator;
using Sequencer.Enclave.Nitro.Nsm;
using Xunit.Abstractions;

namespace Sequencer.Emulated.Tests;

/// <summary>
/// The NSM of a virtual machine that was booted for one test, asked through the guest's own driver.
/// </summary>
internal sealed class RelayedNsm : INsmTransport, IAsyncDisposable
{
    private static readonly TimeSpan BootPatience = TimeSpan.FromSeconds(120);

    private readonly string _folder;
    private readonly EmulatedEnclave _enclave;
    private readonly Socket _socket;

    private RelayedNsm(string folder, EmulatedEnclave enclave, Socket socket)
    {
        _folder = folder;
        _enclave = enclave;
        _socket = socket;
        Device = new NsmDevice(this);
    }

    /// <summary>The same with the enclave's codec.</summary>
    public NsmDevice Device { get; }

    public string RootFile => Path.Combine(_folder, "development-root.der");

    /// <summary>Boots the relay's image with options of the test's.</summary>
    public static async Task<RelayedNsm> StartAsync(
        ITestOutputHelper output, Func<EmulatorOptions, EmulatorOptions> with)
    {
        string folder = Directory.CreateTempSubdirectory("seq-").FullName;
        EmulatorOptions options = with(new EmulatorOptions
        {
            ImageFile = Built.Relay,
            SocketDirectory = Path.Combine(folder, "vm"),
            RootDirectory = folder,
            ToolsDirectory = Built.Tools,
        });
        EmulatedEnclave enclave =
            await EmulatedEnclave.StartAsync(options, _ => { }, CancellationToken.None);
        try
        {
            TimeSpan took =
                await enclave.UntilAnsweringAsync(BootPatience, CancellationToken.None);
            output.WriteLine(FormattableString.Invariant(
                $"{options.Route}: answered {took.TotalSeconds:0.00} s after its start"));
            Socket socket = Connect(enclave.SocketPath, options.Port);
            return new RelayedNsm(folder, enclave, socket);
        }
        catch
        {
            await enclave.DisposeAsync();
            Directory.Delete(folder, recursive: true);
            throw;
        }
    }

    /// <summary>Asks the device.</summary>
    /// <exception cref="IOException">The guest's driver refused; with its errno.</exception>
    public byte[] Ask(byte[] request)
    {
        var length = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, request.Length);
        Send([.. length, .. request]);
        int answered = BinaryPrimitives.ReadInt32BigEndian(Receive(4));
        if (answered < 0) throw new IOException($"the driver refused with errno {-answered}");
        return Receive(answered);
    }

    int INsmTransport.Exchange(ReadOnlySpan<byte> request, Span<byte> response)
    {
        byte[] answer = Ask(request.ToArray());
        answer.CopyTo(response);
        return answer.Length;
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        await _enclave.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static Socket Connect(string path, int port)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
        {
            ReceiveTimeout = 30_000,
        };
        socket.Connect(new UnixDomainSocketEndPoint(path));
        socket.Send(Encoding.ASCII.GetBytes($"CONNECT {port}\n"));
        var one = new byte[1];
        var line = new StringBuilder();
        while (socket.Receive(one) == 1 && one[0] != '\n') line.Append((char)one[0]);
        Assert.StartsWith("OK ", line.ToString());
        return socket;
    }

    private void Send(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty) bytes = bytes[_socket.Send(bytes)..];
    }

    private byte[] Receive(int count)
    {
        var bytes = new byte[count];
        for (int at = 0; at < count;)
        {
            int received = _socket.Receive(bytes.AsSpan(at));
            Assert.NotEqual(0, received);
            at += received;
        }
        return bytes;
    }
}
