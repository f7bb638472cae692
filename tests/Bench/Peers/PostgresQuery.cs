using System.Text;
using Sequencer.Bench.Load;

namespace Sequencer.Bench.Peers;

/// <summary>A statement to PostgreSQL on a connection of its own, beside the load.</summary>
internal sealed class PostgresQuery : IWire
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private string? _column;

    public int EntriesPerCall => 0;

    public int AnswersPerCall => 1;

    /// <summary>Runs it and gives the last column of its last row; null without rows.</summary>
    /// <exception cref="WireException">It was refused.</exception>
    /// <exception cref="TimeoutException">There was no answer.</exception>
    public static async Task<string?> RunAsync(Uri url, string statement)
    {
        using Connection connection = await Connection.OpenAsync(url);
        return await RunAsync(connection, statement).WaitAsync(Patience);
    }

    public Task OpenAsync(Connection connection) => PostgresWire.StartAsync(connection, this);

    public ReadOnlyMemory<byte> NextCall() => default;

    public bool TryTake(ReadOnlySpan<byte> received, out int consumed) =>
        PostgresWire.TryTakeUntilReady(received, out consumed, out _column);

    private static async Task<string?> RunAsync(Connection connection, string statement)
    {
        var query = new PostgresQuery();
        await query.OpenAsync(connection);
        await connection.SendAsync(new CallBytes()
            .Text("Q").Int32(4 + Encoding.ASCII.GetByteCount(statement) + 1).Text(statement + "\0")
            .Next());
        await connection.ReceiveAsync(query, query.AnswersPerCall);
        return query._column;
    }
}
