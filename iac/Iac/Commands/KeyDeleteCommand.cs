using System.CommandLine;
using Sequencer.Iac.Aws;
using Sequencer.Iac.Ec2;
using Sequencer.Iac.Keys;
using Sequencer.Iac.Settings;

namespace Sequencer.Iac.Commands;

/// <summary><c>iac key delete</c>.</summary>
internal static class KeyDeleteCommand
{
    private static readonly Option<bool> KeepFile = new("--keep-file")
    {
        Description = "Leave the private half alone, or do without it where it is not here",
    };

    public static Command Create()
    {
        var command = new Command(
            "delete",
            "Delete a key pair: what EC2 has of it, then its private half here. Instances that it let "
            + "in keep letting it in.")
        {
            KeepFile,
            SharedOptions.Yes,
            SharedOptions.DryRun,
        };
        command.AddFlags([AwsSettings.KeyName, AwsSettings.KeyFile]);
        command.SetCloudWork(WorkAsync);
        return command;
    }

    private static async Task<int> WorkAsync(CloudCall call, CancellationToken cancellationToken)
    {
        (ParseResult parse, Screen screen, SettingValues settings, AwsConnection aws) = call;
        string name = PrivateKeyFile.RequireName(settings);
        string path = PrivateKeyFile.PathOf(settings, name);
        bool keepFile = parse.GetValue(KeepFile);
        var ec2 = new Ec2Client(aws);
        RequireOwn(await ec2.FindKeyAsync(name, cancellationToken), name, aws.Region);
        if (!keepFile && !File.Exists(path))
        {
            throw new CommandFailure(
                FailureCodes.NoSuchKeyFile,
                $"{path} is not here, so nothing was deleted. Name it with --key-file, or delete "
                + "what EC2 has alone with --keep-file.");
        }
        string both = keepFile ? "" : $" and {path}";
        if (parse.GetValue(SharedOptions.DryRun))
        {
            return DryRun.Tell(screen, $"delete key pair {name} in {aws.Region}{both}");
        }
        await Confirmation.RequireAsync(
            parse, screen,
            (keepFile ? "" : "Without the private half nobody logs in to instances made with it. ")
            + $"Delete key pair {name} in {aws.Region}{both}?",
            cancellationToken);
        await DeleteAsync(ec2, name, keepFile ? null : path, cancellationToken);
        if (screen.IsJson)
        {
            screen.WriteJson(json =>
            {
                json.WriteStartObject();
                json.WriteString("deleted", name);
                json.WriteEndObject();
            });
            return ExitCodes.Good;
        }
        screen.Say(Screen.Plain($"Deleted key pair {name}{both}."));
        return ExitCodes.Good;
    }

    // EC2's half first: without it the private one is worth nothing, and not the other way around.
    private static async Task DeleteAsync(
        Ec2Client ec2, string name, string? path, CancellationToken cancellationToken)
    {
        try
        {
            await ec2.DeleteKeyAsync(name, cancellationToken);
        }
        catch (AwsFault fault) when (!fault.IsUncertain && !FaultCodes.IsDenied(fault))
        {
            throw new CommandFailure(
                FailureCodes.KeyDeleteFail,
                $"EC2 did not delete key pair {name}: {fault.Code}: {fault.Message}");
        }
        catch (Exception e) when (e is AwsUnreachable or OperationCanceledException
            or AwsFault { IsUncertain: true })
        {
            string file = path is null ? "" : $" {path} is still here.";
            throw new CommandFailure(
                FailureCodes.Unfinished,
                $"Whether EC2 deleted key pair {name} is not known; 'iac key list' tells.{file}",
                ExitCodes.Unfinished);
        }
        if (path is null) return;
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailure(
                FailureCodes.KeyDeleteFail,
                $"EC2 has no key pair {name} any more, but {path} is still here: {e.Message}",
                ExitCodes.Unfinished);
        }
    }

    private static void RequireOwn(KeyPair? key, string name, string region)
    {
        if (key is null)
        {
            throw new CommandFailure(
                FailureCodes.NoSuchKey, $"There is no key pair {name} in {region}.");
        }
        if (Tags.AreOfStack(key.Tags))
        {
            throw new CommandFailure(
                FailureCodes.OwnedByStack,
                $"Key pair {name} belongs to the stack: 'iac down' takes it away.");
        }
        if (!Tags.AreOfSequencer(key.Tags))
        {
            throw new CommandFailure(
                FailureCodes.NoSuchKey,
                $"Key pair {name} in {region} is none of a sequencer's: it has no tag "
                + "Deployment=Sequencer.");
        }
    }
}
