namespace Sequencer.Iac.Aws;

/// <summary>An answer that says no.</summary>
/// <param name="call">What was called, such as <c>ec2:RunInstances</c>.</param>
/// <param name="status">HTTP status.</param>
/// <param name="code">AWS's own code; empty where the answer was not one of AWS's.</param>
/// <param name="message">For people.</param>
internal sealed class AwsFault(string call, int status, string code, string message)
    : Exception(message)
{
    public string Call { get; } = call;

    public int Status { get; } = status;

    public string Code { get; } = code;

    /// <summary>True where AWS may have done what it was asked to, all the same: it failed in the
    /// midst of it, or what it answered is not what it promises.</summary>
    public bool IsUncertain => Status is < 400 or >= 500;
}

/// <summary>No answer.</summary>
/// <param name="host">Who was asked.</param>
/// <param name="isUnknownHost">True where there is no host of that name.</param>
/// <param name="reason">Why, for people.</param>
internal sealed class AwsUnreachable(string host, bool isUnknownHost, string reason)
    : Exception(reason)
{
    public string Host { get; } = host;

    public bool IsUnknownHost { get; } = isUnknownHost;
}
