using System.Buffers.Binary;
using Sequencer.Attestation;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Merkle;
using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Tests.Nitro;
using Sequencer.Enclave.Core;
using static Sequencer.Enclave.Tests.Core.Requests;

namespace Sequencer.Enclave.Tests.Core;

/// <summary>Every rule of a replay, broken alone.</summary>
public sealed class ReplayRefusalTests
{
    private static readonly TestEpoch First = new(1);
    private static readonly TestEpoch Second = new(2);

    // A log of two epochs: 0 statement, 1 and 2 entries, 3-4 a group, 5 statement, 6 entry.
    private static readonly Stored Log = MakeLog();

    /// <summary>What a gateway sends, for a test to change one thing of.</summary>
    private sealed record Stored
    {
        public required List<byte[]> Records { get; init; }
        public required byte[] Text { get; init; }
        public required List<NoteSignature> Lines { get; init; }
        public required byte[] Document { get; init; }
        public required EpochStatement Statement { get; init; }
        public ulong? Size { get; init; }
        public byte[]? Note { get; init; }
        public CoreLimits Limits { get; init; } = new();
        public OwnIdentity Own { get; init; } = TestEpoch.Own();
        public ulong NowMs { get; init; } = TestEnclave.StartMs + 1000;

        public Stored With(int record, Action<byte[]> edit)
        {
            List<byte[]> records = [.. Records];
            edit(records[record] = [.. records[record]]);
            return this with { Records = records };
        }
    }

    private static Stored MakeLog()
    {
        TestEnclave one = TestEnclave.Open(cellsMax: 2, window: 3, epoch: First);
        one.Sequence([Keyed("a", "k", Bump("s"))], [Append("b", Bump("s"), Bump("t"))]);
        one.Sequence([Keyed("c", "k2"), Append("d")]);
        one.TimeMs += 1000;
        TestEnclave two = one.Restart(epoch: Second);
        two.Sequence([Keyed("e", "k3")]);
        return new Stored
        {
            Records = two.Records,
            Text = two.Head.Text.ToArray(),
            Lines = Second.Sign(TestEnclave.Origin, two.Head.Text.Span),
            Document = TestEpoch.Document(two.Core.Statement!),
            Statement = two.Core.Statement!,
        };
    }

    private static (CoreResult Result, ReplayFault? Fault) Replay(Stored log)
    {
        var core = new SequencerCore(log.Limits);
        core.BeginReplay(
            log.Size ?? (ulong)log.Records.Count,
            log.Note ?? TestEnclave.Note(log.Text, log.Lines),
            log.Document);
        CoreResult result = core.ReplayRecords(TestEnclave.Bundle(log.Records));
        if (result == CoreResult.Done)
        {
            result = core.EndReplay(
                new TestEpoch(7).Keys, log.Own, log.NowMs, out HeadToSign? head);
            Assert.Equal(result == CoreResult.HeadToSign, head is not null);
        }
        if (result != CoreResult.HeadToSign)
        {
            Assert.Equal(CorePhase.Empty, core.Phase);
            Assert.Equal((0ul, 0u, Digest.Zero), (core.Size, core.Epoch, core.LogId));
            Assert.Null(core.Statement);
        }
        return (result, core.ReplayFault);
    }

    private static void Refuses(ReplayRule rule, ulong number, Stored log)
    {
        (CoreResult result, ReplayFault? fault) = Replay(log);
        Assert.Equal((CoreResult.ReplayRefused, new ReplayFault(rule, number)), (result, fault));
    }

    [Fact]
    public void The_log_itself_is_accepted() =>
        Assert.Equal((CoreResult.HeadToSign, null), Replay(Log));

