using System.Globalization;
using System.Text.Json;
using Sequencer.Cli.Doctor;
using Sequencer.Iac.Aws;

namespace Sequencer.Iac.Doctor;

/// <summary>The access key, the clock, and how much the account may start.</summary>
internal sealed class AccountCheck(AwsConnection aws)
{
    // Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances, in virtual processors.
    private const string VCpuQuota = "L-1216C47A";

    // AWS refuses more than 5 minutes; what comes near is told before it gets there.
    private static readonly TimeSpan SkewGoodMax = TimeSpan.FromMinutes(1);

    /// <summary>Looks; false if AWS does not take the access key.</summary>
    public async Task<bool> RunAsync(Findings findings, CancellationToken cancellationToken)
    {
        findings.Good("region", aws.Region);
        try
        {
            Caller caller = await Caller.FindAsync(aws, cancellationToken);
            findings.Good("credentials", $"{aws.Credentials}: {caller.Arn}");
        }
        catch (AwsFault fault)
        {
            CommandFailure failure = await new FaultTranslation(aws).OfAsync(fault);
            findings.Problem("credentials", $"{failure.Code}: {failure.Message}", "");
            return false;
        }
        catch (AwsUnreachable fault)
        {
            CommandFailure failure = await new FaultTranslation(aws).OfAsync(fault);
            findings.Problem("reach", $"{failure.Code}: {failure.Message}", "");
            return false;
        }
        CheckClock(findings);
        return true;
    }

    /// <summary>Whether the account may start so many processors at all.</summary>
    public async Task CheckQuotaAsync(
        Findings findings, int vCpus, CancellationToken cancellationToken)
    {
        try
        {
            JsonElement value = await aws.AskJsonAsync(
                "servicequotas", "ServiceQuotasV20190624.GetServiceQuota",
                new Dictionary<string, string>
                {
                    ["ServiceCode"] = "ec2",
                    ["QuotaCode"] = VCpuQuota,
                },
                "Quota", JsonValueKind.Number, cancellationToken);
            double quota = value.GetDouble();
            string text = string.Create(
                CultureInfo.InvariantCulture, $"{quota:0} processors of standard instances at once");
            if (quota >= vCpus) findings.Good("quota", text);
            else
            {
                findings.Problem(
                    "quota", $"{text}, and the instance has {vCpus}",
                    "Ask AWS for more (Service Quotas, EC2, " + VCpuQuota + ").");
            }
        }
        catch (Exception e) when (e is AwsFault or AwsUnreachable)
        {
            findings.NotChecked("quota", $"AWS does not tell: {e.Message}");
        }
    }

    private void CheckClock(Findings findings)
    {
        if (aws.ClockSkew is not { } skew)
        {
            findings.NotChecked("clock", "AWS did not tell its time");
            return;
        }
        string text = string.Create(
            CultureInfo.InvariantCulture, $"{skew.Duration().TotalSeconds:0} seconds off AWS's");
        if (skew.Duration() <= SkewGoodMax) findings.Good("clock", text);
        else findings.Warning("clock", text, "Set this machine's clock: AWS refuses 5 minutes.");
    }
}
