using Sequencer.Attestation.Verification;

namespace Sequencer.EndToEnd.Tests;

/// <summary>A log that is backed up under load, lost, and goes on from the backup.</summary>
public class BackupTests
{
    [Fact]
    public async Task A_log_that_was_backed_up_under_load_goes_on_in_a_new_epoch()
    {
        await using RunningSequencer sequencer = await RunningSequencer.StartAsync();
        LogVerifier verifier = await sequencer.WritePolicyAsync();
        string backup = Path.Combine(sequencer.Folder, "backup");
        Acknowledged[] kept;
        Acknowledged early = (await Acknowledged.TrySubmitAsync(sequencer.Http, "early"))!;
        await using (var load = new Load(sequencer.Http, callers: 8))
        {
            for (int i = 0; i < 3; i++)
            {
                await load.UntilMoreAsync(60);
                await RunAsync(
                    sequencer, "backup", sequencer.DataDirectory, "--output", backup,
                    "--policy", sequencer.PolicyFile);
            }
            await load.UntilMoreAsync(60);
            kept = await load.FinishAsync();
        }
        Acknowledged newest = kept.MaxBy(one => one.Number)!;

        // The machine is lost: directory, gateway and enclave.
        await sequencer.KillGatewayAsync();
        sequencer.KillEnclave();
        Directory.Delete(sequencer.DataDirectory, recursive: true);
        string told = await RunAsync(
            sequencer, "restore", backup, "--data", sequencer.DataDirectory,
            "--policy", sequencer.PolicyFile);
        Assert.Contains("goes on in epoch 1", told, StringComparison.Ordinal);

        // Somebody holds a receipt that the backup came too early for: it is told.
        string held = Path.Combine(sequencer.Folder, "held.json");
        await File.WriteAllBytesAsync(held, newest.Receipt);
        (int code, string output) = await sequencer.RunAsync(
            "audit", sequencer.DataDirectory, "--policy", sequencer.PolicyFile, "--held", held);
        Assert.True(code == 1, output);
        Assert.Contains("the log was cut back", output, StringComparison.Ordinal);

        await sequencer.StartGatewayAsync();
        Acknowledged after = (await Acknowledged.TrySubmitAsync(sequencer.Http, "after"))!;
        Assert.True(after.Number <= newest.Number);
        after.AssertVerifies(verifier);
        early.AssertVerifies(verifier);
        newest.AssertVerifies(verifier);
        Assert.True(await early.IsServedAsync(sequencer.Http));
        await RunAsync(
            sequencer, "audit", sequencer.DataDirectory, "--policy", sequencer.PolicyFile);
        // What goes on from the backup extends it.
        await RunAsync(sequencer, "backup", sequencer.DataDirectory, "--output", backup);
        await RunAsync(sequencer, "restore", backup, "--policy", sequencer.PolicyFile);
    }

    [Fact]
    public async Task A_running_enclave_refuses_a_restored_older_log()
    {
        await using RunningSequencer sequencer = await RunningSequencer.StartAsync();
        await Acknowledged.TrySubmitAsync(sequencer.Http, "one");
        string backup = Path.Combine(sequencer.Folder, "backup");
        await RunAsync(sequencer, "backup", sequencer.DataDirectory, "--output", backup);
        await Acknowledged.TrySubmitAsync(sequencer.Http, "two");
        await sequencer.KillGatewayAsync();
        Directory.Delete(sequencer.DataDirectory, recursive: true);
        await RunAsync(sequencer, "restore", backup, "--data", sequencer.DataDirectory);
        sequencer.StartGateway();
        await sequencer.UntilProblemAsync("enclave-mismatch");
    }

    private static async Task<string> RunAsync(
        RunningSequencer sequencer, params string[] arguments)
    {
        (int code, string output) = await sequencer.RunAsync(arguments);
        Assert.True(code == 0, output);
        return output;
    }
}
