namespace Sequencer.Client;

/// <summary>A stream, by the gateway's word.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its version: the count of its entries.</param>
/// <param name="First">Number of its first entry.</param>
/// <param name="Last">Number of its newest entry.</param>
public sealed record StreamInfo(string Name, long Version, ulong First, ulong Last);
