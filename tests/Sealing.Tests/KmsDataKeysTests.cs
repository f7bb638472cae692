using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Nitro;
using Sequencer.Enclave.Host;
using Sequencer.Enclave.Host.Identity;
using Sequencer.Enclave.Sealing.Kms;
using Sequencer.Enclave.Simulated;
using Sequencer.Gateway.Tests;

namespace Sequencer.Sealing.Tests;

/// <summary>Data keys, from the stand-in for KMS to a simulated security module.</summary>
public sealed class KmsDataKeysTests : IDisposable
{
    /// <summary>As in the image.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    private readonly SimulatedNsm _nsm =
        new(TestEnclave.Root, Measurements.Default, TimeProvider.System);

    public void Dispose() => _nsm.Dispose();

    [Fact]
    public async Task A_data_key_is_made_for_the_enclave_and_opened_again()
    {
        await using StandInKms kms = await StandInKms.StartAsync();
        KmsDataKeys keys = KeysOf(kms);
        DataKey made = keys.Generate(Request());
        Assert.Equal(32, made.Plain.Length);
        Assert.Equal(made.Plain, keys.Decrypt(Request(), made.Blob));
        Assert.Equal(["GenerateDataKey", "Decrypt"], kms.Asked);
        Assert.Equal("ASIAEXAMPLE", kms.Last.AccessKeyId);
        JsonNode context = JsonNode.Parse(kms.Last.Context)!;
        Assert.Equal("identity/v1", context["sequencer-purpose"]!.GetValue<string>());
        Assert.Equal("test.example/log", context["sequencer-origin"]!.GetValue<string>());
    }

    [Fact]
    public async Task Each_request_has_a_recipient_of_its_own()
    {
        await using StandInKms kms = await StandInKms.StartAsync();
        KmsDataKeys keys = KeysOf(kms);
        keys.Generate(Request());
        byte[] first = kms.LastPublicKey;
        keys.Generate(Request());
        Assert.NotEqual(first, kms.LastPublicKey);
    }

    [Fact]
    public async Task An_image_that_the_key_s_policy_does_not_name_gets_nothing()
    {
        await using StandInKms kms = await StandInKms.StartAsync();
        kms.Accepted = new MeasurementSet(
            "another", RandomPcr(), Measurements.Default.Pcr1, Measurements.Default.Pcr2);
        Assert.Equal(
            "KMS refused: AccessDeniedException: by the stand-in", Refusal(KeysOf(kms)));
        Assert.Empty(kms.Asked);
    }

    [Fact]
    public async Task Another_key_id_in_the_answer_is_refused()
    {
        await using StandInKms kms = await StandInKms.StartAsync();
        kms.Alter = answer => answer["KeyId"] = StandInKms.Arn.Replace('b', 'c');
        Assert.Equal("KMS answered with another key than the log's", Refusal(KeysOf(kms)));
    }

    [Fact]
    public async Task An_answer_without_a_key_id_or_with_an_alias_is_refused()
    {
        await using StandInKms kms = await StandInKms.StartAsync();
        kms.Alter = answer => answer.Remove("KeyId");
        Assert.Equal("KMS answered with another key than the log's", Refusal(KeysOf(kms)));
        kms.Alter = answer => answer["KeyId"] = "alias/sequencer";
        Assert.Equal("KMS answered with another key than the log's", Refusal(KeysOf(kms)));
    }

    [Fact]
    public async Task A_blob_of_another_key_or_of_another_origin_is_not_opened()
    {
        await using StandInKms kms = await StandInKms.StartAsync();
        await using StandInKms other = await StandInKms.StartAsync();
        byte[] blob = KeysOf(other).Generate(Request()).Blob;
        Assert.Equal(
            "KMS refused: InvalidCiphertextException: by the stand-in",
            Assert.Throws<DataKeyException>(
                () => KeysOf(kms).Decrypt(Request(), blob)).Message);
        blob = KeysOf(kms).Generate(Request()).Blob;
        DataKeyRequest elsewhere = Request() with { Origin = "test.example/other" };
        Assert.Throws<DataKeyException>(() => KeysOf(kms).Decrypt(elsewhere, blob));
        KeysOf(kms).Decrypt(Request(), blob);
    }

