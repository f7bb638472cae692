using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Sequencer.Gateway.Access;
using Sequencer.Gateway.Live;
using Sequencer.Gateway.Settings;
using Sequencer.Keys;

namespace Sequencer.Gateway.Tests.Access;

/// <summary>A whole gateway with keys of two tenants, and its enclave.</summary>
internal sealed class GuardedGateway : IAsyncDisposable
{
    public const string Alice = "seqk_alice-may-read-and-append";
    public const string AliceReads = "seqk_alice-may-read";
    public const string AliceAdmin = "seqk_alice-may-administer";
    public const string Bob = "seqk_bob-may-read-and-append";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("keys-");
    private TestEnclave? _enclave;

    private GuardedGateway()
    {
    }

    public TestGateway Gateway { get; private set; } = null!;

    public SettableTime Time { get; } = new();

    public string KeysPath => Path.Combine(_folder.FullName, "keys.toml");

    public string TokenKeysPath => Path.Combine(_folder.FullName, "jwt.pem");

    /// <summary>The file's keys at the start.</summary>
    public static string Keys { get; } =
        KeyOf("alice", "alice-1", Alice, Scopes.Read | Scopes.Append)
        + KeyOf("alice", "alice-2", AliceReads, Scopes.Read)
        + KeyOf("alice", "alice-3", AliceAdmin, Scopes.Admin)
        + KeyOf("bob", "bob-1", Bob, Scopes.Read | Scopes.Append);

    public static string KeyOf(
        string tenant, string id, string secret, Scopes scopes, DateTimeOffset? notAfter = null) =>
        KeyFileText.LinesOf(
            new TenantKey(id, tenant, KeySecret.DigestOf(secret), scopes, notAfter));

    public static async Task<GuardedGateway> StartAsync(
        string? keys = null,
        Func<AccessSettings, AccessSettings>? adjust = null,
        SubscriberSettings? subscribers = null)
    {
        var made = new GuardedGateway();
        File.WriteAllText(made.KeysPath, keys ?? Keys);
        File.WriteAllText(made.TokenKeysPath, SignedToken.Pem);
        var access = new AccessSettings
        {
            KeysPath = made.KeysPath,
            TokenKeysPath = made.TokenKeysPath,
            Time = made.Time,
        };
        access = adjust?.Invoke(access) ?? access;
        made.Gateway = await TestGateway.StartAsync(s => s with
        {
            Access = access,
            Subscribers = subscribers ?? s.Subscribers,
        });
        made._enclave = new TestEnclave(made.Gateway.SocketPath);
        await made.Gateway.WaitForReadinessAsync();
        return made;
    }

    public static AuthenticationHeaderValue Bearer(string secret) => new("Bearer", secret);

    public static AuthenticationHeaderValue Basic(string user, string password) => new(
        "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));

    public Task<HttpResponseMessage> GetAsync(string path, string? secret) =>
        SendAsync(HttpMethod.Get, path, secret);

    public Task<HttpResponseMessage> PostAsync(
        string path, string? secret, string body, string contentType = "text/plain", string? key = null) =>
        SendAsync(HttpMethod.Post, path, secret, request =>
        {
            request.Content = new StringContent(body);
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
            if (key is not null) request.Headers.Add("Idempotency-Key", key);
        });

    public async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, string? secret, Action<HttpRequestMessage>? adjust = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (secret is not null) request.Headers.Authorization = Bearer(secret);
        adjust?.Invoke(request);
        return await Gateway.Http.SendAsync(request);
    }

    public async Task<JsonElement> JsonAsync(string path, string secret)
    {
        using HttpResponseMessage response = await GetAsync(path, secret);
        Assert.True(response.IsSuccessStatusCode, $"{path}: {response.StatusCode}");
        return await TestGateway.ReadJsonAsync(response);
    }

    /// <summary>Reads keys and certificates again now.</summary>
    public void RefreshAccess() => Gateway.Services.GetRequiredService<AccessFiles>().Refresh();

    /// <summary>Waits until so many subscribe or wait.</summary>
    public async Task WaitForReadersAsync(int count)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        LiveReaders readers = Gateway.Services.GetRequiredService<LiveReaders>();
        while (readers.Count != count) await Task.Delay(5, patience.Token);
    }

    /// <summary>Appends, and tells the number.</summary>
    public async Task<long> AppendAsync(string secret, string payload, string query = "")
    {
        using HttpResponseMessage response = await PostAsync("/v1/entries" + query, secret, payload);
        JsonElement answer = await TestGateway.ReadJsonAsync(response);
        Assert.True(response.IsSuccessStatusCode, answer.GetRawText());
        return answer.GetProperty("number").GetInt64();
    }

    /// <summary>Claims that are good for an hour.</summary>
    public string Claims(string subject, string more = "") => string.Create(
        CultureInfo.InvariantCulture,
        $$"""{"sub":"{{subject}}","exp":{{Time.GetUtcNow().ToUnixTimeSeconds() + 3600}}{{more}}}""");

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        if (_enclave is not null) await _enclave.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
