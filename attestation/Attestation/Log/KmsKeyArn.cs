using System.Diagnostics.CodeAnalysis;

namespace Sequencer.Attestation.Log;

/// <summary>
/// A key of AWS KMS by its full ARN (docs/PROTOCOL.md section 5): one key of one account in one
/// region, and no alias, which could be made to point elsewhere.
/// </summary>
public sealed class KmsKeyArn : IEquatable<KmsKeyArn>
{
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
        if (!IsRegion(region)) return false;
        if (account.Length != AccountLength || !account.All(char.IsAsciiDigit)) return false;
        if (!key.StartsWith(IdStart, StringComparison.Ordinal)) return false;
        string id = key[IdStart.Length..];
        if (id.Length != IdLength) return false;
        // mrk- is none: a replica of such a key in another region has a policy of its own.
        if (!id.All(c => char.IsAsciiHexDigitLower(c) || c == '-')) return false;
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

    // Such as us-gov-west-1: it becomes part of a host's name, where s3 would be another service.
    private static bool IsRegion(string text)
    {
        string[] parts = text.Split('-');
        return parts.Length is >= 3 and <= 5
            && parts[0].Length == 2
            && parts[1..^1].All(part => part.Length is >= 2 and <= 12)
            && parts[..^1].All(part => part.All(char.IsAsciiLetterLower))
            && parts[^1].Length is 1 or 2
            && parts[^1].All(char.IsAsciiDigit);
    }
}
