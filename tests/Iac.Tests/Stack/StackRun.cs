using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;

namespace Sequencer.Iac.Tests.Stack;

/// <summary>
/// The command with a stand-in for <c>pulumi</c>, a stand-in for AWS, and a release to put up.
/// </summary>
internal sealed class StackRun : IDisposable
{
    private const string Secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

    private readonly CommandRun _run = IacRun.New();

    public StackRun()
    {
        Directory.CreateDirectory(In("stand-in"));
        _run.Environment["STAND_IN"] = In("stand-in");
        _run.Environment["AWS_ACCESS_KEY_ID"] = "AKIAIOSFODNN7EXAMPLE";
        _run.Environment["AWS_SECRET_ACCESS_KEY"] = Secret;
        _run.Environment["AWS_PROFILE"] = "";
        _run.Environment["SEQUENCER_IAC_REGION"] = "eu-central-1";
        _run.Environment["SEQUENCER_IAC_ENDPOINT_URL"] = Aws.Url;
        _run.Environment["SEQUENCER_IAC_INSTANCE_TYPE"] = "m6i.xlarge";
        _run.Environment["SEQUENCER_IAC_STATE"] = In("kept");
        _run.Environment["SEQUENCER_IAC_PULUMI"] =
            Path.Combine(AppContext.BaseDirectory, "stand-in-pulumi");
        WriteRelease("1.0.0+aaaa", pcr: 'a');
    }

    public StandInAws Aws { get; } = new();

    public Dictionary<string, string> Environment => _run.Environment;

    /// <summary>What the stand-in was asked, in order.</summary>
    public string[] Calls => Has("stand-in/calls") ? Lines("stand-in/calls") : [];

    /// <summary>The settings of the last run, by name.</summary>
    public Dictionary<string, string> Settings => Lines("kept/stacks/main/Pulumi.main.yaml")
        .Where(line => line.StartsWith("  sequencer:", StringComparison.Ordinal))
        .Select(line => line.Trim().Split(": ", 2))
        .ToDictionary(pair => pair[0]["sequencer:".Length..], pair => pair[1].Trim('"'));

    public string In(string path) => Path.Combine(_run.Folder, path);

    public bool Has(string path) => Path.Exists(In(path));

    public string[] Lines(string path) => File.ReadAllLines(In(path));

    public void Write(string path, string text) => File.WriteAllText(In(path), text);

    /// <summary>Runs; whatever happens, no secret is shown or given on a command line.</summary>
    public async Task<CommandResult> RunAsync(params string[] arguments)
    {
        CommandResult result = await _run.RunAsync(arguments);
        Assert.DoesNotContain(Secret, result.Output + result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(Calls, call => call.Contains(Secret, StringComparison.Ordinal));
        return result;
    }

    public Task<CommandResult> UpAsync(params string[] arguments)
    {
        string[] origin = arguments.Contains("--origin") ? [] : ["--origin", "log.example/orders"];
        return RunAsync(["up", "--yes", "--release", "release", .. origin, .. arguments]);
    }

    /// <summary>Runs, with a Ctrl-C as soon as <c>pulumi</c> waits for it.</summary>
    public async Task<CommandResult> InterruptAsync(params string[] arguments)
    {
        using Process process = _run.Start(arguments);
        process.StandardInput.Close();
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        Task<string> error = process.StandardError.ReadToEndAsync(patience.Token);
        Task<string> output = process.StandardOutput.ReadToEndAsync(patience.Token);
        while (!Has("stand-in/waiting"))
        {
            Assert.False(process.HasExited);
            await Task.Delay(20, patience.Token);
        }
        using (Process kill = Process.Start("kill", ["-INT", $"{process.Id}"]))
        {
            await kill.WaitForExitAsync(patience.Token);
        }
        await process.WaitForExitAsync(patience.Token);
        return new CommandResult(process.ExitCode, Encoding.UTF8.GetBytes(await output), await error);
    }

    /// <summary>A release whose image has three PCRs of one digit each.</summary>
    public void WriteRelease(string version, char pcr, int eifFlags = 0)
    {
        if (Has("release")) Directory.Delete(In("release"), recursive: true);
        Directory.CreateDirectory(In("release/ec2"));
        Write("release/VERSION", version + "\n");
        File.WriteAllBytes(
            In("release/sequencer.eif"), [.. ".eif"u8, 0, 4, 0, (byte)eifFlags, 1, 2, 3]);
        Write("release/ec2/install", "#!/bin/sh\n");
        File.SetUnixFileMode(
            In("release/ec2/install"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Write(
            "release/measurements.json",
            $$"""
            {"format": "sequencer-measurements/v1", "roots": ["aws-nitro-enclaves-g1"],
             "measurements": [{"name": "sequencer {{version}}", "pcr0": "{{new string(pcr, 96)}}",
             "pcr1": "{{new string('b', 96)}}", "pcr2": "{{new string('c', 96)}}"}]}
            """);
        var sums = new StringBuilder();
        foreach (string name in (string[])
            ["VERSION", "ec2/install", "measurements.json", "sequencer.eif"])
        {
            byte[] bytes = File.ReadAllBytes(In($"release/{name}"));
            sums.Append($"{Convert.ToHexStringLower(SHA256.HashData(bytes))}  {name}\n");
        }
        Write("release/SHA256SUMS", sums.ToString());
    }

    public void Dispose()
    {
        _run.Dispose();
        Aws.Dispose();
    }
}
