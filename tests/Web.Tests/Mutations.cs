using Sequencer.Attestation;
using Sequencer.Attestation.Receipts;

namespace Sequencer.Web.Tests;

/// <summary>Receipts that are whole as text, with parts that are not right.</summary>
internal static class Mutations
{
    private const int PartCount = 8;

    /// <summary>The same receipt with other parts.</summary>
    public static Receipt With(
        Receipt receipt,
        ReadOnlyMemory<byte>? record = null,
        ReadOnlyMemory<byte>? request = null,
        ReadOnlyMemory<byte>? metadata = null,
        ReadOnlyMemory<Digest>? inclusion = null,
        ReadOnlyMemory<byte>? checkpoint = null,
        ReceiptEpoch? epoch = null) => new(
            record ?? receipt.Record,
            request ?? receipt.Request,
            metadata ?? receipt.Metadata,
            inclusion ?? receipt.Inclusion,
            checkpoint ?? receipt.Checkpoint,
            epoch ?? receipt.Epoch);

    /// <summary>One bit of one part is flipped.</summary>
    public static Receipt FlipInPart(Receipt receipt, Random random)
    {
        while (true)
        {
            int part = random.Next(PartCount);
            ReceiptEpoch epoch = receipt.Epoch;
            ReadOnlyMemory<byte> Flipped(ReadOnlyMemory<byte> bytes) => Flip(bytes, random);
            try
            {
                Receipt changed = part switch
                {
                    0 => With(receipt, record: Flipped(receipt.Record)),
                    1 => With(receipt, request: Flipped(receipt.Request)),
                    2 => With(receipt, metadata: Flipped(receipt.Metadata)),
                    3 => With(receipt, inclusion: Flip(receipt.Inclusion, random)),
                    4 => With(receipt, checkpoint: Flipped(receipt.Checkpoint)),
                    5 => With(receipt, epoch: new(
                        Flipped(epoch.Statement), epoch.Inclusion, epoch.Document)),
                    6 => With(receipt, epoch: new(
                        epoch.Statement, Flip(epoch.Inclusion, random), epoch.Document)),
                    _ => With(receipt, epoch: new(
                        epoch.Statement, epoch.Inclusion, Flipped(epoch.Document))),
                };
                if (!changed.Encode().AsSpan().SequenceEqual(receipt.Encode())) return changed;
            }
            catch (ArgumentException)
            {
                // No text of a receipt: a bit of the checkpoint made a quote, a backslash or no UTF-8.
            }
        }
    }

    /// <summary>Each part of one receipt in the place of the other's.</summary>
    public static IEnumerable<Receipt> Mix(Receipt receipt, Receipt other) =>
    [
        With(receipt, record: other.Record),
        With(receipt, request: other.Request),
        With(receipt, metadata: other.Metadata),
        With(receipt, inclusion: other.Inclusion),
        With(receipt, checkpoint: other.Checkpoint),
        With(receipt, epoch: other.Epoch),
        With(receipt, epoch: new(
            other.Epoch.Statement, receipt.Epoch.Inclusion, receipt.Epoch.Document)),
        With(receipt, epoch: new(
            receipt.Epoch.Statement, receipt.Epoch.Inclusion, other.Epoch.Document)),
        With(receipt, record: other.Record, request: other.Request, metadata: other.Metadata),
        With(receipt, record: ReadOnlyMemory<byte>.Empty),
        With(receipt, epoch: new(
            ReadOnlyMemory<byte>.Empty, receipt.Epoch.Inclusion, ReadOnlyMemory<byte>.Empty)),
    ];

    private static ReadOnlyMemory<byte> Flip(ReadOnlyMemory<byte> bytes, Random random)
    {
        if (bytes.IsEmpty) return bytes;
        byte[] flipped = bytes.ToArray();
        flipped[random.Next(flipped.Length)] ^= (byte)(1 << random.Next(8));
        return flipped;
    }

    private static ReadOnlyMemory<Digest> Flip(ReadOnlyMemory<Digest> hashes, Random random)
    {
        if (hashes.IsEmpty) return hashes;
        Digest[] flipped = hashes.ToArray();
        int at = random.Next(flipped.Length);
        flipped[at] = new Digest(Flip(Convert.FromHexString(flipped[at].ToHex()), random).Span);
        return flipped;
    }
}
