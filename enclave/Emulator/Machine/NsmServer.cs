using System.Net.Sockets;
using Sequencer.Enclave.Emulator.Nsm;
using Sequencer.Enclave.Emulator.VhostUser;

namespace Sequencer.Enclave.Emulator.Machine;

/// <summary>Runs the NSM for one virtual machine, on a thread of its own.</summary>
internal sealed class NsmServer : IDisposable
{
    private readonly Socket _listener;
    private readonly NsmDevice _device;
    private readonly Thread _thread;
    private readonly TaskCompletionSource<string> _failed =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private volatile Socket? _machine;

    private NsmServer(Socket listener, NsmDevice device)
    {
        _listener = listener;
        _device = device;
        _thread = new Thread(Serve) { IsBackground = true, Name = "nsm" };
    }

    /// <summary>Why the device cannot go on; never ends where the machine just ends.</summary>
    public Task<string> Failed => _failed.Task;

    /// <summary>Listens for the machine at a path.</summary>
    public static NsmServer Start(string path, NsmDevice device)
    {
        var listener =
            new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen(1);
        var server = new NsmServer(listener, device);
        server._thread.Start();
        return server;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _listener.Dispose();
        _machine?.Dispose();
        _thread.Join();
    }

    private void Serve()
    {
        try
        {
            using Socket machine = _listener.Accept();
            _machine = machine;
            using var back = new RequestDevice(
                machine,
                new RequestLimits(NsmDevice.RequestBytesMax, NsmDevice.AnswerBytesMax),
                _device.Answer);
            back.Run();
        }
        catch (VhostUserException e)
        {
            _failed.SetResult(e.Message);
        }
        catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException)
        {
            // The machine is gone, or this is disposed of: neither is the device's to tell.
        }
    }
}
