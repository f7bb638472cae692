using System.Net.Sockets;
using Sequencer.Gateway.Link;

namespace Sequencer.Simulation.Tests;

/// <summary>Where the enclave is found, and how connections to it end.</summary>
internal sealed class SimulatedLink(World world, LinkFaults faults)
{
    private readonly List<SimulatedConnection> _open = [];

    /// <summary>Who listens; null: nobody.</summary>
    public SimulatedEnclave? Enclave { get; set; }

    public EnclaveEndpoint EndpointFor(SimulatedProcess gateway) => new Endpoint(this, gateway);

    /// <summary>Breaks every connection.</summary>
    public void CutAll()
    {
        foreach (SimulatedConnection connection in _open.ToArray()) connection.Break();
    }

    private async Task<ILinkStream> ConnectAsync(
        SimulatedProcess gateway, CancellationToken cancellationToken)
    {
        await Task.Delay(world.UpTo(1), gateway.Time, cancellationToken);
        if (Enclave is not { Process.IsAlive: true } enclave || faults.RefusesNext())
        {
            world.Count("connection refused");
            throw new EnclaveLostException("nobody listens");
        }
        var connection = new SimulatedConnection(world, faults.Next(), enclave);
        _open.RemoveAll(c => c.IsOver);
        _open.Add(connection);
        gateway.Killed += connection.CloseByGateway;
        enclave.Process.Killed += connection.Break;
        return connection;
    }

    private sealed class Endpoint(SimulatedLink link, SimulatedProcess gateway) : EnclaveEndpoint
    {
        public override Task<ILinkStream> ConnectAsync(CancellationToken cancellationToken) =>
            link.ConnectAsync(gateway, cancellationToken);

        public override string ToString() => "simulated";
    }
}

/// <summary>
/// A stream between a gateway and an enclave. Its bytes arrive in order and late, in pieces, or up
/// to where it breaks; those of two connections pass each other.
/// </summary>
internal sealed class SimulatedConnection(
    World world, ConnectionFate fate, SimulatedEnclave enclave) : ILinkStream
{
    private readonly List<byte> _toEnclave = [];
    private readonly List<byte> _toGateway = [];
    private TaskCompletionSource _arrival = NewSignal();
    private TimeSpan _lastUp;
    private TimeSpan _lastDown;
    private TimeSpan _lateUntil;
    private int _bytes;
    private bool _isBroken;
    private bool _isClosed;
    private bool _isEnded;

    public bool IsOver => _isBroken || (_isClosed && _isEnded);

    public ValueTask<int> SendAsync(
        ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_isBroken || _isClosed) throw new SocketException((int)SocketError.ConnectionReset);
        // The system may take less than it is given.
        int taken = world.IsOnceIn(4) ? world.Chance.Next(1, bytes.Length + 1) : bytes.Length;
        byte[] piece = bytes[..taken].ToArray();
        Deliver(ref _lastUp, piece, ArriveInTime);
        return ValueTask.FromResult(taken);
    }

    public async ValueTask<int> ReceiveAsync(
        Memory<byte> destination, CancellationToken cancellationToken)
    {
        while (_toGateway.Count == 0)
        {
            if (_isBroken) throw new SocketException((int)SocketError.ConnectionReset);
            if (_isEnded) return 0;
            await _arrival.Task.WaitAsync(cancellationToken);
        }
        int length = Math.Min(destination.Length, _toGateway.Count);
        if (world.IsOnceIn(4)) length = world.Chance.Next(1, length + 1);
        _toGateway[..length].ToArray().CopyTo(destination);
        _toGateway.RemoveRange(0, length);
        return length;
    }

    public void Dispose() => CloseByGateway();

    /// <summary>The gateway is gone; what it sent before still arrives.</summary>
    public void CloseByGateway()
    {
        if (_isClosed) return;
        _isClosed = true;
        _lateUntil = world.Elapsed + world.UpTo(fate.LateMs);
    }

    /// <summary>Both ends find it broken; what is on its way is lost.</summary>
    public void Break()
    {
        if (_isBroken) return;
        _isBroken = true;
        Signal();
    }

    // What a gateway left on its way may be overtaken by the next connection.
    private void ArriveInTime(byte[] piece)
    {
        if (!_isClosed || world.Elapsed >= _lateUntil) ArriveAtEnclave(piece);
        else world.After(_lateUntil - world.Elapsed, () => ArriveLate(piece));
    }

    private void ArriveLate(byte[] piece)
    {
        if (_isBroken || !enclave.Process.IsAlive) return;
        world.Count("fault: bytes of a closed connection arrived late");
        ArriveAtEnclave(piece);
    }

    private void ArriveAtEnclave(byte[] piece)
    {
        _toEnclave.AddRange(piece);
        while (!_isEnded && enclave.TryAnswer(this, _toEnclave, out byte[]? answer))
        {
            if (answer is null)
            {
                _isEnded = true;
                Signal();
                return;
            }
            Deliver(ref _lastDown, answer, ArriveAtGateway);
        }
    }

    private void ArriveAtGateway(byte[] piece)
    {
        _toGateway.AddRange(piece);
        Signal();
    }

    private void Deliver(ref TimeSpan last, byte[] piece, Action<byte[]> arrive)
    {
        TimeSpan due = world.Elapsed + world.UpTo(fate.DelayMs);
        if (due < last) due = last;
        last = due;
        world.After(due - world.Elapsed, () => Arrive(piece, arrive));
    }

    private void Arrive(byte[] piece, Action<byte[]> arrive)
    {
        if (_isBroken || !enclave.Process.IsAlive) return;
        int before = _bytes;
        _bytes += piece.Length;
        if (fate.SilentAfterBytes is { } silent && _bytes > silent)
        {
            if (before <= silent) world.Count("fault: link silent");
            return;
        }
        if (fate.CutAfterBytes is { } cut && _bytes > cut)
        {
            if (cut > before) arrive(piece[..(cut - before)]);
            world.Count("fault: link cut");
            Break();
            return;
        }
        arrive(piece);
    }

    private void Signal()
    {
        TaskCompletionSource arrived = _arrival;
        _arrival = NewSignal();
        arrived.SetResult();
    }

    private static TaskCompletionSource NewSignal() =>
        new(TaskCreationOptions.RunContinuationsAsynchronously);
}
