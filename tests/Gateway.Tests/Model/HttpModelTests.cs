using System.Globalization;
using Sequencer.Attestation.Log;
using Xunit.Abstractions;

namespace Sequencer.Gateway.Tests.Model;

/// <summary>
/// The same over HTTP with the real pipeline, disk and enclave, and three requests at once: some
/// order of them must explain all answers. SEQUENCER_HTTP_SCRIPTS runs more.
/// </summary>
public sealed class HttpModelTests(ITestOutputHelper output)
{
    private const int Scripts = 200;
    private const int ScriptsPerLog = 10;

    [Fact]
    public async Task Interleavings_over_http_are_answered_as_the_model_says_in_some_order()
    {
        _ = Seeded.Random(out int seed);
        int scripts =
            Environment.GetEnvironmentVariable("SEQUENCER_HTTP_SCRIPTS") is { } given
                ? int.Parse(given, CultureInfo.InvariantCulture)
                : Scripts;
        var result = new ModelResult();
        for (int log = 0; log * ScriptsPerLog < scripts && result.Fault is null; log++)
        {
            await RunLogAsync(unchecked(seed + log), result);
        }
        output.WriteLine($"{result}");
        Assert.True(result.Fault is null, result.Fault);
        Assert.All(
            (string[])["200", "201", "202", "412", "422", "507", "replayed"],
            word => Assert.True(result.Count(word) > 0, $"No {word}: {result}"));
    }

    private static async Task RunLogAsync(int seed, ModelResult result)
    {
        var random = new Random(seed);
        (int cellsMax, int window) = (random.Next(1, 7), random.Next(1, 13));
        Assert.True(LogConfiguration.TryCreate(
            "model.example/log", (uint)cellsMax, (uint)window, out var configuration));
        await using HttpSubject subject = await HttpSubject.StartAsync(configuration);
        var run = new ModelRun(
            subject,
            new LogModel(cellsMax, window),
            new RandomScript(
                random, postsAtOnce: 3, restartOnceIn: 60, losesEnclaves: false,
                hasTwoTenants: false));
        string? fault = null;
        int scripts = 0;
        while (fault is null && scripts < ScriptsPerLog)
        {
            fault = await run.RunAsync(random.Next(7, 11));
            scripts++;
        }
        await subject.AuditAsync();
        string told =
            $"SEQUENCER_SEED={seed} cells-max {cellsMax} idempotency-window {window}\n{fault}";
        result.Add(run, scripts, fault is null ? null : told);
    }
}
