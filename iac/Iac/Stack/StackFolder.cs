using System.Reflection;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Sequencer.Iac.Settings;

namespace Sequencer.Iac.Stack;

/// <summary>
/// Where a stack is kept on this machine: the folder of its program, Pulumi's state, and the
/// passphrase of that state.
/// </summary>
internal sealed partial class StackFolder : IDisposable
{
    /// <summary>The project in the program.</summary>
    public const string Project = "sequencer";

    private const UnixFileMode OwnFolder =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private const UnixFileMode OwnFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const int PassphraseBytes = 32;

    private static readonly string[] ProgramFiles = ["Pulumi.yaml", "user-data"];

    private FileStream? _lock;

    private StackFolder(string name, string root, string backend, string? passphraseFile)
    {
        Name = name;
        Path = System.IO.Path.Combine(root, "stacks", name);
        Backend = backend;
        PassphraseFile = passphraseFile;
    }

    /// <summary>The stack.</summary>
    public string Name { get; }

    /// <summary>Folder of the program.</summary>
    public string Path { get; }

    /// <summary>Where Pulumi keeps its state, as a URL.</summary>
    public string Backend { get; }

    /// <summary>File with the passphrase; null where the environment says it.</summary>
    public string? PassphraseFile { get; }

    /// <summary>The release as one file, beside the program.</summary>
    public string Archive => In("release.tar");

    /// <summary>The stack's settings, as Pulumi reads them.</summary>
    public string SettingsFile => In($"Pulumi.{Name}.yaml");

    /// <summary>Whether the stack was ever made with this folder.</summary>
    public bool HasSettings => File.Exists(SettingsFile);

    /// <summary>Removes the folder of a stack that there is not, or no more; Pulumi's state and the
    /// passphrase are elsewhere.</summary>
    public void Remove()
    {
        // Nothing but what was put there: the folder may have been there before, with things in it.
        foreach (string file in (string[])
        [
            .. ProgramFiles.Select(In), Archive, ReleaseArchive.Unfinished(Archive), SettingsFile,
            LockFile,
        ])
        {
            File.Delete(file);
        }
        if (!Directory.EnumerateFileSystemEntries(Path).Any()) Directory.Delete(Path);
    }

    private string LockFile => In("lock");

    /// <inheritdoc/>
    public void Dispose() => _lock?.Dispose();

    /// <summary>Makes what is missing, and writes the program.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="isHeld">Whether others that ask the same are kept out, until the folder is
    /// disposed of: release and settings are files here, which Pulumi reads as it comes to them.
    /// </param>
    /// <exception cref="CommandFailure">Another command holds it.</exception>
    public static StackFolder Open(SettingValues settings, bool isHeld)
    {
        string name = settings.Require(StackSettings.Name);
        if (!NameForm().IsMatch(name))
        {
            throw settings.Bad(
                StackSettings.Name, "a name of at most 20 small letters, digits and dashes");
        }
        string root = System.IO.Path.GetFullPath(
            settings.Find(StackSettings.State) ?? DefaultRoot(settings));
        MakeFolder(root);
        string backend = settings.Find(StackSettings.Backend) ?? OwnBackend(root);
        var folder = new StackFolder(name, root, backend, PassphraseOf(settings, root));
        MakeFolder(folder.Path);
        if (isHeld) folder.Hold();
        foreach (string file in ProgramFiles) folder.WriteProgramFile(file);
        return folder;
    }

    private static string DefaultRoot(SettingValues settings) => System.IO.Path.Combine(
        settings.Variable("XDG_DATA_HOME") ?? System.IO.Path.Combine(
            Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "share"),
        "sequencer", "iac");

    private static string OwnBackend(string root)
    {
        string state = System.IO.Path.Combine(root, "state");
        MakeFolder(state);
        return new Uri(state).AbsoluteUri;
    }

    // Nothing that the stack has is a secret, but Pulumi wants one for what might be. It is made once
    // and never shown: it goes from file to program by its path.
    private static string? PassphraseOf(SettingValues settings, string root)
    {
        if (settings.Find(StackSettings.PassphraseFile) is { } said)
        {
            return File.Exists(said)
                ? System.IO.Path.GetFullPath(said)
                : throw settings.Bad(StackSettings.PassphraseFile, "a file that is there");
        }
        if (settings.Variable("PULUMI_CONFIG_PASSPHRASE") is not null
            || settings.Variable("PULUMI_CONFIG_PASSPHRASE_FILE") is not null)
        {
            return null;
        }
        string path = System.IO.Path.Combine(root, "passphrase");
        if (File.Exists(path)) return path;
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = OwnFile,
        };
        using var writer = new StreamWriter(path, options);
        writer.WriteLine(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(PassphraseBytes)));
        return path;
    }

    private static void MakeFolder(string path) => Directory.CreateDirectory(path, OwnFolder);

    private void Hold()
    {
        try
        {
            _lock = new FileStream(
                LockFile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException) when (File.Exists(LockFile))
        {
            throw new CommandFailure(
                FailureCodes.StackBusy,
                $"Another iac is at work on the stack {Name}; wait until it is done.",
                ExitCodes.Unusable);
        }
    }

    private void WriteProgramFile(string name)
    {
        using Stream source = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
        using FileStream target = File.Create(In(name));
        source.CopyTo(target);
    }

    private string In(string file) => System.IO.Path.Combine(Path, file);

    // With region and "sequencer-" it is a role's name, which has at most 64 characters.
    [GeneratedRegex(@"^[a-z][a-z0-9-]{0,19}\z")]
    private static partial Regex NameForm();
}
