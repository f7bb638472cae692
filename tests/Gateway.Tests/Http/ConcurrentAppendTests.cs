using System.Net;
using System.Text.Json;
using Sequencer.Attestation.Log;
using Sequencer.Gateway.Settings;

namespace Sequencer.Gateway.Tests.Http;

/// <summary>Many callers who want the same thing at the same moment: one gets it, always.</summary>
public sealed class ConcurrentAppendTests : IAsyncLifetime
{
    private const int Callers = 12;
    private const int Rounds = 50;
    private const string Replayed = "Idempotent-Replayed";

    private TestGateway _gateway = null!;
    private TestEnclave _enclave = null!;

    public async Task InitializeAsync()
    {
        _gateway = await TestGateway.StartAsync(WithRoom);
        _enclave = new TestEnclave(_gateway.SocketPath);
        await _gateway.WaitForReadinessAsync();
    }

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _enclave.DisposeAsync();
    }

    [Fact]
    public async Task Of_writers_who_expect_the_same_version_exactly_one_wins()
    {
        for (int version = 0; version < Rounds; version++)
        {
            (string, string) guard = version == 0
                ? ("If-None-Match", "*")
                : ("If-Match", $"\"{version}\"");
            // Every other round they say the same word for word, which makes them no less rivals.
            List<Answer> answers = await AtOnceAsync(i => _gateway.PostAsync(
                "/v1/entries?stream=s&receipt=none", version % 2 == 0 ? $"{i}" : "same",
                headers: guard));
            Answer winner = Assert.Single(answers, a => a.Status == HttpStatusCode.Created);
            Assert.Equal(version + 1, winner.Body.GetProperty("version").GetInt32());
            Assert.All(answers.Where(a => a != winner), loser =>
            {
                Assert.Equal(HttpStatusCode.PreconditionFailed, loser.Status);
                Assert.Equal("s", loser.Body.GetProperty("stream").GetString());
                Assert.Equal(version + 1, loser.Body.GetProperty("actual").GetInt32());
            });
        }
        Assert.Equal(1UL + Rounds, (await _gateway.AuditAsync()).Records);
    }

    [Fact]
    public async Task Of_requests_that_are_the_same_one_is_appended_and_all_get_its_number()
    {
        for (int round = 0; round < Rounds; round++)
        {
            string key = $"{round}";
            List<Answer> answers = await AtOnceAsync(i => _gateway.PostAsync(
                // Whoever is first decides the number for all, whatever each waits for.
                i % 3 == 0 ? "/v1/entries?ack=sequenced" : "/v1/entries?receipt=none", key,
                headers: ("Idempotency-Key", key)));
            Assert.Single(answers, a => !a.IsReplayed);
            Assert.All(answers, a => Assert.Equal(round + 1, a.Number));
        }
        Assert.Equal(1UL + Rounds, (await _gateway.AuditAsync()).Records);
    }

    [Fact]
    public async Task Of_other_requests_under_one_key_one_is_appended_and_the_rest_are_conflicts()
    {
        for (int round = 0; round < Rounds; round++)
        {
            List<Answer> answers = await AtOnceAsync(i => _gateway.PostAsync(
                "/v1/entries?receipt=none", $"{i}", headers: ("Idempotency-Key", $"{round}")));
            Answer winner = Assert.Single(answers, a => a.Status == HttpStatusCode.Created);
            Assert.All(answers.Where(a => a != winner), loser =>
            {
                Assert.Equal(HttpStatusCode.UnprocessableEntity, loser.Status);
                Assert.Equal(winner.Number, loser.Number);
            });
        }
        Assert.Equal(1UL + Rounds, (await _gateway.AuditAsync()).Records);
    }

    [Fact]
    public async Task Of_atomic_batches_that_want_the_same_streams_exactly_one_is_in_the_log()
    {
        const string either = """
            {"payload":"@","stream":"a","expected_version":#}
            {"payload":"@","stream":"b","expected_version":#}
            """;
        // Half of them name the streams in the other order: neither waits for the other.
        string other = string.Join('\n', either.Split('\n').Reverse());
        for (int version = 0; version < Rounds; version++)
        {
            List<Answer> answers = await AtOnceAsync(i => _gateway.PostAsync(
                "/v1/entries:batch?atomic=true",
                (i % 2 == 0 ? either : other).Replace("#", $"{version}", StringComparison.Ordinal)
                    .Replace("@", $"{i}", StringComparison.Ordinal),
                "application/x-ndjson"));
            Assert.Single(answers, a => a.Status == HttpStatusCode.OK);
            Assert.Equal(
                Callers - 1, answers.Count(a => a.Status == HttpStatusCode.PreconditionFailed));
        }
        Assert.Equal(1UL + 2 * Rounds, (await _gateway.AuditAsync()).Records);
    }

    [Fact]
    public async Task Who_retries_through_restarts_gets_the_one_number_of_the_key()
    {
        const int restarts = 4;
        for (int round = 0; round < 2 * restarts; round++)
        {
            string key = $"{round}";
            Task<ulong>[] callers = [.. Enumerable.Range(0, Callers)
                .Select(_ => RetryUntilAppendedAsync(key))];
            if (round % 2 == 0) await RestartEnclaveAsync();
            else await RestartGatewayAsync();
            Assert.Single((await Task.WhenAll(callers)).Distinct());
        }
        JsonElement log = await _gateway.GetJsonAsync("/v1/entries");
        Assert.Equal(
            2 * restarts,
            log.GetProperty("entries").EnumerateArray()
                .Count(e => e.GetProperty("kind").GetString() == "entry"));
    }

    private static GatewaySettings WithRoom(GatewaySettings settings)
    {
        Assert.True(LogConfiguration.TryCreate(
            "test.example/log", 100, 1000, out LogConfiguration? configuration));
        return settings with { Log = configuration };
    }

    private async Task<ulong> RetryUntilAppendedAsync(string key)
    {
        while (true)
        {
            try
            {
                using HttpResponseMessage response = await _gateway.PostAsync(
                    "/v1/entries?receipt=none", key, headers: ("Idempotency-Key", key));
                if (response.StatusCode == HttpStatusCode.Created)
                {
                    return (await TestGateway.ReadJsonAsync(response))
                        .GetProperty("number").GetUInt64();
                }
                Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException
                or ObjectDisposedException)
            {
                // The gateway went down under it; the next one has an address of its own.
            }
            await Task.Delay(5);
        }
    }

    private async Task RestartEnclaveAsync()
    {
        await _enclave.DisposeAsync();
        _enclave = new TestEnclave(_gateway.SocketPath);
    }

    private async Task RestartGatewayAsync()
    {
        await _gateway.StopAsync();
        await _gateway.StartAgainAsync(WithRoom);
    }

    private static async Task<List<Answer>> AtOnceAsync(
        Func<int, Task<HttpResponseMessage>> send)
    {
        var answers = new List<Answer>();
        foreach (HttpResponseMessage response in
            await Task.WhenAll(Enumerable.Range(0, Callers).Select(send)))
        {
            answers.Add(new Answer(
                response.StatusCode,
                response.Headers.Contains(Replayed),
                await TestGateway.ReadJsonAsync(response)));
            response.Dispose();
        }
        return answers;
    }

    private sealed record Answer(HttpStatusCode Status, bool IsReplayed, JsonElement Body)
    {
        public int Number => Body.GetProperty("number").GetInt32();
    }
}
