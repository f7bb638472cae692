using System.Collections.Immutable;
using Sequencer.Attestation.Notes;

namespace Sequencer.Attestation.Verification;

/// <summary>A cosignature by a witness of the policy that verified.</summary>
/// <param name="Witness">The witness's name in the policy.</param>
/// <param name="Time">The witness's word for when, to the second: until then it had seen no larger
/// head of the log, and none that this one does not extend.</param>
public sealed record VerifiedCosignature(string Witness, DateTimeOffset Time);

/// <summary>
/// Step 8 of docs/PROTOCOL.md section 11: the lines by witnesses of the policy verify, and those
/// witnesses are enough. Lines of unknown keys are ignored.
/// </summary>
internal static class CosignatureVerification
{
    // The last second that a DateTimeOffset holds; a witness's clock is no reason to throw.
    private static readonly ulong LastSecond =
        (ulong)DateTimeOffset.MaxValue.ToUnixTimeSeconds();

    /// <summary>Gives both rules their outcome; the cosignatures that verified, one a witness.
    /// </summary>
    public static ImmutableArray<VerifiedCosignature> Check(
        CheckList checks, WitnessPolicy? policy, SignedNote note, bool isEd25519AtHand)
    {
        if (policy is null)
        {
            // No line is by a known witness, so none of them fails.
            checks.Pass(VerificationRule.Cosignature);
            checks.Excuse("the policy names no witnesses", VerificationRule.WitnessQuorum);
            return [];
        }
        if (!isEd25519AtHand)
        {
            checks.LeaveOut(
                SignatureVerification.NoEd25519,
                VerificationRule.Cosignature, VerificationRule.WitnessQuorum);
            return [];
        }
        var cosigned = new VerifiedCosignature?[policy.Witnesses.Length];
        var failed = new List<string>();
        foreach (NoteSignature line in note.Signatures)
        {
            int index = policy.IndexOf(line);
            if (index < 0) continue;
            PolicyWitness witness = policy.Witnesses[index];
            if (TryVerify(witness, note, line) is { } cosignature) cosigned[index] ??= cosignature;
            else failed.Add(witness.Name);
        }
        checks.Expect(
            VerificationRule.Cosignature,
            failed.Count == 0,
            "cosignatures of this checkpoint wherever a known witness's name and key id stand",
            $"no such cosignature by {string.Join(", ", failed)}");
        CheckQuorum(checks, policy, cosigned);
        return [.. cosigned.OfType<VerifiedCosignature>()];
    }

    /// <summary>For a note that does not decode.</summary>
    public static void LeaveOut(CheckList checks) => checks.LeaveOut(
        "the checkpoint does not decode",
        VerificationRule.Cosignature, VerificationRule.WitnessQuorum);

    private static void CheckQuorum(
        CheckList checks, WitnessPolicy policy, VerifiedCosignature?[] cosigned)
    {
        if (!policy.HasQuorum)
        {
            checks.Excuse("the policy asks for no quorum", VerificationRule.WitnessQuorum);
            return;
        }
        uint set = 0;
        for (int i = 0; i < cosigned.Length; i++)
        {
            if (cosigned[i] is not null) set |= 1u << i;
        }
        var present = policy.Witnesses.Where((_, i) => cosigned[i] is not null);
        var missing = policy.Witnesses.Where((_, i) => cosigned[i] is null);
        checks.Expect(
            VerificationRule.WitnessQuorum,
            policy.IsSatisfiedBy(set),
            $"cosignatures by {policy}",
            $"by {Names(present)}; missing {Names(missing)}");
    }

    // A time of 0 claims nothing about what the witness had seen (c2sp.org/tlog-cosignature).
    private static VerifiedCosignature? TryVerify(
        PolicyWitness witness, SignedNote note, NoteSignature line) =>
        NoteSignatureVerification.Verify(
            witness.Key, note.Text.Span, line.Signature.Span, out ulong? seconds)
                == NoteSignatureResult.Valid
            && seconds is > 0 && seconds <= LastSecond
                ? new VerifiedCosignature(
                    witness.Name, DateTimeOffset.FromUnixTimeSeconds((long)seconds))
                : null;

    private static string Names(IEnumerable<PolicyWitness> witnesses)
    {
        string names = string.Join(", ", witnesses.Select(w => w.Name));
        return names.Length > 0 ? names : "nobody";
    }
}
