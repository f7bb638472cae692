using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Sequencer.Attestation.Nitro;
using Sequencer.Gateway.Tests;

namespace Sequencer.Sealing.Tests;

/// <summary>
/// A stand-in for AWS KMS, for tests: one key with a policy that names PCRs. It verifies the
/// attestation document under the development root, and answers as KMS does, to the document's key
/// alone. It checks no signatures of requests.
/// </summary>
internal sealed class StandInKms : IAsyncDisposable
{
    public const string Region = "eu-central-1";
    public const string Arn =
        "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

    private static readonly TimeSpan DocumentAgeMax = TimeSpan.FromMinutes(5);

    private readonly byte[] _master = RandomNumberGenerator.GetBytes(32);
    private readonly WebApplication _app;
    private readonly X509Certificate2 _certificate;

    private StandInKms(
        X509Certificate2Collection roots,
        X509Certificate2 certificate,
        Action<KestrelServerOptions, Action<ListenOptions>> listen)
    {
        (Roots, _certificate) = (roots, certificate);
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(
            new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
            listen(kestrel, place => place.UseHttps(_certificate)));
        _app = builder.Build();
        _app.Run(AnswerAsync);
    }

    /// <summary>Who vouches for its name.</summary>
    public X509Certificate2Collection Roots { get; }

    /// <summary>What documents have to be signed under.</summary>
    public byte[] DocumentRoot { get; set; } = TestEnclave.Root.Der;

    /// <summary>The key's policy.</summary>
    public MeasurementSet Accepted { get; set; } = TestEnclave.Measured;

    /// <summary>What is done to an answer before it goes out.</summary>
    public Action<JsonObject> Alter { get; set; } = _ => { };

    /// <summary>How an answer's body is sent; as a rule at once, as KMS does it.</summary>
    public Func<HttpResponse, byte[], Task> Send { get; set; } =
        static (response, body) => response.Body.WriteAsync(body).AsTask();

    /// <summary>Targets of the requests that were answered, in order.</summary>
    public List<string> Asked { get; } = [];

    /// <summary>The last request's access key id and encryption context.</summary>
    public (string AccessKeyId, string Context) Last { get; private set; }

    /// <summary>The answers to recipients that were given, in order.</summary>
    public List<string> Given { get; } = [];

    /// <summary>The last document's public key.</summary>
    public byte[] LastPublicKey { get; private set; } = [];

    public int Port => new Uri(_app.Urls.First()).Port;

    public static async Task<StandInKms> StartAsync(string host = $"kms.{Region}.amazonaws.com")
    {
        (X509Certificate2Collection roots, X509Certificate2 leaf) = MakeCertificates(host);
        var kms = new StandInKms(
            roots, leaf, (kestrel, place) => kestrel.Listen(IPAddress.Loopback, 0, place));
        await kms._app.StartAsync();
        return kms;
    }

