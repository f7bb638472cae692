using System.Text;
using Sequencer.Attestation.Notes;
using Sequencer.Enclave.Core;
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
    public void The_identity_of_another_log_opens_nothing_and_the_log_s_own_still_does()
    {
        var service = new MemoryDataKeys();
        StoredIdentity one = Run(service);
        StoredIdentity other = Run(service);
        using RunningEnclave enclave = Start(service);
        using LinkClient client = enclave.Connect();
        // Swapped before the replay, and in the middle of it.
        client.Ask(LinkMessageType.Identity, Body("AKIA", "secret", "", other.Sealed));
        Replay(client, one);
        LinkAnswer refused = client.Request(LinkMessageType.ReplayEnd);
        Assert.Equal((12, "the sealed identity is not this log's, or was changed"),
            (refused.ErrorCode, refused.ErrorText));
        client.Ask(LinkMessageType.Identity, Body("AKIA", "secret", "", one.Sealed));
        Replay(client, other);
        Assert.Equal(12, client.Request(LinkMessageType.ReplayEnd).ErrorCode);
        // Nothing was signed, and what is right opens: with its own key.
        Assert.Equal(1, client.Request(LinkMessageType.SealedIdentity).ErrorCode);
        Replay(client, one);
        ParsedAnswer opened = new(client.Ask(LinkMessageType.ReplayEnd));
        Assert.True(SignedNote.TryParse(opened.Checkpoint, out SignedNote? note, out _));
        Assert.Equal(one.KeyId, note.Signatures[2].KeyId);
        Assert.Equal(one.Sealed, client.Ask(LinkMessageType.SealedIdentity));
    }

    [Fact]
    public void An_identity_under_another_key_of_the_service_opens_nothing()
    {
        StoredIdentity log = Run(new MemoryDataKeys());
        // The same blob, which this service opens to other bytes.
        using RunningEnclave enclave = Start(new MemoryDataKeys { Forgets = true });
        using LinkClient client = enclave.Connect();
        client.Ask(LinkMessageType.Identity, Body("AKIA", "secret", "", log.Sealed));
        Replay(client, log);
        Assert.Equal(12, client.Request(LinkMessageType.ReplayEnd).ErrorCode);
        Assert.Equal(1, client.Request(LinkMessageType.Bundle).ErrorCode);
    }

    [Fact]
    public void A_replay_that_another_connection_began_is_not_ended_with_this_one_s_identity()
    {
        var service = new MemoryDataKeys();
        StoredIdentity log = Run(service);
        using RunningEnclave enclave = Start(service);
        using LinkClient client = enclave.Connect();
        using LinkClient intruder = enclave.Connect();
        client.Ask(LinkMessageType.Identity, Body("AKIA", "secret", "", log.Sealed));
        Replay(client, log);
        Assert.Equal(1, intruder.Request(LinkMessageType.ReplayEnd).ErrorCode);
        Assert.Equal(1, intruder.Request(LinkMessageType.Genesis, Configuration).ErrorCode);
        ParsedAnswer opened = new(client.Ask(LinkMessageType.ReplayEnd));
        Assert.True(SignedNote.TryParse(opened.Checkpoint, out SignedNote? note, out _));
        Assert.Equal(log.KeyId, note.Signatures[2].KeyId);
    }

    [Fact]
    public void Every_data_key_is_cleared_whatever_became_of_the_request()
    {
        var service = new MemoryDataKeys();
        StoredIdentity log = Run(service);
        using (RunningEnclave enclave = Start(service))
        using (LinkClient client = enclave.Connect())
        {
            client.Ask(LinkMessageType.Identity, Body("AKIA", "secret", "", log.Sealed));
            Replay(client, log);
            client.Ask(LinkMessageType.ReplayEnd);
        }
        foreach (MemoryDataKeys other in new MemoryDataKeys[]
        {
            new() { Forgets = true }, new() { OpensNothing = true }, new() { BlobBytes = 6145 },
        })
        {
            using RunningEnclave enclave = Start(other);
            using LinkClient client = enclave.Connect();
            client.Ask(LinkMessageType.Identity, Body("AKIA", "secret", ""));
            Assert.Equal(12, client.Request(LinkMessageType.Genesis, Configuration).ErrorCode);
            Assert.NotEmpty(other.GivenOut);
            Assert.All(other.GivenOut, key => Assert.Equal(new byte[32], key));
        }
        Assert.Equal(3, service.GivenOut.Count);
        Assert.All(service.GivenOut, key => Assert.Equal(new byte[32], key));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void No_identity_is_left_where_no_epoch_opened(bool isNew)
    {
        var service = new MemoryDataKeys();
        StoredIdentity log = Run(service);
        using var nsm = new FailingNsm(RunningEnclave.Root);
        Assert.True(OwnIdentity.TryRead(nsm.Attest(default), out OwnIdentity? own, out var fault));
        using EpochSigningKeys keys = EpochSigningKeys.Generate(nsm);
        using var identity = new LogIdentity(service);
        var session = new EnclaveSession(
            new SequencerCore(new CoreLimits { SealsIdentities = true }),
            nsm, keys, identity, own, fault, new EnclaveClock(nsm, TimeProvider.System));
        Ask(LinkMessageType.Identity, Body("AKIA", "secret", "", isNew ? [] : log.Sealed));
        // The device refuses when the identity is there already.
        nsm.RefusesKeys = true;
        if (isNew)
        {
            Assert.Equal(LinkProtocol.ErrorType, Ask(LinkMessageType.Genesis, Configuration));
        }
        else
        {
            Ask(LinkMessageType.ReplayBegin, ReplayBegin(log));
            Ask(LinkMessageType.ReplayRecords, ReplayRecords(log));
            Assert.Equal(LinkProtocol.ErrorType, Ask(LinkMessageType.ReplayEnd, []));
        }
        Assert.Null(identity.Key);

        byte Ask(LinkMessageType type, byte[] body)
        {
            using FrameBuffer? answer =
                session.Handle(new FrameHeader(type, 1, body.Length), body, this);
            return answer!.Span[5];
        }
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

    private static byte[] Body(string id, string secret, string token, byte[]? given = null) =>
    [
        .. LinkClient.Sized(Encoding.Latin1.GetBytes(id)),
        .. LinkClient.Sized(Encoding.Latin1.GetBytes(secret)),
        .. LinkClient.Sized(Encoding.Latin1.GetBytes(token)),
        .. LinkClient.Sized(given ?? []),
    ];

    // A log of one record, and the enclave that made it is gone.
    private static StoredIdentity Run(IDataKeys service)
    {
        using RunningEnclave enclave = Start(service);
        using LinkClient client = enclave.Connect();
        client.Ask(LinkMessageType.Identity, Body("AKIA", "secret", ""));
        ParsedAnswer opened = new(client.Ask(LinkMessageType.Genesis, Configuration));
        byte[] document = LinkClient.ReadSized(client.Ask(LinkMessageType.Bundle))[1];
        Assert.True(SignedNote.TryParse(opened.Checkpoint, out SignedNote? note, out _));
        return new StoredIdentity(
            opened.Records[0], opened.Checkpoint, document,
            client.Ask(LinkMessageType.SealedIdentity), note.Signatures[2].KeyId);
    }

    private static void Replay(LinkClient client, StoredIdentity log)
    {
        client.Ask(LinkMessageType.ReplayBegin, ReplayBegin(log));
        client.Ask(LinkMessageType.ReplayRecords, ReplayRecords(log));
    }

    private static byte[] ReplayBegin(StoredIdentity log) =>
    [
        .. LinkClient.U64(1),
        .. LinkClient.Sized(log.Checkpoint),
        .. LinkClient.Sized(log.Document),
    ];

    private static byte[] ReplayRecords(StoredIdentity log) =>
        [(byte)(log.Record.Length >> 8), (byte)log.Record.Length, .. log.Record];

    /// <summary>What a gateway has on its disk.</summary>
    private sealed record StoredIdentity(
        byte[] Record, byte[] Checkpoint, byte[] Document, byte[] Sealed, uint KeyId);
}
