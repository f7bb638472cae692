using System.Text;
using Sequencer.Attestation;
using Sequencer.Attestation.Log;

namespace Sequencer.Client;

/// <summary>
/// What a new entry becomes in the log: its metadata block and its request (docs/PROTOCOL.md
/// sections 2 and 3). A receipt is of the entry only if it has these bytes.
/// </summary>
internal sealed class EntryRequest
{
    private readonly NewEntry _entry;
    private readonly Digest _payload;
    private readonly EntryMetadata _metadata;

    /// <exception cref="ArgumentException">The entry breaks a limit or rule.</exception>
    public EntryRequest(NewEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        if (!EntryMetadata.TryCreate(
            entry.Type, entry.ContentType, entry.Metadata, out _metadata, out string fault))
        {
            throw new ArgumentException(fault, nameof(entry));
        }
        if (entry.Stream is null && entry.Expected != ExpectedVersion.Any)
        {
            throw new ArgumentException("An expected version needs a stream.", nameof(entry));
        }
        if (entry.Stream is { } stream && Encoding.UTF8.GetByteCount(stream) is 0 or > 255)
        {
            throw new ArgumentException("A stream's name has 1 to 255 bytes.", nameof(entry));
        }
        ThrowUnlessKey(entry.IdempotencyKey);
        _entry = entry;
        _payload = Derivation.Payload(entry.Payload.Span);
        // Encoding shows what else is wrong before anything is sent.
        Encode(Digest.Zero);
    }

    /// <summary>SHA-256 of the payload.</summary>
    public Digest Payload => _payload;

    /// <exception cref="ArgumentException">Not 1 to 255 visible ASCII characters.</exception>
    public static void ThrowUnlessKey(string? key)
    {
        // Visible ASCII alone is the same on both sides of a header, whatever stands between.
        if (key is null) return;
        if (key.Length is 0 or > Limits.NameMaxBytes || key.Any(c => c is < '!' or > '~'))
        {
            throw new ArgumentException("An idempotency key is 1 to 255 visible ASCII characters.");
        }
    }

    /// <summary>
    /// True if an encoded request asks for this entry. The tenant is the gateway's to say, so it is
    /// taken from the request; all else has to be the entry's.
    /// </summary>
    public bool IsAskedBy(ReadOnlySpan<byte> request) =>
        AppendRequest.TryParse(request, out AppendRequest parsed)
        && request.SequenceEqual(Encode(parsed.Tenant));

    private byte[] Encode(in Digest tenant) => AppendRequest.Encode(
        tenant,
        _payload,
        (uint)_entry.Payload.Length,
        Derivation.Metadata(_metadata.Block.Span),
        _entry.IdempotencyKey is { } key
            ? Derivation.Idempotency(tenant, index: 0, Encoding.UTF8.GetBytes(key))
            : Digest.Zero,
        Operations());

    private CellOperation[] Operations()
    {
        List<CellOperation> operations = [.. _entry.Guards.Select(guard => guard.Encode())];
        if (_entry.Stream is null) return [.. operations];
        byte[] name = Encoding.UTF8.GetBytes(_entry.Stream);
        ExpectedVersion expected = _entry.Expected;
        if (expected.Guard is { } guard)
        {
            operations.Add(
                new CellOperation(guard, CellKind.Stream, name, (ulong)expected.Version));
        }
        operations.Add(new CellOperation(OperationCode.Bump, CellKind.Stream, name));
        return [.. operations];
    }
}
