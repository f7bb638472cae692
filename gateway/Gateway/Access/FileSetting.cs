using System.Security.Cryptography;
using System.Text;
using Sequencer.Attestation;
using Sequencer.Attestation.Cryptography;

namespace Sequencer.Gateway.Access;

/// <summary>A file that a setting names is not what it has to be, at the start.</summary>
internal sealed class SettingFileException(string message) : IOException(message);

/// <summary>
/// What the files of a setting say. They may be replaced while the gateway runs: what they said last
/// that was well-formed stays in force.
/// </summary>
/// <typeparam name="T">What they are read into; immutable.</typeparam>
/// <remarks>One thread refreshes, any reads.</remarks>
internal sealed class FileSetting<T>
    where T : class
{
    private const int FileBytesMax = 4 * 1024 * 1024;

    private readonly string[] _paths;
    private readonly Reading _read;
    private volatile T _current;
    private volatile string? _fault;
    private Digest _seen;

    /// <summary>Reads the files.</summary>
    /// <param name="name">Of the setting, for messages.</param>
    /// <param name="paths">The files.</param>
    /// <param name="read">How they are read.</param>
    /// <exception cref="SettingFileException">They cannot be read, or are not well-formed.
    /// </exception>
    public FileSetting(string name, string[] paths, Reading read)
    {
        Name = name;
        _paths = paths;
        _read = read;
        _current = null!;
        Refresh();
        if (_fault is { } fault) throw new SettingFileException(fault);
    }

    /// <summary>Takes the texts of the files apart; the fault is a sentence that quotes
    /// nothing.</summary>
    public delegate string? Reading(string[] texts, out T? value);

    /// <summary>Name of the setting.</summary>
    public string Name { get; }

    /// <summary>What is in force.</summary>
    public T Current => _current;

    /// <summary>Why what the files say now is not in force; null if it is. With their paths, for the
    /// operator.</summary>
    public string? Fault => _fault;

    /// <summary>Reads the files again if they changed; true if that is news, good or
    /// bad.</summary>
    public bool Refresh()
    {
        string all = string.Join(", ", _paths);
        byte[][] files = [];
        try
        {
            files = [.. _paths.Select(ReadFile)];
            Digest seen = Sha256.Hash(files.SelectMany(f => Sha256.Hash(f).ToArray()).ToArray());
            if (seen == _seen && _current is not null) return false;
            _seen = seen;
            string? fault = _read([.. files.Select(Encoding.UTF8.GetString)], out T? value);
            if (value is not null) _current = value;
            _fault = fault is null ? null : $"{Name}: {all}: {fault}";
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            string fault = $"{Name}: {e.Message}";
            bool isNews = _fault != fault;
            _fault = fault;
            // What was there before may come back unchanged, and is good news then.
            _seen = Digest.Zero;
            return isNews;
        }
        finally
        {
            foreach (byte[] file in files) CryptographicOperations.ZeroMemory(file);
        }
    }

    private static byte[] ReadFile(string path)
    {
        using FileStream stream = File.OpenRead(path);
        if (!stream.CanSeek) throw new IOException($"{path} is not a file.");
        if (stream.Length > FileBytesMax) throw new IOException($"{path} is too long.");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
