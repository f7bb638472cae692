using System.Net;
using System.Text;
using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Tests.Log;
using Sequencer.Attestation.Tests.Nitro;
using Sequencer.Attestation.Verification;
using Sequencer.Witness.Signing;
using Sequencer.Witness.State;

namespace Sequencer.Witness.Tests;

/// <summary>What a witness remembers, and what it does when it cannot.</summary>
public sealed class StateTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly SettableTime _time = new();
    private readonly TestLog _log = TestLog.WithEntries(9);
    private readonly CosigningKey _key = NewKey();

    private static string StateName => WitnessedLog.NameOf(TestLog.Origin);

    private string StatePath => Path.Combine(_directory.Path, StateName);

    public void Dispose()
    {
        _key.Dispose();
        _log.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task A_restarted_witness_goes_on_where_it_was()
    {
        string key;
        await using (RunningWitness witness = await StartAsync())
        {
            key = witness.Witness.Key.Verifier.ToString();
            await witness.TeachAsync(_log.Lesson(_log.Size));
            await witness.SubmitAsync(_log, 0, 6);
        }
        await using RunningWitness again = await StartAsync();
        Assert.Equal(key, again.Witness.Key.Verifier.ToString());
        Assert.Equal((HttpStatusCode.Conflict, "6\n"), await again.SubmitAsync(_log, 0, 8));
        Assert.Equal(HttpStatusCode.OK, (await again.SubmitAsync(_log, 6, 8)).Status);
    }

    [Fact]
    public async Task A_file_that_is_torn_or_edited_keeps_the_witness_from_starting()
    {
        await using (RunningWitness witness = await StartAsync())
        {
            await witness.TeachAsync(_log.Lesson(_log.Size));
            await witness.SubmitAsync(_log, 0, 6);
        }
        byte[] right = await File.ReadAllBytesAsync(StatePath);
        var random = new Random(1);
        List<byte[]> broken = [[], right[..1], right[..^1], [.. right, (byte)'\n']];
        for (int i = 0; i < 50; i++)
        {
            broken.Add(right[..random.Next(right.Length)]);
            byte[] flipped = (byte[])right.Clone();
            flipped[random.Next(right.Length)] ^= (byte)(1 << random.Next(8));
            broken.Add(flipped);
        }
        foreach (byte[] bytes in broken)
        {
            await File.WriteAllBytesAsync(StatePath, bytes);
            var fault = await Assert.ThrowsAsync<WitnessStateException>(StartAsync);
            Assert.Contains("is damaged", fault.Message, StringComparison.Ordinal);
            Assert.Contains(TestLog.Origin, fault.Message, StringComparison.Ordinal);
        }
        await File.WriteAllBytesAsync(StatePath, right);
        await using RunningWitness again = await StartAsync();
        Assert.Equal(6u, again.Witness.Logs[TestLog.Origin].Head!.Checkpoint.Size);
    }

    [Theory]
    [InlineData("a volume that is not mounted")]
    [InlineData(null)]
    public async Task A_file_that_cannot_be_reached_is_not_taken_for_a_first_start(string? target)
    {
        await (await StartAsync()).DisposeAsync();
        // A link to nothing, and one to itself, which no right to read helps to open.
        File.CreateSymbolicLink(StatePath, target ?? StatePath);
        await Assert.ThrowsAnyAsync<IOException>(StartAsync);
    }

    [Fact]
    public async Task A_state_of_another_log_or_by_another_key_is_not_taken_over()
    {
        await using (RunningWitness witness = await StartAsync())
        {
            await witness.TeachAsync(_log.Lesson(_log.Size));
            await witness.SubmitAsync(_log, 0, 6);
        }
        using TestLog other = TestLog.WithEntries(1);
        var fault = await Assert.ThrowsAsync<WitnessStateException>(
            () => RunningWitness.StartAsync(_directory.Path, _time, other.Policy));
        Assert.Contains("needs a new origin", fault.Message, StringComparison.Ordinal);

        File.Delete(Path.Combine(_directory.Path, "key"));
        fault = await Assert.ThrowsAsync<WitnessStateException>(StartAsync);
        Assert.Contains("another key", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_policy_that_drops_an_image_drops_its_epochs_and_keeps_the_head()
    {
        await using (RunningWitness witness = await StartAsync())
        {
            await witness.TeachAsync(_log.Lesson(_log.Size));
            await witness.SubmitAsync(_log, 0, 6);
        }
        TrustPolicy policy = _log.Policy;
        var other = new Attestation.Nitro.MeasurementSet(
            "other", TestNitroDocument.Pcr(3), TestNitroDocument.Pcr(4), TestNitroDocument.Pcr(5));
        var stricter = new TrustPolicy(
            policy.LogId, policy.Configuration, [new AcceptedMeasurement(other)], policy.Roots);
        await using RunningWitness again =
            await RunningWitness.StartAsync(_directory.Path, _time, stricter);
        Assert.Contains(
            again.Remarks, r => r.StartsWith("An epoch is forgotten", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.Forbidden, (await again.SubmitAsync(_log, 6, 7)).Status);
        Assert.Equal(6u, again.Witness.Logs[TestLog.Origin].Head!.Checkpoint.Size);
    }

    [Fact]
    public async Task Two_witnesses_do_not_share_a_directory()
    {
        await using RunningWitness witness = await StartAsync();
        var fault = await Assert.ThrowsAsync<IOException>(StartAsync);
        Assert.Contains("Another witness runs", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task After_a_failed_write_nothing_is_signed_until_a_restart_reads_what_is_there(
        bool isPersisted)
    {
        var files = new FaultyFiles();
        WitnessedLog log = Open(files);
        await log.LearnAsync(_log.Lesson(_log.Size), default);
        await SubmitAsync(log, 0, 4);
        files.NextWrite = isPersisted ? Fault.FailsButPersists : Fault.Fails;
        await Assert.ThrowsAsync<WitnessStateException>(() => SubmitAsync(log, 4, 6));
        // The disk works again, and still this process must not go on.
        await Assert.ThrowsAsync<WitnessStateException>(() => SubmitAsync(log, 4, 6));
        await Assert.ThrowsAsync<WitnessStateException>(
            () => log.LearnAsync(_log.Lesson(_log.Size), default));

        WitnessedLog again = Open(files);
        ulong size = isPersisted ? 6u : 4u;
        Assert.Equal(size, again.Head!.Checkpoint.Size);
        Submission conflict = await SubmitAsync(again, 1, 8);
        Assert.Equal((SubmissionOutcome.OldIsOther, size), (conflict.Outcome, conflict.Size));
        Assert.Equal(
            SubmissionOutcome.Cosigned, (await SubmitAsync(again, size, 8)).Outcome);
    }

    [Fact]
    public async Task A_failed_write_of_a_lesson_stops_the_witness_too()
    {
        var files = new FaultyFiles { NextWrite = Fault.FailsButPersists };
        WitnessedLog log = Open(files);
        await Assert.ThrowsAsync<WitnessStateException>(
            () => log.LearnAsync(_log.Lesson(_log.Size), default));
        Assert.Equal(
            SubmissionOutcome.Cosigned, (await SubmitAsync(Open(files), 0, 4)).Outcome);
    }

    [Fact]
    public async Task A_witness_that_cannot_write_answers_500_and_stops()
    {
        string path = Path.Combine(_directory.Path, "state");
        await using RunningWitness witness =
            await RunningWitness.StartAsync(path, _time, _log.Policy);
        await witness.TeachAsync(_log.Lesson(_log.Size));
        Directory.Delete(path, recursive: true);
        (HttpStatusCode status, string text) = await witness.SubmitAsync(_log, 0, 4);
        Assert.Equal(HttpStatusCode.InternalServerError, status);
        Assert.DoesNotContain("\u2014", text, StringComparison.Ordinal);
        await witness.Stopped;
        Assert.Contains(TestLog.Origin, witness.Witness.Fault!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_state_is_written_before_the_answer_is_given()
    {
        var files = new FaultyFiles();
        WitnessedLog log = Open(files);
        await log.LearnAsync(_log.Lesson(_log.Size), default);
        Submission answer = await SubmitAsync(log, 0, 5);
        Assert.True(StateText.TryParse(files.Read(StateName), out var state));
        Assert.EndsWith(
            $"{answer.Cosignature}\n",
            Encoding.UTF8.GetString(state.Head!.Note.Span),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_head_within_its_second_costs_no_write()
    {
        var files = new FaultyFiles();
        WitnessedLog log = Open(files);
        await log.LearnAsync(_log.Lesson(_log.Size), default);
        Submission first = await SubmitAsync(log, 0, 5);
        files.NextWrite = Fault.Fails;
        Submission again = await SubmitAsync(log, 5, 5);
        Assert.Equal($"{first.Cosignature}", $"{again.Cosignature}");
        _time.Now += TimeSpan.FromSeconds(1);
        await Assert.ThrowsAsync<WitnessStateException>(() => SubmitAsync(log, 5, 5));
    }

    [Fact]
    public async Task Of_many_epochs_without_a_head_the_newest_are_remembered_and_the_signers_own()
    {
        var files = new FaultyFiles();
        WitnessedLog log = Open(files);
        await log.LearnAsync(_log.Lesson(_log.Size), default);
        await SubmitAsync(log, 0, _log.Size);
        for (int i = 0; i < WitnessedLog.EpochsMax + 3; i++)
        {
            _log.OpenEpoch();
            Assert.Equal(
                LessonOutcome.Learned,
                (await log.LearnAsync(_log.Lesson(_log.Size), default)).Outcome);
        }
        Assert.True(StateText.TryParse(files.Read(StateName), out var state));
        Assert.Equal(WitnessedLog.EpochsMax, state.Epochs.Length);
        Assert.True(state.Epochs[0].Statement.Span.SequenceEqual(_log.Records[0]));
        Assert.Equal(
            SubmissionOutcome.Cosigned, (await SubmitAsync(log, 10, _log.Size)).Outcome);
        Assert.True(StateText.TryParse(files.Read(StateName), out state));
        Assert.Single(state.Epochs);
    }

    private Task<RunningWitness> StartAsync() =>
        RunningWitness.StartAsync(_directory.Path, _time, _log.Policy);

    private WitnessedLog Open(FaultyFiles files) =>
        WitnessedLog.Open(_log.Policy, _key, files, _time, Assert.Fail);

    private Task<Submission> SubmitAsync(WitnessedLog log, ulong oldSize, ulong size)
    {
        AddCheckpointRequest request = _log.Request(oldSize, size);
        return log.SubmitAsync(request, _log.Head(size), default);
    }

    private static CosigningKey NewKey()
    {
        Assert.True(CosigningKey.TryParse(
            CosigningKey.Generate(RunningWitness.Name), out CosigningKey? key));
        return key;
    }

    private enum Fault
    {
        None,
        Fails,
        FailsButPersists,
    }

    private sealed class FaultyFiles : IStateFiles
    {
        private readonly Dictionary<string, byte[]> _files = [];

        public Fault NextWrite { get; set; }

        public byte[]? Read(string name) => _files.GetValueOrDefault(name);

        public void Replace(string name, ReadOnlySpan<byte> bytes)
        {
            Fault fault = NextWrite;
            NextWrite = Fault.None;
            if (fault != Fault.Fails) _files[name] = bytes.ToArray();
            if (fault != Fault.None) throw new IOException("The disk went away.");
        }
    }
}
