namespace Sequencer.Iac.Aws;

/// <summary>AWS's codes, by what they mean for a person who runs a command.</summary>
internal static class FaultCodes
{
    private static readonly HashSet<string> Throttling =
    [
        "RequestLimitExceeded", "Throttling", "ThrottlingException", "ThrottledException",
        "RequestThrottled", "TooManyRequestsException", "SlowDown", "EC2ThrottledException",
    ];

    private static readonly HashSet<string> Denied =
    [
        "UnauthorizedOperation", "AccessDenied", "AccessDeniedException", "OptInRequired",
        "Client.UnauthorizedOperation", "NotAuthorized",
    ];

    private static readonly HashSet<string> BadCredentials =
    [
        "AuthFailure", "InvalidClientTokenId", "UnrecognizedClientException",
        "SignatureDoesNotMatch", "InvalidSignatureException", "InvalidAccessKeyId",
        "MissingAuthenticationToken", "IncompleteSignature",
    ];

    private static readonly HashSet<string> Expired =
        ["ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"];

    private static readonly HashSet<string> Limits =
    [
        "VcpuLimitExceeded", "InstanceLimitExceeded", "InsufficientInstanceCapacity",
        "MaxSpotInstanceCountExceeded", "VolumeLimitExceeded", "SecurityGroupLimitExceeded",
        "InsufficientFreeAddressesInSubnet", "KeyPairLimitExceeded",
    ];

    // The farthest that AWS lets a clock be off.
    private static readonly TimeSpan SkewMax = TimeSpan.FromMinutes(5);

    public static bool IsThrottling(AwsFault fault) =>
        Throttling.Contains(fault.Code) || fault.Status == 429;

    public static bool IsDenied(AwsFault fault) => Denied.Contains(fault.Code);

    public static bool IsBadCredentials(AwsFault fault) => BadCredentials.Contains(fault.Code);

    public static bool IsExpired(AwsFault fault) => Expired.Contains(fault.Code);

    public static bool IsLimit(AwsFault fault) => Limits.Contains(fault.Code);

    /// <summary>True where AWS refuses every signature of this machine's clock.</summary>
    public static bool IsClockOff(TimeSpan? skew) => skew?.Duration() > SkewMax;
}
