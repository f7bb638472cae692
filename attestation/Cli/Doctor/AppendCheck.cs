using System.Globalization;
using System.Text;
using Sequencer.Attestation.Verification;
using Sequencer.Client;

namespace Sequencer.Cli.Doctor;

/// <summary>Appends an entry, which stays in the log for ever; only where it is asked for.</summary>
internal sealed class AppendCheck(HttpClient http, TimeProvider time)
{
    public async Task RunAsync(
        Findings findings, TrustPolicy? policy, CancellationToken cancellationToken)
    {
        SequencerClient client = policy is null
            ? SequencerClient.WithoutVerification(http, time)
            : new SequencerClient(http, policy, time);
        string now = time.GetUtcNow().ToString("O", CultureInfo.InvariantCulture);
        var entry = new NewEntry
        {
            Payload = Encoding.UTF8.GetBytes($"sequencer doctor {now}"),
            ContentType = "text/plain",
            Type = "doctor",
            IdempotencyKey = "doctor-" + Guid.NewGuid().ToString("N"),
        };
        long since = time.GetTimestamp();
        try
        {
            Appended appended = await client.AppendAsync(
                entry, cancellationToken: cancellationToken);
            string proof = policy is null ? "not verified" : "its receipt verifies";
            findings.Good(
                "append",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Entry {appended.Number} was appended in "
                    + $"{time.GetElapsedTime(since).TotalMilliseconds:F0} ms; {proof}."));
            if (appended.Time - time.GetUtcNow() is { } ahead && ahead > TimeSpan.FromSeconds(5))
            {
                ReachCheck.CompareClocks(
                    findings, "record-time", "The newest record's", ahead, TimeSpan.Zero);
            }
        }
        catch (SequencerException e)
        {
            findings.Problem("append", e.Message, "See what readiness says, and the gateway's log.");
        }
    }
}
