namespace Sequencer.InstanceMetadata;

/// <summary>How far it came.</summary>
public enum RoleFault
{
    /// <summary>Nothing that speaks version 2 is there: this is no EC2 instance, or its metadata
    /// service is turned off or out of reach.</summary>
    NoService,

    /// <summary>The service is there and gives none: the instance has no role, or AWS no credentials
    /// for it.</summary>
    NoCredentials,
}

/// <summary>
/// There are no credentials; the message says why on one line, and begins in the midst of a sentence.
/// </summary>
/// <param name="fault">How far it came.</param>
/// <param name="message">Why, for the operator.</param>
/// <param name="inner">What it is made of.</param>
public sealed class RoleCredentialsException(
    RoleFault fault, string message, Exception? inner = null)
    : Exception(message, inner)
{
    /// <summary>How far it came.</summary>
    public RoleFault Fault { get; } = fault;
}
