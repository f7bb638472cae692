using System.Globalization;
using Sequencer.Enclave.Image.Eif;

namespace Sequencer.Enclave.Emulator.Machine;

/// <summary>How QEMU is called for either route.</summary>
internal static class QemuArguments
{
    // A guest that reboots has ended: it is not to start again by itself, with other keys.
    private static readonly string[] Always =
    [
        // All that QEMU can emulate: OpenSSL makes keys 14 times slower without RDRAND.
        "-accel", "tcg,thread=multi", "-cpu", "max", "-nodefaults", "-display", "none",
        "-monitor", "none", "-no-reboot", "-serial", "stdio",
    ];

    /// <summary>The plain machine, with the vsock device and the NSM that others provide.</summary>
    public static IEnumerable<string> Signed(
        EmulatorOptions options,
        EnclaveTools tools,
        SocketDirectory directory,
        VsockGuest guest,
        EifImage image) =>
    [
        "-M", "microvm,acpi=off,memory-backend=memory",
        // Shared: the devices are processes of their own, which read and write the guest's memory.
        "-object", Text($"memory-backend-memfd,id=memory,size={options.MemoryMiB}M,share=on"),
        "-kernel", directory.Kernel, "-initrd", directory.Ramdisk,
        "-append", $"{image.CommandLineText} {ClockArguments()}".TrimEnd(),
        .. Machine(options, tools, guest),
        "-device", "vhost-user-vsock-device,chardev=vsock",
        "-chardev", $"socket,id=nsm,path={directory.NsmDevice}",
        "-device", "vhost-user-device,virtio-id=33,num_vqs=1,vq_size=4,chardev=nsm",
    ];

    /// <summary>The machine that takes an image and measures it by itself.</summary>
    public static IEnumerable<string> Unsigned(
        EmulatorOptions options, EnclaveTools tools, VsockGuest guest)
    {
        string instance = options.InstanceId ?? "i-00000000000000000";
        string parent = (options.RoleArn is null ? "" : $",parent-role={options.RoleArn}")
            + (options.InstanceId is null ? "" : $",parent-id={options.InstanceId}");
        return
        [
            "-M", $"nitro-enclave,vsock=vsock,id={instance}-enc0000000000000000,acpi=off{parent}",
            "-kernel", options.ImageFile,
            "-append", ClockArguments(),
            .. Machine(options, tools, guest),
        ];
    }

    private static IEnumerable<string> Machine(
        EmulatorOptions options, EnclaveTools tools, VsockGuest guest) =>
    [
        "-L", tools.QemuData,
        "-m", Text($"{options.MemoryMiB}M"), "-smp", Text($"{options.Processors}"),
        "-chardev", $"socket,id=vsock,path={guest.Device}",
        .. Always,
    ];

    /// <summary>
    /// An emulated guest counts time by the host's TSC and calibrates it against a timer that is
    /// emulated too, which hangs one boot in a few: it is told the frequency instead. Nor is it to
    /// panic where that timer is late, on a host with other work. These arguments follow those of
    /// the image and are not measured.
    /// </summary>
    private static string ClockArguments()
    {
        const string Label = "cpu MHz";
        string? line = File.ReadLines("/proc/cpuinfo")
            .FirstOrDefault(line => line.StartsWith(Label, StringComparison.Ordinal));
        bool isKnown = double.TryParse(
            line?.Split(':')[^1], CultureInfo.InvariantCulture, out double frequencyMHz);
        return isKnown
            ? Text($"no_timer_check tsc_early_khz={(long)(frequencyMHz * 1000)} tsc=reliable")
            : "no_timer_check";
    }

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}
