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
        Description = "ARN of the role of the instance, which need not exist yet; its own policy has to "
            + "allow kms:Decrypt and kms:GenerateDataKey on the key",
        HelpName = "ARN",
        DefaultValueFactory = _ => "arn:aws:iam::ACCOUNT:role/sequencer",
    };

    private static readonly Option<string> Administrator = new("--administrator")
    {
        Description = "ARN of who keeps the key and cannot use it, best in another account",
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
        var users = new KmsKeyUsers
        {
            Administrator = Arn(parse, Administrator),
            Role = Arn(parse, Role),
            IsFixed = parse.GetValue(IsFixed),
        };
        string? only = parse.GetValue(Only);
        screen.WriteJson(json =>
        {
            if (only is null) json.WriteStartObject();
            if (only is null) json.WritePropertyName("kms_key_policy");
            if (only is not "trust")
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

    private static string Arn(ParseResult parse, Option<string> option)
    {
        string arn = parse.GetRequiredValue(option);
        if (parse.GetValue(Account) is { } account)
        {
            if (!AccountForm().IsMatch(account))
            {
                throw new CommandFailure(
                    FailureCodes.Usage, $"--account: '{account}' is not a number of 12 digits.",
                    ExitCodes.Unusable);
            }
            arn = arn.Replace("ACCOUNT", account, StringComparison.Ordinal);
        }
        return ArnForm().IsMatch(arn)
            ? arn
            : throw new CommandFailure(
                FailureCodes.Usage, $"{option.Name}: '{arn}' is not an ARN such as "
                + "arn:aws:iam::123456789012:role/sequencer; --account gives the number alone.",
                ExitCodes.Unusable);
    }

    private static void Remind(Screen screen, string? only, KmsKeyUsers users)
    {
        if (only is not "trust" && !users.IsFixed)
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

    [GeneratedRegex("^arn:aws[a-z-]*:iam::[0-9]{12}:[A-Za-z0-9+=,.@_/-]+\\z")]
    private static partial Regex ArnForm();
}
