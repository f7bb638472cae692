namespace Sequencer.Enclave.Core;

/// <summary>The rule by which a cosigned head does not count (docs/PROTOCOL.md section 14, "The
/// fence").</summary>
public enum CosignedFault
{
    /// <summary>The log's configuration names no witnesses.</summary>
    None,

    /// <summary>Not a signed note with a checkpoint of this origin.</summary>
    Head,

    /// <summary>Not signed, first and once, by the keys of this epoch.</summary>
    Signature,

    /// <summary>A line with a witness's name and key id does not verify.</summary>
    Cosignature,

    /// <summary>The witnesses whose lines are in time are not enough.</summary>
    Quorum,

    /// <summary>A newer cosigned head counts already.</summary>
    Order,
}
