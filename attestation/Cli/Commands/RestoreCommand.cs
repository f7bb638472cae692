using System.CommandLine;
using System.Globalization;
using Sequencer.Cli.Backups;

namespace Sequencer.Cli.Commands;

/// <summary><c>sequencer restore</c>: a data directory from a backup.</summary>
internal static class RestoreCommand
{
    private static readonly Argument<string> Source = new("folder")
    {
        Description = "What 'sequencer backup' wrote",
        HelpName = "FOLDER",
    };

    private static readonly Option<string?> Data = new("--data")
    {
        Description = "The data directory to make: a new or empty one. Without it the backup is "
            + "only checked",
        HelpName = "DATA-DIR",
    };

    public static Command Create()
    {
        var command = new Command(
            "restore",
            "Check a whole backup and make a data directory of it; without --data only check it. "
            + "Killed on the way, it leaves a directory that no gateway takes; run it again.\n\n"
            + "What a restore means: the log goes on from the backup's head, and everything newer "
            + "is taken back. Its numbers will be given out a second time, and receipts for the "
            + "first time convict the log. So restore only what has no newer copy; end an enclave "
            + "that still runs, which would refuse the older log; and audit with the newest receipt "
            + "that anybody holds: 'sequencer audit DATA-DIR --policy FILE --held RECEIPT' says "
            + "whether something is lost. The next start opens an epoch.\n\n"
            + "Examples:\n  sequencer restore /mnt/backup/log --data /var/lib/sequencer\n"
            + "  sequencer restore backup --policy trust-policy.json\n\n"
            + "Exit codes: 0 done, 1 refused (damage, the policy), 2 nothing was decided.")
        {
            Source,
            Data,
            SharedOptions.Policy,
        };
        command.SetWork(Work);
        return command;
    }

    private static async Task<int> Work(
        ParseResult parse, Screen screen, CancellationToken cancellationToken)
    {
        string source = parse.GetRequiredValue(Source);
        DiskFolder? target = parse.GetValue(Data) is { } data ? new DiskFolder(data) : null;
        Trust? trust = SharedOptions.FindTrust(parse, screen);
        BackupManifest manifest = BackupFolder.Read(source);
        LogFolder folder = LogFolder.OfBackup(source, manifest);
        // Before the minutes of work, not after.
        if (target is not null) LogRestore.RequireEmpty(target);
        LogWalk walk = await ProgressBar.ShowAsync(
            screen,
            "Checking",
            show => BackupCheck.RunAsync(
                folder, manifest, ProgressBar.Adding(show, folder.LogBytes + folder.Bytes),
                cancellationToken));
        if (trust is not null)
        {
            await ProgressBar.ShowAsync(screen, "Auditing", async show =>
            {
                await BackupAudit.RunAsync(trust, source, manifest, show, cancellationToken);
                return manifest;
            });
        }
        if (target is not null)
        {
            await ProgressBar.ShowAsync(screen, "Restoring", async show =>
            {
                await LogRestore.RunAsync(
                    folder, manifest, target, ProgressBar.Adding(show, folder.Bytes),
                    cancellationToken);
                return manifest;
            });
        }
        Show(screen, source, target, manifest, walk, trust is not null);
        return ExitCodes.Good;
    }

    private static void Show(
        Screen screen,
        string source,
        DiskFolder? target,
        BackupManifest manifest,
        LogWalk walk,
        bool isAudited)
    {
        string time = Times.Text(walk.TimeMs);
        if (screen.IsJson)
        {
            screen.WriteJson(json =>
            {
                json.WriteStartObject();
                json.WriteString("folder", source);
                if (target is not null) json.WriteString("data", target.Path);
                json.WriteString("origin", manifest.Origin);
                json.WriteString("log_id", manifest.LogId.ToHex());
                json.WriteNumber("epoch", manifest.Epoch);
                json.WriteNumber("size", manifest.Size);
                json.WriteString("root", manifest.Root.ToHex());
                json.WriteString("time", time);
                json.WriteBoolean("audited", isAudited);
                json.WriteEndObject();
            });
            return;
        }
        screen.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"[green]{(target is null ? "GOOD" : "DONE")}[/]: "
            + $"{Screen.Plain(target is null ? source : target.Path)} holds "
            + $"{Screen.Plain(manifest.Origin)} up to size {manifest.Size}, epoch "
            + $"{manifest.Epoch}, last record of {time}; root {manifest.Root.ToHex()}."));
        if (!isAudited)
        {
            screen.Say("      Whole in itself; not audited: --policy FILE checks whose log it is.");
        }
        if (target is null) return;
        screen.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"[yellow]Before you start it:[/] this takes back every record from number "
            + $"{manifest.Size} on that was ever acknowledged. Such numbers would be given out "
            + $"again, and receipts for them convict the log."));
        screen.Say(
            "  1. With the newest receipt that anybody holds: "
            + $"sequencer audit {Screen.Plain(target.Path)} --policy FILE --held RECEIPT");
        screen.Say("  2. End an enclave of this log that still runs: it refuses an older log.");
        screen.Say(
            "  3. Start the gateway on the directory, as the user that owns it, and an enclave: "
            + $"the log goes on in epoch {manifest.Epoch + 1}. Witnesses that saw more refuse it.");
    }
}
