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

    private const string IdentityKeyLine = "identity-key ";

    private LogConfiguration(
        string origin,
        uint cellsMax,
        uint idempotencyWindow,
        KmsKeyArn? identityKey,
        WitnessRequirement? witnesses)
    {
        Origin = origin;
        CellsMax = cellsMax;
        IdempotencyWindow = idempotencyWindow;
        IdentityKey = identityKey;
        Witnesses = witnesses;
        string identity = identityKey is null ? "" : $"{IdentityKeyLine}{identityKey}\n";
        Text = string.Create(
            CultureInfo.InvariantCulture,
            $"{FirstLine}origin {origin}\ncells-max {cellsMax}\n"
            + $"idempotency-window {idempotencyWindow}\n{identity}{witnesses?.Text}");
    }

    /// <summary>The log's address: a schema-less URL.</summary>
    public string Origin { get; }

    /// <summary>How many cells may exist.</summary>
    public uint CellsMax { get; }

    /// <summary>How many numbers back an idempotency key is remembered.</summary>
    public uint IdempotencyWindow { get; }

    /// <summary>The key that the log's stable identity is sealed under (section 19); null for a log
    /// without one.</summary>
    public KmsKeyArn? IdentityKey { get; }

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
        [NotNullWhen(true)] out LogConfiguration? configuration) =>
        TryCreate(origin, cellsMax, idempotencyWindow, null, witnesses, out configuration);

    /// <summary>The same for a log with a stable identity as well.</summary>
    public static bool TryCreate(
        string origin,
        uint cellsMax,
        uint idempotencyWindow,
        KmsKeyArn? identityKey,
        WitnessRequirement? witnesses,
        [NotNullWhen(true)] out LogConfiguration? configuration)
    {
        configuration = null;
        if (!IsOrigin(origin) || !IsInRange(cellsMax) || !IsInRange(idempotencyWindow))
        {
            return false;
        }
        var made = new LogConfiguration(
            origin, cellsMax, idempotencyWindow, identityKey, witnesses);
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
        string rest = lines[4];
        if (!TryTakeIdentityKey(ref rest, out KmsKeyArn? identityKey)) return false;
        WitnessRequirement? witnesses = null;
        if (rest.Length > 0 && !WitnessRequirement.TryParse(rest, out witnesses)) return false;
        if (!TryCreate(
            origin, cellsMax, window, identityKey, witnesses, out LogConfiguration? read))
        {
            return false;
        }
        // What was read may have been spelt another way (leading zeros, a plus sign): only one counts.
        if (!text.SequenceEqual(read.ToBytes())) return false;
        configuration = read;
        return true;
    }

    private static bool IsInRange(uint value) => value is >= 1 and <= Limits.ConfigurationNumberMax;

    /// <summary>Takes the line off if it is there; false if it is and names no key.</summary>
    private static bool TryTakeIdentityKey(ref string rest, out KmsKeyArn? identityKey)
    {
        identityKey = null;
        if (!rest.StartsWith(IdentityKeyLine, StringComparison.Ordinal)) return true;
        int end = rest.IndexOf('\n', StringComparison.Ordinal);
        if (end < 0) return false;
        string arn = rest[IdentityKeyLine.Length..end];
        rest = rest[(end + 1)..];
        return KmsKeyArn.TryParse(arn, out identityKey);
    }

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
