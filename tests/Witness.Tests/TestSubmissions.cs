using Sequencer.Attestation.Merkle;
using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Receipts;
using Sequencer.Attestation.Tests.Log;
using Sequencer.Gateway.Witnessing;

namespace Sequencer.Witness.Tests;

/// <summary>What a log's operator sends to a witness.</summary>
internal static class TestSubmissions
{
    public static SignedNote SignedNote(this TestLog log, ulong size)
    {
        Assert.True(Attestation.Notes.SignedNote.TryParse(log.Note(size), out var note, out _));
        return note;
    }

    public static Checkpoint Head(this TestLog log, ulong size) =>
        new(log.Configuration.Origin, size, log.RootAt(size));

    public static AddCheckpointRequest Request(this TestLog log, ulong oldSize, ulong size) =>
        new(oldSize, ConsistencyProof.Create(oldSize, size, log), log.SignedNote(size));

    public static SignedHead Lesson(this TestLog log, ulong size) =>
        new(log.Note(size), log.Bundle(size));

    public static WitnessedSubject Subject(this TestLog log, ulong size) =>
        new(size, log.SignedNote(size), log, log.Bundle(size));

    /// <summary>Goes back to a size before the newest epoch, as a clone's operator does.</summary>
    public static void GoBackBeforeEpoch(this TestLog log, ulong size)
    {
        log.CutTo(size);
        log.Epochs.RemoveAt(log.Epochs.Count - 1);
    }
}
