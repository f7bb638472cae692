using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Sequencer.Attestation;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Merkle;
using Sequencer.Attestation.Nitro;
using Sequencer.Attestation.Notes;
using Sequencer.Enclave.Core;
using Sequencer.Enclave.Host.Link;
using Sequencer.Enclave.Tests.Core;
using Sequencer.Tests;

namespace Sequencer.Enclave.Tests.Host;

/// <summary>Every message of docs/PROTOCOL.md section 14 over a real socket.</summary>
public sealed class LinkMessageTests : IDisposable
{
    private readonly RunningEnclave _enclave = new();
    private readonly LinkClient _client;

    public LinkMessageTests() => _client = _enclave.Connect();

    [Fact]
    public void Hello_tells_phase_epoch_sizes_and_log_id()
    {
        Assert.Equal(new byte[1 + 4 + 8 + 8 + 32], _client.Ask(LinkMessageType.Hello));

        ParsedAnswer opened = _client.Genesis();
        _client.Append(1, Requests.Append("a"), Requests.Append("b"));
        byte[] hello = _client.Ask(LinkMessageType.Hello);
        Assert.Equal((byte)CorePhase.Open, hello[0]);
        Assert.Equal(0u, BinaryPrimitives.ReadUInt32BigEndian(hello.AsSpan(1)));
        Assert.Equal(3u, BinaryPrimitives.ReadUInt64BigEndian(hello.AsSpan(5)));
        Assert.Equal(1u, BinaryPrimitives.ReadUInt64BigEndian(hello.AsSpan(13)));
        Assert.Equal(Derivation.LogId(opened.Records[0]), new Digest(hello.AsSpan(21)));
    }

    [Fact]
    public void The_golden_cosigned_head_is_read_and_judged()
    {
        byte[] note = Encoding.UTF8.GetBytes(
            "sequencer.example/log1\n4\nx9Tuk6UVQDMyA+cB5ocD8+6anuhC0pLzjLuiEaxd7G8=\n\n"
            + "\u2014 sequencer.example/log1 AAAAAAAA\n\u2014 w1.example AAAAAAAA\n");
        GoldenBytes.AssertEqual(
            "link-cosigned.hex", LinkClient.Frame(LinkMessageType.Cosigned, 1, note));
        _client.Genesis();
        _client.Send(GoldenBytes.Read("link-cosigned.hex"));
        LinkAnswer answer = _client.Receive();
        Assert.Equal((1u, (ushort)11), (answer.RequestId, answer.ErrorCode));
        Assert.Equal("none", answer.ErrorText);
    }

    [Fact]
    public void Genesis_gives_a_statement_whose_bundle_verifies()
    {
        ParsedAnswer opened = _client.Genesis();
        Assert.Empty(opened.Outcomes);
        byte[] statement = Assert.Single(opened.Records);

        List<byte[]> bundle = LinkClient.ReadSized(_client.Ask(LinkMessageType.Bundle));
        Assert.Equal(statement, bundle[0]);
        Assert.True(EpochStatement.TryParse(statement, out EpochStatement? parsed));
        VerifiedAttestation verified = RunningEnclave.Verify(bundle[1]);
        Assert.Equal(parsed.SubjectPublicKeyInfo, verified.PublicKey!.Value.ToArray());
        Assert.Equal(Derivation.EpochUserData(statement), verified.UserData!.Value.ToArray());
        Assert.Null(verified.Nonce);
        Assert.Equal(2, bundle.Count);
    }

    [Fact]
    public void Checkpoints_carry_the_two_lines_of_the_statement_s_keys_in_their_order()
    {
        ParsedAnswer opened = _client.Genesis();
        ParsedAnswer appended = _client.Append(1, Requests.Append("a"));
        Assert.True(EpochStatement.TryParse(opened.Records[0], out EpochStatement? statement));
        string origin = statement.Fields.Configuration.Origin;
        Assert.True(VerifierKey.TryCreate(
            origin, NoteSignatureType.EcdsaP256, statement.SubjectPublicKeyInfo,
            out VerifierKey? ecdsa, out _));
        Assert.True(VerifierKey.TryCreate(
            origin, NoteSignatureType.Ed25519, statement.Fields.Ed25519PublicKey.Span,
            out VerifierKey? ed25519, out _));

        var leaves = new TreeFrontier();
        foreach (ParsedAnswer answer in new[] { opened, appended })
        {
            leaves.Append(TreeHash.Leaf(answer.Records[0]));
            Assert.True(SignedNote.TryParse(answer.Checkpoint, out SignedNote? note, out _));
            NoteOpening opening = VerifiedNote.Open(note, [ecdsa, ed25519], out VerifiedNote? open);
            Assert.Equal(NoteOpening.Verified, opening);
            Assert.Equal([ecdsa, ed25519], open!.Signatures.Select(s => s.Key));
            Assert.Equal(2, note.Signatures.Count);
            Assert.True(Checkpoint.TryParse(note.Text.Span, out Checkpoint? head, out _));
            Assert.Equal((origin, leaves.Size, leaves.Root()), (head.Origin, head.Size, head.Root));
        }
    }

