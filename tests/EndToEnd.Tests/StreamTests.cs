using Sequencer.Attestation.Verification;
using Sequencer.Client;

namespace Sequencer.EndToEnd.Tests;

/// <summary>Streams through the client library, over a restart without the index.</summary>
public sealed class StreamTests
{
    [Fact]
    public async Task Streams_are_guarded_read_and_proven_also_by_an_index_made_anew()
    {
        await using RunningSequencer sequencer = await RunningSequencer.StartAsync();
        await sequencer.WritePolicyAsync();
        Assert.True(TrustPolicy.TryParse(
            await File.ReadAllBytesAsync(sequencer.PolicyFile), out TrustPolicy? policy, out _));
        var client = new SequencerClient(sequencer.Http, policy);
        for (int i = 0; i < 5; i++)
        {
            Appended appended = await client.AppendAsync(Entry("orders-a/1", "placed", i) with
            {
                Expected = ExpectedVersion.At(i),
                Guards = [StreamGuard.Of("rules", ExpectedVersion.None)],
            });
            Assert.Equal(("orders-a/1", i + 1), (appended.Stream, appended.Version));
            await client.AppendAsync(Entry("orders-2", "paid", i));
        }
        ProblemException refused = await Assert.ThrowsAsync<ProblemException>(
            () => client.AppendAsync(Entry("orders-2", "paid", 9) with
            {
                Guards = [StreamGuard.UnchangedSince("orders-a/1", 3)],
            }));
        Assert.Equal("version-mismatch", refused.Name);
        Assert.Equal("orders-a/1", refused.Members["stream"].GetString());

        await AssertReadAsync(client);
        await sequencer.StopGatewayAsync();
        Directory.Delete(Path.Combine(sequencer.DataDirectory, "index"), recursive: true);
        await sequencer.StartGatewayAsync();
        await AssertReadAsync(client);

        (int code, string output) = await sequencer.RunAsync(
            "stream", "orders-a/1", "--backwards", "--limit", "1", "--url", sequencer.Url.ToString());
        Assert.True(code == 0, output);
        Assert.Contains("orders-a/1@5", output, StringComparison.Ordinal);
    }

    private static async Task AssertReadAsync(SequencerClient client)
    {
        List<long> versions =
            await client.ReadStreamAsync("orders-a/1").Select(e => e.Version!.Value).ToListAsync();
        Assert.Equal([1, 2, 3, 4, 5], versions);
        EntryView newest =
            await client.ReadStreamAsync("orders-a/1", direction: ReadDirection.Backwards).FirstAsync();
        Assert.Equal("4"u8.ToArray(), newest.Payload!.Value.ToArray());
        List<ulong> paid = await client.ReadByTypeAsync("paid").Select(e => e.Number).ToListAsync();
        Assert.Equal([2, 4, 6, 8, 10], paid);
        Assert.Equal(10, await client.ReadByCategoryAsync("orders").CountAsync());
        List<StreamInfo> streams = await client.ListStreamsAsync().ToListAsync();
        Assert.Equal(
            [new StreamInfo("orders-a/1", 5, 1, 9), new StreamInfo("orders-2", 5, 2, 10)], streams);
        ReceivedReceipt receipt = await client.GetStreamReceiptAsync("orders-a/1", 3);
        Assert.Equal(
            new StreamVersion("orders-a/1", 3), Assert.Single(receipt.VerifiedEntry!.Streams));
    }

    private static NewEntry Entry(string stream, string type, int payload) => new()
    {
        Payload = System.Text.Encoding.ASCII.GetBytes($"{payload}"),
        Stream = stream,
        Type = type,
    };
}
