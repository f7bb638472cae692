using System.CommandLine;
using System.Globalization;
using Sequencer.Cli.Backups;

namespace Sequencer.Cli.Commands;

/// <summary><c>sequencer backup</c>: a log's directory, up to its newest signed head.</summary>
internal static class BackupCommand
{
    private static readonly Argument<string> Data = new("data-dir")
    {
        Description = "The gateway's data directory; the gateway may be running",
        HelpName = "DATA-DIR",
    };

    private static readonly Option<string> Target = new("--output", "-o")
    {
        Description = "Folder of the backup: a new or empty one, or an earlier backup of the same "
            + "log, which is brought up to date",
        HelpName = "FOLDER",
        Required = true,
    };

    public static Command Create()
    {
        var command = new Command(
            "backup",
            "Copy a log, up to its newest signed head, into a folder from which 'sequencer "
            + "restore' makes a data directory again. Run it on the machine of the gateway, which "
            + "goes on meanwhile.\n\n"
            + "All that is copied is checked: frames, chain, the root that the head signs, "
            + "payloads. With --policy the copy is audited before it counts. Into an earlier backup "
            + "only what is new is copied; a log that does not extend it, a fork or one that was "
            + "cut back, is refused, and the backup stays as it was. Killed on the way, it leaves "
            + "the backup that was there; run it again.\n\n"
            + "A backup is as old as its head. Going on from it takes back everything newer: see "
            + "'sequencer restore --help'.\n\n"
            + "Examples:\n  sequencer backup /var/lib/sequencer --output /mnt/backup/log\n"
            + "  sequencer backup .run/data --output backup --policy trust-policy.json\n\n"
            + "Exit codes: 0 done, 1 refused (damage, a fork, another log, the policy), 2 nothing "
            + "was decided.")
        {
            Data,
            Target,
            SharedOptions.Policy,
        };
        command.SetWork(Work);
        return command;
    }

    private static async Task<int> Work(
        ParseResult parse, Screen screen, CancellationToken cancellationToken)
    {
        string data = parse.GetRequiredValue(Data);
        var target = new DiskFolder(parse.GetRequiredValue(Target));
        Trust? trust = SharedOptions.FindTrust(parse, screen);
        BackupResult result = await ProgressBar.ShowAsync(screen, "Backing up", async show =>
        {
            using LogBackup backup = LogBackup.Open(
                data, target, source => ProgressBar.Adding(show, source.LogBytes));
            return await backup.RunAsync(
                trust is null
                    ? null
                    : manifest => BackupAudit.RunAsync(
                        trust, target.Path, manifest, show, cancellationToken),
                cancellationToken);
        });
        Show(screen, target, result, trust is not null);
        return ExitCodes.Good;
    }

    private static void Show(
        Screen screen, DiskFolder target, BackupResult result, bool isAudited)
    {
        BackupManifest manifest = result.Manifest;
        ulong records = manifest.Size - result.RecordsBefore;
        if (screen.IsJson)
        {
            screen.WriteJson(json =>
            {
                json.WriteStartObject();
                json.WriteString("folder", target.Path);
                json.WriteString("origin", manifest.Origin);
                json.WriteString("log_id", manifest.LogId.ToHex());
                json.WriteNumber("epoch", manifest.Epoch);
                json.WriteNumber("size", manifest.Size);
                json.WriteString("root", manifest.Root.ToHex());
                json.WriteNumber("records_copied", records);
                json.WriteNumber("bytes_copied", result.BytesCopied);
                if (result.IdentityKept.Length > 0)
                {
                    json.WriteString("identity_kept", result.IdentityKept);
                }
                json.WriteBoolean("audited", isAudited);
                json.WriteEndObject();
            });
            return;
        }
        screen.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"[green]DONE[/]: {Screen.Plain(target.Path)} holds {Screen.Plain(manifest.Origin)} up "
            + $"to size {manifest.Size}, epoch {manifest.Epoch}; root {manifest.Root.ToHex()}."));
        screen.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"      {records} records were new, {result.BytesCopied} bytes with their payloads."));
        if (result.IdentityKept.Length > 0)
        {
            screen.Say(
                "[yellow]The log has another stable identity than at the last backup.[/] That one "
                + $"is kept as {Screen.Plain(result.IdentityKept)}: see \"A stable identity\" in "
                + "docs/OPERATING.md.");
        }
        if (isAudited) return;
        screen.Say(
            "      Whole in itself; not audited: --policy FILE checks whose log it is.");
    }
}