    [Fact]
    public void A_batch_that_comes_again_gets_the_same_bytes()
    {
        _client.Genesis();
        byte[] batch = [.. LinkClient.U64(0), .. Requests.Batch(1, [[Requests.Append("a")]])];
        byte[] first = _client.Ask(LinkMessageType.Sequence, batch);
        Assert.Equal(first, _client.Ask(LinkMessageType.Sequence, batch));
        using LinkClient other = _enclave.Connect();
        Assert.Equal(first, other.Ask(LinkMessageType.Sequence, batch));

        byte[] another = [.. LinkClient.U64(0), .. Requests.Batch(1, [[Requests.Append("b")]])];
        Assert.Equal(2, _client.Request(LinkMessageType.Sequence, another).ErrorCode);
    }

    [Fact]
    public void A_batch_of_which_nothing_is_appended_has_no_head()
    {
        _client.Genesis();
        ParsedAnswer refused =
            _client.Append(1, Requests.Append("a", Requests.Exists("no such stream")));
        Assert.Equal(OutcomeStatus.Refused, refused.Outcomes[0].Status);
        Assert.Empty(refused.Records);
        Assert.Empty(refused.Checkpoint);
    }

    [Fact]
    public void Pending_gives_what_is_not_acknowledged()
    {
        ParsedAnswer opened = _client.Genesis();
        byte[] batch = [.. LinkClient.U64(0), .. Requests.Batch(1, [[Requests.Append("a")]])];
        byte[] appended = _client.Ask(LinkMessageType.Sequence, batch);

        Assert.Equal([opened.Bytes, appended], Pending(0));
        Assert.Equal([appended], Pending(1));
        Assert.Empty(_client.Ask(LinkMessageType.Acknowledge, LinkClient.U64(1)));
        Assert.Equal([appended], Pending(0));
        Assert.Empty(_client.Ask(LinkMessageType.Acknowledge, LinkClient.U64(2)));
        Assert.Empty(Pending(0));
        Assert.Equal(2, _client.Request(LinkMessageType.Acknowledge, LinkClient.U64(1)).ErrorCode);
    }

    [Fact]
    public void A_live_document_names_the_acknowledged_head_and_the_nonce()
    {
        ParsedAnswer opened = _client.Genesis();
        _client.Append(1, Requests.Append("a"));
        byte[] nonce = RandomNumberGenerator.GetBytes(32);
        byte[] document = _client.Ask(LinkMessageType.Attest, [32, .. nonce]);

        VerifiedAttestation live =
            RunningEnclave.Verify(document, new Freshness.LiveNonce(nonce, DateTimeOffset.UtcNow));
        Digest root = TreeHash.Leaf(opened.Records[0]);
        Assert.Equal(
            Derivation.LiveUserData(opened.Records[0], 1, root), live.UserData!.Value.ToArray());
        Assert.True(EpochStatement.TryParse(opened.Records[0], out EpochStatement? statement));
        Assert.Equal(statement.SubjectPublicKeyInfo, live.PublicKey!.Value.ToArray());
    }

