using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Sequencer.Keys;

namespace Sequencer.Cli.Commands;

/// <summary><c>sequencer keys new</c>: a new key.</summary>
internal static class KeysNewCommand
{
    private const int NameRandomBytes = 4;

    private static readonly Option<string> Tenant = new("--tenant")
    {
        Description = "On whose behalf the key acts",
        HelpName = "NAME",
        Required = true,
    };

    private static readonly Option<string> ScopeList = new("--scopes")
    {
        Description = "What it may do: read, append, admin, with commas between",
        HelpName = "LIST",
        Required = true,
    };

    private static readonly Option<string?> Name = new("--name")
    {
        Description = "Name of the key: A-Z a-z 0-9 _ - (default: of the tenant, and at random)",
        HelpName = "NAME",
    };

    private static readonly Option<string?> NotAfter = new("--not-after")
    {
        Description = "Refuse it from then on: 2027-01-01, or 2027-01-01T00:00:00Z",
        HelpName = "TIME",
    };

    private static readonly Option<string?> File = new("--file", "-f")
    {
        Description = "Add it to this file of keys, made if it is not there; without it, the lines are printed",
        HelpName = "FILE",
    };

    public static Command Create()
    {
        var command = new Command(
            "new",
            "Make a key. Prints its secret, this once; with --file nothing else on standard output.\n\n"
            + "Example:\n  sequencer keys new --tenant acme --scopes read,append --file keys.toml")
        {
            Tenant,
            ScopeList,
            Name,
            NotAfter,
            File,
        };
        command.SetWork(Work);
        return command;
    }

    private static Task<int> Work(ParseResult parse, Screen screen, CancellationToken cancellationToken)
    {
        string secret = KeySecret.New();
        TenantKey key = Describe(parse, secret);
        string? path = parse.GetValue(File);
        if (path is not null)
        {
            KeyFileChange.Apply(path, isNewAllowed: true, text => Add(path, text, key));
        }
        if (screen.IsJson) screen.WriteJson(json => Write(json, key, secret));
        else Show(screen, key, secret, path);
        return Task.FromResult(ExitCodes.Good);
    }

    private static TenantKey Describe(ParseResult parse, string secret)
    {
        string tenant = parse.GetRequiredValue(Tenant);
        if (!TenantKey.IsTenant(tenant))
        {
            throw new CommandFailure("--tenant: 1 to 255 bytes of text.");
        }
        string id = parse.GetValue(Name) ?? NameFor(tenant);
        if (!TenantKey.IsId(id))
        {
            throw new CommandFailure(
                $"--name: 1 to {TenantKey.IdMaxChars} characters of A-Z a-z 0-9 _ -.");
        }
        Scopes scopes = Scopes.None;
        foreach (string word in parse.GetRequiredValue(ScopeList).Split(','))
        {
            Scopes scope = ScopeNames.Find(word.Trim());
            if (scope == Scopes.None)
            {
                throw new CommandFailure("--scopes: read, append and admin, with commas between.");
            }
            scopes |= scope;
        }
        return new TenantKey(id, tenant, KeySecret.DigestOf(secret), scopes, End(parse));
    }

    private static DateTimeOffset? End(ParseResult parse)
    {
        if (parse.GetValue(NotAfter) is not { } text) return null;
        string full = text.Contains('T', StringComparison.Ordinal) ? text : text + "T00:00:00Z";
        return KeyFile.TryParseTime(full, out DateTimeOffset end)
            ? end
            : throw new CommandFailure("--not-after: a time such as 2027-01-01 or 2027-01-01T00:00:00Z.");
    }

    private static string NameFor(string tenant)
    {
        string random = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(NameRandomBytes));
        string name = string.Create(CultureInfo.InvariantCulture, $"{tenant}-{random}");
        return TenantKey.IsId(name) ? name : "key-" + random;
    }

    private static string Add(string path, string text, TenantKey key)
    {
        if (KeysCommand.Parse(path, text).Keys.Any(k => k.Id == key.Id))
        {
            throw new CommandFailure($"{path} has a key {key.Id} already; choose another --name.");
        }
        return KeyFileText.With(text, key);
    }

    private static void Write(Utf8JsonWriter json, TenantKey key, string secret)
    {
        json.WriteStartObject();
        json.WriteString("id", key.Id);
        json.WriteString("tenant", key.Tenant);
        json.WriteString("secret", secret);
        json.WriteString("digest", key.SecretDigest.ToHex());
        json.WriteEndObject();
    }

    private static void Show(Screen screen, TenantKey key, string secret, string? path)
    {
        screen.Say(secret);
        if (path is null)
        {
            screen.Say("");
            foreach (string line in KeyFileText.LinesOf(key).TrimEnd('\n').Split('\n'))
            {
                screen.Say(Screen.Plain(line));
            }
            screen.Remark(
                "[grey]The first line is the secret, shown this once. The others belong in the "
                + "gateway's file of keys.[/]");
            return;
        }
        screen.Remark($"[grey]Key {key.Id} is in {Screen.Plain(path)}. Its secret is shown this once.[/]");
    }
}
