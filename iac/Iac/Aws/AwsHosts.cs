namespace Sequencer.Iac.Aws;

/// <summary>Names of AWS's hosts.</summary>
internal static class AwsHosts
{
    /// <summary>A region that every account has, to ask about others.</summary>
    public const string FirstRegion = "us-east-1";

    /// <summary>The host of a service in a region.</summary>
    public static Uri Of(string service, string region)
    {
        string domain = region.StartsWith("cn-", StringComparison.Ordinal)
            ? "amazonaws.com.cn" : "amazonaws.com";
        return new Uri($"https://{service}.{region}.{domain}");
    }
}