    [Fact]
    public void A_sealed_epoch_signs_nothing_more_and_hands_over_what_it_signed()
    {
        ParsedAnswer opened = _client.Genesis();
        byte[] seal = _client.Ask(
            LinkMessageType.Seal, [.. LinkClient.U64(1), .. LinkClient.U64(1)]);
        var answer = new ParsedAnswer(seal);
        Assert.True(SealRecord.TryParse(Assert.Single(answer.Records), out SealRecord record));
        Assert.Equal(Derivation.Statement(opened.Records[0]), record.Statement);

        byte[] hello = _client.Ask(LinkMessageType.Hello);
        Assert.Equal((byte)CorePhase.Sealed, hello[0]);
        Assert.Equal(2u, BinaryPrimitives.ReadUInt64BigEndian(hello.AsSpan(5)));
        byte[] sequence = [.. LinkClient.U64(1), .. Requests.Batch(2, [[Requests.Append("a")]])];
        LinkAnswer refused = _client.Request(LinkMessageType.Sequence, sequence);
        Assert.Equal(9, refused.ErrorCode);
        Assert.Contains("sealed", refused.ErrorText, StringComparison.Ordinal);
        Assert.Equal(9, _client.Request(
            LinkMessageType.Seal, [.. LinkClient.U64(1), .. LinkClient.U64(2)]).ErrorCode);
        Assert.Equal(
            9, _client.Request(LinkMessageType.Attest, [16, .. new byte[16]]).ErrorCode);
        Assert.Equal(9, _client.Request(
            LinkMessageType.Genesis, TestEnclave.Configuration(9, 9)).ErrorCode);

        Assert.Equal([seal], Pending(1));
        List<byte[]> bundle = LinkClient.ReadSized(_client.Ask(LinkMessageType.Bundle));
        Assert.Equal(opened.Records[0], bundle[0]);
        Assert.Empty(_client.Ask(LinkMessageType.Acknowledge, LinkClient.U64(2)));
        Assert.Empty(Pending(0));
    }

    [Fact]
    public void What_does_not_fit_the_phase_is_refused_and_the_connection_goes_on()
    {
        byte[] sequence = [.. LinkClient.U64(0), .. Requests.Batch(0)];
        byte[] nonce = [16, .. new byte[16]];
        Assert.Equal(1, _client.Request(LinkMessageType.Sequence, sequence).ErrorCode);
        Assert.Equal(1, _client.Request(LinkMessageType.Bundle).ErrorCode);
        Assert.Equal(1, _client.Request(LinkMessageType.Seal, new byte[16]).ErrorCode);
        Assert.Equal(1, _client.Request(LinkMessageType.Attest, nonce).ErrorCode);
        Assert.Equal(1, _client.Request(LinkMessageType.Pending, LinkClient.U64(0)).ErrorCode);
        Assert.Equal(1, _client.Request(LinkMessageType.Acknowledge, LinkClient.U64(0)).ErrorCode);
        Assert.Equal(1, _client.Request(LinkMessageType.ReplayRecords).ErrorCode);
        Assert.Equal(1, _client.Request(LinkMessageType.ReplayEnd).ErrorCode);
        Assert.Equal(4, _client.Request(LinkMessageType.Genesis, "no configuration"u8).ErrorCode);
        _client.Genesis();
        Assert.Equal(
            1, _client.Request(LinkMessageType.Genesis, TestEnclave.Configuration(9, 9)).ErrorCode);
    }

    [Fact]
    public void An_NSM_that_refuses_the_statement_leaves_nothing_signed()
    {
        using var nsm = new FailingNsm(RunningEnclave.Root);
        using var enclave = new RunningEnclave(nsm);
        using LinkClient client = enclave.Connect();
        nsm.RefusesKeys = true;
        LinkAnswer refused =
            client.Request(LinkMessageType.Genesis, TestEnclave.Configuration(9, 9));
        Assert.Equal(6, refused.ErrorCode);
        Assert.Equal("refused by the test", refused.ErrorText);
        nsm.RefusesKeys = false;
        Assert.Equal((byte)CorePhase.Stopped, client.Ask(LinkMessageType.Hello)[0]);
        Assert.Equal(7, client.Request(LinkMessageType.Bundle).ErrorCode);
    }

    [Fact]
    public void An_NSM_that_answers_with_another_document_opens_no_epoch()
    {
        using var nsm = new FailingNsm(RunningEnclave.Root);
        using var enclave = new RunningEnclave(nsm);
        using LinkClient client = enclave.Connect();
        nsm.IsOneBehind = true;
        LinkAnswer refused =
            client.Request(LinkMessageType.Genesis, TestEnclave.Configuration(9, 9));
        Assert.Equal(6, refused.ErrorCode);
        Assert.Equal((byte)CorePhase.Stopped, client.Ask(LinkMessageType.Hello)[0]);
    }

    public void Dispose()
    {
        _client.Dispose();
        _enclave.Dispose();
    }

    private List<byte[]> Pending(ulong from)
    {
        byte[] body = _client.Ask(LinkMessageType.Pending, LinkClient.U64(from));
        List<byte[]> batches = LinkClient.ReadSized(body.AsSpan(4));
        Assert.Equal(BinaryPrimitives.ReadUInt32BigEndian(body), (uint)batches.Count);
        return batches;
    }
}
