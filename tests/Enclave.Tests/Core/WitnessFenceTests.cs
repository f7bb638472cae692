using Sequencer.Attestation.Log;
using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Tests.Notes;
using Sequencer.Enclave.Core;

namespace Sequencer.Enclave.Tests.Core;

/// <summary>docs/PROTOCOL.md section 14, "The fence", rule by rule.</summary>
public class WitnessFenceTests
{
    private const uint NumbersMax = 5;
    private const uint SecondsMax = 60;

    private static readonly ulong Now = TestEnclave.StartMs / 1000;
    private static readonly TestWitness[] Witnesses = TestWitness.Make(4);

    [Fact]
    public void Nothing_is_sequenced_before_a_quorum_cosigned_the_opening_head()
    {
        TestEnclave enclave = Open();
        Assert.Equal(CorePhase.Open, enclave.Core.Phase);
        Assert.Equal(CoreResult.WitnessLag, Sequence(enclave));
        Assert.Equal(1ul, enclave.Core.Size);
        Assert.Equal(CoreResult.Done, Take(enclave, Cosigned(enclave, 0, 1, 2)));
        Assert.Equal(1ul, enclave.Core.CosignedSize);
        Assert.Equal(CoreResult.HeadToSign, Sequence(enclave));
    }

    [Fact]
    public void Three_of_four_are_enough_and_no_two_are()
    {
        for (uint set = 0; set < 16; set++)
        {
            TestEnclave enclave = Open();
            int[] who = [.. Enumerable.Range(0, 4).Where(i => (set >> i & 1) != 0)];
            byte[] note = Cosigned(enclave, who);
            if (who.Length >= 3) Assert.Equal(CoreResult.Done, Take(enclave, note));
            else Refused(enclave, note, CosignedFault.Quorum);
        }
    }

    [Fact]
    public void A_witness_that_stands_thrice_counts_once()
    {
        TestEnclave enclave = Open();
        Refused(enclave, Cosigned(enclave, 0, 0, 0, 1), CosignedFault.Quorum);
    }

    [Fact]
    public void Lines_of_strangers_say_nothing()
    {
        TestEnclave enclave = Open();
        NoteSignature stranger = new TestWitness("stranger").Cosign(Text(enclave), Now);
        Refused(
            enclave,
            TestWitness.With(Cosigned(enclave, 0, 1), stranger),
            CosignedFault.Quorum);
        Assert.Equal(
            CoreResult.Done,
            Take(enclave, TestWitness.With(Cosigned(enclave, 0, 1, 2), stranger)));
    }

    [Fact]
    public void A_line_of_a_witness_that_fails_refuses_the_head()
    {
        TestEnclave enclave = Open();
        NoteSignature good = Witnesses[3].Cosign(Text(enclave), Now);
        byte[] bytes = good.Signature.ToArray();
        for (int at = 0; at < bytes.Length; at += 9)
        {
            byte[] bad = [.. bytes];
            bad[at] ^= 1;
            byte[] note = TestWitness.With(
                Cosigned(enclave, 0, 1, 2), good with { Signature = bad });
            Refused(enclave, note, CosignedFault.Cosignature);
        }
    }

    [Fact]
    public void A_cosignature_from_before_the_statement_does_not_count()
    {
        TestEnclave enclave = Open();
        Refused(enclave, CosignedAt(enclave, Now, Now, Now - 1), CosignedFault.Quorum);
        Assert.Equal(CoreResult.Done, Take(enclave, CosignedAt(enclave, Now, Now, Now)));
    }

    [Fact]
    public void A_cosignature_from_the_future_does_not_count_and_spoils_no_other()
    {
        TestEnclave enclave = Open();
        ulong last = Now + 10;
        Refused(enclave, CosignedAt(enclave, last, last, last + 1), CosignedFault.Quorum);
        Assert.Equal(
            CoreResult.Done, Take(enclave, CosignedAt(enclave, ulong.MaxValue / 4, Now, Now, Now)));
        Assert.Equal(Now, enclave.Core.CosignedSeconds);
    }