    [Fact]
    public async Task An_answer_in_the_clear_is_refused()
    {
        await using StandInKms kms = await StandInKms.StartAsync();
        kms.Alter = answer => answer["Plaintext"] = Convert.ToBase64String(new byte[32]);
        Assert.Contains("in the clear", Refusal(KeysOf(kms)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_to_an_earlier_request_opens_under_no_later_key()
    {
        await using StandInKms kms = await StandInKms.StartAsync();
        KmsDataKeys keys = KeysOf(kms);
        keys.Generate(Request());
        kms.Alter = answer => answer["CiphertextForRecipient"] = kms.Given[0];
        Assert.Equal("KMS's answer does not open", Refusal(keys));
    }

    [Fact]
    public async Task A_forged_answer_is_refused_whatever_is_wrong_with_it()
    {
        await using StandInKms kms = await StandInKms.StartAsync();
        KmsDataKeys keys = KeysOf(kms);
        using var other = RSA.Create(2048);
        byte[][] forged =
        [
            [],
            RandomNumberGenerator.GetBytes(493),
            RecipientAnswer.Seal(other, new byte[32]),
        ];
        foreach (byte[] envelope in forged)
        {
            kms.Alter = answer =>
                answer["CiphertextForRecipient"] = Convert.ToBase64String(envelope);
            Assert.Equal("KMS's answer does not open", Refusal(keys));
        }
        // To the right key, of another length than a data key has.
        kms.Alter = answer =>
        {
            using var recipient = RSA.Create();
            recipient.ImportSubjectPublicKeyInfo(kms.LastPublicKey, out _);
            answer["CiphertextForRecipient"] =
                Convert.ToBase64String(RecipientAnswer.Seal(recipient, new byte[31]));
        };
        Assert.Equal("KMS's answer does not open", Refusal(keys));
    }

    [Fact]
    public async Task A_parent_that_answers_itself_has_no_certificate_for_it()
    {
        await using StandInKms kms = await StandInKms.StartAsync();
        await using StandInKms impostor = await StandInKms.StartAsync();
        // The pipe leads to one whose certificate has the right name under another root.
        var keys = new KmsDataKeys(_nsm, PipeTo(impostor), kms.Roots, Patience);
        Assert.StartsWith(
            "KMS was not reached: what answered is not KMS (",
            Refusal(keys), StringComparison.Ordinal);
        Assert.Empty(impostor.Asked);
        // Amazon's roots vouch for neither.
        Assert.StartsWith(
            "KMS was not reached: what answered is not KMS (",
            Refusal(new KmsDataKeys(_nsm, PipeTo(kms))), StringComparison.Ordinal);
        Assert.Empty(kms.Asked);
    }

    [Fact]
    public async Task Another_region_s_KMS_is_refused()
    {
        await using StandInKms other = await StandInKms.StartAsync("kms.us-east-1.amazonaws.com");
        Assert.StartsWith(
            "KMS was not reached: what answered is not KMS (",
            Refusal(KeysOf(other)), StringComparison.Ordinal);
        Assert.Empty(other.Asked);
    }

    [Fact]
    public async Task A_certificate_is_judged_at_the_security_module_s_time()
    {
        await using StandInKms kms = await StandInKms.StartAsync();
        DataKeyRequest late = Request() with { Now = DateTimeOffset.UtcNow.AddDays(2) };
        var refusal = Assert.Throws<DataKeyException>(() => KeysOf(kms).Generate(late));
        Assert.StartsWith("KMS was not reached", refusal.Message, StringComparison.Ordinal);
        Assert.Empty(kms.Asked);
    }

    [Fact]
    public void Without_a_pipe_there_is_no_data_key()
    {
        var keys = new KmsDataKeys(_nsm, _ => throw new IOException("nobody listens"));
        Assert.StartsWith("KMS was not reached", Refusal(keys), StringComparison.Ordinal);
    }

    [Fact]
    public void A_security_module_that_does_not_answer_is_not_taken_for_a_KMS_that_does_not()
    {
        var keys = new KmsDataKeys(new SilentNsm(), _ => throw new IOException("nobody listens"));
        var silence = Assert.Throws<EndOfStreamException>(() => keys.Generate(Request()));
        Assert.Equal("the device is silent", silence.Message);
    }

    [Fact]
    public void The_image_holds_Amazon_s_five_roots()
    {
        Assert.Equal(
            [
                "8ECDE6884F3D87B1125BA31AC3FCB13D7016DE7F57CC904FE1CB97C6AE98196E",
                "1BA5B2AA8C65401A82960118F80BEC4F62304D83CEC4713A19C39C011EA46DB4",
                "18CE6CFE7BF14E60B2E347B8DFE868CB31D02EBB3ADA271569F50343B46DB3A4",
                "E35D28419ED02025CFA69038CD623962458DA5C695FBDEA3C22B0BFB25897092",
                "568D6905A2C88708A4B3025190EDCFEDB1974A606A13C6E5290FCB2AE63EDAB5",
            ],
            KmsPipe.AmazonRoots().Select(
                root => root.GetCertHashString(HashAlgorithmName.SHA256)));
    }

    internal static Func<CancellationToken, ValueTask<Stream>> PipeTo(StandInKms kms) =>
        async cancellation =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync("127.0.0.1", kms.Port, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        };

    private KmsDataKeys KeysOf(StandInKms kms) => new(_nsm, PipeTo(kms), kms.Roots, Patience);

    private static string Refusal(KmsDataKeys keys) =>
        Assert.Throws<DataKeyException>(() => keys.Generate(Request())).Message;

    internal static DataKeyRequest Request()
    {
        Assert.True(KmsKeyArn.TryParse(StandInKms.Arn, out KmsKeyArn? arn));
        return new DataKeyRequest(
            arn,
            "test.example/log",
            new KeyServiceAccess("ASIAEXAMPLE", "secret", "token"),
            DateTimeOffset.UtcNow);
    }

    private static byte[] RandomPcr() => RandomNumberGenerator.GetBytes(48);

    private sealed class SilentNsm : INsm
    {
        public byte[] Attest(NsmOptions options) =>
            throw new EndOfStreamException("the device is silent");

        public void GetRandom(Span<byte> destination) => throw new EndOfStreamException();
    }
}
