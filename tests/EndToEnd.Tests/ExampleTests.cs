using System.Diagnostics;

namespace Sequencer.EndToEnd.Tests;

/// <summary>The programs of examples/, as they stand there, against a gateway of their own.</summary>
public sealed class ExampleTests(ExampleTests.Shop shop) : IClassFixture<ExampleTests.Shop>
{
    [NeededProgramFact("curl")]
    public async Task Curl_appends_retries_loses_a_race_and_verifies()
    {
        string output = await RunAsync("bash", Example("curl/orders.sh"));
        Assert.Contains("Idempotent-Replayed: true", output, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("urn:sequencer:problem:version-mismatch", output, StringComparison.Ordinal);
        Assert.Contains("\"payload\":\"visa\"", output, StringComparison.Ordinal);
        Assert.Contains("verified", output, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task The_client_library_appends_retries_loses_a_race_and_follows()
    {
        string output = await RunAsync(
            "dotnet", EnclaveLaunch.Built("examples/dotnet", "Sequencer.Examples.Orders"));
        Assert.Contains("version 1, receipt verified", output, StringComparison.Ordinal);
        Assert.Contains("paid: version 2, replayed: True", output, StringComparison.Ordinal);
        Assert.Contains("refused: The stream is at version 2.", output, StringComparison.Ordinal);
        Assert.Contains("version 2: visa", output, StringComparison.Ordinal);
    }

    [NeededProgramFact("python3")]
    public async Task Python_appends_retries_loses_a_race_and_checks_the_hashes()
    {
        string output = await RunAsync("python3", Example("python/orders.py"));
        Assert.Contains("version \"1\", under the root of its receipt", output, StringComparison.Ordinal);
        Assert.Contains("paid: version \"2\", replayed: true", output, StringComparison.Ordinal);
        Assert.Contains("expected 1, is 2", output, StringComparison.Ordinal);
        Assert.Contains("paid: visa", output, StringComparison.Ordinal);
    }

    [NeededProgramFact("node")]
    public async Task Node_appends_retries_loses_a_race_follows_and_verifies()
    {
        string output = await RunAsync("node", Example("node/orders.mjs"));
        Assert.Contains("paid: version \"2\", replayed: true", output, StringComparison.Ordinal);
        Assert.Contains("expected 1, is 2", output, StringComparison.Ordinal);
        Assert.Contains("followed: version 2, paid: visa", output, StringComparison.Ordinal);
        Assert.Contains("verified: durable", output, StringComparison.Ordinal);
        Assert.Contains("a changed receipt is refused", output, StringComparison.Ordinal);
    }

    private static string Example(string path) =>
        Path.Combine(EnclaveLaunch.Checkout, "examples", path);

    private async Task<string> RunAsync(string program, string argument)
    {
        var start = new ProcessStartInfo(program, [argument])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["SEQUENCER_URL"] = shop.Running.Url.ToString(),
                ["SEQUENCER_POLICY"] = shop.Running.PolicyFile,
                ["SEQUENCER_COMMAND"] =
                    $"dotnet {EnclaveLaunch.Built("attestation/Cli", "Sequencer.Cli")}",
            },
        };
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(2));
        Assert.True(process.ExitCode == 0, await output + await error);
        return await output;
    }

    /// <summary>One sequencer for all of them; each has an order of its own.</summary>
    public sealed class Shop : IAsyncLifetime
    {
        internal RunningSequencer Running { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            Running = await RunningSequencer.StartAsync();
            await Running.WritePolicyAsync();
        }

        public async Task DisposeAsync() => await Running.DisposeAsync();
    }
}

/// <summary>A test that is skipped, by name, where a program is not on the path.</summary>
internal sealed class NeededProgramFactAttribute : FactAttribute
{
    public NeededProgramFactAttribute(string program)
    {
        bool isThere = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
            .Any(folder => File.Exists(Path.Combine(folder, program)));
        if (!isThere) Skip = $"{program} is not installed";
    }
}
