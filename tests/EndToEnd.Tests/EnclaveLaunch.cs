namespace Sequencer.EndToEnd.Tests;

/// <summary>How a gateway under test starts its enclave, and how it is found again.</summary>
/// <param name="Endpoint">The gateway's <c>enclave</c> setting.</param>
/// <param name="Command">The gateway's <c>enclave-command</c>.</param>
/// <param name="RootDirectory">Where the development root is.</param>
/// <param name="ProcessArgument">An argument of the process that is the enclave, and of no other.</param>
/// <param name="ReadyWithin">How long it may take until entries can be appended.</param>
internal sealed record EnclaveLaunch(
    string Endpoint,
    string Command,
    string RootDirectory,
    string ProcessArgument,
    TimeSpan ReadyWithin)
{
    /// <summary>The simulated enclave, with its socket in a test's folder.</summary>
    public static EnclaveLaunch Simulated(string folder)
    {
        string socket = Path.Combine(folder, "e.sock");
        string root = Path.Combine(folder, "nsm");
        string program = Built("enclave/Simulated", "Sequencer.Enclave.Simulated");
        return new EnclaveLaunch(
            $"unix:{socket}",
            $"dotnet {program} --socket {socket} --root-directory {root} --exit-when-idle 20",
            root,
            socket,
            TimeSpan.FromSeconds(60));
    }

    /// <summary>The folder of the solution.</summary>
    internal static string Checkout => Here.Parent!.Parent!.Parent!.Parent!.Parent!.FullName;

    private static DirectoryInfo Here => new(AppContext.BaseDirectory.TrimEnd('/'));

    // These tests and the programs are built in one configuration: bin/<configuration>/net10.0.
    internal static string Built(string project, string assembly)
    {
        string path = Path.Combine(
            Checkout, project, "bin", Here.Parent!.Name, Here.Name, assembly + ".dll");
        Assert.True(File.Exists(path), $"{path} was not built.");
        return path;
    }
}
