using System.Reflection;
using System.Text;

namespace Sequencer.Web;

/// <summary>
/// The files that a page is put together from, by name. They come from one assembly or several, so
/// that a page can stand on the verifier's modules; no two files have one name.
/// </summary>
public sealed class PageSources
{
    private readonly Dictionary<string, string> _files = new(StringComparer.Ordinal);

    /// <summary>All text resources of these assemblies.</summary>
    /// <exception cref="InvalidOperationException">Two files have one name.</exception>
    public PageSources(params IEnumerable<Assembly> assemblies)
    {
        foreach (Assembly assembly in assemblies)
        {
            foreach (string name in assembly.GetManifestResourceNames())
            {
                if (!_files.TryAdd(name, Read(assembly, name)))
                {
                    throw new InvalidOperationException($"Two files are called {name}.");
                }
            }
        }
    }

    /// <summary>The text of a file.</summary>
    public string this[string name] => _files.TryGetValue(name, out string? text)
        ? text
        : throw new InvalidOperationException($"There is no file {name}.");

    // Line ends as the sources have them in a checkout that changes none.
    private static string Read(Assembly assembly, string name)
    {
        using Stream stream = assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
