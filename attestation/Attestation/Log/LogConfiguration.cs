using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Sequencer.Attestation.Log;

/// <summary>
/// The configuration that the genesis statement fixes for ever (docs/PROTOCOL.md section 5).
/// </summary>
public sealed class LogConfiguration
{
    private const string FirstLine = "sequencer-configuration/v1\n";
    private const int OriginMaxBytes = 255;

    // Lines that every configuration has.
    private const int LineCount = 4;

    private LogConfiguration(
        string origin, uint cellsMax, uint idempotencyWindow, WitnessRequirement? witnesses)
    {
        Origin = origin;
        CellsMax = cellsMax;
        IdempotencyWindow = idempotencyWindow;
        Witnesses = witnesses;
        Text = string.Create(
            CultureInfo.InvariantCulture,
            $"{FirstLine}origin {origin}\ncells-max {cellsMax}\n"
            + $"idempotency-window {idempotencyWindow}\n{witnesses?.Text}");
    }

    /// <summary>The log's address: a schema-less URL.</summary>
    public string Origin { get; }

    /// <summary>How many cells may exist.</summary>
    public uint CellsMax { get; }

    /// <summary>How many numbers back an idempotency key is remembered.</summary>
    public uint IdempotencyWindow { get; }

    /// <summary>The log's witnesses; null for a log without.</summary>
    public WitnessRequirement? Witnesses { get; }

    /// <summary>The canonical text.</summary>
    public string Text { get; }

    /// <summary>The canonical text as bytes (it is ASCII).</summary>
    public byte[] ToBytes() => Encoding.ASCII.GetBytes(Text);

    /// <summary>True for 1 to 255 characters of <c>A-Z a-z 0-9 - . _ ~ / :</c>.</summary>
    public static bool IsOrigin(string origin) =>
        origin.Length is > 0 and <= OriginMaxBytes
        && origin.All(c => char.IsAsciiLetterOrDigit(c) || "-._~/:".Contains(c, StringComparison.Ordinal));

    /// <summary>Makes a configuration; false when a value is out of its range.</summary>
    public static bool TryCreate(
        string origin,
        uint cellsMax,
        uint idempotencyWindow,
        [NotNullWhen(true)] out LogConfiguration? configuration) =>
        TryCreate(origin, cellsMax, idempotencyWindow, null, out configuration);

    /// <summary>The same for a log with witnesses; false also when the text gets too long.
    /// </summary>
    public static bool TryCreate(
        string origin,
        uint cellsMax,
        uint idempotencyWindow,
        WitnessRequirement? witnesses,
        [NotNullWhen(true)] out LogConfiguration? configuration)
    {
        configuration = null;
        if (!IsOrigin(origin) || !IsInRange(cellsMax) || !IsInRange(idempotencyWindow))
        {
            return false;
        }
        var made = new LogConfiguration(origin, cellsMax, idempotencyWindow, witnesses);
        if (made.Text.Length <= Limits.ConfigurationMaxBytes) configuration = made;
        return configuration is not null;
    }

    /// <summary>Reads the canonical text; false for any other.</summary>
    public static bool TryParse(
        ReadOnlySpan<byte> text, [NotNullWhen(true)] out LogConfiguration? configuration)
    {
        configuration = null;
        if (text.Length > Limits.ConfigurationMaxBytes || !Ascii.IsValid(text)) return false;
        string[] lines = Encoding.ASCII.GetString(text).Split('\n', LineCount + 1);
        if (lines.Length != LineCount + 1) return false;
        if (!TryReadValue(lines[1], "origin ", out string origin)) return false;
        if (!TryReadNumber(lines[2], "cells-max ", out uint cellsMax)) return false;
        if (!TryReadNumber(lines[3], "idempotency-window ", out uint window)) return false;
        WitnessRequirement? witnesses = null;
        if (lines[4].Length > 0 && !WitnessRequirement.TryParse(lines[4], out witnesses))
        {
            return false;
        }
        if (!TryCreate(origin, cellsMax, window, witnesses, out LogConfiguration? read))
        {
            return false;
        }
        // What was read may have been spelt another way (leading zeros, a plus sign): only one counts.
        if (!text.SequenceEqual(read.ToBytes())) return false;
        configuration = read;
        return true;
    }

    private static bool IsInRange(uint value) => value is >= 1 and <= Limits.ConfigurationNumberMax;

    private static bool TryReadValue(string line, string key, out string value)
    {
        value = line.StartsWith(key, StringComparison.Ordinal) ? line[key.Length..] : "";
        return value.Length > 0;
    }

    private static bool TryReadNumber(string line, string key, out uint value)
    {
        value = 0;
        return TryReadValue(line, key, out string text)
            && uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }
}
