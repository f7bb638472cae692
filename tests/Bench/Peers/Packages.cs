namespace Sequencer.Bench.Peers;

/// <summary>The unpacked packages that <c>tests/peers/fetch</c> provides.</summary>
internal sealed class Packages(string directory)
{
    private static readonly string[] LibraryFolders =
        ["usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu"];

    /// <summary>A file of a system's packages.</summary>
    /// <exception cref="PeerException">The packages are not there.</exception>
    public string File(string id, string path)
    {
        string missing = Path.Combine(directory, id + ".missing");
        if (System.IO.File.Exists(missing))
        {
            throw new PeerException(System.IO.File.ReadAllText(missing).Trim());
        }
        string file = Path.Combine(directory, id, path);
        return System.IO.File.Exists(file)
            ? file
            : throw new PeerException($"{file} is not there: tests/peers/fetch fetches it.");
    }

    /// <summary>Where a program of these packages finds its libraries.</summary>
    public (string Name, string Value) Libraries(string id) => (
        "LD_LIBRARY_PATH",
        string.Join(
            ':', LibraryFolders.Select(folder => Path.Combine(directory, id, "root", folder))));

    /// <summary>The version of a package, as Debian numbers it.</summary>
    public string Version(string id, string package) =>
        System.IO.File.ReadLines(File(id, "packages.tsv"))
            .Select(line => line.Split('\t'))
            .First(fields => fields[0] == package)[1];
}
