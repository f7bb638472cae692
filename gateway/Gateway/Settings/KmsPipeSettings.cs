using System.Net;
using Sequencer.Gateway.Identity;

namespace Sequencer.Gateway.Settings;

/// <summary>The enclave's way to KMS.</summary>
/// <param name="Address">Where it begins.</param>
/// <param name="Kms">The one place that it leads to.</param>
public sealed record KmsPipeSettings(PipeAddress Address, DnsEndPoint Kms);
