using System.Text;
using System.Text.Json;
using Sequencer.Attestation.Verification;

namespace Sequencer.EndToEnd.Tests;

/// <summary>An entry that the gateway acknowledged: what a client would keep.</summary>
internal sealed record Acknowledged(ulong Number, byte[] Payload, byte[] Receipt)
{
    /// <summary>Submits one entry; null when the gateway answers or breaks off with an error.</summary>
    public static async Task<Acknowledged?> TrySubmitAsync(
        HttpClient http, string payload, string? key = null)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(payload);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/entries");
        request.Content = new ByteArrayContent(bytes);
        if (key is not null) request.Headers.Add("Idempotency-Key", key);
        try
        {
            using HttpResponseMessage answer = await http.SendAsync(request);
            return await TryReadAsync(answer, payload);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or TaskCanceledException)
        {
            return null;
        }
    }

    /// <summary>What an answer to a payload acknowledges; null if it does not.</summary>
    public static async Task<Acknowledged?> TryReadAsync(HttpResponseMessage answer, string payload)
    {
        if (!answer.IsSuccessStatusCode) return null;
        using JsonDocument json = await JsonDocument.ParseAsync(await answer.Content.ReadAsStreamAsync());
        JsonElement receipt = json.RootElement.GetProperty("receipt");
        return new Acknowledged(
            json.RootElement.GetProperty("number").GetUInt64(),
            Encoding.UTF8.GetBytes(payload),
            Encoding.UTF8.GetBytes(receipt.GetRawText() + "\n"));
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

    /// <summary>Whether the gateway still has the payload under this number.</summary>
    public async Task<bool> IsServedAsync(HttpClient http)
    {
        using HttpResponseMessage answer = await http.GetAsync($"/v1/entries/{Number}/payload");
        if (!answer.IsSuccessStatusCode) return false;
        byte[] served = await answer.Content.ReadAsByteArrayAsync();
        return served.AsSpan().SequenceEqual(Payload);
    }
}
