using System.Globalization;
using Sequencer.Attestation.Verification;

namespace Sequencer.EndToEnd.Tests;

/// <summary>A planned end of an epoch, and an upgrade over it, as an operator does them.</summary>
public class HandoverTests
{
    private static readonly string[] OldImage = [Pcr('0'), Pcr('1'), Pcr('2')];
    private static readonly string[] NewImage = [Pcr('a'), Pcr('b'), Pcr('c')];

    [Fact]
    public async Task An_upgrade_over_a_seal_needs_both_images_named()
    {
        await using RunningSequencer sequencer = await RunningSequencer.StartAsync(
            folder => Measured(EnclaveLaunch.Simulated(folder), OldImage));
        EnclaveLaunch simulated = EnclaveLaunch.Simulated(sequencer.Folder);
        LogVerifier old = await sequencer.WritePolicyAsync();
        Acknowledged one = await SubmitAsync(sequencer, "one");

        await sequencer.SealAsync();
        await sequencer.UntilProblemAsync("epoch-sealed");
        Assert.Null(await Acknowledged.TrySubmitAsync(sequencer.Http, "refused"));
        await ShowsTheSealAsync(sequencer);
        await sequencer.StopGatewayAsync();

        sequencer.Enclave = Measured(simulated, NewImage);
        sequencer.StartGateway();
        await sequencer.UntilProblemAsync("enclave-mismatch");
        await sequencer.StopGatewayAsync();

        sequencer.Enclave = Measured(
            simulated, NewImage, $" --accept-predecessor {string.Join(',', OldImage)}");
        await sequencer.StartGatewayAsync();
        Acknowledged two = await SubmitAsync(sequencer, "two");
        // 1 the first entry, 2 the seal, 3 the statement of the new epoch.
        Assert.Equal((1ul, 4ul), (one.Number, two.Number));

        // Whoever trusts the old image alone keeps its receipts and refuses what comes after.
        one.AssertVerifies(old);
        Assert.False(old.VerifyReceipt(two.Receipt).IsGood);
        Assert.NotEqual(0, (await AuditAsync(sequencer)).ExitCode);
        LogVerifier both = await sequencer.WritePolicyAsync();
        one.AssertVerifies(both);
        two.AssertVerifies(both);
        (int code, string output) = await AuditAsync(sequencer);
        Assert.True(code == 0, output);
    }

    [Fact]
    public async Task A_gateway_that_is_replaced_goes_on_in_the_running_enclave_s_epoch()
    {
        await using RunningSequencer sequencer = await RunningSequencer.StartAsync();
        await SubmitAsync(sequencer, "one");
        await sequencer.KillGatewayAsync();
        await sequencer.StartGatewayAsync();
        Assert.Equal(2ul, (await SubmitAsync(sequencer, "two")).Number);
    }

    private static async Task ShowsTheSealAsync(RunningSequencer sequencer)
    {
        byte[] receipt = await sequencer.Http.GetByteArrayAsync("/v1/entries/2/receipt");
        string file = Path.Combine(sequencer.Folder, "2.receipt.json");
        await File.WriteAllBytesAsync(file, receipt);
        await SaysAsync("seal", "inspect", file);
        await SaysAsync(
            "seal", "tail", "--from", "2", "--no-follow", "--url", sequencer.Url.ToString());
        await SaysAsync("seal", "verify", file, "--policy", sequencer.PolicyFile);

        async Task SaysAsync(string word, params string[] arguments)
        {
            (int code, string output) = await sequencer.RunAsync(arguments);
            Assert.True(code == 0, output);
            Assert.Contains(word, output, StringComparison.Ordinal);
        }
    }

    private static Task<(int ExitCode, string Output)> AuditAsync(RunningSequencer sequencer) =>
        sequencer.RunAsync("audit", sequencer.DataDirectory, "--policy", sequencer.PolicyFile);

    private static async Task<Acknowledged> SubmitAsync(RunningSequencer sequencer, string payload)
    {
        Acknowledged? one = await Acknowledged.TrySubmitAsync(sequencer.Http, payload);
        Assert.True(one is not null, sequencer.Output());
        return one;
    }

    private static EnclaveLaunch Measured(
        EnclaveLaunch launch, string[] image, string more = "") =>
        launch with
        {
            Command = string.Create(
                CultureInfo.InvariantCulture,
                $"{launch.Command} --pcr0 {image[0]} --pcr1 {image[1]} --pcr2 {image[2]}{more}"),
        };

    private static string Pcr(char digit) => "1" + new string(digit, 95);
}
