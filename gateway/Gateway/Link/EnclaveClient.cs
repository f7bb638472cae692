using Sequencer.Gateway.Identity;

namespace Sequencer.Gateway.Link;

/// <summary>The requests of the link as typed calls over one connection.</summary>
/// <remarks>
/// Every call throws <see cref="EnclaveRefusedException"/> for an error of the enclave, and
/// <see cref="EnclaveLostException"/> when the connection is gone or an answer malformed, which also
/// ends the connection.
/// </remarks>
public sealed class EnclaveClient(EnclaveConnection connection) : IAsyncDisposable
{
    private Task _keepingAlive = Task.CompletedTask;

    /// <summary>What all waiting for the enclave is measured by.</summary>
    public TimeProvider Time => connection.Time;

    /// <summary>Completes with the reason when the connection is of no more use.</summary>
    public Task<string> Lost => connection.Lost;

    /// <summary>
    /// From now on, an enclave that was silent for so long is asked for a sign of life; without one
    /// the connection ends.
    /// </summary>
    public void KeepAlive(TimeSpan silence) => _keepingAlive = KeepAliveAsync(silence);

    /// <summary>Asks for phase, epoch, size and log id.</summary>
    public async Task<EnclaveHello> HelloAsync(CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> body =
            await connection.CallAsync(LinkMessage.Hello, default, cancellationToken);
        return LinkAnswers.TryReadHello(body, out EnclaveHello hello)
            ? hello
            : throw connection.Distrust(LinkMessage.Hello);
    }

    /// <summary>Opens epoch 0 of a new log with this configuration text.</summary>
    public Task<BatchAnswer> GenesisAsync(
        ReadOnlyMemory<byte> configuration, CancellationToken cancellationToken) =>
        CallForBatchAsync(LinkMessage.Genesis, configuration, cancellationToken);

    /// <summary>Announces a replay.</summary>
    public Task ReplayBeginAsync(
        ulong size,
        ReadOnlyMemory<byte> checkpoint,
        ReadOnlyMemory<byte> document,
        CancellationToken cancellationToken) =>
        CallForNothingAsync(
            LinkMessage.ReplayBegin,
            LinkRequests.ReplayBegin(size, checkpoint.Span, document.Span),
            cancellationToken);

    /// <summary>Announces a replay that begins at a snapshot, with the statement before it.
    /// </summary>
    public Task ReplayBeginAtSnapshotAsync(
        ulong size,
        ReadOnlyMemory<byte> checkpoint,
        ReadOnlyMemory<byte> document,
        ReadOnlyMemory<byte> statement,
        ReadOnlyMemory<byte> snapshot,
        CancellationToken cancellationToken) =>
        CallForNothingAsync(
            LinkMessage.ReplayBeginAtSnapshot,
            LinkRequests.ReplayBeginAtSnapshot(
                size, checkpoint.Span, document.Span, statement.Span, snapshot.Span),
            cancellationToken);

