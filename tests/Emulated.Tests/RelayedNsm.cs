using System.Buffers.Binary;
using System.Formats.Cbor;
using System.Net.Sockets;
using System.Text;
using Sequencer.Enclave.Emulator;
using Xunit.Abstractions;

namespace Sequencer.Emulated.Tests;

/// <summary>
/// The NSM of a virtual machine that was booted for one test, asked through the guest's own driver.
/// </summary>
internal sealed class RelayedNsm : IAsyncDisposable
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
    }

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

    /// <summary>Asks the device; empty when the guest's driver refused.</summary>
    public byte[] Ask(byte[] request)
    {
        var length = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, request.Length);
        Send([.. length, .. request]);
        return Receive(BinaryPrimitives.ReadInt32BigEndian(Receive(4)));
    }

    public byte[] Attest(byte[]? nonce = null)
    {
        var writer = new CborWriter();
        writer.WriteStartMap(1);
        writer.WriteTextString("Attestation");
        writer.WriteStartMap(1);
        writer.WriteTextString("nonce");
        if (nonce is null) writer.WriteNull();
        else writer.WriteByteString(nonce);
        writer.WriteEndMap();
        writer.WriteEndMap();
        return Field(writer.Encode(), "Attestation", "document");
    }

    public byte[] Pcr(int index) => Field(Call("DescribePCR", "index", index), "DescribePCR", "data");

    /// <summary>A field of the answer to a request that must succeed.</summary>
    public byte[] Field(byte[] request, string name, string field)
    {
        var reader = new CborReader(Ask(request));
        reader.ReadStartMap();
        Assert.Equal(name, reader.ReadTextString());
        reader.ReadStartMap();
        while (reader.ReadTextString() != field) reader.SkipValue();
        return reader.ReadByteString();
    }

    /// <summary>The name of the error with which a request is answered.</summary>
    public string Error(byte[] request)
    {
        var reader = new CborReader(Ask(request));
        reader.ReadStartMap();
        Assert.Equal("Error", reader.ReadTextString());
        return reader.ReadTextString();
    }

    public static byte[] Name(string name)
    {
        var writer = new CborWriter();
        writer.WriteTextString(name);
        return writer.Encode();
    }

    public static byte[] Call(string name, string argument, int value)
    {
        var writer = new CborWriter();
        writer.WriteStartMap(1);
        writer.WriteTextString(name);
        writer.WriteStartMap(1);
        writer.WriteTextString(argument);
        writer.WriteInt32(value);
        writer.WriteEndMap();
        writer.WriteEndMap();
        return writer.Encode();
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
