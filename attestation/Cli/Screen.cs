using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Spectre.Console;

namespace Sequencer.Cli;

/// <summary>
/// Where a command writes: results on standard output, as text or as one JSON document; remarks,
/// progress and faults on standard error, so that output can be piped.
/// </summary>
internal sealed class Screen
{
    // Wide enough that nothing is folded where the output goes to a file or a pipe.
    private const int PipeColumns = 1000;

    private static readonly JsonWriterOptions JsonOptions = new()
    {
        Indented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly Func<Stream> _openOutput;

    private Screen(TextWriter output, TextWriter error, Func<Stream> openOutput, bool isJson)
    {
        Output = Create(output, Console.IsOutputRedirected);
        // A digest is copied as one word: the terminal folds lines, not we.
        Output.Profile.Width = PipeColumns;
        Error = Create(error, Console.IsErrorRedirected);
        _openOutput = openOutput;
        IsJson = isJson;
    }

    /// <summary>True where results are asked for as JSON.</summary>
    public bool IsJson { get; }

    /// <summary>Results for people.</summary>
    public IAnsiConsole Output { get; }

    /// <summary>Remarks and progress.</summary>
    public IAnsiConsole Error { get; }

    /// <summary>The terminal of this process.</summary>
    public static Screen OfProcess(bool isJson) =>
        new(Console.Out, Console.Error, Console.OpenStandardOutput, isJson);

    /// <summary>Writes raw bytes to standard output.</summary>
    public void WriteBytes(ReadOnlySpan<byte> bytes)
    {
        using Stream output = _openOutput();
        output.Write(bytes);
    }

    /// <summary>Writes one JSON document to standard output.</summary>
    public void WriteJson(Action<Utf8JsonWriter> write)
    {
        using Stream output = _openOutput();
        using (var writer = new Utf8JsonWriter(output, JsonOptions)) write(writer);
        output.Write("\n"u8);
    }

    /// <summary>Writes one JSON document on one line: for commands that give many.</summary>
    public void WriteJsonLine(Action<Utf8JsonWriter> write)
    {
        using Stream output = _openOutput();
        using (var writer = new Utf8JsonWriter(output, JsonOptions with { Indented = false }))
        {
            write(writer);
        }
        output.Write("\n"u8);
    }

    /// <summary>A line on standard output; text from elsewhere must be escaped.</summary>
    public void Say(string markup) => Output.MarkupLine(markup);

    /// <summary>A line on standard error.</summary>
    public void Remark(string markup) => Error.MarkupLine(markup);

    /// <summary>
    /// Escapes text that comes from a file or the network, for markup and terminal.
    /// </summary>
    public static string Plain(string text) =>
        Markup.Escape(string.Concat(text.Select(c => IsObeyed(c) ? '\uFFFD' : c)));

    // Controls move the cursor; format characters turn the order of what is read around.
    private static bool IsObeyed(char c) =>
        char.IsControl(c) || char.GetUnicodeCategory(c) == UnicodeCategory.Format;

    private static IAnsiConsole Create(TextWriter writer, bool isRedirected)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            // The library honours NO_COLOR and TERM where there is a terminal.
            Ansi = isRedirected ? AnsiSupport.No : AnsiSupport.Detect,
            ColorSystem = isRedirected ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
            Interactive = isRedirected ? InteractionSupport.No : InteractionSupport.Detect,
        });
        if (isRedirected) console.Profile.Width = PipeColumns;
        return console;
    }
}
