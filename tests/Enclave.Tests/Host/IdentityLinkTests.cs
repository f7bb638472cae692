using System.Security.Cryptography;
using System.Text;
using Sequencer.Attestation.Notes;
using Sequencer.Enclave.Host;
using Sequencer.Enclave.Host.Identity;
using Sequencer.Enclave.Host.Link;
using Sequencer.Enclave.Tests.Core;
using Sequencer.Tests;

namespace Sequencer.Enclave.Tests.Host;

/// <summary>The stable identity over the link, with a key service of the test's own.</summary>
public sealed class IdentityLinkTests
{
    private const string Arn =
        "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

    private static readonly byte[] Configuration = Encoding.ASCII.GetBytes(
        "sequencer-configuration/v1\norigin sequencer.example/log1\ncells-max 1000\n"
        + $"idempotency-window 1000\nidentity-key {Arn}\n");

    [Fact]
    public void The_golden_request_is_read_and_what_it_gives_is_used()
    {
        var service = new MemoryDataKeys();
        using RunningEnclave enclave = Start(service);
        using LinkClient client = enclave.Connect();
        Assert.Empty(client.Ask(LinkMessageType.Identity, GoldenBytes.Read("link-identity.hex")));
        client.Ask(LinkMessageType.Genesis, Configuration);
        Assert.Equal(new KeyServiceAccess("AKIA", "secret", "token"), service.Last!.Access);
        Assert.Equal(Arn, service.Last.Key.Text);
        Assert.Equal("sequencer.example/log1", service.Last.Origin);
    }

    [Fact]
    public void A_body_of_other_lengths_ends_the_connection()
    {
        byte[] golden = GoldenBytes.Read("link-identity.hex");
        byte[][] bodies =
        [
            [], golden[..^1], [.. golden, 0],
            Body("", "secret", "token"), Body("AKIA", "", "token"),
            Body(new string('a', 129), "secret", ""), Body("AKIA", new string('s', 129), ""),
            Body("AKIA", "secret", new string('t', 8193)), Body("AKIÄ", "secret", ""),
            [.. Body("AKIA", "secret", "token")[..^4], .. LinkClient.Sized(new byte[84 + 6145])],
        ];
        using RunningEnclave enclave = Start(new MemoryDataKeys());
        foreach (byte[] body in bodies)
        {
            using LinkClient client = enclave.Connect();
            client.Send(LinkClient.Frame(LinkMessageType.Identity, 1, body));
            Assert.Null(client.TryReceive());
        }
    }

    [Fact]
    public void Every_checkpoint_has_the_identity_s_line_behind_the_epoch_s()
    {
        using RunningEnclave enclave = Start(new MemoryDataKeys());
        using LinkClient client = enclave.Connect();
        client.Ask(LinkMessageType.Identity, Body("AKIA", "secret", ""));
        ParsedAnswer opened = new(client.Ask(LinkMessageType.Genesis, Configuration));
        byte[] key = client.Ask(LinkMessageType.SealedIdentity)[4..36];
        ParsedAnswer next = client.Append(1, Requests.Append("a"));
        foreach (byte[] note in new[] { opened.Checkpoint, next.Checkpoint })
        {
            Assert.True(SignedNote.TryParse(note, out SignedNote? signed, out _));
            Assert.Equal(3, signed.Signatures.Count);
            Assert.True(VerifierKey.TryCreate(
                "sequencer.example/log1", NoteSignatureType.Ed25519, key, out var verifier, out _));
            Assert.Equal(verifier.KeyId, signed.Signatures[2].KeyId);
            Assert.Equal(NoteSignatureResult.Valid, NoteSignatureVerification.Verify(
                verifier, signed.Text.Span, signed.Signatures[2].Signature.Span, out _));
        }
        // What an open epoch signs with does not change under it.
        Assert.Equal(1, client.Request(
            LinkMessageType.Identity, Body("AKIA", "secret", "")).ErrorCode);
    }

    [Fact]
    public void Without_credentials_or_a_service_nothing_opens_and_the_same_request_may_come_again()
    {
        var service = new MemoryDataKeys { Refusal = "out of reach" };
        using RunningEnclave enclave = Start(service);
        using LinkClient client = enclave.Connect();
        Assert.Equal(1, client.Request(LinkMessageType.SealedIdentity).ErrorCode);
        LinkAnswer none = client.Request(LinkMessageType.Genesis, Configuration);
        Assert.Equal((12, "no credentials for the key service were given"),
            (none.ErrorCode, none.ErrorText));
        client.Ask(LinkMessageType.Identity, Body("AKIA", "secret", ""));
        LinkAnswer refused = client.Request(LinkMessageType.Genesis, Configuration);
        Assert.Equal((12, "out of reach"), (refused.ErrorCode, refused.ErrorText));
        service.Refusal = null;
        Assert.Single(new ParsedAnswer(
            client.Ask(LinkMessageType.Genesis, Configuration)).Records);
    }

