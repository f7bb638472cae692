using Sequencer.Gateway.Settings;

namespace Sequencer.Gateway.Tests.Documented;

/// <summary>A gateway and its enclave for one act, with whatever else comes on.</summary>
internal sealed class Stage : IAsyncDisposable
{
    private readonly Stack<IAsyncDisposable> _owned = new();

    public TestGateway Gateway { get; private set; } = null!;

    /// <summary>Ended before the gateway.</summary>
    public T Own<T>(T made)
        where T : IAsyncDisposable
    {
        _owned.Push(made);
        return made;
    }

    /// <summary>A gateway that waits for its enclave.</summary>
    public async Task<TestGateway> OpenAsync(
        Func<GatewaySettings, GatewaySettings>? adjust = null) =>
        Gateway = Own(await TestGateway.StartAsync(adjust));

    /// <summary>A gateway that takes entries, with an empty log.</summary>
    public async Task<TestGateway> StartAsync(Func<GatewaySettings, GatewaySettings>? adjust = null)
    {
        await OpenAsync(adjust);
        Own(new TestEnclave(Gateway.SocketPath));
        await Gateway.WaitForReadinessAsync();
        return Gateway;
    }

    /// <summary>The same with an entry, number 1, alone in the stream <c>orders</c>.</summary>
    public async Task<TestGateway> StartWithEntryAsync()
    {
        await StartAsync();
        using HttpResponseMessage first = await Gateway.PostAsync(
            "/v1/entries?stream=orders", "one", headers: ("Idempotency-Key", "order-7"));
        return Gateway;
    }

    /// <summary>Waits until the gateway takes no entries for this reason.</summary>
    public static async Task WaitUntilNotReadyAsync(TestGateway gateway, string problem)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        string said;
        do
        {
            await Task.Delay(5, patience.Token);
            using HttpResponseMessage ready =
                await gateway.Http.GetAsync("/readyz", patience.Token);
            said = await ready.Content.ReadAsStringAsync(patience.Token);
        }
        while (!said.Contains(problem, StringComparison.Ordinal));
    }

    public async ValueTask DisposeAsync()
    {
        while (_owned.TryPop(out IAsyncDisposable? made)) await made.DisposeAsync();
    }
}
