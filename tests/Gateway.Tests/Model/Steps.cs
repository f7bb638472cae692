namespace Sequencer.Gateway.Tests.Model;

/// <summary>What a script does next.</summary>
internal abstract record Step
{
    /// <summary>Who reads, by the model's count of tenants; requests have their own.</summary>
    public int Tenant { get; init; }
}

/// <summary>Sends requests at the same time.</summary>
internal sealed record Send(Post[] Posts) : Step
{
    public override string ToString() => string.Join("\n  at once: ", (object[])Posts);
}

/// <summary>The same, but the enclave ends when it has numbered them, and nothing of it is on the
/// disk; another one goes on.</summary>
internal sealed record SendAndLose(Post[] Posts) : Step
{
    public override string ToString() => $"lost by the enclave: {new Send(Posts)}";
}

/// <summary>Reads one record.</summary>
internal sealed record ReadOne(int Number) : Step;

/// <summary>Reads the entries with a payload, newest first.</summary>
internal sealed record ReadPayload(string Payload) : Step;

/// <summary>Lists the streams, of one category or all.</summary>
internal sealed record ReadStreams(string? Category) : Step;

/// <summary>Which records a sequence has, and what a position in it is.</summary>
internal enum Of
{
    /// <summary>All records, by number.</summary>
    All,

    /// <summary>The entries of a stream, by version.</summary>
    Stream,

    /// <summary>The entries of a category's streams, by number.</summary>
    Category,

    /// <summary>The entries of an event type, by number.</summary>
    Type,
}

/// <summary>Reads a sequence from a position on.</summary>
/// <param name="Of">What it has.</param>
/// <param name="Name">Of which stream, category or type.</param>
/// <param name="From">The position; null for the first in the direction.</param>
/// <param name="Limit">Most records.</param>
/// <param name="IsBackwards">Which way.</param>
internal sealed record ReadSequence(Of Of, string Name, int? From, int Limit, bool IsBackwards)
    : Step;

/// <summary>Ends the gateway and starts another on its directory.</summary>
internal sealed record RestartGateway : Step;

/// <summary>Ends the enclave and starts another, which opens the next epoch.</summary>
internal sealed record RestartEnclave : Step;
