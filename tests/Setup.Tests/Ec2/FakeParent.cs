using System.Diagnostics;
using System.Text.Json;

namespace Sequencer.Setup.Tests.Ec2;

/// <summary>A parent whose <c>nitro-cli</c> is a script, with an image and a state folder.
/// </summary>
internal sealed class FakeParent : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public FakeParent()
    {
        Directory.CreateDirectory(_folder["nitro"]);
        Directory.CreateDirectory(_folder["state"]);
        _folder.Write("sequencer.eif", "an image");
    }

    public string StateFile => _folder["state/enclave-id"];

    /// <summary>What <c>nitro-cli</c> was asked, in order.</summary>
    public string[] Calls => File.ReadAllLines(_folder["nitro/calls"]);

    /// <summary>Processes of the enclaves that were started and not terminated, by id.</summary>
    public Dictionary<string, int> Processes => Directory.GetFiles(_folder["nitro"], "*.json")
        .ToDictionary(
            path => Path.GetFileNameWithoutExtension(path),
            path => JsonDocument.Parse(File.ReadAllText(path)).RootElement
                .GetProperty("ProcessID").GetInt32());

    private Dictionary<string, string> Environment => new()
    {
        ["FAKE_NITRO"] = _folder["nitro"],
        ["PATH"] = Path.Combine(Checkout.Root, "tests/Setup.Tests/Ec2/fake") + ":"
            + System.Environment.GetEnvironmentVariable("PATH"),
    };

    /// <summary>Makes a subcommand of <c>nitro-cli</c> fail.</summary>
    public void Fail(string subcommand) => _folder.Write("nitro/fail", subcommand);

    /// <summary>Lets <c>nitro-cli describe-enclaves</c> print this.</summary>
    public void Describe(string output) => _folder.Write("nitro/describe", output);

    /// <summary>Starts the script that the unit starts.</summary>
    public Script RunEnclave(int cid = 16) => new(
        "setup/ec2/run-enclave",
        ["--eif", _folder["sequencer.eif"], "--memory", "1024", "--cpus", "2", "--cid", $"{cid}",
            "--state", _folder["state"]],
        Environment);

    /// <summary>An enclave that somebody else started.</summary>
    public async Task StartOther(int cid)
    {
        ScriptResult started = await Script.Run(
            "tests/Setup.Tests/Ec2/fake/nitro-cli",
            ["run-enclave", "--enclave-cid", $"{cid}", "--memory", "512", "--cpu-count", "2"],
            Environment);
        Assert.Equal(0, started.Code);
    }

    public void Dispose()
    {
        foreach (int id in Processes.Values)
        {
            using Process? process = Find(id);
            process?.Kill();
        }
        _folder.Dispose();
    }

    private static Process? Find(int id)
    {
        try
        {
            return Process.GetProcessById(id);
        }
        catch (ArgumentException)
        {
            // It has ended, as in many of the tests.
            return null;
        }
    }
}
