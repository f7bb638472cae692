using Sequencer.Attestation;
using Sequencer.Attestation.Merkle;
using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Receipts;
using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Witnessing;

/// <summary>A durable head on its round of the witnesses, with the lines that came back.</summary>
internal sealed class CosigningSheet
{
    private readonly WitnessPolicy _policy;
    private readonly SignedNote _note;
    private readonly ReceiptEpoch _epoch;
    private readonly NoteSignature?[] _lines;

    /// <summary>A sheet for the head of a view.</summary>
    /// <param name="policy">The log's witnesses.</param>
    /// <param name="view">The log up to the head.</param>
    /// <param name="epoch">The epoch that signed it, under whatever head.</param>
    /// <param name="begunAt">Now, in ticks of a monotonic clock.</param>
    /// <exception cref="StoreDamagedException">The view's checkpoint is no note.</exception>
    public CosigningSheet(
        WitnessPolicy policy, LogView view, ReceiptEpoch epoch, long begunAt)
    {
        BegunAt = begunAt;
        if (!SignedNote.TryParse(view.Checkpoint.Span, out SignedNote? note, out _))
        {
            throw new StoreDamagedException("log", "the last checkpoint is no signed note.");
        }
        Digest[] inclusion = InclusionProof.Create(
            view.Statements[^1].Number, view.Size, view.OpenHashes());
        (_policy, View, _note, _epoch) = (policy, view, note, epoch.Under(inclusion));
        _lines = new NoteSignature?[policy.Witnesses.Length];
    }

    /// <summary>The log up to the head.</summary>
    public LogView View { get; }

    /// <summary>When it was begun, in ticks of that clock: no line is older.</summary>
    public long BegunAt { get; }

    /// <summary>How many lines came back.</summary>
    public int Count => _lines.Count(line => line is not null);

    /// <summary>True if the lines are a quorum.</summary>
    public bool IsEnough
    {
        get
        {
            uint cosigned = 0;
            for (int i = 0; i < _lines.Length; i++)
            {
                if (_lines[i] is not null) cosigned |= 1u << i;
            }
            return _policy.IsSatisfiedBy(cosigned);
        }
    }

    /// <summary>What one witness is asked. For one caller: the hashes keep what they read.</summary>
    public WitnessedSubject Subject() => new(View.Size, _note, View.OpenHashes(), _epoch);

    /// <summary>True if a witness's line is there, by its place in the policy.</summary>
    public bool Has(int witness) => _lines[witness] is not null;

    /// <summary>Takes a witness's line.</summary>
    public void Add(int witness, NoteSignature line) => _lines[witness] = line;

    /// <summary>The head with all lines, in the policy's order.</summary>
    public byte[] ToNote() => SignedNote.Create(
        _note.Text.Span,
        [.. _note.Signatures, .. _lines.OfType<NoteSignature>()]).ToBytes();
}