    /// <summary>Sends whole items of the snapshot's content, in order.</summary>
    public Task ReplayContentAsync(
        ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        CallForNothingAsync(LinkMessage.ReplayContent, content, cancellationToken);

    /// <summary>Sends records, each u16 length and bytes, in order.</summary>
    public Task ReplayRecordsAsync(
        ReadOnlyMemory<byte> records, CancellationToken cancellationToken) =>
        CallForNothingAsync(LinkMessage.ReplayRecords, records, cancellationToken);

    /// <summary>Ends a replay and opens the next epoch.</summary>
    public Task<BatchAnswer> ReplayEndAsync(CancellationToken cancellationToken) =>
        CallForBatchAsync(LinkMessage.ReplayEnd, default, cancellationToken);

    /// <summary>Statement and document of the enclave's epoch.</summary>
    public async Task<EpochBundle> BundleAsync(CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> body =
            await connection.CallAsync(LinkMessage.Bundle, default, cancellationToken);
        return LinkAnswers.TryReadBundle(body, out EpochBundle? bundle)
            ? bundle
            : throw connection.Distrust(LinkMessage.Bundle);
    }

    /// <summary>Sequences and signs a batch, encoded by <see cref="SequenceRequest"/>.</summary>
    public Task<BatchAnswer> SequenceAsync(
        ReadOnlyMemory<byte> request, CancellationToken cancellationToken) =>
        CallForBatchAsync(LinkMessage.Sequence, request, cancellationToken);

    /// <summary>Ends the epoch: the answer has no outcomes and one record, the seal.</summary>
    public Task<BatchAnswer> SealAsync(
        ulong acknowledgedSize, ulong startSize, CancellationToken cancellationToken) =>
        CallForBatchAsync(
            LinkMessage.Seal, LinkRequests.Position(acknowledgedSize, startSize), cancellationToken);

    /// <summary>Appends a snapshot: the answer has no outcomes, and the snapshot as its one record.
    /// </summary>
    public Task<BatchAnswer> SnapshotAsync(
        ulong acknowledgedSize, ulong startSize, CancellationToken cancellationToken) =>
        CallForBatchAsync(
            LinkMessage.Snapshot,
            LinkRequests.Position(acknowledgedSize, startSize),
            cancellationToken);

    /// <summary>The retained batch answers from a size on, in order.</summary>
    public async Task<IReadOnlyList<BatchAnswer>> PendingAsync(
        ulong fromSize, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> body = await connection.CallAsync(
            LinkMessage.Pending, LinkRequests.Size(fromSize), cancellationToken);
        return LinkAnswers.TryReadPending(body, out List<BatchAnswer>? batches)
            ? batches
            : throw connection.Distrust(LinkMessage.Pending);
    }

    /// <summary>A document for a live caller's nonce of 16 to 64 bytes.</summary>
    public async Task<ReadOnlyMemory<byte>> AttestAsync(
        ReadOnlyMemory<byte> nonce, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> document = await connection.CallAsync(
            LinkMessage.Attest, LinkRequests.Attest(nonce.Span), cancellationToken);
        return document.IsEmpty ? throw connection.Distrust(LinkMessage.Attest) : document;
    }

    /// <summary>Says that everything below a size is durable.</summary>
    public Task AcknowledgeAsync(ulong size, CancellationToken cancellationToken) =>
        CallForNothingAsync(LinkMessage.Acknowledge, LinkRequests.Size(size), cancellationToken);

    /// <summary>Hands over a head that the enclave signed, with cosignatures.</summary>
    public Task CosignedAsync(ReadOnlyMemory<byte> note, CancellationToken cancellationToken) =>
        CallForNothingAsync(LinkMessage.Cosigned, note, cancellationToken);

    /// <summary>Gives what the log's stable identity is unsealed with, before an epoch is opened.
    /// </summary>
    /// <param name="credentials">The right to ask KMS.</param>
    /// <param name="given">The sealed identity; empty for none.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task IdentityAsync(
        AwsCredentials credentials,
        ReadOnlyMemory<byte> given,
        CancellationToken cancellationToken) =>
        CallForNothingAsync(
            LinkMessage.Identity,
            LinkRequests.Identity(credentials, given.Span),
            cancellationToken);

    /// <summary>The open log's sealed identity; empty for a log without one.</summary>
    public Task<ReadOnlyMemory<byte>> SealedIdentityAsync(CancellationToken cancellationToken) =>
        connection.CallAsync(LinkMessage.SealedIdentity, default, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await connection.DisposeAsync();
        await _keepingAlive;
    }

    private async Task KeepAliveAsync(TimeSpan silence)
    {
        while (!Lost.IsCompleted)
        {
            TimeSpan left = silence - connection.Silence;
            if (left > TimeSpan.Zero)
            {
                await Task.WhenAny(Lost, Task.Delay(LinkTimes.RoundUp(left), connection.Time));
                continue;
            }
            try
            {
                await HelloAsync(CancellationToken.None);
            }
            catch (Exception e) when (e is EnclaveLostException or EnclaveRefusedException)
            {
                // A refusal is a sign of life too; after a loss the loop ends.
            }
        }
    }

    private async Task<BatchAnswer> CallForBatchAsync(
        LinkMessage type, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> answer = await connection.CallAsync(type, body, cancellationToken);
        return BatchAnswer.TryParse(answer, out BatchAnswer? batch)
            ? batch
            : throw connection.Distrust(type);
    }

    private async Task CallForNothingAsync(
        LinkMessage type, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> answer = await connection.CallAsync(type, body, cancellationToken);
        if (!answer.IsEmpty) throw connection.Distrust(type);
    }
}