    [Fact]
    public void A_cosignature_without_a_time_refuses_the_head()
    {
        TestEnclave enclave = Open();
        Refused(enclave, CosignedAt(enclave, 0, Now, Now, Now), CosignedFault.Cosignature);
    }

    [Fact]
    public void The_time_of_a_head_is_the_latest_from_which_the_witnesses_are_enough()
    {
        TestEnclave enclave = Open();
        enclave.TimeMs += 9_000;
        Assert.Equal(
            CoreResult.Done, Take(enclave, CosignedAt(enclave, Now, Now + 7, Now + 3, Now + 5)));
        Assert.Equal(Now + 3, enclave.Core.CosignedSeconds);
    }

    [Fact]
    public void Bytes_that_are_no_head_of_this_log_are_refused()
    {
        TestEnclave enclave = Open();
        byte[] note = Cosigned(enclave, 0, 1, 2);
        for (int length = 0; length < note.Length; length += 7)
        {
            Assert.Equal(CoreResult.CosignedRefused, Take(enclave, note[..length]));
        }
        byte[] other = [.. Text(enclave)];
        other[0] ^= 1;
        List<NoteSignature> lines = enclave.Epoch.Sign(TestEnclave.Origin, other);
        Refused(enclave, TestEnclave.Note(other, lines), CosignedFault.Head);
        Assert.Equal(CoreResult.WitnessLag, Sequence(enclave));
    }

    [Fact]
    public void A_head_that_this_enclave_did_not_sign_is_refused_whoever_cosigned_it()
    {
        TestEnclave enclave = Open();
        byte[] forged = new Checkpoint(TestEnclave.Origin, 7, enclave.Head.Root).ToText();
        byte[] note = TestEnclave.Note(forged, new TestEpoch(77).Sign(TestEnclave.Origin, forged));
        Refused(enclave, TestWitness.Cosign(note, Witnesses), CosignedFault.Signature);
    }

    [Fact]
    public void Either_signature_line_alone_is_not_enough_nor_is_one_that_stands_twice()
    {
        TestEnclave enclave = Open();
        List<NoteSignature> lines = enclave.Epoch.Sign(TestEnclave.Origin, Text(enclave));
        List<NoteSignature> others = new TestEpoch(77).Sign(TestEnclave.Origin, Text(enclave));
        NoteSignature[][] wrong =
        [
            [lines[0], others[1]], [others[0], lines[1]], [lines[1], lines[0]],
            [lines[0], lines[1], lines[0]], [lines[0], lines[1], lines[1]],
        ];
        foreach (NoteSignature[] signatures in wrong)
        {
            byte[] note = TestEnclave.Note(Text(enclave), signatures);
            Refused(enclave, TestWitness.Cosign(note, Witnesses), CosignedFault.Signature);
        }
    }

    [Fact]
    public void A_cosigned_head_of_the_epoch_before_opens_nothing()
    {
        TestEnclave first = Open();
        byte[] old = Cosigned(first, 0, 1, 2, 3);
        Assert.Equal(CoreResult.Done, Take(first, old));
        Assert.Equal(CoreResult.HeadToSign, Sequence(first));
        byte[] newer = Cosigned(first, 0, 1, 2, 3);

        TestEnclave second = first.Restart();
        Assert.Null(second.Core.CosignedSize);
        Refused(second, old, CosignedFault.Signature);
        Refused(second, newer, CosignedFault.Signature);
        Assert.Equal(CoreResult.WitnessLag, Sequence(second));
        Assert.Equal(CoreResult.Done, Take(second, Cosigned(second, 1, 2, 3)));
        Assert.Equal(CoreResult.HeadToSign, Sequence(second));
    }

