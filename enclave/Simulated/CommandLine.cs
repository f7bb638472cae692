using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Sequencer.Attestation.Log;

namespace Sequencer.Enclave.Simulated;

/// <summary>What the program was asked to do.</summary>
internal sealed record CommandLine
{
    /// <summary>The text of <c>--help</c>.</summary>
    public const string Help =
        """
        Runs the sequencer's enclave program beside the gateway, with a simulated NSM.
        FOR DEVELOPMENT: a root that this machine holds signs its documents, which prove nothing.

        Usage: Sequencer.Enclave.Simulated --socket PATH --root-directory DIR [options]
               Sequencer.Enclave.Simulated --print-measurements [options]

          --socket PATH             UNIX socket to listen at, for the gateway; at most 107 bytes
          --root-directory DIR      where the development root is, or is made on first use:
                                    development-root.pem (private key), development-root.der
          --exit-when-idle SECONDS  end when no connection was open for so long (1 to 86400)
          --pcr0, --pcr1, --pcr2 HEX
                                    report other measurements (96 hexadecimal digits each)
          --accept-predecessor PCR0,PCR1,PCR2
                                    another image whose log may be continued; may be repeated
          --print-measurements      print the measurements as a trust policy names them, and end
          --help                    print this text

        Prints one line when it listens. Ends with 0 on SIGTERM, SIGINT or when idle, with 1 when
        something fails and with 2 when it is called wrongly.
        """;

    private const int IdleSecondsMax = 86_400;

    /// <summary>Print the help and end.</summary>
    public bool WantsHelp { get; private init; }

    /// <summary>Print the measurements and end.</summary>
    public bool WantsMeasurements { get; private init; }

    /// <summary>Where to listen.</summary>
    public string Socket { get; private init; } = "";

    /// <summary>Where the root is.</summary>
    public string RootDirectory { get; private init; } = "";

    /// <summary>End after so long without a connection; null: never.</summary>
    public TimeSpan? ExitWhenIdle { get; private init; }

    /// <summary>What the device reports.</summary>
    public Measurements Measurements { get; private init; } = Measurements.Default;

    /// <summary>Images, other than its own, whose epochs it follows.</summary>
    public IReadOnlyList<PredecessorMeasurements> AcceptedPredecessors { get; private init; } = [];

    /// <summary>Reads the arguments; when false, <paramref name="error"/> is one line for people.
    /// </summary>
    public static bool TryParse(
        IReadOnlyList<string> arguments, out CommandLine line, out string error)
    {
        line = new CommandLine();
        error = "";
        for (int i = 0; i < arguments.Count; i++)
        {
            string name = arguments[i];
            if (name is "--help" or "-h") line = line with { WantsHelp = true };
            else if (name == "--print-measurements") line = line with { WantsMeasurements = true };
            else if (!IsOption(name)) error = $"unknown argument {name}";
            else if (++i == arguments.Count) error = $"{name} needs a value";
            else if (!TrySet(ref line, name, arguments[i]))
                error = $"{name}: bad value {arguments[i]}";
            if (error.Length > 0) return false;
        }
        if (line.WantsHelp || line.WantsMeasurements) return true;
        if (line.Socket.Length == 0) error = "--socket is missing";
        else if (line.RootDirectory.Length == 0) error = "--root-directory is missing";
        return error.Length == 0;
    }

    private static bool IsOption(string name) =>
        name is "--socket" or "--root-directory" or "--exit-when-idle"
            or "--pcr0" or "--pcr1" or "--pcr2" or "--accept-predecessor";

    private static bool TrySet(ref CommandLine line, string name, string value)
    {
        switch (name)
        {
            case "--socket":
                line = line with { Socket = value };
                return value.Length > 0;
            case "--root-directory":
                line = line with { RootDirectory = value };
                return value.Length > 0;
            case "--exit-when-idle":
                bool isNumber = int.TryParse(
                    value, NumberStyles.None, CultureInfo.InvariantCulture, out int seconds);
                if (!isNumber || seconds is < 1 or > IdleSecondsMax) return false;
                line = line with { ExitWhenIdle = TimeSpan.FromSeconds(seconds) };
                return true;
            case "--accept-predecessor":
                if (!TryReadImage(value, out PredecessorMeasurements? image)) return false;
                line = line with { AcceptedPredecessors = [.. line.AcceptedPredecessors, image] };
                return line.AcceptedPredecessors.Count <= Limits.PredecessorsMax;
            default:
                if (!TryReadPcr(value, out byte[] pcr)) return false;
                Measurements current = line.Measurements;
                line = line with
                {
                    Measurements = name switch
                    {
                        "--pcr0" => current with { Pcr0 = pcr },
                        "--pcr1" => current with { Pcr1 = pcr },
                        _ => current with { Pcr2 = pcr },
                    },
                };
                return true;
        }
    }

    private static bool TryReadImage(
        string text, [NotNullWhen(true)] out PredecessorMeasurements? image)
    {
        image = null;
        string[] parts = text.Split(',');
        var pcrs = new byte[parts.Length][];
        for (int i = 0; i < parts.Length; i++)
        {
            // All zero is debug mode, which measured nothing.
            if (!TryReadPcr(parts[i], out pcrs[i]) || Array.TrueForAll(pcrs[i], b => b == 0))
            {
                return false;
            }
        }
        if (pcrs.Length != 3) return false;
        image = new PredecessorMeasurements(pcrs[0], pcrs[1], pcrs[2]);
        return true;
    }

    private static bool TryReadPcr(string text, out byte[] pcr)
    {
        pcr = [];
        if (text.Length != 2 * Measurements.PcrBytes) return false;
        if (!text.All(char.IsAsciiHexDigit)) return false;
        pcr = Convert.FromHexString(text);
        return true;
    }
}
