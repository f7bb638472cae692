namespace Sequencer.Attestation.Tests;

/// <summary>
/// Documents from public sources. They are third-party data and no part of this repository: the
/// environment variable SEQUENCER_VECTORS names their directory.
/// </summary>
internal static class Vectors
{
    public const string Variable = "SEQUENCER_VECTORS";

    public static string? Folder => Environment.GetEnvironmentVariable(Variable);

    public static string? SkipReason =>
        string.IsNullOrEmpty(Folder) ? $"{Variable} does not name a directory" : null;

    public static byte[] Read(string path) => File.ReadAllBytes(Path.Combine(Folder!, path));

    public static string[] ReadLines(string path) => File.ReadAllLines(Path.Combine(Folder!, path));
}

/// <summary>A fact that needs the vectors; skipped with a reason where they are absent.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class VectorFactAttribute : FactAttribute
{
    public VectorFactAttribute() => Skip = Vectors.SkipReason;
}

/// <summary>A theory that needs the vectors; skipped with a reason where they are absent.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class VectorTheoryAttribute : TheoryAttribute
{
    public VectorTheoryAttribute() => Skip = Vectors.SkipReason;
}
