namespace Sequencer.Iac.Credentials;

/// <summary>
/// The CSV file that the AWS console offers once for a new access key: a line of headings, then a
/// line of values. Older ones have more columns (user name, password, sign-in address).
/// </summary>
internal static class CsvCredentials
{
    private const long BytesMax = 64 * 1024;

    /// <summary>Reads a file.</summary>
    /// <exception cref="CommandFailure">It cannot be read, or holds no access key.</exception>
    public static AwsCredentials Read(string path)
    {
        string text;
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > BytesMax }) throw NotOne(path);
            text = File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailure(
                FailureCodes.NoCredentials, $"cred_file: {e.Message}", ExitCodes.Unusable);
        }
        return TryParse(text, path, out AwsCredentials? credentials)
            ? credentials
            : throw NotOne(path);
    }

    /// <summary>Reads a text; false if it holds no access key.</summary>
    public static bool TryParse(
        string text,
        string source,
        [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out AwsCredentials? credentials)
    {
        credentials = null;
        string[] lines = text.TrimStart('\uFEFF').Split(
            '\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (lines.Length < 2) return false;
        string[] headings = Cells(lines[0]);
        string[] values = Cells(lines[1]);
        string? Cell(string heading)
        {
            int at = Array.FindIndex(
                headings, h => h.Equals(heading, StringComparison.OrdinalIgnoreCase));
            return at >= 0 && at < values.Length && values[at].Length > 0 ? values[at] : null;
        }
        if (Cell("Access key ID") is not { } id || Cell("Secret access key") is not { } secret)
        {
            return false;
        }
        credentials = new AwsCredentials(id, secret, null, source);
        return true;
    }

    // Neither ids nor secrets have commas or quotes in them; a password before them may.
    private static string[] Cells(string line)
    {
        var cells = new List<string>();
        bool isQuoted = false;
        int start = 0;
        for (int i = 0; i <= line.Length; i++)
        {
            if (i < line.Length && line[i] == '"') isQuoted = !isQuoted;
            if (i < line.Length && (line[i] != ',' || isQuoted)) continue;
            cells.Add(line[start..i].Trim().Trim('"'));
            start = i + 1;
        }
        return [.. cells];
    }

    private static CommandFailure NotOne(string path) => new(
        FailureCodes.NoCredentials,
        $"cred_file: {path} is not the CSV file of an access key, with the columns "
        + "'Access key ID' and 'Secret access key'.",
        ExitCodes.Unusable);
}
