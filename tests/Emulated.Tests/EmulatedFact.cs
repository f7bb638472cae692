[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Sequencer.Emulated.Tests;

/// <summary>
/// What <c>tests/emulated/run</c> builds for these tests, and names in the environment.
/// </summary>
internal static class Built
{
    private const string ToolsVariable = "SEQUENCER_ENCLAVE_TOOLS";
    private const string ImageVariable = "SEQUENCER_ENCLAVE_IMAGE";
    private const string RelayVariable = "SEQUENCER_RELAY_IMAGE";
    private const string ParentVariable = "SEQUENCER_PARENT_IMAGE";
    private const string SealingVariable = "SEQUENCER_SEALING_IMAGE";
    private const string TrustingVariable = "SEQUENCER_TRUSTING_IMAGE";

    public static string Tools => Variable(ToolsVariable)!;

    /// <summary>The production image.</summary>
    public static string Image => Path.Combine(Variable(ImageVariable)!, "sequencer.eif");

    /// <summary>Its measurements.</summary>
    public static string Measurements => Path.Combine(Variable(ImageVariable)!, "measurements.json");

    /// <summary>The image that hands out the NSM (tests/emulated/relay.c), signed.</summary>
    public static string Relay => Path.Combine(Variable(RelayVariable)!, "sequencer.eif");

    /// <summary>Its measurements.</summary>
    public static string RelayMeasurements =>
        Path.Combine(Variable(RelayVariable)!, "measurements.json");

    /// <summary>The image of a parent instance (tests/ParentVm).</summary>
    public static string Parent => Path.Combine(Variable(ParentVariable)!, "sequencer.eif");

    /// <summary>The production image that seals.</summary>
    public static string Sealing => Path.Combine(Variable(SealingVariable)!, "sequencer.eif");

    /// <summary>The same but for the roots that may vouch for KMS
    /// (<c>tests/emulated/build-trusting</c>).</summary>
    public static string Trusting => Path.Combine(Variable(TrustingVariable)!, "sequencer.eif");

    /// <summary>What the stand-in for KMS shows, under the root that this one trusts: certificate
    /// and key.</summary>
    public static (string Certificate, string Key) StandInCertificate => (
        Path.Combine(Variable(TrustingVariable)!, "kms.pem"),
        Path.Combine(Variable(TrustingVariable)!, "kms.key"));

    public static string? SkipReason =>
        new[]
        {
            ToolsVariable, ImageVariable, RelayVariable, ParentVariable, SealingVariable,
            TrustingVariable,
        }
            .Where(name => Variable(name) is null)
            .Select(name => $"{name} does not name a directory; 'make test-enclave' sets it")
            .FirstOrDefault();

    private static string? Variable(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}

/// <summary>A fact that boots virtual machines; skipped with a reason where there are none.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class EmulatedFactAttribute : FactAttribute
{
    public EmulatedFactAttribute()
    {
        Skip = Built.SkipReason;
        Timeout = 600_000;
    }
}
