using System.Text.RegularExpressions;

namespace Sequencer.Architecture.Tests;

/// <summary>What a reader of the checkout may rely on, checked instead of remembered.</summary>
public partial class TidyTests
{
    private const int LongestFileLines = 450;
    private const int EntryPointLines = 70;

    private static IEnumerable<string> Sources => Checkout.Files.Where(
        path => path.EndsWith(".cs", StringComparison.Ordinal) || IsScript(path));

    [Fact]
    public void Nothing_is_left_to_do_in_the_code()
    {
        Assert.Empty(Matches(Sources.Where(path => !path.EndsWith("TidyTests.cs", StringComparison.Ordinal)),
            Unfinished()));
    }

    [Fact]
    public void Types_are_named_after_what_they_do()
    {
        Assert.Empty(Matches(Sources, EmptyName()));
    }

    [Fact]
    public void Files_are_one_idea_long()
    {
        Assert.Empty(
            from path in Sources
            let lines = File.ReadLines(Path.Combine(Checkout.Root, path)).Count()
            where lines > LongestFileLines
            select $"{path}: {lines} lines");
    }

    [Fact]
    public void Entry_points_only_wire_things()
    {
        Assert.Empty(
            from path in Sources
            where Path.GetFileName(path) == "Program.cs" && !path.StartsWith("tests/", StringComparison.Ordinal)
            let lines = File.ReadLines(Path.Combine(Checkout.Root, path)).Count()
            where lines > EntryPointLines
            select $"{path}: {lines} lines");
    }

    [Fact]
    public void Links_in_documents_lead_somewhere()
    {
        var broken = new List<string>();
        foreach (string path in Checkout.Files.Where(p => p.EndsWith(".md", StringComparison.Ordinal)))
        {
            foreach (Match match in Link().Matches(Checkout.Read(path)))
            {
                string target = match.Groups[1].Value.Split('#')[0];
                if (target.Length == 0 || target.Contains("://", StringComparison.Ordinal)) continue;
                string folder = Path.GetDirectoryName(Path.Combine(Checkout.Root, path))!;
                if (!Path.Exists(Path.Combine(folder, target))) broken.Add($"{path}: {target}");
            }
        }
        Assert.Empty(broken);
    }

    [Fact]
    public void Lock_files_name_no_registry()
    {
        IEnumerable<string> files = Checkout.Files.Where(path =>
            path.EndsWith(".lock.json", StringComparison.Ordinal)
            || path.EndsWith("package-lock.json", StringComparison.Ordinal));
        Assert.NotEmpty(files);
        Assert.Empty(Matches(files, Address()));
    }

    [Fact]
    public void Scripts_of_pages_keep_to_their_lines_and_make_no_markup()
    {
        string[] scripts = [.. Checkout.Files.Where(IsScript)];
        Assert.NotEmpty(scripts);
        Assert.Empty(Matches(scripts, LongLine()));
        Assert.Empty(Matches(scripts, Markup()));
    }

    private static bool IsScript(string path) =>
        path.EndsWith(".js", StringComparison.Ordinal) || path.EndsWith(".mjs", StringComparison.Ordinal);

    private static string[] Matches(IEnumerable<string> paths, Regex pattern) =>
    [
        .. from path in paths
           from line in File.ReadLines(Path.Combine(Checkout.Root, path)).Select((text, i) => (text, i))
           where pattern.IsMatch(line.text)
           select $"{path}:{line.i + 1}: {line.text.Trim()}",
    ];

    [GeneratedRegex(@"NotImplementedException|\bTODO\b|\bFIXME\b|\bHACK\b|#region")]
    private static partial Regex Unfinished();

    [GeneratedRegex(@"\b(class|record|struct|interface)\s+\w*(Manager|Helper|Utils?|Common|BaseClass)\b")]
    private static partial Regex EmptyName();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("^.{101}")]
    private static partial Regex LongLine();

    [GeneratedRegex(@"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\(|new Function")]
    private static partial Regex Markup();

    [GeneratedRegex(@"https?://")]
    private static partial Regex Address();
}
