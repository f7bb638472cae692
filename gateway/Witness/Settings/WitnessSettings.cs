using System.Collections.Immutable;
using System.Net;
using Sequencer.Attestation.Verification;

namespace Sequencer.Witness.Settings;

/// <summary>What the operator of a witness decides.</summary>
/// <param name="StateDirectory">Where key and states are kept.</param>
/// <param name="Name">The witness's name: the name of its key.</param>
/// <param name="Listen">Where it serves HTTP.</param>
/// <param name="Policies">One for each log that it watches.</param>
internal sealed record WitnessSettings(
    string StateDirectory, string Name, IPEndPoint Listen, ImmutableArray<TrustPolicy> Policies);
