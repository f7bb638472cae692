using System.Diagnostics;
using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Tests.Log;
using Sequencer.Gateway.Witnessing;

namespace Sequencer.Witness.Tests;

/// <summary>The program itself, with kill -9.</summary>
public sealed class ProcessTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly TestLog _log = TestLog.WithEntries(1);

    private string Policy => Path.Combine(_directory.Path, "trust-policy.json");

    public void Dispose()
    {
        _log.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Whatever_was_cosigned_before_a_kill_is_known_after_it()
    {
        await File.WriteAllBytesAsync(Policy, _log.Policy.ToJson());
        ulong cosigned = 0;
        for (int round = 0; round < 3; round++)
        {
            using Process process = Start();
            try
            {
                (VerifierKey key, HttpClient http) = await ReadyAsync(process);
                using (http)
                {
                    string name = WitnessedLog.NameOf(TestLog.Origin);
                    if (cosigned > 0)
                    {
                        string[] lines = (await http.GetStringAsync(
                            new Uri($"{name}/checkpoint", UriKind.Relative))).Split('\n');
                        ulong known = ulong.Parse(
                            lines[1], System.Globalization.CultureInfo.InvariantCulture);
                        Assert.True(known >= cosigned, $"{known} after {cosigned} was cosigned");
                    }
                    var client = new WitnessClient(
                        http, key, TimeSpan.FromMinutes(1), TimeProvider.System);
                    cosigned = await SubmitUntilKilledAsync(process, client);
                }
            }
            finally
            {
                if (!process.HasExited) process.Kill();
                await process.WaitForExitAsync();
            }
        }
        Assert.True(cosigned > 20);
    }

    [Fact]
    public async Task It_explains_itself_and_refuses_in_one_line()
    {
        (int code, string output, _) = await RunAsync("--help");
        Assert.Equal(0, code);
        Assert.Contains("POST /add-epoch", output, StringComparison.Ordinal);
        await File.WriteAllTextAsync(Policy, "{}");
        (string[] Arguments, string Fault)[] cases =
        [
            (["--state"], "--state: a value is missing."),
            (["--what", "x"], "--what is no setting; see --help."),
            (["--name", "a", "--policy", Policy], $"--policy {Policy} is not a trust policy: "),
            (["--name", "a"], "--state is missing; see --help."),
            (["--listen", "ftp://x"], "--listen ftp://x: not http://ADDRESS:PORT."),
        ];
        foreach ((string[] arguments, string fault) in cases)
        {
            (code, _, string error) = await RunAsync(arguments);
            Assert.Equal(1, code);
            Assert.StartsWith(fault, error, StringComparison.Ordinal);
            Assert.Equal(1, error.Count(c => c == '\n'));
        }
        await File.WriteAllBytesAsync(Policy, _log.Policy.ToJson());
        string state = Path.Combine(_directory.Path, "state");
        Directory.CreateDirectory(state);
        await File.WriteAllTextAsync(
            Path.Combine(state, WitnessedLog.NameOf(TestLog.Origin)), "sequencer-wit");
        (code, _, string damaged) = await RunAsync(
            "--state", state, "--name", "w.example", "--policy", Policy);
        Assert.Equal(1, code);
        Assert.Contains("is damaged", damaged, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_policy_it_makes_its_key_and_prints_it()
    {
        string[] arguments = ["--state", Path.Combine(_directory.Path, "state"), "--name", "w.example"];
        (int code, string first, _) = await RunAsync(arguments);
        Assert.Equal(0, code);
        Assert.True(VerifierKey.TryParse(first.TrimEnd('\n'), out _, out _));
        Assert.Equal((0, first, ""), await RunAsync(arguments));
    }

    // Killed at whatever it is doing: between two answers, or between write and answer.
    private async Task<ulong> SubmitUntilKilledAsync(Process process, WitnessClient client)
    {
        ulong cosigned = 0;
        for (int i = 0; ; i++)
        {
            _log.Append();
            Task<WitnessAnswer> submission =
                client.SubmitAsync(_log.Subject(_log.Size), CancellationToken.None);
            if (i == 12) process.Kill();
            WitnessAnswer answer = await submission;
            if (answer.Outcome == WitnessOutcome.Cosigned) cosigned = _log.Size;
            else
            {
                Assert.Equal(WitnessOutcome.Unreachable, answer.Outcome);
                Assert.True(i >= 12);
                return cosigned;
            }
        }
    }

    private Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "sequencer-witness.dll"));
        string[] defaults =
        [
            "--state", Path.Combine(_directory.Path, "state"), "--name", RunningWitness.Name,
            "--policy", Policy, "--listen", "http://127.0.0.1:0",
        ];
        foreach (string argument in arguments.Length > 0 ? arguments : defaults)
        {
            start.ArgumentList.Add(argument);
        }
        return Process.Start(start)!;
    }

    private static async Task<(VerifierKey Key, HttpClient Http)> ReadyAsync(Process process)
    {
        string? vkey = await process.StandardOutput.ReadLineAsync();
        Assert.True(VerifierKey.TryParse(vkey, out VerifierKey? key, out _));
        string serving = await process.StandardOutput.ReadLineAsync() ?? "";
        string url = serving["Serving ".Length..serving.IndexOf(',', StringComparison.Ordinal)];
        return (key, new HttpClient { BaseAddress = new Uri(url + "/") });
    }

    private async Task<(int Code, string Output, string Error)> RunAsync(
        params string[] arguments)
    {
        using Process process = Start(arguments);
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, error);
    }
}
