using System.Diagnostics;
using System.Text;

namespace Sequencer.Enclave.Emulator;

/// <summary>The directory of one running enclave: its sockets, its parts and its console.</summary>
internal sealed class SocketDirectory
{
    /// <summary>Longest path of a socket, in bytes: sun_path without its closing zero.</summary>
    private const int SocketPathMaxBytes = 107;

    private const UnixFileMode OwnerOnly =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private static readonly TimeSpan PredecessorPatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);

    private readonly string _path;

    private SocketDirectory(string path) => _path = path;

    /// <summary>Where clients of the enclave connect, and say which port they want.</summary>
    public string Enclave => Path.Combine(_path, "enclave.vsock");

    /// <summary>Between the virtual machine and its vsock device.</summary>
    public string VsockDevice => Path.Combine(_path, "vsock.sock");

    /// <summary>Between the virtual machine and its NSM.</summary>
    public string NsmDevice => Path.Combine(_path, "nsm.sock");

    /// <summary>The image's kernel.</summary>
    public string Kernel => Path.Combine(_path, "kernel");

    /// <summary>The image's ramdisks, one after the other.</summary>
    public string Ramdisk => Path.Combine(_path, "ramdisk");

    /// <summary>What the enclave wrote to its console.</summary>
    public string Console => Path.Combine(_path, "console.log");

    /// <summary>
    /// Makes the directory, or takes over one whose enclave has ended: a vsock device that is still
    /// about to end would remove the socket of the next.
    /// </summary>
    /// <exception cref="EmulatorException">An enclave runs there, or its path is too long.
    /// </exception>
    public static async Task<SocketDirectory> TakeAsync(
        string path, CancellationToken cancellationToken)
    {
        var directory = new SocketDirectory(Path.GetFullPath(path));
        int length = Encoding.UTF8.GetByteCount(directory.Enclave);
        if (length > SocketPathMaxBytes)
        {
            throw new EmulatorException(
                $"{directory.Enclave} has {length} bytes, and a socket's path at most "
                + $"{SocketPathMaxBytes}: choose a shorter --socket-directory");
        }
        Directory.CreateDirectory(directory._path, OwnerOnly);
        await directory.UntilFreeAsync(cancellationToken);
        directory.RemoveSockets();
        return directory;
    }

    /// <summary>Removes what nobody listens at any more.</summary>
    public void RemoveSockets()
    {
        foreach (string socket in (string[])[Enclave, VsockDevice, NsmDevice]) File.Delete(socket);
    }

    private async Task UntilFreeAsync(CancellationToken cancellationToken)
    {
        var waited = Stopwatch.StartNew();
        while (User() is { } process)
        {
            if (waited.Elapsed > PredecessorPatience)
            {
                throw new EmulatorException(
                    $"an enclave runs in {_path} already (process {process})");
            }
            await Task.Delay(PollInterval, cancellationToken);
        }
    }

    // A vsock device or a machine of this directory names the socket between them.
    private int? User()
    {
        foreach (string process in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(process), out int id)) continue;
            try
            {
                string command = File.ReadAllText(Path.Combine(process, "cmdline"));
                if (command.Contains($"={VsockDevice},", StringComparison.Ordinal)) return id;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It ended while it was looked at, or belongs to somebody else.
            }
        }
        return null;
    }
}
