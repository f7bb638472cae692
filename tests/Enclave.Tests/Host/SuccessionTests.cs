using Sequencer.Attestation;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Nitro;
using Sequencer.Attestation.Receipts;
using Sequencer.Attestation.Tests.Merkle;
using Sequencer.Attestation.Verification;
using Sequencer.Enclave.Core;
using Sequencer.Enclave.Host;
using Sequencer.Enclave.Host.Link;
using Sequencer.Enclave.Simulated;
using Sequencer.Enclave.Tests.Core;

namespace Sequencer.Enclave.Tests.Host;

/// <summary>An enclave follows one that is gone, if its document says that it may.</summary>
public sealed class SuccessionTests
{
    private static readonly byte[] Zeros = new byte[Measurements.PcrBytes];
    private static readonly Measurements DebugMode = new(Zeros, Zeros, Zeros);

    private static readonly PredecessorMeasurements Old = new(
        Measurements.Default.Pcr0, Measurements.Default.Pcr1, Measurements.Default.Pcr2);

    /// <summary>What a gateway has on its disk.</summary>
    private sealed record StoredLog(List<byte[]> Records, byte[] Checkpoint, byte[] Document);

    [Fact]
    public void A_restarted_enclave_opens_the_next_epoch_and_goes_on()
    {
        StoredLog log = Run();
        using var second = new RunningEnclave();
        using LinkClient client = second.Connect();
        ParsedAnswer opened = new(Replay(client, log).Body);
        Assert.True(EpochStatement.TryParse(Assert.Single(opened.Records), out var statement));
        Assert.Equal(1u, statement.Fields.Epoch);
        Assert.Equal(3u, statement.Fields.Number);
        Assert.Equal(Derivation.LogId(log.Records[0]), statement.LogId);

        List<byte[]> bundle = LinkClient.ReadSized(client.Ask(LinkMessageType.Bundle));
        VerifiedAttestation verified = RunningEnclave.Verify(bundle[1]);
        Assert.Equal(
            Derivation.EpochUserData(opened.Records[0]), verified.UserData!.Value.ToArray());

        ParsedAnswer next = client.Append(
            4, Requests.Append("c", Requests.VersionEquals("s", 1), Requests.Bump("s")));
        Assert.Equal(OutcomeStatus.Appended, next.Outcomes[0].Status);
        Assert.Equal(2, next.Entry(0).Cell(0).Value);

        // And a third after the second.
        List<byte[]> records = [.. log.Records, opened.Records[0], next.Records[0]];
        using var third = new RunningEnclave();
        using LinkClient last = third.Connect();
        ParsedAnswer reopened =
            new(Replay(last, new StoredLog(records, next.Checkpoint, bundle[1])).Body);
        Assert.True(EpochStatement.TryParse(reopened.Records[0], out statement));
        Assert.Equal(2u, statement.Fields.Epoch);
    }

    [Fact]
    public void A_replay_takes_nothing_from_a_connection_before_it()
    {
        StoredLog log = Run();
        using var second = new RunningEnclave();
        using LinkClient before = second.Connect();
        using LinkClient client = second.Connect();
        BeginReplay(before, log);
        BeginReplay(client, log);
        byte[] first = Sized(log.Records[0]);
        Assert.Equal(1, before.Request(LinkMessageType.ReplayRecords, first).ErrorCode);
        Assert.Equal(1, before.Request(LinkMessageType.ReplayEnd).ErrorCode);
        foreach (byte[] record in log.Records)
        {
            client.Ask(LinkMessageType.ReplayRecords, Sized(record));
        }
        Assert.Single(new ParsedAnswer(client.Ask(LinkMessageType.ReplayEnd)).Records);
    }

