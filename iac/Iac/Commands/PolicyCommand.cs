using System.CommandLine;
using System.Text.RegularExpressions;
using Sequencer.Attestation.Verification;
using Sequencer.Iac.Policies;

namespace Sequencer.Iac.Commands;

/// <summary><c>iac policy</c>: what follows from the measurements of a release.</summary>
internal static partial class PolicyCommand
{
    private static readonly Option<string[]> Measurements = new("--measurements", "-m")
    {
        Description = "measurements.json of a release; several for an upgrade, old and new",
        HelpName = "FILE",
        Required = true,
        AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Option<string> Role = new("--role")
    {
        Description = "ARN of the role of the instance, with its path if it has one. It need not exist "
            + "yet; its own policy has to allow kms:Decrypt and kms:GenerateDataKey on the key",
        HelpName = "ARN",
        DefaultValueFactory = _ => "arn:aws:iam::ACCOUNT:role/sequencer",
    };

    private static readonly Option<string> Administrator = new("--administrator")
    {
        Description = "ARN of the account (…:root), role or user that keeps the key and cannot use it, "
            + "best of another account",
        HelpName = "ARN",
        DefaultValueFactory = _ => "arn:aws:iam::ACCOUNT:root",
    };

    private static readonly Option<string?> Account = new("--account")
    {
        Description = "Number of the account, for the defaults of --role and --administrator",
        HelpName = "NUMBER",
    };

    private static readonly Option<bool> IsFixed = new("--fixed")
    {
        Description = "Nobody may change the key's policy, ever: no upgrade keeps the sealed state",
    };

    private static readonly Option<string?> Only = new("--only")
    {
        Description = "Print one of them alone: kms or trust",
        HelpName = "NAME",
    };

    public static Command Create()
    {
        Only.AcceptOnlyFromAmong("kms", "trust");
        var command = new Command(
            "policy",
            "Print, for the images of releases, the policy of the KMS key that only their enclaves can "
            + "use, and the trust policy that verifiers hold receipts to. Asks nobody, changes nothing.\n\n"
            + "Example:\n  iac policy -m artifacts/release/measurements.json --account 123456789012")
        {
            Measurements,
            Account,
            Role,
            Administrator,
            IsFixed,
            Only,
        };
        command.SetWork(Work);
        return command;
    }

    private static Task<int> Work(
        ParseResult parse, Screen screen, CancellationToken cancellationToken)
    {
        TrustedImages images = ReleaseMeasurements.Read(parse.GetRequiredValue(Measurements));
        string? only = parse.GetValue(Only);
        KmsKeyUsers? users = only is "trust" ? null : new KmsKeyUsers
        {
            Administrator = Arn(parse, Administrator, PrincipalArn.RefuseAdministrator),
            Role = Arn(parse, Role, PrincipalArn.RefuseRole),
            IsFixed = parse.GetValue(IsFixed),
        };
        screen.WriteJson(json =>
        {
            if (only is null) json.WriteStartObject();
            if (only is null) json.WritePropertyName("kms_key_policy");
            if (users is not null)
            {
                KmsKeyPolicy.Write(
                    json, images.Measurements.Select(accepted => accepted.Measurements), users);
            }
            if (only is null) json.WritePropertyName("trust_policy");
            if (only is not "kms") json.WriteRawValue(images.ToJson());
            if (only is null) json.WriteEndObject();
        });
        Remind(screen, only, users);
        return Task.FromResult(ExitCodes.Good);
    }

    private static string Arn(
        ParseResult parse, Option<string> option, Func<string, string?> refuse)
    {
        string arn = parse.GetRequiredValue(option);
        string? account = parse.GetValue(Account);
        if (account is not null && !AccountForm().IsMatch(account))
        {
            throw Unusable($"--account: '{account}' is not a number of 12 digits.");
        }
        if (parse.GetResult(option) is not { Implicit: false })
        {
            arn = account is null
                ? throw Unusable(
                    $"{option.Name} is needed, or --account, of which its default is made.")
                : arn.Replace("ACCOUNT", account, StringComparison.Ordinal);
        }
        return refuse(arn) is { } reason
            ? throw Unusable($"{option.Name}: '{arn}' {reason}.") : arn;
    }

    private static CommandFailure Unusable(string message) =>
        new(FailureCodes.Usage, message, ExitCodes.Unusable);

    private static void Remind(Screen screen, string? only, KmsKeyUsers? users)
    {
        if (users is { IsFixed: false })
        {
            screen.Remark(Screen.Plain(
                $"Who is {users.Administrator} can change the key's policy, and so reach the sealed "
                + "key: keep the KMS key in an account that the sequencer's operator does not hold."));
        }
        if (only is not "kms")
        {
            screen.Remark(
                "The trust policy pins images and root, and no log: once the log runs, pin it with "
                + "'sequencer policy --url … --measurements …'.");
        }
    }

    [GeneratedRegex("^[0-9]{12}\\z")]
    private static partial Regex AccountForm();
}