    [Fact]
    public void A_data_key_that_does_not_open_again_is_never_used()
    {
        var service = new MemoryDataKeys { Forgets = true };
        using RunningEnclave enclave = Start(service);
        using LinkClient client = enclave.Connect();
        client.Ask(LinkMessageType.Identity, Body("AKIA", "secret", ""));
        LinkAnswer refused = client.Request(LinkMessageType.Genesis, Configuration);
        Assert.Equal((12, "the key service does not open what it made"),
            (refused.ErrorCode, refused.ErrorText));
    }

    [Fact]
    public void An_image_that_seals_nothing_takes_no_such_log()
    {
        using var enclave = new RunningEnclave();
        using LinkClient client = enclave.Connect();
        client.Ask(LinkMessageType.Identity, Body("AKIA", "secret", ""));
        Assert.Equal(4, client.Request(LinkMessageType.Genesis, Configuration).ErrorCode);
    }

    [Fact]
    public void A_log_without_an_identity_asks_nobody_and_has_two_lines()
    {
        var service = new MemoryDataKeys();
        using RunningEnclave enclave = Start(service);
        using LinkClient client = enclave.Connect();
        client.Ask(LinkMessageType.Identity, Body("AKIA", "secret", ""));
        ParsedAnswer opened = client.Genesis();
        Assert.True(SignedNote.TryParse(opened.Checkpoint, out SignedNote? signed, out _));
        Assert.Equal(2, signed.Signatures.Count);
        Assert.Empty(client.Ask(LinkMessageType.SealedIdentity));
        Assert.Null(service.Last);
    }

    [Fact]
    public void An_identity_that_was_opened_for_a_log_that_is_refused_signs_for_no_other()
    {
        var service = new MemoryDataKeys();
        byte[] record;
        byte[] checkpoint;
        using (RunningEnclave first = Start(service))
        using (LinkClient client = first.Connect())
        {
            client.Ask(LinkMessageType.Identity, Body("AKIA", "secret", ""));
            ParsedAnswer opened = new(client.Ask(LinkMessageType.Genesis, Configuration));
            (record, checkpoint) = (opened.Records[0], opened.Checkpoint);
        }
        using RunningEnclave second = Start(service);
        using LinkClient next = second.Connect();
        next.Ask(LinkMessageType.Identity, Body("AKIA", "secret", ""));
        next.Ask(
            LinkMessageType.ReplayBegin,
            [.. LinkClient.U64(1), .. LinkClient.Sized(checkpoint), .. LinkClient.Sized([1])]);
        next.Ask(
            LinkMessageType.ReplayRecords,
            [(byte)(record.Length >> 8), (byte)record.Length, .. record]);
        Assert.Equal(5, next.Request(LinkMessageType.ReplayEnd).ErrorCode);
        Assert.True(SignedNote.TryParse(next.Genesis().Checkpoint, out SignedNote? note, out _));
        Assert.Equal(2, note.Signatures.Count);
    }

    private static RunningEnclave Start(IDataKeys service) =>
        new(options: new EnclaveOptions { DataKeys = service });

    private static byte[] Body(string id, string secret, string token) =>
    [
        .. LinkClient.Sized(Encoding.Latin1.GetBytes(id)),
        .. LinkClient.Sized(Encoding.Latin1.GetBytes(secret)),
        .. LinkClient.Sized(Encoding.Latin1.GetBytes(token)),
        .. LinkClient.Sized([]),
    ];

    /// <summary>Data keys that are their own blobs.</summary>
    private sealed class MemoryDataKeys : IDataKeys
    {
        public DataKeyRequest? Last { get; private set; }

        public string? Refusal { get; set; }

        public bool Forgets { get; init; }

        public DataKey Generate(DataKeyRequest request)
        {
            Last = request;
            if (Refusal is not null) throw new DataKeyException(Refusal);
            byte[] key = RandomNumberGenerator.GetBytes(32);
            return new DataKey(key, [.. key]);
        }

        public byte[] Decrypt(DataKeyRequest request, ReadOnlyMemory<byte> blob)
        {
            if (Refusal is not null) throw new DataKeyException(Refusal);
            return Forgets ? new byte[32] : blob.ToArray();
        }
    }
}