    [Fact]
    public void An_older_head_does_not_take_the_place_of_a_newer_one()
    {
        TestEnclave enclave = Open();
        byte[] opening = Cosigned(enclave, 0, 1, 2);
        Assert.Equal(CoreResult.Done, Take(enclave, opening));
        Sequence(enclave);
        enclave.TimeMs += 5_000;
        Assert.Equal(CoreResult.Done, Take(enclave, CosignedAt(enclave, Now + 2, Now + 2, Now + 2)));
        Refused(enclave, opening, CosignedFault.Order);
        Refused(enclave, CosignedAt(enclave, Now + 1, Now + 2, Now + 2), CosignedFault.Order);
        Assert.Equal(2ul, enclave.Core.CosignedSize);
        Assert.Equal(Now + 2, enclave.Core.CosignedSeconds);
    }

    [Fact]
    public void The_log_runs_ahead_by_so_many_numbers_and_not_one_more_until_it_is_cosigned_anew()
    {
        TestEnclave enclave = Open();
        Assert.Equal(CoreResult.Done, Take(enclave, Cosigned(enclave, 0, 1, 2)));
        Assert.Equal(CoreResult.WitnessLag, Sequence(enclave, members: (int)NumbersMax + 1));
        Assert.Equal(CoreResult.HeadToSign, Sequence(enclave, members: 3));
        byte[] behind = Cosigned(enclave, 0, 1, 2);
        Assert.Equal(CoreResult.WitnessLag, Sequence(enclave, members: 3));
        Assert.Equal(CoreResult.HeadToSign, Sequence(enclave, members: 2));
        Assert.Equal(CoreResult.WitnessLag, Sequence(enclave));
        Assert.Equal(CorePhase.Open, enclave.Core.Phase);

        Assert.Equal(CoreResult.Done, Take(enclave, behind));
        Assert.Equal(CoreResult.HeadToSign, Sequence(enclave, members: 3));
        Assert.Equal(CoreResult.WitnessLag, Sequence(enclave));
    }

    [Fact]
    public void The_log_stops_when_its_cosigned_head_is_too_old_and_goes_on_when_it_is_dated_anew()
    {
        TestEnclave enclave = Open();
        Assert.Equal(CoreResult.Done, Take(enclave, Cosigned(enclave, 0, 1, 2)));
        enclave.TimeMs = (Now + SecondsMax) * 1000;
        Assert.Equal(CoreResult.HeadToSign, Sequence(enclave));
        byte[] head = enclave.SignedHead();
        enclave.TimeMs++;
        Assert.Equal(CoreResult.WitnessLag, Sequence(enclave));
        // The same witnesses saying again what they said then lift nothing.
        Assert.Equal(CoreResult.Done, Take(enclave, CosignedAt(enclave, Now, Now, Now)));
        Assert.Equal(CoreResult.WitnessLag, Sequence(enclave));

        ulong then = Now + SecondsMax;
        Assert.Equal(CoreResult.Done, Take(enclave, CosignedAt(enclave, then, then, then)));
        Assert.Equal(CoreResult.HeadToSign, Sequence(enclave));
        Assert.NotEqual(head, enclave.SignedHead());
    }

    [Fact]
    public void A_batch_that_was_sequenced_is_given_again_whatever_the_witnesses_do()
    {
        TestEnclave enclave = Open();
        Assert.Equal(CoreResult.Done, Take(enclave, Cosigned(enclave, 0, 1, 2)));
        byte[] batch = Requests.Batch(1, [[Requests.Append("a")]]);
        Assert.Equal(CoreResult.HeadToSign, enclave.TrySequence(batch, out _));
        enclave.TimeMs += 1000 * (SecondsMax + 1);
        Assert.Equal(CoreResult.Resubmitted, enclave.TrySequence(batch, out _));
        Assert.Equal(CoreResult.WitnessLag, Sequence(enclave));
        Assert.Equal(2, enclave.Core.Pending(0).Count);
        Assert.Equal(CoreResult.Done, enclave.Core.Acknowledge(2));
    }

