using System.Numerics;
using System.Text.Json;
using Sequencer.Attestation;
using Sequencer.Attestation.Auditing;
using Sequencer.Attestation.Following;
using Sequencer.Attestation.Merkle;
using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Verification;

namespace Sequencer.Client.Subscriptions;

/// <summary>A head that the gateway shows, not verified.</summary>
/// <param name="Note">The note.</param>
/// <param name="Size">The size that it speaks of.</param>
/// <param name="Signer">The attested epoch that should have signed it.</param>
internal readonly record struct NewestHead(byte[] Note, ulong Size, AttestedEpoch Signer);

/// <summary>What a follower of a log asks its gateway for beside the records. Nothing of it is believed
/// here: the follower judges it.</summary>
internal sealed class LogEvidence(GatewayTransport gateway, TrustPolicy policy)
{
    private const int ProofMaxBytes = 64 * 1024;
    private const int EpochMaxBytes = 256 * 1024;

    private readonly HttpAuditSource _source = new(gateway);
    private readonly LogVerifier _verifier = new(policy);
    private AttestedEpoch? _newestEpoch;

    /// <summary>The newest head, or the newest that witnesses cosigned.</summary>
    public async Task<NewestHead> ReadHeadAsync(
        bool isCosigned, CancellationToken cancellationToken)
    {
        GatewayAnswer answer = await gateway.SendAsync(
            GatewayRequest.Get(
                isCosigned ? "v1/checkpoint" : "v1/checkpoint?head=durable", SignedNote.MaxBytes),
            cancellationToken);
        if (!SignedNote.TryParse(answer.Body, out SignedNote? note, out _)
            || !Checkpoint.TryParse(note.Text.Span, out Checkpoint? checkpoint, out _))
        {
            throw Untrue(VerificationRule.CheckpointFormat, "a checkpoint", "other bytes");
        }
        AttestedEpoch? signer = await FindEpochAsync(checkpoint.Size, cancellationToken);
        return signer is not null
            ? new NewestHead(answer.Body, checkpoint.Size, signer)
            : throw Untrue(VerificationRule.Missing, "the epoch that signed the head", "none");
    }

    /// <summary>The newest epoch that began before a number; null at the log's start.</summary>
    public async Task<AttestedEpoch?> FindEpochAsync(
        ulong number, CancellationToken cancellationToken)
    {
        if (number == 0) return null;
        AuditEpoch listed = (await _source.ReadEpochsAsync(cancellationToken))
            .LastOrDefault(epoch => epoch.Number < number)
            ?? throw Untrue(VerificationRule.Missing, $"an epoch before number {number}", "none");
        if (_newestEpoch is { } known && known.Statement.Bytes.Span.SequenceEqual(listed.Statement.Span))
        {
            return known;
        }
        var report = _verifier.VerifyEpoch(listed.Statement, listed.Document);
        if (report.TryGet(out AttestedEpoch? epoch)) return _newestEpoch = epoch;
        VerificationCheck.Failed failed = report.Faults.First();
        throw new UntrueLogException(new AuditFault(failed.Rule, failed.Expected, failed.Actual)
        {
            Epoch = listed.Epoch,
            Attestation = failed.Attestation,
        });
    }

    /// <summary>The attestation document of an epoch.</summary>
    public async Task<byte[]> ReadDocumentAsync(uint epoch, CancellationToken cancellationToken)
    {
        GatewayAnswer answer = await gateway.SendAsync(
            GatewayRequest.Get($"v1/epochs/{epoch}", EpochMaxBytes), cancellationToken);
        using JsonDocument json = AnswerObject.Parse(answer.Body);
        return new AnswerObject(json.RootElement).Base64("document");
    }

    /// <summary>The proof that a tree extends a smaller one.</summary>
    public async Task<Digest[]> ReadConsistencyAsync(
        ulong from, ulong to, CancellationToken cancellationToken)
    {
        GatewayAnswer answer = await gateway.SendAsync(
            GatewayRequest.Get($"v1/proofs/consistency?from={from}&to={to}", ProofMaxBytes),
            cancellationToken);
        using JsonDocument json = AnswerObject.Parse(answer.Body);
        return [.. new AnswerObject(json.RootElement).Array("proof").Select(ReadHash)];
    }

    /// <summary>The position before a number, by the gateway's tiles.</summary>
    public async Task<LogPosition> ReadPositionAsync(
        ulong size, CancellationToken cancellationToken)
    {
        if (size == 0) return LogPosition.Start(policy.LogId);
        if (size > TreeHash.MaxSize) throw Untrue(VerificationRule.Missing, "a log", $"{size}");
        var hashes = new Digest[BitOperations.PopCount(size)];
        ulong before = 0;
        int at = 0;
        for (int level = 63; level >= 0; level--)
        {
            if ((size >> level & 1) == 0) continue;
            hashes[at++] = await ReadNodeAsync(level, before >> level, size, cancellationToken);
            before += 1UL << level;
        }
        Digest last = await ReadNodeAsync(0, size - 1, size, cancellationToken);
        return LogPosition.TryCreate(policy.LogId, size, hashes, last, out LogPosition? position)
            ? position
            : throw new InvalidOperationException("One hash was read for each bit.");
    }

    private async Task<Digest> ReadNodeAsync(
        int level, ulong index, ulong size, CancellationToken cancellationToken)
    {
        TileNode node = TileMath.Locate(level, index);
        var path = TilePath.Hashes(
            node.TileLevel, node.TileIndex, TileMath.Width(node.TileLevel, node.TileIndex, size));
        ReadOnlyMemory<byte>? tile = await _source.ReadTileAsync(path, cancellationToken);
        return tile is { } bytes && bytes.Length >= node.RequiredWidth * Digest.Size
            ? node.Compute(bytes.Span)
            : throw Untrue(VerificationRule.Missing, $"{path}, for {size} records", "no such tile");
    }

    private static Digest ReadHash(JsonElement element) =>
        element.ValueKind == JsonValueKind.String
        && Digest.TryParseHex(element.GetString(), out Digest hash)
            ? hash
            : throw AnswerObject.Wrong("proof", "hashes");

    private static UntrueLogException Untrue(
        VerificationRule rule, string expected, string actual) =>
        new(new AuditFault(rule, expected, actual));
}
