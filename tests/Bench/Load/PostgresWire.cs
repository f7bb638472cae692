using System.Buffers.Binary;
using System.Text;

namespace Sequencer.Bench.Load;

/// <summary>
/// PostgreSQL's protocol 3.0: a prepared <c>INSERT</c> in a transaction of its own, with binary
/// parameters; of one row, or of many in one array.
/// </summary>
internal sealed class PostgresWire : IWire
{
    /// <summary>The table that all connections insert into, before the first of them.</summary>
    public const string CreateTable =
        "CREATE TABLE log (number bigserial PRIMARY KEY, entry bytea NOT NULL)";

    /// <summary>The user, who needs no password.</summary>
    public const string User = "bench";

    private const int BytesType = 17;
    private const int BytesArrayType = 1001;
    private const int ArrayHeaderBytes = 5 * sizeof(int);
    private const int BinaryFormat = 1;
    private const int HeaderBytes = 5;

    private readonly CallBytes _call = new();

    public PostgresWire(int entries)
    {
        int valueBytes = entries == 1
            ? CallBytes.EntryBytes
            : ArrayHeaderBytes + entries * (sizeof(int) + CallBytes.EntryBytes);
        // Bind: unnamed portal, statement "s", its one parameter, results as text.
        _call.Text("B").Int32(4 + 1 + 2 + 2 + 2 + 2 + 4 + valueBytes + 2).Text("\0s\0")
            .Int16(1).Int16(BinaryFormat).Int16(1).Int32(valueBytes);
        if (entries > 1)
        {
            // One dimension without nulls, its bound from 1.
            _call.Int32(1).Int32(0).Int32(BytesType).Int32(entries).Int32(1);
        }
        for (int i = 0; i < entries; i++)
        {
            if (entries > 1) _call.Int32(CallBytes.EntryBytes);
            _call.Entry();
        }
        // Execute all of the portal, then Sync, which commits.
        _call.Int16(0)
            .Text("E").Int32(4 + 1 + 4).Text("\0").Int32(0)
            .Text("S").Int32(4);
    }

    public int EntriesPerCall => _call.Entries;

    public int AnswersPerCall => 1;

    public async Task OpenAsync(Connection connection)
    {
        await StartAsync(connection, this);
        string insert = EntriesPerCall == 1
            ? "INSERT INTO log (entry) VALUES ($1)"
            : "INSERT INTO log (entry) SELECT unnest($1)";
        int type = EntriesPerCall == 1 ? BytesType : BytesArrayType;
        var parse = new CallBytes()
            .Text("P").Int32(4 + 2 + insert.Length + 1 + 2 + 4).Text($"s\0{insert}\0")
            .Int16(1).Int32(type)
            .Text("S").Int32(4);
        await connection.SendAsync(parse.Next());
        await connection.ReceiveAsync(this, answers: 1);
    }

    /// <summary>Begins the session of a connection.</summary>
    public static async Task StartAsync(Connection connection, IWire wire)
    {
        string parameters = $"user\0{User}\0database\0postgres\0\0";
        var start = new CallBytes()
            .Int32(4 + 4 + parameters.Length).Int32(0x0003_0000).Text(parameters);
        await connection.SendAsync(start.Next());
        await connection.ReceiveAsync(wire, answers: 1);
    }

    public ReadOnlyMemory<byte> NextCall() => _call.Next();

    /// <summary>All messages up to and with <c>ReadyForQuery</c>.</summary>
    public bool TryTake(ReadOnlySpan<byte> received, out int consumed) =>
        TryTakeUntilReady(received, out consumed, out _);

    /// <summary>As <see cref="TryTake"/>; gives the last column that went by, too.</summary>
    public static bool TryTakeUntilReady(
        ReadOnlySpan<byte> received, out int consumed, out string? column)
    {
        consumed = 0;
        column = null;
        for (int at = 0; received.Length - at >= HeaderBytes;)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(received[(at + 1)..]);
            if (length < 4) throw new WireException("PostgreSQL", received[at..]);
            if (received.Length - at < 1 + length) return false;
            ReadOnlySpan<byte> body = received.Slice(at + HeaderBytes, length - 4);
            byte type = received[at];
            at += 1 + length;
            switch (type)
            {
                case (byte)'E':
                    throw new WireException("PostgreSQL", body);
                case (byte)'R' when BinaryPrimitives.ReadInt32BigEndian(body) != 0:
                    throw new WireException("PostgreSQL wants a password.");
                case (byte)'D':
                    column = Encoding.ASCII.GetString(body[6..]);
                    break;
                case (byte)'Z':
                    consumed = at;
                    return true;
            }
        }
        return false;
    }
}
