using Sequencer.Attestation.Merkle;
using Sequencer.Attestation.Notes;

namespace Sequencer.Attestation.Verification;

/// <summary>A leaf's inclusion under a head, as a check.</summary>
internal static class InclusionCheck
{
    public static void Check(
        CheckList checks,
        VerificationRule rule,
        ulong number,
        in Digest leaf,
        ReadOnlySpan<Digest> path,
        Checkpoint head)
    {
        if (number >= head.Size)
        {
            checks.LeaveOut("the number is not below the head's size", rule);
        }
        else if (!InclusionProof.TryComputeRoot(number, head.Size, leaf, path, out Digest root))
        {
            int length = InclusionProof.PathLength(number, head.Size);
            checks.Fail(rule, $"{length} hashes", $"{path.Length}");
        }
        else
        {
            checks.ExpectEqual(rule, head.Root, root);
        }
    }
}
