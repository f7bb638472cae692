using System.CommandLine;
using System.Text;
using System.Text.Json;
using Sequencer.Keys;

namespace Sequencer.Cli.Commands;

/// <summary><c>sequencer keys list</c>: the keys in a file.</summary>
internal static class KeysListCommand
{
    private static readonly Option<string> File = KeysCommand.NewFileOption();

    public static Command Create()
    {
        var command = new Command(
            "list", "List the keys in a file.\n\nExample:\n  sequencer keys list --file keys.toml")
        {
            File,
        };
        command.SetWork(Work);
        return command;
    }

    private static Task<int> Work(ParseResult parse, Screen screen, CancellationToken cancellationToken)
    {
        string path = parse.GetRequiredValue(File);
        byte[] bytes = Files.Read(path, KeyFileChange.BytesMax, "a file of keys");
        IReadOnlyList<TenantKey> keys = KeysCommand.Parse(path, Encoding.UTF8.GetString(bytes)).Keys;
        if (screen.IsJson)
        {
            screen.WriteJson(json => Write(json, keys));
            return Task.FromResult(ExitCodes.Good);
        }
        foreach (TenantKey key in keys) Show(screen, key);
        return Task.FromResult(ExitCodes.Good);
    }

    private static void Write(Utf8JsonWriter json, IReadOnlyList<TenantKey> keys)
    {
        json.WriteStartArray();
        foreach (TenantKey key in keys)
        {
            json.WriteStartObject();
            json.WriteString("id", key.Id);
            json.WriteString("tenant", key.Tenant);
            json.WriteStartArray("scopes");
            foreach (string scope in ScopeNames.Of(key.Scopes)) json.WriteStringValue(scope);
            json.WriteEndArray();
            if (key.NotAfter is { } end) json.WriteString("not_after", Times.Text(end));
            json.WriteString("digest", key.SecretDigest.ToHex());
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void Show(Screen screen, TenantKey key)
    {
        string end = key.NotAfter switch
        {
            null => "",
            { } over when over <= DateTimeOffset.UtcNow => $"  [yellow]over since {Times.Text(over)}[/]",
            { } until => $"  until {Times.Text(until)}",
        };
        string scopes = string.Join(',', ScopeNames.Of(key.Scopes));
        screen.Say($"{key.Id}  {Screen.Plain(key.Tenant)}  {scopes}{end}");
    }
}
