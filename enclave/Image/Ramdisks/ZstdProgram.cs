using System.ComponentModel;
using System.Diagnostics;

namespace Sequencer.Enclave.Image.Ramdisks;

/// <summary>
/// Compression by the <c>zstd</c> program. One thread at a fixed level: a given version of it makes
/// the same bytes everywhere.
/// </summary>
/// <param name="path">The program; a bare name is looked for on the search path.</param>
public sealed class ZstdProgram(string path = "zstd")
{
    /// <summary>The program of the search path.</summary>
    public const string DefaultPath = "zstd";

    private const int OutputBytesMax = 1 << 30;

    /// <summary>What every frame begins with.</summary>
    public static ReadOnlySpan<byte> Magic => [0x28, 0xb5, 0x2f, 0xfd];

    /// <summary>Compresses, slowly and well.</summary>
    /// <exception cref="ImageBuildException">The program is absent or fails.</exception>
    public Task<byte[]> CompressAsync(
        ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        RunAsync(["-19", "--single-thread", "-q", "-c"], bytes, cancellationToken);

    /// <summary>Decompresses what may be hostile, up to 1 GiB.</summary>
    /// <exception cref="ImageBuildException">The program is absent or fails.</exception>
    public Task<byte[]> DecompressAsync(
        ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        RunAsync(["-d", "-q", "-c"], bytes, cancellationToken);

    private async Task<byte[]> RunAsync(
        string[] arguments, ReadOnlyMemory<byte> input, CancellationToken cancellationToken)
    {
        using Process process = Start(arguments);
        try
        {
            Task<string> error = process.StandardError.ReadToEndAsync(cancellationToken);
            Task feed = FeedAsync(process, input, cancellationToken);
            byte[] output = await ReadAsync(process.StandardOutput.BaseStream, cancellationToken);
            await Task.WhenAll(feed, error, process.WaitForExitAsync(cancellationToken));
            return process.ExitCode == 0
                ? output
                : throw new ImageBuildException(
                    $"{path} failed with exit code {process.ExitCode}: {(await error).Trim()}");
        }
        finally
        {
            // Cancelled, or too much came out: nobody waits for the rest.
            if (!process.HasExited) process.Kill();
        }
    }

    private Process Start(string[] arguments)
    {
        var start = new ProcessStartInfo(path, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // Settings of the user's would change the output.
        start.Environment.Remove("ZSTD_CLEVEL");
        start.Environment.Remove("ZSTD_NBTHREADS");
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new ImageBuildException(
                $"Cannot run {path}, which compresses ramdisks: {e.Message}. Install zstd, name "
                + "the program with --zstd, or use \"compression\": \"none\" in the recipe.");
        }
    }

    private static async Task FeedAsync(
        Process process, ReadOnlyMemory<byte> input, CancellationToken cancellationToken)
    {
        try
        {
            await process.StandardInput.BaseStream.WriteAsync(input, cancellationToken);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The program ended before it read everything: its exit code says why.
        }
    }

    private async Task<byte[]> ReadAsync(Stream output, CancellationToken cancellationToken)
    {
        using var bytes = new MemoryStream();
        var buffer = new byte[1 << 16];
        int read;
        while ((read = await output.ReadAsync(buffer, cancellationToken)) > 0)
        {
            bytes.Write(buffer, 0, read);
            if (bytes.Length > OutputBytesMax)
            {
                throw new ImageBuildException(
                    $"{path}: more than {OutputBytesMax} bytes came out.");
            }
        }
        return bytes.ToArray();
    }
}
