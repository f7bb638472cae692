namespace Sequencer.Gateway.Logging;

/// <summary>What the gateway writes about itself, and how.</summary>
/// <param name="IsJson">One JSON object a line; else text.</param>
/// <param name="Level">The lowest level that is written.</param>
/// <param name="RequestLevel">The level of a line for each request.</param>
public sealed record LogSettings(bool IsJson, LogLevel Level, LogLevel RequestLevel)
{
    /// <summary>Text, without a line for each request.</summary>
    public static LogSettings Default { get; } = new(false, LogLevel.Information, LogLevel.Debug);
}
