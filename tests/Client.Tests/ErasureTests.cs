using Sequencer.Attestation.Tests.Log;

namespace Sequencer.Client.Tests;

public sealed class ErasureTests : IDisposable
{
    private readonly TestLog _log = TestLog.WithEntries(3);

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task Who_may_not_read_what_is_verified_is_told_before_anything_is_erased()
    {
        var gateway = new ScriptedGateway(_ => ScriptedGateway.Problem("forbidden", 403));
        var client = new SequencerClient(gateway.Http(), _log.Policy);
        await Assert.ThrowsAsync<ProblemException>(() => client.ErasePayloadAsync(2));
        Assert.DoesNotContain(gateway.Seen, seen => seen.Method == "DELETE");
    }
}
