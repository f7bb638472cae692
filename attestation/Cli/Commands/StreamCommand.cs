using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Sequencer.Client;

namespace Sequencer.Cli.Commands;

/// <summary><c>sequencer stream</c>: the entries of a stream, or the streams that there are.</summary>
internal static class StreamCommand
{
    private static readonly Argument<string?> Name = new("name")
    {
        Description = "The stream; without one, the streams are listed",
        HelpName = "NAME",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<long?> From = new("--from")
    {
        Description = "First version (default: 1, or backwards the newest)",
        HelpName = "VERSION",
    };

    private static readonly Option<bool> Backwards = new("--backwards")
    {
        Description = "From the newest version down",
    };

    private static readonly Option<int?> Limit = new("--limit")
    {
        Description = "End after so many",
        HelpName = "COUNT",
    };

    private static readonly Option<string?> Category = new("--category")
    {
        Description = "List only streams whose names up to the first hyphen are this",
        HelpName = "CATEGORY",
    };

    public static Command Create()
    {
        var command = new Command(
            "stream",
            "Read a stream version by version, or list the streams. With --json, a line each, with "
            + "payloads.\n\nEach entry is compared with its record, and no version is left out; that the "
            + "records are\nin the log, 'sequencer get NUMBER --receipt --policy FILE' proves.\n\n"
            + "Examples:\n  sequencer stream orders-7\n  sequencer stream orders-7 --backwards --limit 1\n"
            + "  sequencer stream --category orders")
        {
            Name,
            SharedOptions.Url,
            SharedOptions.KeyFile,
            From,
            Backwards,
            Limit,
            Category,
        };
        command.Validators.Add(result =>
        {
            bool isNamed = result.GetValue(Name) is not null;
            if (isNamed && result.GetResult(Category) is not null)
            {
                result.AddError("--category is for the list of streams.");
            }
            if (!isNamed && (result.GetResult(From) is not null || result.GetResult(Backwards) is not null))
            {
                result.AddError("--from and --backwards are for the entries of a stream.");
            }
        });
        command.SetWork(Work);
        return command;
    }

    private static async Task<int> Work(
        ParseResult parse, Screen screen, CancellationToken cancellationToken)
    {
        using HttpClient http = Gateway.Connect(parse.GetRequiredValue(SharedOptions.Url), parse);
        var client = SequencerClient.WithoutVerification(http);
        int left = parse.GetValue(Limit) ?? int.MaxValue;
        if (parse.GetValue(Name) is not { } name)
        {
            string? category = parse.GetValue(Category);
            await foreach (StreamInfo stream in client.ListStreamsAsync(category, cancellationToken))
            {
                if (left-- <= 0) break;
                Show(screen, stream);
            }
            return ExitCodes.Good;
        }
        ReadDirection direction =
            parse.GetValue(Backwards) ? ReadDirection.Backwards : ReadDirection.Forwards;
        long? from = parse.GetValue(From);
        bool isEmpty = true;
        await foreach (EntryView entry in client.ReadStreamAsync(
            name, from, direction, cancellationToken))
        {
            if (left-- <= 0) break;
            isEmpty = false;
            if (screen.IsJson) screen.WriteJsonLine(json => EntryLines.Write(json, entry));
            else EntryLines.ShowLine(screen, entry);
        }
        if (isEmpty) screen.Remark($"Nothing there in stream {Screen.Plain(name)}.");
        return ExitCodes.Good;
    }

    private static void Show(Screen screen, StreamInfo stream)
    {
        if (screen.IsJson)
        {
            screen.WriteJsonLine(json => Write(json, stream));
            return;
        }
        screen.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"[bold]{Screen.Plain(stream.Name)}[/]  version {stream.Version}, "
            + $"first number {stream.First}, newest {stream.Last}"));
    }

    private static void Write(Utf8JsonWriter json, StreamInfo stream)
    {
        json.WriteStartObject();
        json.WriteString("stream", stream.Name);
        json.WriteNumber("version", stream.Version);
        json.WriteNumber("first", stream.First);
        json.WriteNumber("last", stream.Last);
        json.WriteEndObject();
    }
}
