using System.Text.Json;

namespace Sequencer.EndToEnd.Tests;

/// <summary><c>sequencer doctor</c> on a real deployment.</summary>
public class DoctorTests
{
    [Fact]
    public async Task A_deployment_is_well_until_it_is_stopped()
    {
        await using RunningSequencer sequencer = await RunningSequencer.StartAsync();
        await sequencer.WritePolicyAsync();
        string config = Path.Combine(sequencer.Folder, "gateway.toml");
        await File.WriteAllTextAsync(
            config,
            $"""
            [gateway]
            data = "{sequencer.DataDirectory}"
            enclave = "{sequencer.Enclave.Endpoint}"
            listen = "{sequencer.Url.ToString().TrimEnd('/')}"
            origin = "doctor.example/log"
            disk-free-min-bytes = 1

            """);
        string[] command =
        [
            "doctor", "--config", config,
            "--gateway", EnclaveLaunch.Built("gateway/Gateway", "Sequencer.Gateway"),
            "--policy", sequencer.PolicyFile, "--state", Path.Combine(sequencer.Folder, "seen"),
            "--append", "--json",
        ];
        for (int run = 0; run < 2; run++)
        {
            (int code, string text) = await sequencer.RunAsync(command);
            Assert.True(code == 0, text);
            Assert.Contains("its receipt verifies", text, StringComparison.Ordinal);
            Assert.Contains("A live enclave answered the nonce", text, StringComparison.Ordinal);
            Assert.Equal(0, Read(text).GetProperty("problems").GetInt32());
        }
        await sequencer.StopGatewayAsync();
        (int stopped, string told) = await sequencer.RunAsync(command);
        Assert.Equal(1, stopped);
        Assert.Contains("reachable", told, StringComparison.Ordinal);
        Assert.Contains("No process has this directory open", told, StringComparison.Ordinal);
    }

    // After the remark that the policy trusts a development root.
    private static JsonElement Read(string output)
    {
        int start = output.IndexOf('{', StringComparison.Ordinal);
        int end = output.LastIndexOf('}');
        using JsonDocument json = JsonDocument.Parse(output[start..(end + 1)]);
        return json.RootElement.Clone();
    }
}
