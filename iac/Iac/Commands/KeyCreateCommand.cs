using System.CommandLine;
using System.Security.Cryptography;
using Sequencer.Iac.Aws;
using Sequencer.Iac.Ec2;
using Sequencer.Iac.Keys;
using Sequencer.Iac.Settings;

namespace Sequencer.Iac.Commands;

/// <summary><c>iac key create</c>.</summary>
internal static class KeyCreateCommand
{
    private const int RsaBits = 3072;

    public static Command Create()
    {
        var command = new Command(
            "create",
            "Make an SSH key pair here and give EC2 its public half. The private half is written to "
            + "secrets/NAME.pem, for its owner alone; a file that is there is never replaced.\n\n"
            + "Example:\n  iac key create -k my-key")
        {
            SharedOptions.DryRun,
        };
        command.AddFlags([AwsSettings.KeyName, AwsSettings.KeyFile]);
        command.SetCloudWork(WorkAsync);
        return command;
    }

    private static async Task<int> WorkAsync(CloudCall call, CancellationToken cancellationToken)
    {
        (_, Screen screen, SettingValues settings, AwsConnection aws) = call;
        string name = PrivateKeyFile.RequireName(settings);
        string path = PrivateKeyFile.PathOf(settings, name);
        PrivateKeyFile.RequireNone(path);
        var ec2 = new Ec2Client(aws);
        if (await ec2.FindKeyAsync(name, cancellationToken) is not null) throw Duplicate(name, aws);
        if (call.Parse.GetValue(SharedOptions.DryRun))
        {
            return DryRun.Tell(
                screen,
                $"write {path} and give EC2 in {aws.Region} the public half as key pair {name}");
        }

        using var rsa = RSA.Create(RsaBits);
        PrivateKeyFile.Write(path, rsa);
        KeyPair key = await ImportAsync(
            ec2, aws, name, path, SshPublicKey.Of(rsa, name), cancellationToken);
        if (screen.IsJson)
        {
            screen.WriteJson(json =>
            {
                json.WriteStartObject();
                KeyListCommand.WriteMembers(json, key);
                json.WriteString("file", path);
                json.WriteEndObject();
            });
            return ExitCodes.Good;
        }
        screen.Say($"{name}  {key.Id}  {Screen.Plain(path)}");
        return ExitCodes.Good;
    }

    private static async Task<KeyPair> ImportAsync(
        Ec2Client ec2,
        AwsConnection aws,
        string name,
        string path,
        string publicKey,
        CancellationToken cancellationToken)
    {
        try
        {
            return await ec2.ImportKeyAsync(name, publicKey, cancellationToken);
        }
        catch (AwsFault fault) when (!fault.IsUncertain)
        {
            // EC2 does not have it, so the private half is good for nothing.
            File.Delete(path);
            if (fault.Code == "InvalidKeyPair.Duplicate") throw Duplicate(name, aws);
            throw;
        }
        catch (Exception e) when (e is AwsFault or AwsUnreachable or OperationCanceledException)
        {
            throw new CommandFailure(
                FailureCodes.Unfinished,
                $"Whether EC2 took key pair {name} is not known. Its private half is {path}. "
                + "'iac key list' says whether the pair is there; "
                + $"'iac key delete -k {name} --key-file {path}' removes both.",
                ExitCodes.Unfinished);
        }
    }

    private static CommandFailure Duplicate(string name, AwsConnection aws) => new(
        FailureCodes.DuplicateKey, $"There is a key pair {name} in {aws.Region} already.");
}
