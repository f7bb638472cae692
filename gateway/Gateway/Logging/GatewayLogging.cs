using Microsoft.Extensions.Logging.Console;

namespace Sequencer.Gateway.Logging;

/// <summary>Sets up what is written to the console.</summary>
internal static class GatewayLogging
{
    /// <summary>The console, in the form and from the level that the operator chose.</summary>
    public static void AddConsole(ILoggingBuilder logging, LogSettings settings)
    {
        if (settings.IsJson)
        {
            logging.AddConsole(console => console.FormatterName = JsonLogFormatter.FormatterName)
                .AddConsoleFormatter<JsonLogFormatter, ConsoleFormatterOptions>();
        }
        else
        {
            logging.AddSimpleConsole(console =>
            {
                console.SingleLine = true;
                console.UseUtcTimestamp = true;
                console.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
                console.ColorBehavior = LoggerColorBehavior.Disabled;
            });
        }
        logging.SetMinimumLevel(settings.Level)
            .AddFilter("Microsoft", Higher(settings.Level, LogLevel.Warning))
            // It tells raw paths, and makes a span object for each request as long as it may speak.
            .AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None)
            // A start that fails is told once, by the program, in one line.
            .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
    }

    private static LogLevel Higher(LogLevel one, LogLevel other) => one > other ? one : other;
}
