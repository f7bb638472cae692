using System.Runtime.InteropServices;

namespace Sequencer.Enclave.Emulator;

/// <summary>The process that started this one.</summary>
internal static partial class ParentProcess
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// Waits until the parent has ended. Asked again and again: the kernel's own signal for it
    /// comes as soon as the parent's thread ends that started this process.
    /// </summary>
    public static async Task UntilEndedAsync(CancellationToken cancellationToken)
    {
        int parent = GetParentId();
        using var timer = new PeriodicTimer(PollInterval);
        while (GetParentId() == parent) await timer.WaitForNextTickAsync(cancellationToken);
    }

    [LibraryImport("libc", EntryPoint = "getppid")]
    private static partial int GetParentId();
}
