using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Sequencer.Gateway.Access;
using Sequencer.Gateway.Tests.Access;

namespace Sequencer.Gateway.Tests.Documented;

/// <summary>Provokes every error of <c>POST /sequence</c> and <c>GET /heartbeat</c> that
/// docs/PROBLEMS.md has in its table.</summary>
public sealed partial class SequenceErrorTests
{
    private const string Good = """{"data":"x"}""";

    private static readonly Dictionary<string, Func<GuardedGateway, Task<HttpResponseMessage>>> Acts =
        new()
        {
            ["without `Authorization`"] = guarded => PostAsync(guarded, null, Good),
            ["with a token of the past"] = guarded =>
                PostAsync(guarded, SignedToken.OfEc("""{"sub":"a","exp":1}"""), Good),
            ["with a key that is not in force"] = guarded => PostAsync(guarded, "seqk_stranger", Good),
            ["with a token of another signer"] = guarded =>
                PostAsync(guarded, SignedToken.OfEc(guarded.Claims("a"))[..^4] + "AAAA", Good),
            ["with a key that may only read"] = guarded =>
                PostAsync(guarded, GuardedGateway.AliceReads, Good),
            ["`GET /heartbeat` after a seal"] = async guarded =>
            {
                guarded.Gateway.Seal();
                await Stage.WaitUntilNotReadyAsync(guarded.Gateway, "epoch-sealed");
                return await guarded.GetAsync("/heartbeat", null);
            },
            ["`GET /heartbeat` with a damaged file of keys"] = async guarded =>
            {
                await File.WriteAllTextAsync(guarded.KeysPath, "no keys");
                guarded.Gateway.Services.GetRequiredService<AccessFiles>().Refresh();
                return await guarded.GetAsync("/heartbeat", null);
            },
        };

    public static TheoryData<string, int, string> Rows()
    {
        var rows = new TheoryData<string, int, string>();
        foreach (Match row in Row().Matches(DocumentedProblems.Text))
        {
            rows.Add(
                row.Groups["request"].Value, int.Parse(row.Groups["status"].ValueSpan),
                row.Groups["body"].Value);
        }
        return rows;
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task An_error_is_answered_as_its_row_shows_it(
        string request, int status, string body)
    {
        await using GuardedGateway guarded = await GuardedGateway.StartAsync();
        using HttpResponseMessage answer = Acts.TryGetValue(request, out var provoke)
            ? await provoke(guarded)
            : await PostAsync(guarded, GuardedGateway.Alice, request.Trim('`'));
        Assert.Equal(body + "\n", await answer.Content.ReadAsStringAsync());
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal("application/json", answer.Content.Headers.ContentType!.ToString());
    }

    [Fact]
    public void Every_error_that_the_interface_shows_is_in_the_table()
    {
        IEnumerable<string> shown = AnswerSamples.All
            .Where(sample => sample.StartsWith("{\"error\"", StringComparison.Ordinal))
            .Where(sample => !sample.Contains('…'));
        Assert.Empty(shown.Except(Rows().Select(row => (string)row[2])));
        Assert.True(Rows().Count > Acts.Count);
    }

    private static Task<HttpResponseMessage> PostAsync(
        GuardedGateway guarded, string? secret, string body) =>
        guarded.PostAsync("/sequence", secret, body, "application/json");

    [GeneratedRegex(
        """^\| (?<request>[^|]+) \| (?<status>\d{3}) \| `(?<body>[^`]+)` \|$""",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Row();
}
