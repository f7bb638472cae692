namespace Sequencer.Enclave.Emulator;

/// <summary>The programs that an enclave is emulated with, made by <c>make enclave-tools</c>.
/// </summary>
internal sealed record EnclaveTools
{
    private EnclaveTools(string directory)
    {
        Qemu = Path.Combine(directory, "qemu/bin/qemu-system-x86_64");
        QemuData = Path.Combine(directory, "qemu/share");
        VsockDaemon = Path.Combine(directory, "bin/vhost-device-vsock");
    }

    /// <summary>Where <c>make enclave-tools</c> puts them.</summary>
    public static string DefaultDirectory
    {
        get
        {
            string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
            string cache = Variable("SEQUENCER_CACHE")
                ?? Path.Combine(
                    Variable("XDG_CACHE_HOME") ?? Path.Combine(home, ".cache"), "sequencer");
            return Path.Combine(cache, "enclave-tools");
        }
    }

    /// <summary>The virtual machine monitor.</summary>
    public string Qemu { get; }

    /// <summary>Its firmware.</summary>
    public string QemuData { get; }

    /// <summary>The vsock device, whose host side is a UNIX socket.</summary>
    public string VsockDaemon { get; }

    /// <summary>Finds the tools in their directory.</summary>
    /// <exception cref="EmulatorException">They are not all there.</exception>
    public static EnclaveTools Find(string directory)
    {
        var tools = new EnclaveTools(directory);
        foreach (string path in (string[])[tools.Qemu, tools.VsockDaemon])
        {
            if (!File.Exists(path))
            {
                throw new EmulatorException(
                    $"{path} is missing: make the emulator's tools with 'make enclave-tools'");
            }
        }
        return tools;
    }

    private static string? Variable(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
