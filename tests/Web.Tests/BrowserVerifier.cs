using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;

namespace Sequencer.Web.Tests;

/// <summary>The verifier in JavaScript, run by Node over many cases at once.</summary>
internal static class BrowserVerifier
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    /// <summary>Why it cannot run here; null if it can. WebCrypto is global from Node 20 on.</summary>
    public static string? SkipReason { get; } = FindSkipReason();

    /// <summary>Where the checkout is.</summary>
    public static string Checkout { get; } = FindCheckout();

    /// <summary>What the verifier says of each case, in order: see verify-many.mjs.</summary>
    public static async Task<JsonElement[]> RunAsync(
        IEnumerable<byte[]> policies, IEnumerable<object> cases)
    {
        string script = Path.Combine(Checkout, "tests/Web.Tests/verify-many.mjs");
        using Process node = Start(script);
        Task<string> output = node.StandardOutput.ReadToEndAsync();
        Task<string> errors = node.StandardError.ReadToEndAsync();
        await JsonSerializer.SerializeAsync(node.StandardInput.BaseStream, new { policies, cases });
        node.StandardInput.Close();
        await node.WaitForExitAsync().WaitAsync(Patience);
        Assert.True(node.ExitCode == 0, await errors);
        return JsonSerializer.Deserialize<JsonElement[]>(await output)!;
    }

    private static Process Start(params string[] arguments) =>
        Process.Start(new ProcessStartInfo("node", arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;

    private static string? FindSkipReason()
    {
        try
        {
            using Process node = Start("--version");
            string version = node.StandardOutput.ReadToEnd().Trim();
            node.WaitForExit();
            return int.TryParse(version.TrimStart('v').Split('.')[0], out int major) && major >= 20
                ? null
                : $"Node {version} is older than 20";
        }
        catch (Win32Exception)
        {
            return "Node is not installed (apt-get install nodejs, 20 or newer)";
        }
    }

    private static string FindCheckout()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Sequencer.sln"))) folder = folder.Parent;
        return folder.FullName;
    }
}

/// <summary>A fact that needs Node; skipped with a reason where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NodeFactAttribute : FactAttribute
{
    /// <summary>With <paramref name="needsVectors"/>, genuine documents are needed too.</summary>
    public NodeFactAttribute(bool needsVectors = false) => Skip = BrowserVerifier.SkipReason
        ?? (needsVectors ? Attestation.Tests.Vectors.SkipReason : null);
}
