using Sequencer.Attestation.Nitro;
using Sequencer.Attestation.Verification;

namespace Sequencer.Emulated.Tests;

/// <summary>
/// What a measurement stands for: the same sources give the same image, and another byte another.
/// </summary>
public class RebuiltImageTests
{
    [RebuiltFact]
    public void Built_again_in_another_folder_an_image_is_the_same_byte_for_byte()
    {
        foreach (string name in (string[])["sequencer.eif", "measurements.json", "sbom.json"])
        {
            byte[] first = File.ReadAllBytes(Path.Combine(Rebuilt.First, name));
            byte[] again = File.ReadAllBytes(Path.Combine(Rebuilt.Again, name));
            Assert.NotEmpty(first);
            int differs = first.AsSpan().CommonPrefixLength(again);
            Assert.True(
                first.AsSpan().SequenceEqual(again),
                $"{name}: {first.Length} and {again.Length} bytes, different from {differs} on");
        }
    }

    [RebuiltFact]
    public void One_byte_of_the_program_changes_PCR0_and_PCR2_and_not_PCR1()
    {
        byte[] program = File.ReadAllBytes(
            Path.Combine(Rebuilt.First, "recipe", "sequencer-enclave"));
        byte[] changed = File.ReadAllBytes(
            Path.Combine(Rebuilt.Changed, "recipe", "sequencer-enclave"));
        Assert.Equal(program.Length, changed.Length);
        Assert.Single(Enumerable.Range(0, program.Length), i => program[i] != changed[i]);

        MeasurementSet first = Pcrs(Rebuilt.First);
        MeasurementSet other = Pcrs(Rebuilt.Changed);
        Assert.False(Same(0));
        Assert.True(Same(1));
        Assert.False(Same(2));

        bool Same(int pcr) => first.Pcrs[pcr].Span.SequenceEqual(other.Pcrs[pcr].Span);
    }

    private static MeasurementSet Pcrs(string image)
    {
        byte[] json = File.ReadAllBytes(Path.Combine(image, "measurements.json"));
        Assert.True(TrustedImages.TryParse(json, out TrustedImages? images, out _));
        return Assert.Single(images.Measurements).Measurements;
    }
}

/// <summary>What <c>tests/emulated/rebuild</c> made.</summary>
internal static class Rebuilt
{
    private const string AgainVariable = "SEQUENCER_REBUILT_IMAGE";
    private const string ChangedVariable = "SEQUENCER_CHANGED_IMAGE";

    /// <summary>The folder of the production image.</summary>
    public static string First => Path.GetDirectoryName(Built.Image)!;

    /// <summary>That of the same, built elsewhere.</summary>
    public static string Again => Environment.GetEnvironmentVariable(AgainVariable)!;

    /// <summary>That of the one whose program differs in a byte.</summary>
    public static string Changed => Environment.GetEnvironmentVariable(ChangedVariable)!;

    public static string? SkipReason =>
        Built.SkipReason ?? new[] { AgainVariable, ChangedVariable }
            .Where(name => string.IsNullOrEmpty(Environment.GetEnvironmentVariable(name)))
            .Select(name => $"{name} does not name a directory; 'make test-enclave' sets it")
            .FirstOrDefault();
}

/// <summary>A fact about images that were built again; skipped with a reason where none were.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RebuiltFactAttribute : FactAttribute
{
    public RebuiltFactAttribute() => Skip = Rebuilt.SkipReason;
}