    [Fact]
    public void A_predecessor_under_another_root_is_refused()
    {
        using DevelopmentCertificate other = RunningEnclave.NewRoot();
        Refuses(Run(root: other), ReplayRule.Document);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void A_predecessor_of_another_image_is_refused(int pcr)
    {
        var measurements = Measurements.Default;
        byte[] another = [.. Enumerable.Repeat((byte)7, Measurements.PcrBytes)];
        if (pcr == 0) measurements = measurements with { Pcr0 = another };
        if (pcr == 1) measurements = measurements with { Pcr1 = another };
        if (pcr == 2) measurements = measurements with { Pcr2 = another };
        Refuses(Run(measurements), ReplayRule.Document);
    }

    [Fact]
    public void A_predecessor_in_debug_mode_is_refused()
    {
        StoredLog log = Run();
        Assert.True(EpochStatement.TryParse(log.Records[0], out var statement));
        // No enclave in debug mode opens an epoch: its document is made without one.
        using var device = new SimulatedNsm(RunningEnclave.Root, DebugMode, TimeProvider.System);
        byte[] document = device.Attest(new NsmOptions
        {
            PublicKey = statement.SubjectPublicKeyInfo,
            UserData = Derivation.EpochUserData(log.Records[0]),
        });
        Refuses(log with { Document = document }, ReplayRule.Document);
    }

    [Fact]
    public void A_log_goes_on_under_a_new_image_that_accepts_the_old_one()
    {
        StoredLog log = Run();
        Measurements newImage = new(Pcr(1), Pcr(2), Pcr(3));
        using var second = new RunningEnclave(measurements: newImage, options: Accepting(Old));
        using LinkClient client = second.Connect();
        ParsedAnswer opened = new(Replay(client, log).Body);
        Assert.True(EpochStatement.TryParse(Assert.Single(opened.Records), out var statement));
        PredecessorMeasurements listed = Assert.Single(statement.Fields.AcceptedPredecessors);
        Assert.Equal(Old.Pcr2.ToArray(), listed.Pcr2.ToArray());
        ParsedAnswer appended = client.Append(4, Requests.Append("c"));
        List<byte[]> bundle = LinkClient.ReadSized(client.Ask(LinkMessageType.Bundle));
        var upgraded = new StoredLog(
            [.. log.Records, .. opened.Records, .. appended.Records],
            appended.Checkpoint,
            bundle[1]);

        // A verifier who trusts both images takes receipts of either; who trusts one, only its own.
        MeasurementSet before = Set("old", Measurements.Default), after = Set("new", newImage);
        Assert.Equal("old", VerifiedBy(log, 0, before, after));
        Assert.Equal("new", VerifiedBy(upgraded, 3, before, after));
        Assert.Equal("old", VerifiedBy(log, 0, before));
        Assert.Null(VerifiedBy(upgraded, 3, before));
        Assert.Null(VerifiedBy(log, 0, after));

        // The old image accepts no other, so there is no way back to it.
        Refuses(upgraded, ReplayRule.Document);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void An_accepted_predecessor_is_all_three_of_its_PCRs(int pcr)
    {
        byte[][] pcrs = [Old.Pcr0.ToArray(), Old.Pcr1.ToArray(), Old.Pcr2.ToArray()];
        pcrs[pcr] = Pcr(9);
        Measurements newImage = new(Pcr(1), Pcr(2), Pcr(3));
        using var second = new RunningEnclave(
            measurements: newImage, options: Accepting(new(pcrs[0], pcrs[1], pcrs[2])));
        Refuses(second, Run(), ReplayRule.Document);
    }

    [Fact]
    public void An_accepted_predecessor_under_another_root_is_refused()
    {
        using DevelopmentCertificate other = RunningEnclave.NewRoot();
        using var second = new RunningEnclave(
            measurements: new(Pcr(1), Pcr(2), Pcr(3)), options: Accepting(Old));
        Refuses(second, Run(root: other), ReplayRule.Document);
    }

    [Fact]
    public void A_document_of_another_statement_is_refused() =>
        Refuses(Run() with { Document = Run().Document }, ReplayRule.DocumentStatement);

    [Fact]
    public void A_head_that_another_epoch_signed_is_refused()
    {
        StoredLog log = Run();
        byte[] forged = [.. log.Checkpoint];
        forged[^10] ^= 1;
        Refuses(log with { Checkpoint = forged }, ReplayRule.Signature, ReplayRule.Checkpoint);
    }

    [Fact]
    public void An_enclave_in_debug_mode_follows_nobody()
    {
        StoredLog log = Run();
        using var debug = new RunningEnclave(measurements: DebugMode);
        using LinkClient client = debug.Connect();
        RefusesForDebugMode(Replay(client, log));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void An_enclave_with_an_all_zero_PCR_begins_no_log(int pcr)
    {
        var measurements = Measurements.Default;
        if (pcr == 0) measurements = measurements with { Pcr0 = Zeros };
        if (pcr == 1) measurements = measurements with { Pcr1 = Zeros };
        if (pcr == 2) measurements = measurements with { Pcr2 = Zeros };
        using var debug = new RunningEnclave(measurements: measurements);
        using LinkClient client = debug.Connect();
        RefusesForDebugMode(client.Request(
            LinkMessageType.Genesis, TestEnclave.Configuration(1000, 1000)));
        Assert.Equal((byte)CorePhase.Empty, client.Ask(LinkMessageType.Hello)[0]);
    }

    [Fact]
    public void An_enclave_whose_documents_nobody_signs_begins_no_log_and_says_so()
    {
        using var device = new FailingNsm(RunningEnclave.Root) { SignsNothing = true };
        using var unsigned = new RunningEnclave(device);
        using LinkClient client = unsigned.Connect();
        LinkAnswer answer = client.Request(
            LinkMessageType.Genesis, TestEnclave.Configuration(1000, 1000));
        Assert.Equal(6, answer.ErrorCode);
        Assert.Contains("not signed", answer.ErrorText, StringComparison.Ordinal);
        Assert.DoesNotContain("debug mode", answer.ErrorText, StringComparison.Ordinal);
    }

    private static void RefusesForDebugMode(LinkAnswer answer)
    {
        Assert.Equal(6, answer.ErrorCode);
        Assert.Contains("debug mode", answer.ErrorText, StringComparison.Ordinal);
    }

    private static void Refuses(StoredLog log, params ReplayRule[] rules)
    {
        using var second = new RunningEnclave();
        Refuses(second, log, rules);
    }

    private static void Refuses(RunningEnclave second, StoredLog log, params ReplayRule[] rules)
    {
        using LinkClient client = second.Connect();
        LinkAnswer refused = Replay(client, log);
        Assert.Equal(5, refused.ErrorCode);
        Assert.Contains(rules, rule => refused.ErrorText.EndsWith(
            $": {rule}", StringComparison.Ordinal));
        Assert.Equal((byte)CorePhase.Empty, client.Ask(LinkMessageType.Hello)[0]);
    }

    private static LinkAnswer Replay(LinkClient client, StoredLog log)
    {
        BeginReplay(client, log);
        foreach (byte[] record in log.Records)
        {
            client.Ask(LinkMessageType.ReplayRecords, Sized(record));
        }
        return client.Request(LinkMessageType.ReplayEnd);
    }

    private static void BeginReplay(LinkClient client, StoredLog log) => client.Ask(
        LinkMessageType.ReplayBegin,
        [
            .. LinkClient.U64((ulong)log.Records.Count),
            .. LinkClient.Sized(log.Checkpoint),
            .. LinkClient.Sized(log.Document),
        ]);

    private static byte[] Sized(byte[] record) =>
        [(byte)(record.Length >> 8), (byte)record.Length, .. record];

    /// <summary>A log of a statement and two entries, by an enclave that is gone.</summary>
    private static StoredLog Run(
        Measurements? measurements = null, DevelopmentCertificate? root = null)
    {
        using var enclave = new RunningEnclave(measurements: measurements, root: root);
        using LinkClient client = enclave.Connect();
        ParsedAnswer opened = client.Genesis();
        ParsedAnswer appended =
            client.Append(1, Requests.Append("a", Requests.Bump("s")), Requests.Append("b"));
        List<byte[]> bundle = LinkClient.ReadSized(client.Ask(LinkMessageType.Bundle));
        return new StoredLog(
            [.. opened.Records, .. appended.Records], appended.Checkpoint, bundle[1]);
    }

    private static byte[] Pcr(byte octet) =>
        [.. Enumerable.Repeat(octet, Measurements.PcrBytes)];

    private static EnclaveOptions Accepting(PredecessorMeasurements image) =>
        new() { Core = new CoreLimits { AcceptedPredecessors = [image] } };

    private static MeasurementSet Set(string name, Measurements image) =>
        new(name, image.Pcr0, image.Pcr1, image.Pcr2);

    /// <summary>
    /// The image that a receipt of the log's last statement is verified by, under its last head;
    /// null if it is refused because of the image, and of nothing else.
    /// </summary>
    private static string? VerifiedBy(StoredLog log, int statement, params MeasurementSet[] images)
    {
        int size = log.Records.Count;
        var tree = new NaiveTree([.. log.Records.Select(NaiveTree.LeafOf)]);
        Digest[] path = tree.Path(statement, size);
        var receipt = new Receipt(
            log.Records[statement],
            ReadOnlyMemory<byte>.Empty,
            ReadOnlyMemory<byte>.Empty,
            path,
            log.Checkpoint,
            new ReceiptEpoch(log.Records[statement], path, log.Document));
        Assert.True(EpochStatement.TryParse(log.Records[0], out var genesis));
        var policy = new TrustPolicy(
            genesis.LogId,
            genesis.Fields.Configuration,
            images.Select(image => new AcceptedMeasurement(image)),
            [TrustedRoot.InsecureDevelopmentRoot(RunningEnclave.Root.Der)]);
        var report = new LogVerifier(policy).VerifyReceipt(receipt);
        if (report.TryGet(out VerifiedEntry? entry)) return entry.Head.MeasurementName;
        VerificationCheck broken = Assert.Single(report.Faults);
        Assert.Equal(VerificationRule.Attestation, broken.Rule);
        return null;
    }
}