    /// <summary>At a UNIX socket, with a certificate of the caller's, for which its root vouches.
    /// </summary>
    public static async Task<StandInKms> StartAtAsync(string path, X509Certificate2 certificate)
    {
        var kms = new StandInKms(
            [], certificate, (kestrel, place) => kestrel.ListenUnixSocket(path, place));
        await kms._app.StartAsync();
        return kms;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        _certificate.Dispose();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        string target = context.Request.Headers["X-Amz-Target"].ToString();
        var request = (JsonObject)(await JsonNode.ParseAsync(context.Request.Body))!;
        Last = (
            context.Request.Headers.Authorization.ToString().Split("Credential=")[1].Split('/')[0],
            request["EncryptionContext"]!.ToJsonString());
        JsonObject? answer = null;
        string refusal = "AccessDeniedException";
        if (request["KeyId"]!.GetValue<string>() == Arn && Recipient(request) is { } recipient)
        {
            using (recipient) answer = Answer(target, request, recipient);
            refusal = "InvalidCiphertextException";
        }
        context.Response.ContentType = "application/x-amz-json-1.1";
        if (answer is null)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            answer = new JsonObject { ["__type"] = refusal, ["message"] = "by the stand-in" };
        }
        else
        {
            Asked.Add(target.Split('.')[1]);
            Given.Add(answer["CiphertextForRecipient"]!.GetValue<string>());
            Alter(answer);
        }
        byte[] bytes = Encoding.UTF8.GetBytes(answer.ToJsonString());
        context.Response.ContentLength = bytes.Length;
        await Send(context.Response, bytes);
    }

    // The document's key, if the document is one that the key's policy accepts.
    private RSA? Recipient(JsonObject request)
    {
        JsonNode recipient = request["Recipient"]!;
        if (recipient["KeyEncryptionAlgorithm"]!.GetValue<string>() != "RSAES_OAEP_SHA_256")
        {
            return null;
        }
        byte[] document =
            Convert.FromBase64String(recipient["AttestationDocument"]!.GetValue<string>());
        AttestationResult<VerifiedAttestation> result = NitroAttestationVerifier.Verify(
            document,
            new PcrPolicy(Accepted),
            TrustedRoot.InsecureDevelopmentRoot(DocumentRoot),
            new Freshness.LiveAge(DocumentAgeMax, DateTimeOffset.UtcNow));
        if (!result.TryGet(out VerifiedAttestation? verified, out _)) return null;
        if (!verified.UserData!.Value.Span.SequenceEqual("seq-kms/v1\0"u8)) return null;
        LastPublicKey = verified.PublicKey!.Value.ToArray();
        var key = RSA.Create();
        key.ImportSubjectPublicKeyInfo(LastPublicKey, out _);
        return key;
    }

    private JsonObject? Answer(string target, JsonObject request, RSA recipient)
    {
        byte[] context = Encoding.UTF8.GetBytes(request["EncryptionContext"]!.ToJsonString());
        using var aes = new AesGcm(_master, 16);
        if (target == "TrentService.GenerateDataKey")
        {
            byte[] dataKey = RandomNumberGenerator.GetBytes(32);
            byte[] blob = new byte[12 + 32 + 16];
            RandomNumberGenerator.Fill(blob.AsSpan(0, 12));
            aes.Encrypt(
                blob.AsSpan(0, 12), dataKey, blob.AsSpan(12, 32), blob.AsSpan(44), context);
            JsonObject made = AnswerWith(dataKey, recipient);
            made["CiphertextBlob"] = Convert.ToBase64String(blob);
            return made;
        }
        Assert.Equal("TrentService.Decrypt", target);
        byte[] given = Convert.FromBase64String(request["CiphertextBlob"]!.GetValue<string>());
        byte[] plain = new byte[32];
        try
        {
            aes.Decrypt(
                given.AsSpan(0, 12), given.AsSpan(12, 32), given.AsSpan(44), plain, context);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return null;
        }
        JsonObject answer = AnswerWith(plain, recipient);
        answer["EncryptionAlgorithm"] = "SYMMETRIC_DEFAULT";
        return answer;
    }

    private static JsonObject AnswerWith(byte[] dataKey, RSA recipient) => new()
    {
        ["KeyId"] = Arn,
        ["CiphertextForRecipient"] =
            Convert.ToBase64String(RecipientAnswer.Seal(recipient, dataKey)),
    };

    private static (X509Certificate2Collection Roots, X509Certificate2 Leaf) MakeCertificates(
        string host)
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var rootRequest = new CertificateRequest(
            "CN=Root of the stand-in", rootKey, HashAlgorithmName.SHA256);
        rootRequest.CertificateExtensions.Add(
            new X509BasicConstraintsExtension(true, false, 0, true));
        using X509Certificate2 root = rootRequest.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));

        using var leafKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var leafRequest = new CertificateRequest(
            $"CN={host}", leafKey, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        leafRequest.CertificateExtensions.Add(names.Build());
        leafRequest.CertificateExtensions.Add(
            new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        using X509Certificate2 leaf = leafRequest.Create(
            root, now.AddHours(-1), now.AddHours(1), RandomNumberGenerator.GetBytes(8));
        return ([X509CertificateLoader.LoadCertificate(root.RawData)],
            leaf.CopyWithPrivateKey(leafKey));
    }
}
