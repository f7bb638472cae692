using System.Globalization;

namespace Sequencer.Iac.Aws;

/// <summary>
/// Turns what AWS answers, or that it does not, into one line with a code of this command.
/// </summary>
internal sealed class FaultTranslation(AwsConnection aws)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>The failure to show. May ask AWS whether the region is one.</summary>
    public async Task<CommandFailure> OfAsync(AwsFault fault)
    {
        // Signatures of a clock that is off are refused under many names.
        if (FaultCodes.IsClockOff(aws.ClockSkew)
            && (FaultCodes.IsBadCredentials(fault) || FaultCodes.IsExpired(fault)))
        {
            return Unusable(
                FailureCodes.ClockSkew,
                $"This machine's clock is {Minutes(aws.ClockSkew!.Value)} off, and AWS takes "
                + "signatures of the last 5 only: set it.");
        }
        if (FaultCodes.IsExpired(fault))
        {
            return Unusable(
                FailureCodes.CredentialsExpired,
                $"The temporary credentials ({aws.Credentials.Source}) have expired: get new ones.");
        }
        if (FaultCodes.IsDenied(fault))
        {
            return new CommandFailure(
                FailureCodes.AccessDenied,
                $"{aws.Credentials.AccessKey} may not call {fault.Call} in {aws.Region}: "
                + fault.Message);
        }
        if (FaultCodes.IsThrottling(fault))
        {
            return Unusable(
                FailureCodes.Throttled,
                $"AWS is asked too often ({fault.Call}); wait a moment and try again.");
        }
        if (FaultCodes.IsLimit(fault))
        {
            return new CommandFailure(FailureCodes.LimitExceeded, Said(fault));
        }
        // A region that is none, or is not enabled, shows as either of these.
        bool isBadCredentials = FaultCodes.IsBadCredentials(fault);
        if ((isBadCredentials || fault.Code.Length == 0)
            && await FindRegionFaultAsync() is { } regionFault)
        {
            return regionFault;
        }
        return isBadCredentials
            ? Unusable(
                FailureCodes.BadCredentials,
                $"AWS does not know the access key {aws.Credentials}, or its secret is another: "
                + fault.Message)
            : new CommandFailure(FailureCodes.AwsError, Said(fault));
    }

    /// <summary>The failure to show.</summary>
    public async Task<CommandFailure> OfAsync(AwsUnreachable fault)
    {
        if (fault.IsUnknownHost && !aws.IsElsewhere && aws.Region != AwsHosts.FirstRegion)
        {
            using AwsConnection first = aws.In(AwsHosts.FirstRegion);
            try
            {
                await AskAsync(first);
                return NoSuchRegion();
            }
            catch (AwsFault)
            {
                // It answered, so there is a network, and no such host in it.
                return NoSuchRegion();
            }
            catch (Exception e) when (e is AwsUnreachable or OperationCanceledException)
            {
            }
        }
        return Unusable(
            FailureCodes.Unreachable,
            $"{fault.Host} does not answer: {fault.Message.TrimEnd('.')}. Is there a network?");
    }

    private async Task<CommandFailure?> FindRegionFaultAsync()
    {
        using AwsConnection first = aws.In(AwsHosts.FirstRegion);
        try
        {
            return await AskAsync(first) switch
            {
                null => NoSuchRegion(),
                "not-opted-in" => Unusable(
                    FailureCodes.NoSuchRegion,
                    $"{aws.Region} is not enabled for this account (AWS console: Account, Regions)."),
                _ => null,
            };
        }
        catch (Exception e) when (e is AwsFault or AwsUnreachable or OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>Whether the account may use the region; null if there is none.</summary>
    private async Task<string?> AskAsync(AwsConnection first)
    {
        using var patience = new CancellationTokenSource(Patience);
        var answer = await first.QueryAsync(
            "ec2",
            new QueryParameters(Ec2.Ec2Client.Version, "DescribeRegions")
                .Add("AllRegions", "true"),
            isRepeatable: false,
            patience.Token);
        return answer.Items("regionInfo").FirstOrDefault(
            item => item.Text("regionName") == aws.Region) is { } region
                ? region.Text("optInStatus") ?? ""
                : null;
    }

    private CommandFailure NoSuchRegion() => Unusable(
        FailureCodes.NoSuchRegion, $"AWS has no region {aws.Region}.");

    private static CommandFailure Unusable(string code, string message) =>
        new(code, message, ExitCodes.Unusable);

    private static string Said(AwsFault fault) =>
        $"{fault.Call}: {(fault.Code.Length > 0 ? fault.Code + ": " : "")}{fault.Message}";

    private static string Minutes(TimeSpan span) => string.Create(
        CultureInfo.InvariantCulture, $"{span.Duration().TotalMinutes:0} minutes");
}
