using System.Globalization;

namespace Sequencer.Enclave.Emulator;

/// <summary>What the program was asked to do.</summary>
internal sealed record CommandLine
{
    /// <summary>The text of <c>--help</c>.</summary>
    public const string Help =
        """
        Runs an enclave image in a virtual machine on this one, without a Nitro instance.
        FOR DEVELOPMENT: nothing protects such an enclave, and a root that this machine holds signs
        its documents. On an instance, 'nitro-cli run-enclave' starts the same image.

        Usage: sequencer-emulator run --eif FILE --socket-directory DIR [options]

          --eif FILE                the enclave image (nitro-cli: --eif-path)
          --socket-directory DIR    where the enclave's socket and console.log are; a short path
          --root-directory DIR      where the development root is, or is made on first use
                                    (default: the socket directory)
          --unsigned                QEMU's own NSM: it measures the image by itself, and its
                                    documents are not signed, so that every verifier refuses them
          --debug-mode              PCR0, PCR1 and PCR2 are zero: the enclave opens no epoch
          --memory MIB              default 512
          --cpus N                  default 1, the fastest under emulation (nitro-cli: --cpu-count)
          --role ARN                IAM role that PCR3 measures
          --instance-id ID          instance that PCR4 measures
          --timeout SECONDS         give up when the enclave does not answer (default 120)
          --exit-when-parent-ends   end with the process that started this one
          --tools DIR               what 'make enclave-tools' made
          --help                    print this text

        The enclave's console is kept in DIR/console.log, and printed line by line without what its
        kernel says. When the enclave answers, the setting with which a gateway reaches it is printed:

            sequencer-emulator run --eif artifacts/image/sequencer.eif --socket-directory /tmp/e
            Sequencer.Gateway --enclave hybrid:/tmp/e/enclave.vsock:5005

        Ends with 0 on SIGTERM, SIGINT or its parent's end, and ends the enclave with it; with 1 when
        the enclave cannot be started or ends; with 2 when it is called wrongly.
        """;

    private const int MemoryMiBMax = 65_536;
    private const int ProcessorsMax = 64;
    private const int TimeoutSecondsMax = 3_600;

    /// <summary>Print the help and end.</summary>
    public bool WantsHelp { get; private init; }

    /// <summary>What to run.</summary>
    public EmulatorOptions Options { get; private init; } =
        new() { ImageFile = "", SocketDirectory = "" };

    /// <summary>How long the enclave may take to answer.</summary>
    public TimeSpan Timeout { get; private init; } = TimeSpan.FromSeconds(120);

    /// <summary>End with the parent.</summary>
    public bool EndsWithParent { get; private init; }

    /// <summary>Reads the arguments; when false, <paramref name="error"/> is one line for people.
    /// </summary>
    public static bool TryParse(
        IReadOnlyList<string> arguments, out CommandLine line, out string error)
    {
        line = new CommandLine();
        error = "";
        if (arguments.Count == 0 || arguments.Any(argument => argument is "--help" or "-h"))
        {
            line = line with { WantsHelp = true };
            return true;
        }
        if (arguments[0] != "run")
        {
            error = $"there is no command '{arguments[0]}', only 'run'";
            return false;
        }
        for (int i = 1; i < arguments.Count; i++)
        {
            string name = arguments[i];
            if (TrySwitch(ref line, name)) continue;
            if (!IsOption(name)) error = $"unknown argument {name}";
            else if (++i == arguments.Count) error = $"{name} needs a value";
            else if (!TrySet(ref line, name, arguments[i]))
                error = $"{name}: bad value {arguments[i]}";
            if (error.Length > 0) return false;
        }
        EmulatorOptions options = line.Options;
        if (options.ImageFile.Length == 0) error = "--eif is missing";
        else if (options.SocketDirectory.Length == 0) error = "--socket-directory is missing";
        else if (options is { IsDebugMode: true, Route: AttestationRoute.Unsigned })
            error = "--debug-mode needs signed documents: QEMU's NSM has no debug mode";
        if (options.RootDirectory.Length == 0)
        {
            line = line with
            {
                Options = options with { RootDirectory = options.SocketDirectory },
            };
        }
        return error.Length == 0;
    }

    private static bool TrySwitch(ref CommandLine line, string name)
    {
        switch (name)
        {
            case "--unsigned":
                line = line with
                {
                    Options = line.Options with { Route = AttestationRoute.Unsigned },
                };
                return true;
            case "--debug-mode":
                line = line with { Options = line.Options with { IsDebugMode = true } };
                return true;
            case "--exit-when-parent-ends":
                line = line with { EndsWithParent = true };
                return true;
            default:
                return false;
        }
    }

    private static bool IsOption(string name) =>
        name is "--eif" or "--socket-directory" or "--root-directory" or "--tools" or "--memory"
            or "--cpus" or "--role" or "--instance-id" or "--timeout";

    private static bool TrySet(ref CommandLine line, string name, string value)
    {
        if (value.Length == 0) return false;
        EmulatorOptions options = line.Options;
        int number;
        switch (name)
        {
            case "--timeout":
                if (!TryNumber(value, TimeoutSecondsMax, out number)) return false;
                line = line with { Timeout = TimeSpan.FromSeconds(number) };
                return true;
            case "--memory":
                if (!TryNumber(value, MemoryMiBMax, out number)) return false;
                options = options with { MemoryMiB = number };
                break;
            case "--cpus":
                if (!TryNumber(value, ProcessorsMax, out number)) return false;
                options = options with { Processors = number };
                break;
            case "--role" or "--instance-id":
                // A comma would end the value among QEMU's arguments.
                if (value.Contains(',', StringComparison.Ordinal)) return false;
                options = name == "--role"
                    ? options with { RoleArn = value }
                    : options with { InstanceId = value };
                break;
            default:
                options = name switch
                {
                    "--eif" => options with { ImageFile = value },
                    "--socket-directory" => options with { SocketDirectory = value },
                    "--root-directory" => options with { RootDirectory = value },
                    _ => options with { ToolsDirectory = value },
                };
                break;
        }
        line = line with { Options = options };
        return true;
    }

    private static bool TryNumber(string text, int max, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number)
        && number >= 1 && number <= max;
}
