using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Sequencer.Attestation.Log;

namespace Sequencer.Enclave.Nitro.Boot;

/// <summary>
/// The images whose epochs this image accepts to follow, as a file in the image says: a line each,
/// PCR0, PCR1 and PCR2 in 96 lower-case hexadecimal digits, one space between. Lines that begin
/// with <c>#</c> and empty lines say nothing.
/// </summary>
/// <remarks>
/// PCR2 measures the file and every epoch statement lists what it says, so it can be read as
/// strictly as anything signed: a line that is not understood refuses the whole.
/// </remarks>
internal static class PredecessorFile
{
    /// <summary>Where the image has it.</summary>
    public const string Path = "/etc/sequencer/predecessors";

    /// <summary>Longest file, in bytes: all lines that may be, and room for comments.</summary>
    public const int BytesMax = 64 * 1024;

    private const int PcrDigits = 2 * EpochStatement.PcrBytes;
    private const int LineLength = 3 * PcrDigits + 2;

    private static readonly SearchValues<byte> Digits = SearchValues.Create("0123456789abcdef"u8);

    /// <summary>Reads and parses the file of the image.</summary>
    /// <exception cref="IOException">There is none, or it is longer than the bound.</exception>
    /// <exception cref="InvalidDataException">It breaks a rule; the message says where.</exception>
    public static IReadOnlyList<PredecessorMeasurements> Read(string path)
    {
        using FileStream file = File.OpenRead(path);
        var bytes = new byte[BytesMax + 1];
        int length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return TryParse(bytes.AsSpan(0, length), out var accepted, out string fault)
            ? accepted
            : throw new InvalidDataException($"{path}: {fault}");
    }

    /// <summary>
    /// False if the file breaks a rule; <paramref name="fault"/> is then one line for people.
    /// </summary>
    public static bool TryParse(
        ReadOnlySpan<byte> file,
        [NotNullWhen(true)] out IReadOnlyList<PredecessorMeasurements>? accepted,
        out string fault)
    {
        accepted = null;
        fault = "";
        if (file.Length > BytesMax) return Refuse($"more than {BytesMax} bytes", out fault);
        if (!file.IsEmpty && file[^1] != '\n') return Refuse("the last line is cut off", out fault);
        var found = new List<PredecessorMeasurements>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        int number = 0;
        while (!file.IsEmpty)
        {
            number++;
            int end = file.IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = file[..end];
            file = file[(end + 1)..];
            if (line.IsEmpty || line[0] == '#') continue;
            if (!TryParseLine(line, out PredecessorMeasurements? measurements))
            {
                return Refuse(
                    $"line {number} is not three PCRs of {PcrDigits} lower-case hexadecimal "
                    + "digits, none all zero",
                    out fault);
            }
            if (!seen.Add(Encoding.ASCII.GetString(line)))
            {
                return Refuse($"line {number} repeats another", out fault);
            }
            found.Add(measurements);
        }
        if (found.Count > Limits.PredecessorsMax)
        {
            return Refuse($"more than {Limits.PredecessorsMax} images", out fault);
        }
        accepted = found;
        return true;
    }

    private static bool TryParseLine(
        ReadOnlySpan<byte> line, [NotNullWhen(true)] out PredecessorMeasurements? measurements)
    {
        measurements = null;
        if (line.Length != LineLength) return false;
        if (line[PcrDigits] != ' ' || line[2 * PcrDigits + 1] != ' ') return false;
        if (!TryParsePcr(line[..PcrDigits], out byte[] pcr0)) return false;
        if (!TryParsePcr(line.Slice(PcrDigits + 1, PcrDigits), out byte[] pcr1)) return false;
        if (!TryParsePcr(line[(2 * PcrDigits + 2)..], out byte[] pcr2)) return false;
        measurements = new PredecessorMeasurements(pcr0, pcr1, pcr2);
        return true;
    }

    private static bool TryParsePcr(ReadOnlySpan<byte> digits, out byte[] pcr)
    {
        pcr = [];
        if (digits.ContainsAnyExcept(Digits)) return false;
        pcr = Convert.FromHexString(Encoding.ASCII.GetString(digits));
        // All zero is debug mode, which measured nothing.
        return pcr.AsSpan().ContainsAnyExcept((byte)0);
    }

    private static bool Refuse(string why, out string fault)
    {
        fault = why;
        return false;
    }
}
