using System.Text;
using System.Text.Json;
using Sequencer.Attestation.Verification;

namespace Sequencer.EndToEnd.Tests;

/// <summary>An entry that the gateway acknowledged: what a client would keep.</summary>
internal sealed record Acknowledged(ulong Number, byte[] Payload, byte[] Receipt)
{
    /// <summary>Submits one entry; null when the gateway answers or breaks off with an error.</summary>
    public static async Task<Acknowledged?> TrySubmitAsync(HttpClient http, string payload)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(payload);
        try
        {
            using HttpResponseMessage answer = await http.PostAsync("/v1/entries", new ByteArrayContent(bytes));
            if (!answer.IsSuccessStatusCode) return null;
            using JsonDocument json = await JsonDocument.ParseAsync(await answer.Content.ReadAsStreamAsync());
            JsonElement receipt = json.RootElement.GetProperty("receipt");
            return new Acknowledged(
                json.RootElement.GetProperty("number").GetUInt64(),
                bytes,
                Encoding.UTF8.GetBytes(receipt.GetRawText() + "\n"));
        }
        catch (Exception e) when (e is HttpRequestException or IOException or TaskCanceledException)
        {
            return null;
        }
    }

    /// <summary>Checks the kept receipt offline.</summary>
    public void AssertVerifies(LogVerifier verifier)
    {
        VerificationReport<VerifiedEntry> report =
            verifier.VerifyReceipt(Receipt, PayloadClaim.Of(Payload));
        Assert.True(
            report.TryGet(out VerifiedEntry? entry),
            string.Join('\n', report.Faults.Select(fault => fault.Sentence)));
        Assert.Equal(Number, entry!.Number);
    }

    /// <summary>Checks that the gateway still has the payload under this number.</summary>
    public async Task AssertServedAsync(HttpClient http)
    {
        Assert.Equal(Payload, await http.GetByteArrayAsync($"/v1/entries/{Number}/payload"));
    }
}
