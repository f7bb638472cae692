using System.Runtime.InteropServices;

namespace Sequencer.Gateway;

/// <summary>
/// Who asks twice for the end does not want to wait for it: the process ends at once, with code 1.
/// That is a crash as good as any other, and loses nothing that was acknowledged.
/// </summary>
internal sealed class SecondSignal : IDisposable
{
    private readonly PosixSignalRegistration[] _registrations;
    private int _count;

    private SecondSignal() => _registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, Count),
        PosixSignalRegistration.Create(PosixSignal.SIGINT, Count),
    ];

    /// <summary>Watches until it is disposed.</summary>
    public static SecondSignal EndingAtOnce() => new();

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations) registration.Dispose();
    }

    // The first one is the host's.
    private void Count(PosixSignalContext signal)
    {
        signal.Cancel = true;
        if (Interlocked.Increment(ref _count) > 1) Environment.Exit(1);
    }
}
