using System.Diagnostics.CodeAnalysis;
using Sequencer.Attestation;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Notes;
using Sequencer.Gateway.Store;

namespace Sequencer.Simulation.Tests;

/// <summary>An entry that a caller was told to be in the log.</summary>
/// <param name="Number">The number it was told.</param>
/// <param name="Item">What it had submitted.</param>
internal sealed record Acknowledged(ulong Number, PayloadItem Item);

/// <summary>A receipt that was handed out.</summary>
/// <param name="Receipt">The receipt.</param>
/// <param name="Entry">What it is of.</param>
/// <param name="IsWitnessed">Whether its caller was told that a quorum cosigned its head.</param>
internal sealed record HandedOut(byte[] Receipt, Acknowledged Entry, bool IsWitnessed);

/// <summary>All that left the system and that somebody may rely on.</summary>
internal sealed class Ledger
{
    private readonly Dictionary<ulong, Digest> _heads = [];
    private readonly HashSet<(ulong Size, Digest Root)> _cosigned = [];

    public HashSet<Digest> Submitted { get; } = [];

    public List<Acknowledged> Acknowledged { get; } = [];

    public List<HandedOut> Receipts { get; } = [];

    /// <summary>Roots by size of every head that was published or named.</summary>
    public IReadOnlyDictionary<ulong, Digest> Heads => _heads;

    /// <summary>Those that were published as cosigned by a quorum.</summary>
    public IReadOnlySet<(ulong Size, Digest Root)> Cosigned => _cosigned;

    /// <summary>What must not be.</summary>
    public List<string> Violations { get; } = [];

    public void Submit(PayloadItem item) => Submitted.Add(Derivation.Request(item.Request.Span));

    /// <summary>Takes a published checkpoint.</summary>
    public void Publish(ReadOnlySpan<byte> note)
    {
        if (note.IsEmpty) return;
        if (TryRead(note, out Checkpoint? head)) Publish(head.Size, head.Root);
        else Violations.Add("A published checkpoint cannot be read.");
    }

    /// <summary>Takes a checkpoint that was published as cosigned by a quorum.</summary>
    public void PublishCosigned(ReadOnlySpan<byte> note)
    {
        Publish(note);
        if (TryRead(note, out Checkpoint? head)) _cosigned.Add((head.Size, head.Root));
    }

    /// <summary>Takes a head that was named.</summary>
    public void Publish(ulong size, Digest root)
    {
        if (_heads.TryAdd(size, root) || _heads[size] == root) return;
        Violations.Add($"Two heads of size {size} were published.");
    }

    private static bool TryRead(
        ReadOnlySpan<byte> note, [NotNullWhen(true)] out Checkpoint? checkpoint)
    {
        checkpoint = null;
        return SignedNote.TryParse(note, out SignedNote? signed, out _)
            && Checkpoint.TryParse(signed.Text.Span, out checkpoint, out _);
    }
}