    /// <summary>Record, offset of a byte to flip, the rule and the record where it shows.</summary>
    public static TheoryData<int, int, ReplayRule, ulong> Flips => new()
    {
        { 0, 0, ReplayRule.Record, 0 },
        { 0, 7, ReplayRule.Record, 0 },
        { 0, 57, ReplayRule.Record, 0 },
        { 0, 160, ReplayRule.Chain, 1 },
        { 1, 0, ReplayRule.Record, 1 },
        { 1, 1, ReplayRule.Record, 1 },
        { 1, 3, ReplayRule.Record, 1 },
        { 1, 7, ReplayRule.Epoch, 1 },
        { 1, 15, ReplayRule.Number, 1 },
        { 1, 16, ReplayRule.Chain, 2 },
        { 2, 18, ReplayRule.Time, 2 },
        { 1, 24, ReplayRule.Chain, 1 },
        { 1, 57, ReplayRule.Record, 1 },
        { 1, 59, ReplayRule.Record, 1 },
        { 4, 57, ReplayRule.Group, 4 },
        { 1, 63, ReplayRule.Chain, 2 },
        { 1, 64, ReplayRule.Chain, 2 },
        { 1, 96, ReplayRule.Chain, 2 },
        { 1, 128, ReplayRule.Chain, 2 },
        { 1, 160, ReplayRule.Chain, 2 },
        { 1, 192, ReplayRule.Chain, 2 },
        { 1, 224, ReplayRule.Chain, 2 },
        { 1, 263, ReplayRule.Cells, 1 },
        { 2, 224, ReplayRule.Cells, 2 },
        { 5, 7, ReplayRule.Record, 5 },
        { 5, 4, ReplayRule.Statement, 5 },
        { 5, 56, ReplayRule.Record, 5 },
        { 5, 64, ReplayRule.Statement, 5 },
        { 5, 96, ReplayRule.Statement, 5 },
        { 5, 128, ReplayRule.Statement, 5 },
        { 5, 160, ReplayRule.Chain, 6 },
        { 5, 192, ReplayRule.Chain, 6 },
        { 5, 224, ReplayRule.Chain, 6 },
        { 6, 160, ReplayRule.Root, 7 },
    };

    [Theory]
    [MemberData(nameof(Flips))]
    public void A_changed_record_is_refused(
        int record, int offset, ReplayRule rule, ulong number) =>
        Refuses(rule, number, Log.With(record, bytes => bytes[offset] ^= 1));

    [Fact]
    public void No_byte_of_any_record_can_be_changed()
    {
        for (int record = 0; record < Log.Records.Count; record++)
        {
            for (int offset = 0; offset < Log.Records[record].Length; offset++)
            {
                int at = offset;
                Assert.NotEqual(
                    CoreResult.HeadToSign,
                    Replay(Log.With(record, bytes => bytes[at] ^= 0x10)).Result);
            }
        }
    }

    [Fact]
    public void A_record_more_or_less_is_refused()
    {
        Refuses(ReplayRule.Size, 6, Log with { Records = Log.Records[..6], Size = 7 });
        Refuses(ReplayRule.Root, 6, Log with { Records = Log.Records[..6] });
        Refuses(ReplayRule.Size, 6, Log with { Size = 6 });
        Refuses(ReplayRule.Size, 0, Log with { Records = [] });
        Refuses(ReplayRule.Record, 0, Log with { Records = Log.Records[1..] });
        Refuses(ReplayRule.Number, 1, Log with { Records = [Log.Records[0], .. Log.Records[2..]] });
        Refuses(ReplayRule.Number, 2, Log with
        {
            Records = [.. Log.Records[..2], Log.Records[1], .. Log.Records[2..]],
        });
    }

    [Fact]
    public void A_log_may_not_begin_with_a_later_statement() =>
        Refuses(ReplayRule.Record, 0, Log with { Records = Log.Records[5..] });

    [Fact]
    public void A_group_must_be_whole()
    {
        Refuses(ReplayRule.Group, 4, Log with { Records = Log.Records[..4] });
        Refuses(ReplayRule.Group, 4, Forge(Log.Records[..4], Log.Records[5]));
        Refuses(ReplayRule.Group, 4, Forge(Log.Records[..4], Log.Records[6]));
        Refuses(ReplayRule.Group, 3, Forge(Log.Records[..3], Log.Records[4]));
    }

    /// <summary>The records, then one more that is linked to them as one of epoch 0.</summary>
    private static Stored Forge(List<byte[]> records, byte[] last, Action<byte[]>? edit = null)
    {
        byte[] forged = [.. last];
        if (forged[1] == (byte)RecordType.Entry) forged.AsSpan(4, 4).Clear();
        BinaryPrimitives.WriteUInt64BigEndian(forged.AsSpan(8), (ulong)records.Count);
        TreeHash.Leaf(records[^1]).CopyTo(forged.AsSpan(24));
        edit?.Invoke(forged);
        return Log with { Records = [.. records, forged] };
    }

