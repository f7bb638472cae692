using System.Text.RegularExpressions;
using Sequencer.Gateway.Link;
using Sequencer.Gateway.Metrics;

namespace Sequencer.Gateway.Tests.Operations;

public class MetricsTests
{
    [Fact]
    public async Task Appends_requests_and_refusals_are_counted_by_closed_labels()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        await using var enclave = new TestEnclave(gateway.SocketPath);
        await gateway.WaitForReadinessAsync();
        foreach (string match in (string[])["none", "0"])
        {
            string header = match == "none" ? "If-None-Match" : "If-Match";
            string value = match == "none" ? "*" : "\"0\"";
            using var _ = await gateway.PostAsync(
                "/v1/entries?stream=s", "x", "text/plain", (header, value));
        }
        using var unknown = await gateway.Http.GetAsync("/nothing/here");
        string text = await gateway.Http.GetStringAsync("/metrics");

        Assert.Equal(1, ValueOf(text, "sequencer_entries_appended_total"));
        Assert.Equal(1, ValueOf(text, "sequencer_entries_refused_total{reason=\"guard\"}"));
        Assert.Equal(0, ValueOf(text, "sequencer_entries_refused_total{reason=\"cells-full\"}"));
        Assert.Equal(1, ValueOf(text, "sequencer_problems_total{problem=\"version-mismatch\"}"));
        const string requests = "sequencer_requests_total{method=\"POST\",route=\"/v1/entries\",";
        Assert.Equal(1, ValueOf(text, requests + "status=\"201\"}"));
        Assert.Equal(1, ValueOf(text, requests + "status=\"412\"}"));
        Assert.Equal(1, ValueOf(
            text, "sequencer_requests_total{method=\"GET\",route=\"none\",status=\"404\"}"));
        Assert.Equal(1, ValueOf(text, "sequencer_requests_active"));
        foreach (string stage in (string[])["queue", "payloads", "enclave", "commit"])
        {
            Assert.True(0 < ValueOf(
                text, $"sequencer_append_stage_seconds_count{{stage=\"{stage}\"}}"), stage);
        }
        Assert.True(0 < ValueOf(text, "sequencer_sync_seconds_count{file=\"log\"}"));
        Assert.True(0 < ValueOf(text, "process_start_time_seconds"));
        Assert.Equal(1, ValueOf(text, $"sequencer_build_info{{version=\"{GatewayMetrics.Version}\"}}"));
    }

    [Fact]
    public void An_observed_value_is_shown_as_it_is_however_often_it_is_asked_for()
    {
        using var metrics = new GatewayMetrics();
        metrics.Cosigned(
            5, TimeProvider.System.GetTimestamp() - 3600 * TimeProvider.System.TimestampFrequency);
        metrics.Exporter.Write();
        double age = ValueOf(metrics.Exporter.Write(), "sequencer_cosigned_age_seconds");
        Assert.InRange(age, 3600, 7200);
    }

    [Fact]
    public void Buckets_of_a_histogram_add_up()
    {
        using var metrics = new GatewayMetrics();
        foreach (int seconds in (int[])[0, 1, 2, 100]) metrics.Answered(TimeSpan.FromSeconds(seconds));
        string text = metrics.Exporter.Write();
        Assert.Equal(1, ValueOf(text, "sequencer_append_seconds_bucket{le=\"0.0001\"}"));
        Assert.Equal(2, ValueOf(text, "sequencer_append_seconds_bucket{le=\"1\"}"));
        Assert.Equal(3, ValueOf(text, "sequencer_append_seconds_bucket{le=\"2.5\"}"));
        Assert.Equal(4, ValueOf(text, "sequencer_append_seconds_bucket{le=\"+Inf\"}"));
        Assert.Equal(4, ValueOf(text, "sequencer_append_seconds_count"));
        Assert.Equal(103, ValueOf(text, "sequencer_append_seconds_sum"));
    }

    [Fact]
    public void Counting_a_batch_allocates_nothing()
    {
        using var metrics = new GatewayMetrics();
        Outcome[] outcomes =
        [
            new(OutcomeStatus.Appended, 0, 0, 1, 0),
            new(OutcomeStatus.Refused, RefusalReason.Guard, 0, 0, 1),
        ];
        void Count()
        {
            metrics.BatchAnswered(outcomes);
            metrics.Passed(AppendStage.Queue, TimeSpan.FromMilliseconds(1));
            metrics.LogSynced(TimeSpan.FromMilliseconds(1));
            metrics.RequestBegan();
            metrics.RequestEnded("GET", "/x", "200", "not-found", TimeSpan.FromMilliseconds(1));
        }
        // Until the runtime has compiled it for good.
        for (int i = 0; i < 200; i++) Count();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++) Count();
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1000);
    }

    [Fact]
    public async Task Every_metric_is_in_the_document()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        using (await gateway.Http.GetAsync("/nothing"))
        {
        }
        string text = await gateway.Http.GetStringAsync("/metrics");
        string document = Checkout.Read("docs/OPERATING.md");
        foreach (Match line in Regex.Matches(text, "^# TYPE (\\S+) ", RegexOptions.Multiline))
        {
            Assert.Contains($"`{line.Groups[1].Value}`", document, StringComparison.Ordinal);
        }
    }

    private static double ValueOf(string text, string series)
    {
        string line = Assert.Single(
            text.Split('\n'), l => l.StartsWith(series + " ", StringComparison.Ordinal));
        return double.Parse(
            line[(series.Length + 1)..], System.Globalization.CultureInfo.InvariantCulture);
    }
}
