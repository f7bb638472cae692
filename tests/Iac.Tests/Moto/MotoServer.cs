using System.Diagnostics;
using System.Text;

namespace Sequencer.Iac.Tests.Moto;

/// <summary>A test that needs <c>moto_server</c>, and is skipped where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class MotoFactAttribute : FactAttribute
{
    public MotoFactAttribute() => Skip = MotoServer.SkipReason;
}

/// <summary>A theory that needs <c>moto_server</c>, and is skipped where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class MotoTheoryAttribute : TheoryAttribute
{
    public MotoTheoryAttribute() => Skip = MotoServer.SkipReason;
}

/// <summary>The classes whose tests share one server, one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class MotoGroup : ICollectionFixture<MotoServer>
{
    public const string Name = "moto";
}

/// <summary>moto's server of AWS interfaces, a process of its own on a free port.</summary>
public sealed class MotoServer : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly StringBuilder _said = new();
    private readonly HttpClient _http = new();
    private Process? _process;

    /// <summary>Why tests that need it are skipped; null if they are not.</summary>
    public static string? SkipReason { get; } = Find() is null
        ? "moto_server is not installed (pip install 'moto[server]')" : null;

    /// <summary>Where it listens.</summary>
    public Uri Address { get; } = new($"http://127.0.0.1:{FreePort.Find()}");

    public async Task InitializeAsync()
    {
        if (Find() is not { } program) return;
        _process = Process.Start(new ProcessStartInfo(
            program, ["-H", "127.0.0.1", "-p", Address.Port.ToString()])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        _process.ErrorDataReceived += (_, line) => _said.AppendLine(line.Data);
        _process.OutputDataReceived += (_, line) => _said.AppendLine(line.Data);
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            Assert.False(_process.HasExited, _said.ToString());
            try
            {
                using HttpResponseMessage answer = await _http.GetAsync(
                    new Uri(Address, "/moto-api/"), patience.Token);
                return;
            }
            catch (HttpRequestException)
            {
                await Task.Delay(100, patience.Token);
            }
        }
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        if (_process is null) return;
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    /// <summary>An account in which nothing was made yet.</summary>
    public async Task ResetAsync()
    {
        await PostAsync("/moto-api/reset", "");
        await EnforceAsync(false);
    }

    /// <summary>Whether signatures and permissions are looked at from now on.</summary>
    public Task EnforceAsync(bool isEnforced) =>
        PostAsync("/moto-api/reset-auth", isEnforced ? "0" : "1000000000");

    private async Task PostAsync(string path, string text)
    {
        using var content = new StringContent(text);
        using HttpResponseMessage answer = await _http.PostAsync(new Uri(Address, path), content);
        answer.EnsureSuccessStatusCode();
    }

    private static string? Find() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, "moto_server")).FirstOrDefault(File.Exists);
}
