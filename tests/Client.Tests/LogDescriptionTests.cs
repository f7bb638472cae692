using Sequencer.Attestation.Log;
using Sequencer.Attestation.Tests.Log;

namespace Sequencer.Client.Tests;

public sealed class LogDescriptionTests : IDisposable
{
    private readonly TestLog _log = TestLog.WithEntries(3);

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task A_log_says_what_it_is_and_for_how_long_it_remembers_keys()
    {
        LogDescription log = await Asking(Answer()).GetLogAsync();
        Assert.Equal((_log.Policy.LogId, _log.Configuration.Origin), (log.LogId, log.Origin));
        Assert.Equal(_log.Configuration.IdempotencyWindow, log.IdempotencyWindow);
        Assert.Equal((4ul, 0u, 10ul, 20ul), (log.Size, log.Epoch, log.EntryMaxBytes, log.BatchMaxBytes));
        Assert.Null(log.WitnessNumbersMax);
    }

    [Theory]
    [InlineData("log_id", "\"0000000000000000000000000000000000000000000000000000000000000000\"")]
    [InlineData("origin", "\"other.example/log\"")]
    [InlineData("cells_max", "7")]
    [InlineData("idempotency_window", "7")]
    [InlineData("witness_numbers_max", "7")]
    [InlineData("witness_seconds_max", "7")]
    public async Task What_contradicts_the_policy_is_refused(string member, string value)
    {
        string answer = Answer((member, value));
        var refused = await Assert.ThrowsAsync<UnexpectedAnswerException>(
            () => Asking(answer).GetLogAsync());
        Assert.Contains(member, refused.Message, StringComparison.Ordinal);
        using HttpClient http = new ScriptedGateway(_ => ScriptedGateway.Json(answer)).Http();
        Assert.NotNull(await SequencerClient.WithoutVerification(http).GetLogAsync());
    }

    [Theory]
    [InlineData("log_id", "\"00\"")]
    [InlineData("size", "-1")]
    [InlineData("idempotency_window", "4294967296")]
    [InlineData("witness_seconds_max", "null")]
    [InlineData("entry_max_bytes", "\"10\"")]
    public async Task A_member_that_is_malformed_is_refused(string member, string value) =>
        await Assert.ThrowsAsync<UnexpectedAnswerException>(
            () => Asking(Answer((member, value))).GetLogAsync());

    private SequencerClient Asking(string answer) => new(
        new ScriptedGateway(seen =>
        {
            Assert.Equal(("GET", "/v1/log"), (seen.Method, seen.Path));
            return ScriptedGateway.Json(answer);
        }).Http(),
        _log.Policy);

    private string Answer(params (string Name, string Value)[] instead)
    {
        LogConfiguration configuration = _log.Configuration;
        var members = new Dictionary<string, string>
        {
            ["origin"] = $"\"{configuration.Origin}\"",
            ["log_id"] = $"\"{_log.Policy.LogId.ToHex()}\"",
            ["epoch"] = "0",
            ["size"] = "4",
            ["cells_max"] = $"{configuration.CellsMax}",
            ["idempotency_window"] = $"{configuration.IdempotencyWindow}",
            ["entry_max_bytes"] = "10",
            ["batch_max_bytes"] = "20",
            ["of_a_later_version"] = "[]",
        };
        foreach ((string name, string value) in instead) members[name] = value;
        return $"{{{string.Join(',', members.Select(m => $"\"{m.Key}\":{m.Value}"))}}}";
    }
}
