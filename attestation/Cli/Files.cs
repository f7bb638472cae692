namespace Sequencer.Cli;

/// <summary>Reading and writing of files that people name, with faults in one sentence.</summary>
internal static class Files
{
    /// <summary>Reads a file, or standard input for <c>-</c>.</summary>
    /// <exception cref="CommandFailure">Not there, not readable, or longer than the limit.</exception>
    public static byte[] Read(string path, long bytesMax, string what)
    {
        try
        {
            using Stream stream = path == "-" ? Console.OpenStandardInput() : File.OpenRead(path);
            using var bytes = new MemoryStream();
            var buffer = new byte[81920];
            int read;
            while ((read = stream.Read(buffer)) > 0)
            {
                bytes.Write(buffer, 0, read);
                if (bytes.Length > bytesMax)
                {
                    throw new CommandFailure(
                        $"{path} is longer than {what} can be ({bytesMax} bytes).");
                }
            }
            return bytes.ToArray();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailure($"Cannot read {path}: {Reason(e, path)}");
        }
    }

    /// <summary>Writes a file; one that is there stays unless <paramref name="force"/>.</summary>
    public static void Write(string path, ReadOnlySpan<byte> bytes, bool force)
    {
        try
        {
            using var stream = new FileStream(
                path, force ? FileMode.Create : FileMode.CreateNew, FileAccess.Write);
            stream.Write(bytes);
        }
        catch (IOException) when (!force && File.Exists(path))
        {
            throw new CommandFailure($"{path} is there already; --force replaces it.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailure($"Cannot write {path}: {Reason(e, path)}");
        }
    }

    private static string Reason(Exception e, string path) => e switch
    {
        FileNotFoundException or DirectoryNotFoundException => "there is no such file.",
        UnauthorizedAccessException when Directory.Exists(path) => "it is a folder.",
        UnauthorizedAccessException => "permission denied.",
        _ => e.Message,
    };
}
