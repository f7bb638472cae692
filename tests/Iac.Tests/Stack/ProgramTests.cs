using System.Formats.Tar;
using System.Text.RegularExpressions;
using Sequencer.Iac.Stack;

namespace Sequencer.Iac.Tests.Stack;

/// <summary>The program, and what the command gives it.</summary>
public sealed partial class ProgramTests : IDisposable
{
    private readonly StackRun _run = new();

    public void Dispose() => _run.Dispose();

    [Fact]
    public async Task The_command_gives_every_setting_that_the_program_has_and_no_other()
    {
        (await _run.UpAsync()).IsGood();
        string program = File.ReadAllText(_run.In("kept/stacks/main/Pulumi.yaml"));
        int from = program.IndexOf("\nconfig:", StringComparison.Ordinal);
        int to = program.IndexOf("\nvariables:", StringComparison.Ordinal);
        string config = program[from..to];
        Assert.Equal(
            Name().Matches(config).Select(match => match.Groups[1].Value).Order(),
            _run.Settings.Keys.Order());
    }

    [Fact]
    public async Task One_release_is_one_archive_wherever_and_whenever_it_is_made()
    {
        string first = await ArchiveAsync("first.tar");
        foreach (string name in Directory.GetFiles(_run.In("release")))
        {
            File.SetLastWriteTimeUtc(name, new DateTime(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc));
        }
        Assert.Equal(first, await ArchiveAsync("second.tar"));
        _run.WriteRelease("1.0.1", 'a');
        Assert.NotEqual(first, await ArchiveAsync("third.tar"));

        using FileStream file = File.OpenRead(_run.In("first.tar"));
        using var tar = new TarReader(file);
        var entries = new List<(string, bool)>();
        while (tar.GetNextEntry() is { } entry)
        {
            entries.Add((entry.Name, (entry.Mode & UnixFileMode.UserExecute) != 0));
            Assert.Equal(DateTimeOffset.UnixEpoch, entry.ModificationTime);
        }
        Assert.Equal(
            [
                ("SHA256SUMS", false), ("VERSION", false), ("ec2/install", true),
                ("measurements.json", false), ("sequencer.eif", false),
            ],
            entries);
    }

    private Task<string> ArchiveAsync(string name) => ReleaseArchive.WriteAsync(
        ReleaseFolder.Read(_run.In("release")), _run.In(name), CancellationToken.None);

    [GeneratedRegex(@"^  (\w+):$", RegexOptions.Multiline)]
    private static partial Regex Name();
}
