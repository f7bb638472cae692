namespace Sequencer.Client;

/// <summary>A payload, compared with its record.</summary>
/// <param name="Payload">Its bytes.</param>
/// <param name="Salt">The salt of its commitment, 32 bytes; empty if it has none.</param>
public sealed record SaltedPayload(byte[] Payload, byte[] Salt);
