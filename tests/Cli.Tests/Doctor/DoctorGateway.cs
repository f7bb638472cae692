using System.Globalization;
using System.Net;
using System.Text;
using Sequencer.Attestation;
using Sequencer.Attestation.Merkle;
using Sequencer.Attestation.Tests.Log;
using Sequencer.Attestation.Tests.Nitro;
using Sequencer.Cli.Doctor;

namespace Sequencer.Cli.Tests.Doctor;

/// <summary>A deployment in which all is well until a test says otherwise, at the time of its log's
/// documents.</summary>
internal sealed class DoctorGateway : HttpMessageHandler
{
    public TestLog Log { get; set; } = TestLog.WithEntries(3);

    /// <summary>This machine's clock.</summary>
    public DateTimeOffset Now { get; set; } = TestNitroPki.Now;

    /// <summary>The gateway's.</summary>
    public DateTimeOffset Date { get; set; } = TestNitroPki.Now;

    /// <summary>Answers in the place of the deployment: a status and a body by path.</summary>
    public Dictionary<string, (int Status, string Body)> Instead { get; } = [];

    /// <summary>The document for a nonce.</summary>
    public Func<byte[], byte[]>? Document { get; set; }

    public string Metrics { get; set; } = string.Create(
        CultureInfo.InvariantCulture,
        $$"""
        sequencer_build_info{version="{{Examination.Version}}"} 1
        sequencer_disk_free_bytes 99000000000
        sequencer_enclave_connections_total 1
        sequencer_log_size 4
        sequencer_cosigned_size 0
        sequencer_cosigned_age_seconds 0

        """);

    /// <summary>Looks at it; the policy is its log's own.</summary>
    public async Task<IReadOnlyList<Finding>> ExamineAsync(
        Func<ExaminationScope, ExaminationScope>? adjust = null)
    {
        var scope = new ExaminationScope
        {
            Url = new Uri("http://127.0.0.1:1/"),
            Policy = (_, _) => Task.FromResult(Log.Policy),
        };
        var findings = new Findings();
        using var http = new HttpClient(this, disposeHandler: false) { BaseAddress = scope.Url };
        await Examination.RunAsync(
            findings, adjust?.Invoke(scope) ?? scope, http, new Clock(this), default);
        return findings.All;
    }

    protected override Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        string path = request.RequestUri!.PathAndQuery;
        if (path == "/livez" && Instead.ContainsKey("down"))
        {
            throw new HttpRequestException("Connection refused");
        }
        (int status, byte[] body) = Instead.TryGetValue(path.Split('?')[0], out var instead)
            ? (instead.Status, Encoding.UTF8.GetBytes(instead.Body))
            : Answer(path);
        var answer = new HttpResponseMessage((HttpStatusCode)status)
        {
            Content = new ByteArrayContent(body),
        };
        if (status >= 400) answer.Content.Headers.ContentType = new("application/problem+json");
        answer.Headers.Date = Date;
        return Task.FromResult(answer);
    }

    private (int Status, byte[] Body) Answer(string path)
    {
        string[] parts = path.Trim('/').Split('/', '?', '&');
        return parts switch
        {
            ["livez" or "readyz"] => (200, "ready\n"u8.ToArray()),
            ["metrics"] => (200, Encoding.UTF8.GetBytes(Metrics)),
            ["v1", "checkpoint"] => (200, Log.Note(Log.Size)),
            ["v1", "entries", "0", "receipt", ..] => (200, Log.Receipt(0).Encode()),
            ["v1", "attestation", var query] => (200, Attestation(query["nonce=".Length..])),
            ["v1", "proofs", "consistency", var from, var to] => (200, Consistency(
                ulong.Parse(from["from=".Length..], CultureInfo.InvariantCulture),
                ulong.Parse(to["to=".Length..], CultureInfo.InvariantCulture))),
            _ => (404, """{"type":"urn:sequencer:problem:not-found","detail":""}"""u8.ToArray()),
        };
    }

    private byte[] Attestation(string nonce)
    {
        byte[] asked = Convert.FromHexString(nonce);
        byte[] document = Document?.Invoke(asked) ?? Log.LiveDocument(asked);
        return Encoding.UTF8.GetBytes(
            $$"""
            {"document":"{{Convert.ToBase64String(document)}}",
             "statement":"{{Convert.ToBase64String(Log.Epochs[^1].Statement.Bytes.Span)}}",
             "size":{{Log.Size}},"root":"{{Log.RootAt(Log.Size).ToBase64()}}"}
            """);
    }

    private byte[] Consistency(ulong from, ulong to)
    {
        IEnumerable<string> hashes = ConsistencyProof.Create(from, to, Log)
            .Select(hash => $"\"{hash.ToHex()}\"");
        return Encoding.UTF8.GetBytes($$"""{"proof":[{{string.Join(',', hashes)}}]}""");
    }

    protected override void Dispose(bool disposing)
    {
        Log.Dispose();
        base.Dispose(disposing);
    }

    private sealed class Clock(DoctorGateway gateway) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => gateway.Now;
    }
}
