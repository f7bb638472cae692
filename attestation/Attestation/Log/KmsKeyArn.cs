using System.Diagnostics.CodeAnalysis;

namespace Sequencer.Attestation.Log;

/// <summary>
/// A key of AWS KMS by its full ARN (docs/PROTOCOL.md section 5): one key of one account in one
/// region, and no alias, which could be made to point elsewhere.
/// </summary>
public sealed class KmsKeyArn : IEquatable<KmsKeyArn>
{
    private const int RegionMaxLength = 32;
    private const int AccountLength = 12;
    private const int IdLength = 36;
    private const string IdStart = "key/";

    private KmsKeyArn(string text, string region)
    {
        Text = text;
        Region = region;
    }

    /// <summary>The ARN.</summary>
    public string Text { get; }

    /// <summary>The region that it names.</summary>
    public string Region { get; }

    /// <summary>The name of that region's KMS, which follows from the ARN and nothing else.
    /// </summary>
    public string HostName => $"kms.{Region}.amazonaws.com";

    /// <summary>Reads the one form of an ARN; false for any other.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out KmsKeyArn? arn)
    {
        arn = null;
        string[] parts = text.Split(':');
        if (parts is not ["arn", "aws" or "aws-us-gov", "kms", var region, var account, var key])
        {
            return false;
        }
        if (region.Length is 0 or > RegionMaxLength || !region.All(IsRegionLetter)) return false;
        if (account.Length != AccountLength || !account.All(char.IsAsciiDigit)) return false;
        if (!key.StartsWith(IdStart, StringComparison.Ordinal)) return false;
        string id = key[IdStart.Length..];
        if (id.Length != IdLength) return false;
        string digits = id.StartsWith("mrk-", StringComparison.Ordinal) ? id[4..] : id;
        if (!digits.All(c => char.IsAsciiHexDigitLower(c) || c == '-')) return false;
        arn = new KmsKeyArn(text, region);
        return true;
    }

    /// <inheritdoc/>
    public bool Equals(KmsKeyArn? other) => other is not null && Text == other.Text;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as KmsKeyArn);

    /// <inheritdoc/>
    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    /// <summary>The ARN.</summary>
    public override string ToString() => Text;

    private static bool IsRegionLetter(char c) =>
        char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-';
}