    [Fact]
    public void A_key_twice_in_the_window_is_refused()
    {
        // Window 3: number 4 may not use the key of number 1, number 5 may.
        Refuses(ReplayRule.Idempotency, 2, Forge(Log.Records[..2], Entry(), UseKey));
        Refuses(ReplayRule.Idempotency, 4, Forge(
            Forge(Log.Records[..3], Entry()).Records, Entry(), UseKey));
        Refuses(ReplayRule.Root, 6, Forge(Log.Records[..5], Entry(), UseKey));

        static byte[] Entry()
        {
            byte[] record = [.. Log.Records[6]];
            record.AsSpan(192, Digest.Size).Clear();
            return record;
        }

        static void UseKey(byte[] record) => KeyDigest("k").CopyTo(record.AsSpan(192));
    }

    [Fact]
    public void More_cells_than_the_configuration_allows_are_refused() =>
        Refuses(ReplayRule.CellsMax, 3, Forge(Log.Records[..3], Log.Records[1], record =>
        {
            record.AsSpan(192, 32).Clear();
            Cell("third").CopyTo(record.AsSpan(224));
        }));

    [Fact]
    public void A_configuration_above_the_image_is_refused()
    {
        Assert.Equal(
            (CoreResult.BadConfiguration, null),
            Replay(Log with { Limits = new CoreLimits { CellsMax = 1 } }));
        Assert.Equal(
            (CoreResult.BadConfiguration, null),
            Replay(Log with { Limits = new CoreLimits { IdempotencyWindowMax = 2 } }));
    }

    [Fact]
    public void A_frame_that_ends_inside_a_record_drops_the_replay()
    {
        var core = new SequencerCore(new CoreLimits());
        byte[] bundle = TestEnclave.Bundle(Log.Records);
        core.BeginReplay(7, [], []);
        Assert.Equal(
            CoreResult.MalformedFrame, core.ReplayRecords(bundle.AsSpan(0, bundle.Length - 1)));
        Assert.Equal(CorePhase.Empty, core.Phase);
    }

    [Fact]
    public void The_head_must_be_that_of_the_log()
    {
        Refuses(ReplayRule.Checkpoint, 7, Log with { Note = [] });
        Refuses(ReplayRule.Checkpoint, 7, Log with { Note = Log.Text });
        Refuses(ReplayRule.Checkpoint, 7, Signed("sequencer.example/other", 7, Root(7)));
        Refuses(ReplayRule.Root, 7, Signed(TestEnclave.Origin, 6, Root(6)));
        Refuses(ReplayRule.Root, 7, Signed(TestEnclave.Origin, 7, Root(6)));
        Refuses(ReplayRule.Root, 7, Signed(TestEnclave.Origin, 8, Root(7)));

        static Stored Signed(string origin, ulong size, Digest root)
        {
            byte[] text = new Checkpoint(origin, size, root).ToText();
            return Log with { Text = text, Lines = Second.Sign(origin, text) };
        }
    }

    [Fact]
    public void Exactly_the_two_lines_of_the_last_epoch_are_accepted()
    {
        (NoteSignature ecdsa, NoteSignature ed25519) = (Log.Lines[0], Log.Lines[1]);
        List<NoteSignature> first = First.Sign(TestEnclave.Origin, Log.Text);
        List<NoteSignature> otherText = Second.Sign(TestEnclave.Origin, [.. Log.Text, (byte)'\n']);
        List<NoteSignature>[] refused =
        [
            [ecdsa],
            [ed25519],
            [ed25519, ecdsa],
            [ecdsa, ecdsa],
            [ecdsa, ed25519, ed25519],
            [ecdsa, ed25519, first[0]],
            first,
            [ecdsa, first[1]],
            [first[0], ed25519],
            otherText,
            [ecdsa, otherText[1]],
            [otherText[0], ed25519],
            [ecdsa with { KeyId = ecdsa.KeyId ^ 1 }, ed25519],
            [ecdsa, ed25519 with { KeyName = "someone.else" }],
        ];
        Assert.All(refused, lines => Refuses(ReplayRule.Signature, 7, Log with { Lines = lines }));
    }

