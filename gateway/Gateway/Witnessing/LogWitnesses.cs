using Sequencer.Attestation.Log;
using Sequencer.Attestation.Receipts;
using Sequencer.Gateway.Link;
using Sequencer.Gateway.Metrics;
using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Witnessing;

/// <summary>
/// The witnesses of a log while one enclave is attached: what they must do before it sequences, and
/// beside it.
/// </summary>
internal sealed class LogWitnesses
{
    private readonly WitnessRequirement _required;
    private readonly Cosigner[] _cosigners;
    private readonly WitnessAddresses _addresses;
    private readonly LogStore _store;
    private readonly EnclaveClient _enclave;
    private readonly CosignedHandover _handover;
    private readonly ReceiptEpoch _epoch;
    private ulong _cosignedSize;

    /// <summary>Witnesses for an attached enclave.</summary>
    /// <param name="statement">The epoch that the enclave has opened.</param>
    /// <param name="required">What its configuration says of witnesses.</param>
    /// <param name="addresses">Where they are.</param>
    /// <param name="store">The log, with all that the enclave has signed.</param>
    /// <param name="enclave">The enclave.</param>
    /// <param name="cosigned">Shown the log up to each head that a quorum cosigned.</param>
    /// <exception cref="StoreDamagedException">The epoch has no document.</exception>
    public LogWitnesses(
        EpochStatement statement,
        WitnessRequirement required,
        WitnessAddresses addresses,
        LogStore store,
        EnclaveClient enclave,
        Action<LogView> cosigned)
    {
        uint epoch = statement.Fields.Epoch;
        byte[] document = store.EpochDocument(epoch)
            ?? throw new StoreDamagedException(EpochDocuments.PathOf(epoch), "is missing.");
        _required = required;
        _cosigners = addresses.Find(required.Policy);
        _addresses = addresses;
        _store = store;
        _enclave = enclave;
        _handover = new CosignedHandover(enclave, store, cosigned);
        _epoch = new ReceiptEpoch(statement.Bytes, default, document);
    }

    /// <summary>Returns when the enclave has a cosigned head of its epoch.</summary>
    /// <param name="before">The log up to the newest cosigned head so far; null if there is none.
    /// </param>
    /// <param name="waiting">Told what is still missing.</param>
    /// <param name="stopping">Gives up.</param>
    /// <exception cref="WitnessConflictException">A witness knows another history.</exception>
    /// <exception cref="EnclaveLostException">The enclave went away meanwhile.</exception>
    public async Task OpenAsync(
        LogView? before, Action<string> waiting, CancellationToken stopping)
    {
        // The enclave outlived the gateway: what was cosigned before counts still, or it has a
        // newer head, which it was handed in the moment before the gateway could write that down.
        if (before is not null && IsOfThisEpoch(before)
            && await _handover.OfferAsync(before, before.Checkpoint.ToArray(), stopping)
                is null or CosignedHandover.Order)
        {
            _cosignedSize = before.Size;
            return;
        }
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        Task opening = new OpeningFence(
            _cosigners, _handover, waiting, _addresses.Time, _addresses.Chance).RunAsync(
                BeginSheet, ending.Token);
        if (await Task.WhenAny(opening, _enclave.Lost) != opening)
        {
            await ending.CancelAsync();
            await opening.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw new EnclaveLostException(await _enclave.Lost);
        }
        await opening;
        _cosignedSize = _store.View.Size;
    }

    /// <summary>Has newer heads cosigned until it is cancelled, or the store fails.</summary>
    public Task RunAsync(ILogger log, GatewayMetrics metrics, CancellationToken cancellationToken)
    {
        var rounds = new CosigningRounds(
            _cosigners,
            _handover,
            BeginSheet,
            new CosigningPace(_addresses.Interval, _required.SecondsMax, _addresses.Time),
            new WitnessRemarks(log, _cosigners),
            metrics);
        return rounds.RunAsync(_cosignedSize, cancellationToken);
    }

    private CosigningSheet BeginSheet() =>
        new(_required.Policy, _store.View, _epoch, _addresses.Time.GetTimestamp());

    private bool IsOfThisEpoch(LogView view) =>
        view.Statements[^1].Number == _store.View.Statements[^1].Number;
}
