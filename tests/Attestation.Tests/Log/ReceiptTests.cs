using System.Buffers;
using System.Text;
using System.Text.Json;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Receipts;
using Sequencer.Attestation.Verification;

namespace Sequencer.Attestation.Tests.Log;

public sealed class ReceiptTests : IDisposable
{
    private readonly TestLog _log = TestLog.WithEntries(6);

    public void Dispose() => _log.Dispose();

    [Fact]
    public void A_receipt_has_one_encoding_in_either_form()
    {
        for (ulong number = 0; number < _log.Size; number++)
        {
            byte[] bytes = _log.Receipt(number).Encode();
            Assert.True(Receipt.TryDecode(bytes, out Receipt? receipt, out _));
            Assert.Equal(bytes, receipt.Encode());

            Assert.True(ReceiptTlogProof.TryEncode(receipt, out byte[]? proof));
            Assert.True(ReceiptTlogProof.TryDecode(proof, out Receipt? again, out _));
            Assert.Equal(bytes, again.Encode());
            Assert.True(ReceiptTlogProof.TryEncode(again, out byte[]? proofAgain));
            Assert.Equal(proof, proofAgain);
        }
    }

    [Fact]
    public void A_receipt_is_json_that_stands_in_a_larger_answer_unchanged()
    {
        Receipt receipt = _log.Receipt(3);
        var answer = new ArrayBufferWriter<byte>();
        answer.Write("{\"receipt\":"u8);
        receipt.WriteObject(answer);
        answer.Write(",\"number\":3}"u8);

        using JsonDocument json = JsonDocument.Parse(answer.WrittenMemory);
        JsonElement value = json.RootElement.GetProperty("receipt");
        byte[] raw = Encoding.UTF8.GetBytes(value.GetRawText());

        byte[] line = [.. raw, (byte)'\n'];
        Assert.Equal(receipt.Encode(), line);
        Assert.True(Receipt.TryDecodeObject(raw, out _, out _));
        string? checkpoint = value.GetProperty("checkpoint").GetString();
        Assert.Equal(Encoding.UTF8.GetString(receipt.Checkpoint.Span), checkpoint);
        Assert.Equal(receipt.Record.ToArray(), value.GetProperty("record").GetBytesFromBase64());
    }

    [Fact]
    public void Other_texts_of_the_same_json_are_refused_with_their_place()
    {
        string text = Encoding.UTF8.GetString(_log.Receipt(3).Encode());
        (string Text, string Member)[] others =
        [
            (text + "\n", "end"),
            (text[..^1], "end"),
            (" " + text, "format"),
            (text.Replace("\",\"request\"", "\", \"request\"", StringComparison.Ordinal), "record"),
            (text.Replace("\\n", "\\u000a", StringComparison.Ordinal), "checkpoint"),
            (text.Replace("\u2014", "\\u2014", StringComparison.Ordinal), "checkpoint"),
            (text.Replace("\"record\":\"", "\"record\":\" ", StringComparison.Ordinal), "record"),
            (text.Replace("receipt/v1", "receipt/v2", StringComparison.Ordinal), "format"),
            (text.Replace("}}\n", "},\"more\":1}\n", StringComparison.Ordinal), "epoch.document"),
        ];
        foreach ((string other, string member) in others)
        {
            Assert.NotEqual(text, other);
            byte[] bytes = Encoding.UTF8.GetBytes(other);
            Assert.False(Receipt.TryDecode(bytes, out _, out ReceiptRefusal? refusal));
            Assert.Equal(member, refusal.Member);
        }
    }

    [Fact]
    public void A_receipt_cut_anywhere_is_refused()
    {
        byte[] bytes = _log.Receipt(3).Encode();
        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.False(Receipt.TryDecode(bytes.AsSpan(0, length), out _, out _));
            Assert.False(Receipt.TryDecodeObject(bytes.AsSpan(0, length - (length > 0 ? 1 : 0)),
                out _, out _));
        }
    }

    [Fact]
    public void No_one_byte_change_of_either_form_verifies_whatever_the_verifier_knows()
    {
        var verifier = new LogVerifier(_log.Policy);
        Receipt receipt = _log.Receipt(3);
        Assert.True(ReceiptTlogProof.TryEncode(receipt, out byte[]? proof));
        Assert.True(verifier.VerifyReceipt(proof).IsGood);
        foreach (byte[] bytes in new[] { receipt.Encode(), proof })
        {
            Assert.True(verifier.VerifyReceipt(bytes).IsGood);
            for (int i = 0; i < bytes.Length; i++)
            {
                byte[] changed = [.. bytes];
                changed[i] ^= (byte)(1 << (i % 8));
                var report = verifier.VerifyReceipt(changed);
                Assert.False(report.IsGood, $"byte {i}");
                var asNew = new LogVerifier(_log.Policy).VerifyReceipt(changed);
                Assert.Equal($"{i}: {asNew.Told()}", $"{i}: {report.Told()}");
            }
        }
    }

    [Fact]
    public void Parts_beyond_their_limit_make_no_receipt()
    {
        Receipt r = _log.Receipt(3);
        Assert.Throws<ArgumentException>(() => new Receipt(
            new byte[Limits.RecordMaxBytes + 1], r.Request, r.Metadata, r.Inclusion, r.Checkpoint,
            r.Epoch));
        Assert.Throws<ArgumentException>(() => new Receipt(
            r.Record, r.Request, r.Metadata, new Digest[64], r.Checkpoint, r.Epoch));
        Assert.Throws<ArgumentException>(() => new Receipt(
            r.Record, r.Request, r.Metadata, r.Inclusion, "a\"b"u8.ToArray(), r.Epoch));

        var most = new Receipt(
            new byte[Limits.RecordMaxBytes],
            new byte[AppendRequest.MaxBytes],
            new byte[Limits.MetadataMaxBytes],
            new Digest[63],
            Enumerable.Repeat((byte)'\n', Receipt.CheckpointMaxBytes).ToArray(),
            new ReceiptEpoch(
                new byte[Limits.RecordMaxBytes], new Digest[63], new byte[16 * 1024]));
        byte[] bytes = most.Encode();
        Assert.InRange(bytes.Length, 1, Receipt.MaxBytes);
        Assert.True(Receipt.TryDecode(bytes, out _, out _));
    }
}
