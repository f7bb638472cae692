using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Amazon;
using Amazon.KeyManagementService;
using Amazon.KeyManagementService.Model;
using Amazon.Runtime;
using Sequencer.Enclave.Host;
using Sequencer.Enclave.Host.Identity;

namespace Sequencer.Enclave.Sealing.Kms;

/// <summary>
/// Data keys from AWS KMS, which encrypts them to this enclave's attestation document
/// (docs/PROTOCOL.md section 19): the parent instance, whose credentials these are, never has one.
/// </summary>
public sealed class KmsDataKeys : IDataKeys
{
    private const int RsaBits = 2048;
    private const int DataKeyBytes = 32;
    private const int ReasonMaxLength = 500;

    // Two calls have to fit into what a gateway waits for an enclave.
    private static readonly TimeSpan PatienceOfImages = TimeSpan.FromSeconds(8);

    private static readonly byte[] Domain = "seq-kms/v1\0"u8.ToArray();

    private readonly INsm _nsm;
    private readonly KmsPipe _pipe;
    private readonly TimeSpan _patience;

    /// <summary>Asks KMS through a pipe of bytes, under Amazon's roots.</summary>
    public KmsDataKeys(INsm nsm, Func<CancellationToken, ValueTask<Stream>> open)
        : this(nsm, open, KmsPipe.AmazonRoots(), PatienceOfImages)
    {
    }

    /// <summary>The same under other roots, for tests with a KMS of their own, with the patience
    /// for a call.</summary>
    internal KmsDataKeys(
        INsm nsm,
        Func<CancellationToken, ValueTask<Stream>> open,
        X509Certificate2Collection roots,
        TimeSpan patience)
    {
        _nsm = nsm;
        _patience = patience;
        _pipe = new KmsPipe(open, roots);
    }

    /// <inheritdoc/>
    public DataKey Generate(DataKeyRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        using var recipient = RSA.Create(RsaBits);
        RecipientInfo attested = Attest(recipient);
        GenerateDataKeyResponse answer = Ask(request, (kms, cancellation) =>
            kms.GenerateDataKeyAsync(
                new GenerateDataKeyRequest
                {
                    KeyId = request.Key.Text,
                    KeySpec = DataKeySpec.AES_256,
                    EncryptionContext = ContextOf(request),
                    Recipient = attested,
                },
                cancellation));
        byte[] blob = answer.CiphertextBlob?.ToArray() ?? [];
        return new DataKey(
            Open(
                request, recipient, answer.KeyId, answer.Plaintext, answer.CiphertextForRecipient),
            blob);
    }

    /// <inheritdoc/>
    public byte[] Decrypt(DataKeyRequest request, ReadOnlyMemory<byte> blob)
    {
        ArgumentNullException.ThrowIfNull(request);
        using var recipient = RSA.Create(RsaBits);
        RecipientInfo attested = Attest(recipient);
        DecryptResponse answer = Ask(request, (kms, cancellation) =>
            kms.DecryptAsync(
                new DecryptRequest
                {
                    KeyId = request.Key.Text,
                    CiphertextBlob = new MemoryStream(blob.ToArray()),
                    EncryptionAlgorithm = EncryptionAlgorithmSpec.SYMMETRIC_DEFAULT,
                    EncryptionContext = ContextOf(request),
                    Recipient = attested,
                },
                cancellation));
        return Open(
            request, recipient, answer.KeyId, answer.Plaintext, answer.CiphertextForRecipient);
    }

    private static Dictionary<string, string> ContextOf(DataKeyRequest request) => new()
    {
        ["sequencer-purpose"] = "identity/v1",
        ["sequencer-origin"] = request.Origin,
    };

    // A key of its own for each request: an answer to an earlier one opens under none that is left.
    // Made outside of what is caught: a device that does not answer ends the enclave (INsm).
    private RecipientInfo Attest(RSA recipient) => new()
    {
        KeyEncryptionAlgorithm = KeyEncryptionMechanism.RSAES_OAEP_SHA_256,
        AttestationDocument = new MemoryStream(_nsm.Attest(new NsmOptions
        {
            PublicKey = recipient.ExportSubjectPublicKeyInfo(),
            UserData = Domain,
        })),
    };

    private T Ask<T>(
        DataKeyRequest request,
        Func<AmazonKeyManagementServiceClient, CancellationToken, Task<T>> call)
    {
        KeyServiceAccess access = request.Access;
        AWSCredentials credentials = access.SessionToken.Length == 0
            ? new BasicAWSCredentials(access.AccessKeyId, access.SecretAccessKey)
            : new SessionAWSCredentials(
                access.AccessKeyId, access.SecretAccessKey, access.SessionToken);
        // Signatures carry a time: the NSM's as well, whatever the system clock was set to.
        AWSConfigs.ManualClockCorrection = request.Now - DateTimeOffset.UtcNow;
        using var patience = new CancellationTokenSource(_patience);
        using var kms = new AmazonKeyManagementServiceClient(
            credentials,
            new AmazonKeyManagementServiceConfig
            {
                // Of the ARN alone: neither the parent nor the SDK's own tables choose the host.
                ServiceURL = $"https://{request.Key.HostName}",
                AuthenticationRegion = request.Key.Region,
                IgnoreConfiguredEndpointUrls = true,
                HttpClientFactory = _pipe.At(request.Now, patience.Token),
                MaxErrorRetry = 1,
                AllowAutoRedirect = false,
                DisableLogging = true,
            });
        try
        {
            // Blocking, as the interface says: the enclave has nothing else to do before it opens.
            return Task.Run(() => call(kms, patience.Token)).GetAwaiter().GetResult();
        }
        catch (AmazonServiceException e)
        {
            throw new DataKeyException($"KMS refused: {OneLine($"{e.ErrorCode}: {e.Message}")}", e);
        }
        catch (Exception e) when (e is AmazonClientException or HttpRequestException
            or IOException or OperationCanceledException or ObjectDisposedException)
        {
            string why = patience.IsCancellationRequested
                ? $"no answer within {_patience.TotalSeconds} s"
                : WhatFailed(e.InnerException ?? e);
            throw new DataKeyException($"KMS was not reached: {OneLine(why)}", e);
        }
        finally
        {
            patience.Cancel();
        }
    }

    private static byte[] Open(
        DataKeyRequest request,
        RSA recipient,
        string? keyId,
        MemoryStream? plaintext,
        MemoryStream? envelope)
    {
        if (keyId != request.Key.Text)
        {
            throw new DataKeyException("KMS answered with another key than the log's");
        }
        // A service that sends it did not read the document, and showed it to whoever listens.
        if (plaintext is { Length: > 0 })
        {
            throw new DataKeyException("KMS answered in the clear, and so asked for no document");
        }
        // Pinned, so that clearing it leaves no copy.
        byte[] dataKey = GC.AllocateArray<byte>(DataKeyBytes, pinned: true);
        return envelope is not null
            && RecipientEnvelope.TryOpen(envelope.ToArray(), recipient, dataKey)
                ? dataKey
                : throw new DataKeyException("KMS's answer does not open");
    }

    // What the platform says, which is inside of what the SDK makes of it. In the image that is the
    // name of a sentence, so the one failure that may be an attack is told in words as well.
    private static string WhatFailed(Exception cause) => cause is AuthenticationException
        ? $"what answered is not KMS ({cause.Message})"
        : cause.Message;

    private static string OneLine(string text) =>
        text[..Math.Min(text.Length, ReasonMaxLength)].ReplaceLineEndings(" ");
}
