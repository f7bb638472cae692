using System.Net;
using Sequencer.Gateway.Identity;

namespace Sequencer.Gateway.Settings;

/// <summary>The enclave's way to KMS.</summary>
/// <param name="Address">Where it begins.</param>
/// <param name="Kms">The one place that it leads to.</param>
/// <param name="EnclaveCid">Whose connections it carries. Null where it begins at a UNIX socket:
/// there the file's mode says who may connect.</param>
public sealed record KmsPipeSettings(PipeAddress Address, DnsEndPoint Kms, uint? EnclaveCid);
