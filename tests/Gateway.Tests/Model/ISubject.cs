namespace Sequencer.Gateway.Tests.Model;

/// <summary>A sequencer that is held against the model.</summary>
internal interface ISubject : IAsyncDisposable
{
    /// <summary>True if requests that are sent at once are taken in their order.</summary>
    bool KeepsOrder { get; }

    /// <summary>Sends requests at the same time; the answers in the requests' order.</summary>
    Task<string[]> SendAsync(Post[] posts);

    /// <summary>The same; but the enclave ends in between, before anything is on the disk, and
    /// another one goes on. Only of a sequencer that keeps the order.</summary>
    Task<string[]> SendAndLoseAsync(Post[] posts);

    /// <summary>The answer to a reading step, when the log has at least so many durable records.
    /// </summary>
    Task<string> ReadAsync(Step step, int size);

    /// <summary>Another gateway on the same directory.</summary>
    Task RestartGatewayAsync();

    /// <summary>Another enclave, in a new epoch.</summary>
    Task RestartEnclaveAsync();
}
