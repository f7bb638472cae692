namespace Sequencer.Enclave.Nitro.Boot;

/// <summary>
/// The serial console, a line at a time. The parent instance reads it where the host lets it:
/// nothing secret is ever written, and nothing is read.
/// </summary>
internal static class OperatorConsole
{
    /// <summary>Writes a line.</summary>
    public static void Say(string line) => Console.Out.WriteLine($"sequencer-enclave: {line}");

    /// <summary>
    /// Says why the enclave ends. The kind of the exception is told too: the platform's own
    /// messages are trimmed out of the image.
    /// </summary>
    public static void SayFailure(object failure) => Say(
        failure is Exception e ? $"ends: {OneLine(e)}" : "ends: a failure that is no exception");

    /// <summary>Kind and message of an exception, in one line.</summary>
    public static string OneLine(Exception e) =>
        $"{e.GetType().Name}: {e.Message.ReplaceLineEndings(" ")}";
}
