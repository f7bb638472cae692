using System.Globalization;
using Sequencer.Attestation.Log;
using Xunit.Abstractions;

namespace Sequencer.Gateway.Tests.Model;

/// <summary>
/// Random interleavings of appends, retries, reads and restarts: whatever comes in whatever order,
/// every answer is the model's. SEQUENCER_SEED begins with another log, SEQUENCER_SCRIPTS runs more
/// of them.
/// </summary>
public sealed class ModelTests(ITestOutputHelper output)
{
    // A script is 4 to 6 steps: a read, or up to two requests of up to three entries, so that it
    // has some 6 to 15 operations. Ten scripts follow one another on one log, so that most begin
    // where streams, keys and a half-forgotten window lie about.
    private const int Scripts = 100_000;
    private const int ScriptsPerLog = 10;
    private const int PostsAtOnce = 2;
    private const int RestartOnceIn = 800;

    // Enough for every wrong model to be told from the right one.
    private const int ScriptsPerWrongModel = 20_000;

    public static TheoryData<string> WrongOnes => [.. WrongModels.All.Keys];

    [Fact]
    public async Task A_hundred_thousand_interleavings_are_answered_as_the_model_says()
    {
        int scripts = Environment.GetEnvironmentVariable("SEQUENCER_SCRIPTS") is { } given
            ? int.Parse(given, CultureInfo.InvariantCulture)
            : Scripts;
        ModelResult result = await RunAsync(
            scripts, (cells, window) => new LogModel(cells, window));
        output.WriteLine($"{result}");
        Assert.True(result.Fault is null, result.Fault);
        // All that can be answered was, and often.
        Assert.All(
            (string[])["200", "201", "202", "404", "412", "422", "507", "replayed", "idempotent"],
            word => Assert.True(result.Count(word) > scripts / 100, $"{word} is rare: {result}"));
    }

    [Theory]
    [MemberData(nameof(WrongOnes))]
    public async Task A_model_that_is_wrong_in_one_rule_is_found_out(string wrong)
    {
        ModelResult result = await RunAsync(ScriptsPerWrongModel, WrongModels.All[wrong]);
        output.WriteLine($"{result}");
        output.WriteLine(result.Fault ?? "It was not.");
        Assert.NotNull(result.Fault);
    }

    private static async Task<ModelResult> RunAsync(int scripts, Func<int, int, LogModel> model)
    {
        _ = Seeded.Random(out int seed);
        var result = new ModelResult();
        await Parallel.ForAsync(0, Math.Max(1, scripts / ScriptsPerLog), async (log, _) =>
        {
            if (result.Fault is null) await RunLogAsync(unchecked(seed + log), model, result);
        });
        return result;
    }

    private static async Task RunLogAsync(
        int seed, Func<int, int, LogModel> model, ModelResult result)
    {
        var random = new Random(seed);
        (int cellsMax, int window) = (random.Next(1, 7), random.Next(1, 13));
        Assert.True(LogConfiguration.TryCreate(
            "model.example/log", (uint)cellsMax, (uint)window, out var configuration));
        await using var subject = new StepGateway(configuration);
        var run = new ModelRun(
            subject,
            model(cellsMax, window),
            new RandomScript(random, PostsAtOnce, RestartOnceIn, losesEnclaves: true,
                hasTwoTenants: true));
        string? fault = null;
        int scripts = 0;
        while (fault is null && scripts < ScriptsPerLog)
        {
            fault = await run.RunAsync(random.Next(4, 7));
            scripts++;
        }
        string told =
            $"SEQUENCER_SEED={seed} cells-max {cellsMax} idempotency-window {window}\n{fault}";
        result.Add(run, scripts, fault is null ? null : told);
    }
}