    [Fact]
    public void The_document_must_be_that_of_the_last_statement()
    {
        EpochStatement genesis = Statement(0);
        Refuses(
            ReplayRule.DocumentStatement, 7, Log with { Document = TestEpoch.Document(genesis) });
        Refuses(ReplayRule.DocumentStatement, 7, Log with { Document = TestEpoch.Build() });
        Refuses(ReplayRule.DocumentStatement, 7, With(d =>
            d.Fields["public_key"] = w => w.WriteByteString(genesis.SubjectPublicKeyInfo)));
        Refuses(ReplayRule.DocumentStatement, 7, With(d => d.Fields["user_data"] =
            w => w.WriteByteString(Derivation.LiveUserData(Log.Statement.Bytes.Span, 7, Root(7)))));
        byte[] kms = [.. "seq-kms/v1\0"u8, .. Log.Statement.Hash.AsSpan()];
        Refuses(ReplayRule.DocumentStatement, 7, With(d =>
            d.Fields["user_data"] = w => w.WriteByteString(kms)));
    }

    [Fact]
    public void A_statement_that_stands_again_is_refused()
    {
        foreach (int which in (int[])[0, 5])
        {
            byte[] again = [.. Log.Records[which]];
            Stored log = Log with { Records = [.. Log.Records, again] };
            Refuses(ReplayRule.Number, 7, log);
            // As far as a gateway can make it fit.
            BinaryPrimitives.WriteUInt64BigEndian(again.AsSpan(8), 7);
            Refuses(ReplayRule.Chain, 7, log);
            TreeHash.Leaf(Log.Records[6]).AsSpan().CopyTo(again.AsSpan(24));
            Refuses(which == 0 ? ReplayRule.Time : ReplayRule.Statement, 7, log);
        }
    }

    [Fact]
    public void The_document_must_be_by_an_accepted_image_under_the_own_root()
    {
        Refuses(ReplayRule.Document, 7, Log with { Document = [] });
        Refuses(ReplayRule.Document, 7, With(d => d.Pcrs[0] = (0, TestNitroDocument.Pcr(50))));
        Refuses(ReplayRule.Document, 7, With(d =>
        {
            for (int i = 0; i < 3; i++) d.Pcrs[i] = ((ulong)i, new byte[48]);
        }));
        Refuses(ReplayRule.Document, 7, With(d => d.EditSignature = s =>
        {
            s[^1] ^= 1;
            return s;
        }));
        // The same certificates under a root that is not the own device's.
        Assert.True(
            OwnIdentity.TryRead(new TestNitroDocument().Build(), out OwnIdentity? elsewhere, out _));
        Refuses(ReplayRule.Document, 7, Log with { Own = elsewhere });
    }

    [Fact]
    public void The_document_is_not_dated_a_minute_before_the_last_but_one_nor_after_now()
    {
        DateTimeOffset before = DateTimeOffset.FromUnixTimeMilliseconds((long)TestEnclave.StartMs);
        Assert.Equal(
            CoreResult.HeadToSign,
            Replay(With(d => d.Timestamp = before.AddMilliseconds(-60_000))).Result);
        Refuses(
            ReplayRule.DocumentTime, 7, With(d => d.Timestamp = before.AddMilliseconds(-60_001)));
        Assert.Equal(
            CoreResult.HeadToSign,
            Replay(With(d => d.Timestamp = before.AddMilliseconds(1000))).Result);
        Refuses(ReplayRule.DocumentTime, 7, With(d => d.Timestamp = before.AddMilliseconds(1001)));
    }

    [Fact]
    public void A_clock_more_than_a_minute_behind_the_last_record_opens_nothing()
    {
        TestEnclave first = TestEnclave.Open(epoch: First);
        first.TimeMs += 120_000;
        first.One(Append("a"));
        foreach ((ulong behindMs, CoreResult expected) in new[]
            { (60_000ul, CoreResult.HeadToSign), (60_001ul, CoreResult.Clock) })
        {
            Assert.Equal(expected, Replay(new Stored
            {
                Records = first.Records,
                Text = first.Head.Text.ToArray(),
                Lines = First.Sign(TestEnclave.Origin, first.Head.Text.Span),
                Document = TestEpoch.Document(first.Core.Statement!),
                Statement = first.Core.Statement!,
                NowMs = first.TimeMs - behindMs,
            }).Result);
        }
    }

    private static Stored With(Action<TestNitroDocument> edit) =>
        Log with { Document = TestEpoch.Document(Log.Statement, edit) };

    private static EpochStatement Statement(int record)
    {
        Assert.True(EpochStatement.TryParse(Log.Records[record], out EpochStatement? statement));
        return statement;
    }

    private static Digest Root(int size)
    {
        var tree = new TreeFrontier();
        foreach (byte[] record in Log.Records.Take(size)) tree.Append(TreeHash.Leaf(record));
        return tree.Root();
    }
}