    [Fact]
    public void A_seal_waits_for_no_witness_and_ends_what_they_could_let_on()
    {
        TestEnclave enclave = Open();
        Assert.Equal(CoreResult.WitnessLag, Sequence(enclave));
        Assert.Single(enclave.Seal().Records);
        Assert.Equal(CoreResult.Sealed, Take(enclave, Cosigned(enclave, 0, 1, 2, 3)));
        Assert.Equal(CoreResult.Sealed, Sequence(enclave));
        Assert.Null(enclave.Core.CosignedSize);

        // The next epoch's own head has to be cosigned as any.
        TestEnclave next = enclave.Restart();
        Assert.Equal(CoreResult.WitnessLag, Sequence(next));
    }

    [Fact]
    public void A_log_without_witnesses_has_no_fence()
    {
        TestEnclave enclave = TestEnclave.Open();
        Assert.Equal(CoreResult.HeadToSign, Sequence(enclave));
        Refused(enclave, Cosigned(enclave, 0, 1, 2), CosignedFault.None);
        Assert.Equal(CoreResult.HeadToSign, Sequence(enclave));
    }

    [Fact]
    public void Cosignatures_fit_an_open_epoch_only()
    {
        var empty = new TestEnclave(new TestEpoch(1));
        Assert.Equal(CoreResult.WrongPhase, empty.Core.TakeCosigned([], 0));
        Assert.Equal(CoreResult.Done, empty.Core.BeginReplay(1, [], []));
        Assert.Equal(CoreResult.WrongPhase, empty.Core.TakeCosigned([], 0));
        Assert.Equal(CorePhase.Replaying, empty.Core.Phase);
        TestEnclave stopped = Open();
        stopped.Core.Stop();
        Assert.Equal(CoreResult.Stopped, Take(stopped, Cosigned(stopped, 0, 1, 2)));
    }

    private static TestEnclave Open()
    {
        Assert.True(WitnessRequirement.TryCreate(
            TestWitness.Policy(3, Witnesses), NumbersMax, SecondsMax, out var witnesses));
        Assert.True(LogConfiguration.TryCreate(
            TestEnclave.Origin, 100, 100, witnesses, out LogConfiguration? configuration));
        var enclave = new TestEnclave(new TestEpoch(0));
        Assert.Equal(CoreResult.HeadToSign, enclave.Core.OpenGenesis(
            configuration.ToBytes(), enclave.Epoch.Keys, enclave.TimeMs, out HeadToSign? head));
        enclave.Complete(head!);
        return enclave;
    }

    private static CoreResult Sequence(TestEnclave enclave, int members = 1)
    {
        byte[][] group = [.. Enumerable.Range(0, members).Select(i => Requests.Append($"{i}"))];
        return enclave.TrySequence(Requests.Batch(enclave.Core.Size, [group]), out _);
    }

    private static CoreResult Take(TestEnclave enclave, byte[] note) =>
        enclave.Core.TakeCosigned(note, enclave.TimeMs);

    private static void Refused(TestEnclave enclave, byte[] note, CosignedFault fault)
    {
        Assert.Equal(CoreResult.CosignedRefused, Take(enclave, note));
        Assert.Equal(fault, enclave.Core.CosignedFault);
    }

    private static byte[] Text(TestEnclave enclave) => enclave.Head.Text.ToArray();

    private static byte[] Cosigned(TestEnclave enclave, params int[] who) => TestWitness.With(
        enclave.SignedHead(), [.. who.Select(i => Witnesses[i].Cosign(Text(enclave), Now))]);

    // The first witness at the first time, the second at the second.
    private static byte[] CosignedAt(TestEnclave enclave, params ulong[] seconds) =>
        TestWitness.With(
            enclave.SignedHead(),
            [.. seconds.Select((time, i) => Witnesses[i].Cosign(Text(enclave), time))]);
}
