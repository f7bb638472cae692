namespace Sequencer.Attestation.Nitro;

/// <summary>The validity of the leaf certificate, both ends inclusive.</summary>
internal readonly record struct LeafValidity(DateTimeOffset NotBefore, DateTimeOffset NotAfter);
