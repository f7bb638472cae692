using System.Net;
using System.Text;
using Sequencer.Gateway.Tests.Store;

namespace Sequencer.Gateway.Tests.Sequencing;

/// <summary>What the fault tables of the durability protocol share.</summary>
internal static class FaultTable
{
    /// <summary>Every number is an entry that somebody asked for, once, or the statement of an epoch;
    /// gives the epochs.</summary>
    public static async Task<uint> AssertWholeAsync(
        TestGateway gateway, uint? epochs, params string[] entries)
    {
        var report = await gateway.AuditAsync();
        if (epochs is { } expected) Assert.Equal(expected, report.Epochs);
        Assert.Equal((ulong)entries.Length + report.Epochs, report.Records);
        foreach (string entry in entries)
        {
            using HttpResponseMessage again = await PostAsync(gateway, entry);
            Assert.Equal(HttpStatusCode.Created, again.StatusCode);
            Assert.True(again.Headers.Contains("Idempotent-Replayed"));
            ulong number =
                (await TestGateway.ReadJsonAsync(again)).GetProperty("number").GetUInt64();
            await gateway.AssertReceiptVerifiesAsync(number, Encoding.UTF8.GetBytes(entry));
        }
        return report.Epochs;
    }

    /// <summary>Appends, and gives the number.</summary>
    public static async Task<long> AppendAsync(TestGateway gateway, string entry)
    {
        using HttpResponseMessage response = await PostAsync(gateway, entry);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        return (await TestGateway.ReadJsonAsync(response)).GetProperty("number").GetInt64();
    }

    /// <summary>The entry is its own idempotency key.</summary>
    public static Task<HttpResponseMessage> PostAsync(TestGateway gateway, string entry) =>
        gateway.PostAsync("/v1/entries", entry, headers: ("Idempotency-Key", entry));

    /// <summary>An enclave that dies, and the next.</summary>
    public static async Task<TestEnclave> ReplaceAsync(TestEnclave enclave, TestGateway gateway)
    {
        await enclave.DisposeAsync();
        return new TestEnclave(gateway.SocketPath);
    }

    /// <summary>Each step in each way that it can fail, with and without the enclave's death.</summary>
    public static TheoryData<string, DiskStep, string, Fault, bool> Of(
        (string Step, DiskStep Operation, string Folder)[] steps)
    {
        var table = new TheoryData<string, DiskStep, string, Fault, bool>();
        foreach ((string step, DiskStep operation, string folder) in steps)
        {
            foreach (Fault fault in (Fault[])[
                Fault.Failed, Fault.FailedButPersisted, Fault.HalfDone])
            {
                if (fault == Fault.HalfDone && operation != DiskStep.Write) continue;
                table.Add(step, operation, folder, fault, false);
                table.Add(step, operation, folder, fault, true);
            }
        }
        return table;
    }
}
