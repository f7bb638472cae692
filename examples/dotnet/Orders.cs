// A shop keeps the events of an order in a stream, and hands its customer a receipt. Everything
// that comes back was verified by the client: a receipt that does not hold is an exception.

using System.Net.Http.Headers;
using System.Text;
using Sequencer.Attestation.Verification;
using Sequencer.Client;
using Sequencer.Client.Subscriptions;

string url = Environment.GetEnvironmentVariable("SEQUENCER_URL") ?? "http://127.0.0.1:5000";
string policyFile =
    Environment.GetEnvironmentVariable("SEQUENCER_POLICY") ?? ".run/trust-policy.json";

byte[] trusted = File.ReadAllBytes(policyFile);
if (!TrustPolicy.TryParse(trusted, out TrustPolicy? policy, out string? fault))
{
    Console.Error.WriteLine($"{policyFile}: {fault}");
    return 1;
}
using var http = new HttpClient { BaseAddress = new Uri(url) };
if (Environment.GetEnvironmentVariable("SEQUENCER_KEY") is { Length: > 0 } key)
{
    http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
}
var client = new SequencerClient(http, policy);
string order = $"order-{Guid.NewGuid()}";

Appended placed = await client.AppendAsync(
    Event("placed", "total 7") with { Expected = ExpectedVersion.None });
Console.WriteLine($"placed: number {placed.Number}, version {placed.Version}, receipt verified");

NewEntry payment = Event("paid", "visa") with
{
    Expected = ExpectedVersion.At(1),
    IdempotencyKey = $"{order}-paid",
};
for (int attempt = 1; attempt <= 2; attempt++)
{
    // The first answer gets lost, let us say. The client itself retries what has a key, too.
    Appended paid = await client.AppendAsync(payment);
    Console.WriteLine($"paid: version {paid.Version}, replayed: {paid.IsReplayed}");
}

try
{
    await client.AppendAsync(
        Event("cancelled", "too late") with { Expected = ExpectedVersion.At(1) });
}
catch (ProblemException e) when (e.Name == "version-mismatch")
{
    Console.WriteLine($"refused: {e.Detail}");
}

// From the order on: number, chain, tree, signatures, epochs and payloads are checked as they
// come, and the first lie ends it.
LogSubscription subscription = await LogSubscription.FromAsync(http, policy, placed.Number);
await foreach (VerifiedEvent seen in subscription.ReadAsync())
{
    if (seen.Entry.Stream != order) continue;
    string payload = Encoding.UTF8.GetString(seen.Payload!.Value.Span);
    Console.WriteLine($"followed: number {seen.Number}, version {seen.Entry.Version}: {payload}");
    if (seen.Entry.Version == 2) break;
}

string file = Path.Combine(Path.GetTempPath(), $"{order}.receipt.json");
await File.WriteAllBytesAsync(file, placed.ReceiptBytes);
Console.WriteLine($"the customer's receipt: {file}");
return 0;

NewEntry Event(string type, string text) => new()
{
    Payload = Encoding.UTF8.GetBytes(text),
    ContentType = "text/plain",
    Type = type,
    Stream = order,
};
