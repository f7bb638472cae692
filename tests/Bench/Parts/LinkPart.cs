using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Sequencer.Attestation;
using Sequencer.Attestation.Log;
using Sequencer.Bench.Peers;
using Sequencer.Bench.Suite;

namespace Sequencer.Bench.Parts;

/// <summary>What a gateway gets from an enclave in another process.</summary>
internal sealed class LinkPart : IPart
{
    private const int HeaderBytes = 12;
    private const byte Genesis = 2;
    private const byte Sequence = 7;
    private const byte ErrorType = 0xFF;

    private static readonly int[] BatchSizes = [1, 16, 64, 256, 1000, 4096];
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(0.2);
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(0.5);

    public string Id => "link";

    public string Title => "link to the enclave";

    public string Method =>
        "plain entries to a simulated enclave in a process of its own over a UNIX socket, every "
        + "batch signed; each acknowledges the last one answered";

    public Task<IReadOnlyList<Figure>> MeasureAsync(
        int runs, Action<string> progress, CancellationToken cancellationToken)
    {
        var samples = new Samples();
        using var enclave = new EnclaveProcess();
        using Socket socket = Connect(enclave.SocketPath);
        ulong size = Open(socket);
        for (int run = 0; run < runs; run++)
        {
            foreach (int records in BatchSizes)
            {
                foreach (int inFlight in (int[])[1, 4])
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    size = Exchange(socket, records, inFlight, size, WarmUp, out _, out _);
                    size = Exchange(
                        socket, records, inFlight, size, Measured,
                        out long batches, out double seconds);
                    Add(samples, progress, records, inFlight, batches / seconds);
                }
            }
        }
        return Task.FromResult(samples.Figures());
    }

    private static void Add(
        Samples samples,
        Action<string> progress,
        int records,
        int inFlight,
        double batchesPerSecond)
    {
        string name = string.Create(
            CultureInfo.InvariantCulture, $"batches of {records:N0}, {inFlight} on the way");
        samples.Add(
            name, "records/s", batchesPerSecond * records, isHeadline: records is 1 or 1000,
            new Detail("time", "us/batch", 1e6 / batchesPerSecond));
        progress(string.Create(
            CultureInfo.InvariantCulture, $"{name}: {batchesPerSecond * records:N0} records/s"));
    }

    private static Socket Connect(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(path));
        return socket;
    }

    private static ulong Open(Socket socket)
    {
        LogConfiguration.TryCreate("bench.example/log", 100_000, 100_000, out var configuration);
        byte[] text = configuration!.ToBytes();
        var frame = new byte[HeaderBytes + text.Length];
        WriteHeader(frame, Genesis);
        text.CopyTo(frame, HeaderBytes);
        SendAll(socket, frame);
        Receive(socket, new byte[1024 * 1024]);
        return 1;
    }

    /// <summary>Keeps batches in flight for a time; gives the log's size after it.</summary>
    private static ulong Exchange(
        Socket socket,
        int records,
        int inFlight,
        ulong size,
        TimeSpan duration,
        out long batches,
        out double seconds)
    {
        byte[] frame = Batch(records);
        var answer = new byte[16 * 1024 * 1024];
        ulong sent = size;
        long start = Stopwatch.GetTimestamp();
        for (batches = 0; ;)
        {
            bool goesOn = Stopwatch.GetElapsedTime(start) < duration;
            while (goesOn && sent - size < (ulong)(inFlight * records))
            {
                BinaryPrimitives.WriteUInt64BigEndian(frame.AsSpan(HeaderBytes), size);
                BinaryPrimitives.WriteUInt64BigEndian(frame.AsSpan(HeaderBytes + 8), sent);
                SendAll(socket, frame);
                sent += (ulong)records;
            }
            if (sent == size) break;
            Receive(socket, answer);
            size += (ulong)records;
            batches++;
        }
        seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return size;
    }

    private static byte[] Batch(int records)
    {
        byte[] request = AppendRequest.Encode(
            Derivation.Tenant("default"u8),
            Derivation.Payload("payload"u8),
            7,
            Derivation.Metadata([1, 0, 0, 0, 0]),
            Digest.Zero,
            []);
        int groupBytes = 2 + 2 + request.Length;
        var frame = new byte[HeaderBytes + 8 + 8 + 4 + records * groupBytes];
        WriteHeader(frame, Sequence);
        Span<byte> rest = frame.AsSpan(HeaderBytes + 8 + 8);
        BinaryPrimitives.WriteUInt32BigEndian(rest, (uint)records);
        for (rest = rest[4..]; !rest.IsEmpty; rest = rest[groupBytes..])
        {
            BinaryPrimitives.WriteUInt16BigEndian(rest, 1);
            BinaryPrimitives.WriteUInt16BigEndian(rest[2..], (ushort)request.Length);
            request.CopyTo(rest[4..]);
        }
        return frame;
    }

    private static void WriteHeader(Span<byte> frame, byte type)
    {
        BinaryPrimitives.WriteUInt32BigEndian(frame, (uint)(frame.Length - 4));
        frame[4] = 1;
        frame[5] = type;
    }

    private static void SendAll(Socket socket, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty) bytes = bytes[socket.Send(bytes)..];
    }

    private static void Receive(Socket socket, byte[] buffer)
    {
        ReceiveExactly(socket, buffer.AsSpan(0, HeaderBytes));
        byte type = buffer[5];
        int length = BinaryPrimitives.ReadInt32BigEndian(buffer) - 8;
        ReceiveExactly(socket, buffer.AsSpan(0, length));
        if (type == ErrorType)
        {
            throw new PeerException(
                System.Text.Encoding.UTF8.GetString(buffer.AsSpan(2, length - 2)));
        }
    }

    private static void ReceiveExactly(Socket socket, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            int count = socket.Receive(destination);
            if (count == 0) throw new EndOfStreamException();
            destination = destination[count..];
        }
    }
}
