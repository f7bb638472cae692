using System.Net;
using System.Text.Json;
using Sequencer.Gateway.Sequencing;
using Sequencer.Gateway.Tests.Http;

namespace Sequencer.Gateway.Tests.Sequencing;

/// <summary>A disk with little room refuses entries before they are written, and reads go on.
/// </summary>
public sealed class DiskReserveTests
{
    [Fact]
    public async Task A_disk_that_runs_full_refuses_entries_and_takes_them_again()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        await using var enclave = new TestEnclave(gateway.SocketPath);
        await gateway.WaitForReadinessAsync();
        (await gateway.PostAsync("/v1/entries", "one")).Dispose();
        var log = new LogLines();
        gateway.LogTo(log);

        gateway.Files!.FreeBytes = 1010;
        using HttpResponseMessage refused =
            await gateway.PostAsync("/v1/entries", new string('x', 100));
        await AppendTests.AssertProblemAsync(refused, "disk-full", 507);
        using HttpResponseMessage sequenced =
            await gateway.PostAsync("/v1/entries?ack=sequenced", new string('x', 100));
        await AppendTests.AssertProblemAsync(sequenced, "disk-full", 507);
        Assert.Equal("one", await gateway.Http.GetStringAsync("/v1/entries/1/payload"));
        await gateway.AssertReceiptVerifiesAsync(1, "one"u8.ToArray());
        Assert.Contains(
            "sequencer_disk_free_bytes 1010", await gateway.Http.GetStringAsync("/metrics"),
            StringComparison.Ordinal);

        gateway.Files.FreeBytes = 999;
        using HttpResponseMessage ready = await gateway.Http.GetAsync("/readyz");
        JsonElement problem = await AppendTests.AssertProblemAsync(ready, "disk-full", 507);
        Assert.Contains(
            "disk-free-min-bytes", problem.GetProperty("detail").GetString(),
            StringComparison.Ordinal);
        // One line, not one for every entry.
        Assert.Single(log.Lines, line => line.Contains("Not appending", StringComparison.Ordinal));

        gateway.Files.FreeBytes = 10_000;
        await gateway.WaitForReadinessAsync();
        using HttpResponseMessage two = await gateway.PostAsync("/v1/entries", "two");
        Assert.Equal(HttpStatusCode.Created, two.StatusCode);
        Assert.Equal(2, (await TestGateway.ReadJsonAsync(two)).GetProperty("number").GetInt32());
        Assert.Equal(3UL, (await gateway.AuditAsync()).Records);
    }

    [Theory]
    [InlineData(0, 5, 100, true)]
    [InlineData(10, 110, 100, true)]
    [InlineData(10, 109, 100, false)]
    [InlineData(10, 9, 0, false)]
    public void The_reserve_is_what_stays_after_the_write(
        long reserve, long free, long bytes, bool hasRoom) =>
        Assert.Equal(hasRoom, new DiskReserve(reserve, () => free).HasRoomFor(bytes));

    [Fact]
    public void A_real_disk_tells_what_is_free()
    {
        string folder = Path.GetTempPath();
        Assert.InRange(DiskReserve.Of(folder, 1).FreeBytesIfKnown!.Value, 1, long.MaxValue);
        Assert.False(DiskReserve.Of(folder, long.MaxValue).HasRoomFor(0));
        string gone = Path.Combine(folder, Path.GetRandomFileName());
        Assert.Null(DiskReserve.Of(gone, 1).FreeBytesIfKnown);
    }

    [Fact]
    public void A_disk_that_does_not_say_is_left_to_the_writes()
    {
        var disk = new DiskReserve(1, () => throw new IOException("Gone."));
        Assert.True(disk.HasRoomFor(1));
        Assert.Null(disk.FreeBytesIfKnown);
    }
}
