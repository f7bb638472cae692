using System.Net;
using System.Text;
using Sequencer.Attestation;
using Sequencer.Attestation.Merkle;
using Sequencer.Attestation.Nitro;
using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Receipts;
using Sequencer.Attestation.Tests.Log;
using Sequencer.Attestation.Tests.Nitro;
using Sequencer.Attestation.Verification;

namespace Sequencer.Witness.Tests;

/// <summary>The interface of docs/PROTOCOL.md section 16, status by status.</summary>
public sealed class ConformanceTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private readonly SettableTime _time = new();
    private readonly TestLog _log = TestLog.WithEntries(9);
    private RunningWitness _witness = null!;

    public async Task InitializeAsync() =>
        _witness = await RunningWitness.StartAsync(_directory.Path, _time, _log.Policy);

    public async Task DisposeAsync()
    {
        await _witness.DisposeAsync();
        _log.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task A_head_that_extends_the_last_is_cosigned_from_every_size_to_every_other()
    {
        await TeachAsync();
        ulong last = 0;
        foreach (ulong size in (ulong[])[1, 2, 3, 5, 9, 10])
        {
            (HttpStatusCode status, string line) = await _witness.SubmitAsync(_log, last, size);
            Assert.Equal(HttpStatusCode.OK, status);
            Assert.Equal(
                (ulong)_time.Now.ToUnixTimeSeconds(), _witness.CosignedAt(_log, size, line));
            last = size;
        }
    }

    [Fact]
    public async Task The_same_head_is_cosigned_again_with_a_new_time_that_never_runs_back()
    {
        await TeachAsync();
        (_, string first) = await _witness.SubmitAsync(_log, 0, 5);
        _time.Now += TimeSpan.FromMinutes(1);
        (_, string second) = await _witness.SubmitAsync(_log, 5, 5);
        _time.Now -= TimeSpan.FromHours(1);
        (_, string third) = await _witness.SubmitAsync(_log, 5, 6);
        ulong start = _witness.CosignedAt(_log, 5, first);
        Assert.Equal(start + 60, _witness.CosignedAt(_log, 5, second));
        Assert.Equal(start + 60, _witness.CosignedAt(_log, 6, third));
    }

    [Fact]
    public async Task A_head_below_the_last_is_a_conflict_that_tells_the_size()
    {
        await TeachAsync();
        await _witness.SubmitAsync(_log, 0, 7);
        using HttpResponseMessage response = await _witness.Http.PostAsync(
            new Uri("add-checkpoint", UriKind.Relative),
            new ByteArrayContent(_log.Request(0, 5).Encode()));
        Assert.Equal(HttpStatusCode.Conflict, response.StatusCode);
        Assert.Equal("text/x.tlog.size", response.Content.Headers.ContentType!.ToString());
        Assert.Equal("7\n", await response.Content.ReadAsStringAsync());
        Assert.Equal(
            (HttpStatusCode.Conflict, "7\n"), await _witness.SubmitAsync(_log, 6, 9));
    }

    [Fact]
    public async Task An_old_size_above_the_head_is_a_bad_request()
    {
        await TeachAsync();
        var request = new AddCheckpointRequest(6, default, _log.SignedNote(5));
        Assert.Equal(
            HttpStatusCode.BadRequest,
            (await _witness.PostAsync("add-checkpoint", request.Encode())).Status);
    }

    [Fact]
    public async Task A_wrong_proof_is_unprocessable_and_changes_nothing()
    {
        await TeachAsync();
        await _witness.SubmitAsync(_log, 0, 3);
        Digest[] right = ConsistencyProof.Create(3, 8, _log);
        Digest[] wrong = [.. right[..^1], right[0]];
        Digest[][] proofs = [wrong, right[1..], [.. right, right[0]], []];
        foreach (Digest[] proof in proofs)
        {
            var request = new AddCheckpointRequest(3, proof, _log.SignedNote(8));
            Assert.Equal(
                HttpStatusCode.UnprocessableEntity,
                (await _witness.PostAsync("add-checkpoint", request.Encode())).Status);
        }
        Assert.Equal(HttpStatusCode.OK, (await _witness.SubmitAsync(_log, 3, 8)).Status);
    }

    [Fact]
    public async Task A_fork_by_the_same_epoch_is_refused_at_the_same_size_and_above()
    {
        await TeachAsync();
        await _witness.SubmitAsync(_log, 0, 8);
        _log.CutTo(5);
        for (int i = 0; i < 6; i++) _log.Append("another");
        foreach (ulong size in (ulong[])[8, 9, 11])
        {
            Assert.Equal(
                HttpStatusCode.UnprocessableEntity,
                (await _witness.SubmitAsync(_log, 8, size)).Status);
        }
    }

    [Fact]
    public async Task Other_logs_are_not_found()
    {
        using var other = new TestLog(origin: "other.example/log");
        other.OpenEpoch();
        Assert.Equal(HttpStatusCode.NotFound, (await _witness.SubmitAsync(other, 0, 1)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await _witness.TeachAsync(other.Lesson(1))).Status);
    }

    [Fact]
    public async Task An_epoch_is_forbidden_until_it_was_taught()
    {
        Assert.Equal(HttpStatusCode.Forbidden, (await _witness.SubmitAsync(_log, 0, 5)).Status);
        Assert.Equal((HttpStatusCode.OK, "learned\n"), await _witness.TeachAsync(_log.Lesson(2)));
        Assert.Equal((HttpStatusCode.OK, "known\n"), await _witness.TeachAsync(_log.Lesson(7)));
        Assert.Equal(HttpStatusCode.OK, (await _witness.SubmitAsync(_log, 0, 5)).Status);

        _log.OpenEpoch();
        _log.Append();
        Assert.Equal(
            HttpStatusCode.Forbidden, (await _witness.SubmitAsync(_log, 5, _log.Size)).Status);
        await TeachAsync();
        Assert.Equal(HttpStatusCode.OK, (await _witness.SubmitAsync(_log, 5, _log.Size)).Status);
    }

    [Fact]
    public async Task Teaching_an_epoch_cosigns_nothing_and_moves_nothing()
    {
        await TeachAsync();
        Assert.Equal(
            HttpStatusCode.NotFound,
            (await _witness.Http.GetAsync(CheckpointUri())).StatusCode);
        Assert.Equal((HttpStatusCode.Conflict, "0\n"), await _witness.SubmitAsync(_log, 1, 2));
    }

    [Fact]
    public async Task Epochs_of_another_image_root_or_in_debug_mode_are_refused()
    {
        foreach (Action<TestNitroDocument> change in new Action<TestNitroDocument>[]
        {
            d => d.Pcrs[0] = (0, TestNitroDocument.Pcr(9)),
            d =>
            {
                for (int i = 0; i < 3; i++) d.Pcrs[i] = ((ulong)i, new byte[48]);
            },
            d => d.EditCertificates = _ => { },
        })
        {
            using var log = new TestLog();
            log.OpenEpoch(document: change);
            // The policy is of this very log, so that nothing else is wrong with it.
            using var directory = new TemporaryDirectory();
            await using RunningWitness witness =
                await RunningWitness.StartAsync(directory.Path, _time, log.Policy);
            (HttpStatusCode status, string text) = await witness.TeachAsync(log.Lesson(1));
            Assert.Equal(HttpStatusCode.Forbidden, status);
            Assert.StartsWith("attestation: expected ", text, StringComparison.Ordinal);
            Assert.Equal(HttpStatusCode.Forbidden, (await witness.SubmitAsync(log, 0, 1)).Status);
        }
    }

    [Fact]
    public async Task Somebody_else_s_enclave_takes_no_log_over_whose_policy_names_the_role()
    {
        TrustPolicy policy = _log.Policy;
        var ours = new MeasurementSet(
            "ours", TestNitroDocument.Pcr(0), TestNitroDocument.Pcr(1), TestNitroDocument.Pcr(2),
            [new(3, TestNitroDocument.Pcr(3))]);
        var withRole = new TrustPolicy(
            policy.LogId, policy.Configuration, [new AcceptedMeasurement(ours)], policy.Roots);
        using var directory = new TemporaryDirectory();
        await using RunningWitness pinned =
            await RunningWitness.StartAsync(directory.Path, _time, withRole);
        Assert.Equal(HttpStatusCode.OK, (await pinned.TeachAsync(_log.Lesson(_log.Size))).Status);
        Assert.Equal(HttpStatusCode.OK, (await pinned.SubmitAsync(_log, 0, 10)).Status);

        // Records and documents are public: whoever reads them can have them continued elsewhere.
        _log.OpenEpoch(document: d => d.Pcrs[3] = (3, TestNitroDocument.Pcr(33)));
        (HttpStatusCode status, string text) = await pinned.TeachAsync(_log.Lesson(_log.Size));
        Assert.Equal(HttpStatusCode.Forbidden, status);
        Assert.StartsWith("attestation: expected ", text, StringComparison.Ordinal);
        // Where the policy names the image alone, that is a next epoch as any.
        await TeachAsync();
        Assert.Equal(HttpStatusCode.OK, (await _witness.TeachAsync(_log.Lesson(_log.Size))).Status);
    }

    [Fact]
    public async Task An_epoch_of_another_log_of_this_origin_is_refused()
    {
        using var other = TestLog.WithEntries(3);
        (HttpStatusCode status, string text) = await _witness.TeachAsync(other.Lesson(3));
        Assert.Equal(HttpStatusCode.Forbidden, status);
        Assert.Contains("log-id: ", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lesson_whose_statement_is_not_under_its_head_is_refused()
    {
        SignedHead right = _log.Lesson(7);
        Digest[] path = right.Epoch.Inclusion.ToArray();
        path[0] = path[^1];
        var wrong = new SignedHead(right.Checkpoint, right.Epoch.Under(path));
        (HttpStatusCode status, string text) = await _witness.TeachAsync(wrong);
        Assert.Equal(HttpStatusCode.Forbidden, status);
        Assert.StartsWith("statement-inclusion: ", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_head_at_or_below_an_epochs_start_is_none_of_that_epoch()
    {
        TestEpoch second = _log.OpenEpoch();
        _log.Append();
        await TeachAsync();
        ulong start = second.Statement.Fields.Number;
        foreach (ulong size in (ulong[])[1, start - 1, start])
        {
            _log.ReplaceNote(size, second.Sign(_log.Head(size)));
            Assert.Equal(
                HttpStatusCode.Forbidden, (await _witness.SubmitAsync(_log, 0, size)).Status);
        }
        Assert.Equal(HttpStatusCode.OK, (await _witness.SubmitAsync(_log, 0, start + 1)).Status);
    }

    [Fact]
    public async Task An_epoch_that_was_superseded_signs_no_more()
    {
        TestEpoch first = _log.Epochs[0];
        await TeachAsync();
        _log.OpenEpoch();
        await TeachAsync();
        await _witness.SubmitAsync(_log, 0, _log.Size);
        ulong size = _log.Append();
        _log.ReplaceNote(_log.Size, first.Sign(_log.Head(_log.Size)));
        Assert.Equal(
            HttpStatusCode.Forbidden,
            (await _witness.SubmitAsync(_log, size, _log.Size)).Status);
    }

    [Fact]
    public async Task Of_two_epochs_from_one_state_the_first_to_be_cosigned_wins_for_ever()
    {
        await TeachAsync();
        _log.OpenEpoch();
        SignedHead one = _log.Lesson(_log.Size);
        AddCheckpointRequest submission = _log.Request(0, _log.Size);
        Assert.Equal(HttpStatusCode.OK, (await _witness.TeachAsync(one)).Status);
        _log.GoBackBeforeEpoch(10);
        _log.OpenEpoch();
        _log.Append();
        await TeachAsync();
        Assert.Equal(
            HttpStatusCode.OK,
            (await _witness.PostAsync("add-checkpoint", submission.Encode())).Status);

        Assert.Equal(
            HttpStatusCode.Forbidden, (await _witness.SubmitAsync(_log, 11, _log.Size)).Status);
        Assert.Equal(
            HttpStatusCode.UnprocessableEntity,
            (await _witness.TeachAsync(_log.Lesson(_log.Size))).Status);
        // And a third one, with a higher number but begun below what was cosigned.
        _log.GoBackBeforeEpoch(10);
        _log.OpenEpoch(fields => fields with { Epoch = 2 });
        Assert.Equal(
            HttpStatusCode.UnprocessableEntity,
            (await _witness.TeachAsync(_log.Lesson(_log.Size))).Status);
    }

    [Fact]
    public async Task The_stable_identitys_line_admits_nothing_here_and_hinders_nothing()
    {
        SignedNote signed = _log.SignedNote(5);
        NoteSignature identity = new(TestLog.Origin, 7, new byte[64]);
        await TeachAsync();
        var alone = new AddCheckpointRequest(
            0, default, SignedNote.Create(signed.Text.Span, [identity]));
        Assert.Equal(
            HttpStatusCode.Forbidden,
            (await _witness.PostAsync("add-checkpoint", alone.Encode())).Status);
        var behind = new AddCheckpointRequest(
            0, default, SignedNote.Create(signed.Text.Span, [.. signed.Signatures, identity]));
        Assert.Equal(
            HttpStatusCode.OK,
            (await _witness.PostAsync("add-checkpoint", behind.Encode())).Status);
    }

    [Fact]
    public async Task A_broken_signature_is_forbidden()
    {
        await TeachAsync();
        SignedNote signed = _log.SignedNote(5);
        for (int i = 0; i < 2; i++)
        {
            NoteSignature[] lines = [.. signed.Signatures];
            byte[] broken = lines[i].Signature.ToArray();
            broken[40] ^= 1;
            lines[i] = lines[i] with { Signature = broken };
            var request = new AddCheckpointRequest(
                0, default, SignedNote.Create(signed.Text.Span, lines));
            Assert.Equal(
                HttpStatusCode.Forbidden,
                (await _witness.PostAsync("add-checkpoint", request.Encode())).Status);
        }
    }

    [Fact]
    public async Task Bodies_that_are_none_or_too_long_are_refused()
    {
        foreach (string path in (string[])["add-checkpoint", "add-epoch"])
        {
            Assert.Equal(HttpStatusCode.BadRequest, (await _witness.PostAsync(path, [])).Status);
            Assert.Equal(
                HttpStatusCode.BadRequest,
                (await _witness.PostAsync(path, Encoding.ASCII.GetBytes("old 0\n\nx\n"))).Status);
            Assert.Equal(
                HttpStatusCode.RequestEntityTooLarge,
                (await _witness.PostAsync(path, new byte[SignedHead.MaxBytes + 1])).Status);
        }
    }

    [Fact]
    public async Task The_newest_head_and_the_key_can_be_read()
    {
        await TeachAsync();
        await _witness.SubmitAsync(_log, 0, 4);
        (_, string line) = await _witness.SubmitAsync(_log, 4, 6);
        string note = await _witness.Http.GetStringAsync(CheckpointUri());
        Assert.Equal(Encoding.UTF8.GetString(_log.Note(6)) + line, note);
        string front = await _witness.Http.GetStringAsync(new Uri("", UriKind.Relative));
        Assert.Equal($"{_witness.Witness.Key.Verifier}\nlog {TestLog.Origin} 6\n", front);
    }

    [Fact]
    public async Task Parallel_submissions_are_taken_one_at_a_time()
    {
        for (int i = 0; i < 40; i++) _log.Append();
        await TeachAsync();
        var requests = new List<(ulong Old, ulong Size, byte[] Body)>();
        for (ulong size = 1; size <= 50; size++)
        {
            ulong old = size / 8 * 8 == size ? size - 8 : size / 8 * 8;
            requests.Add((old, size, _log.Request(old, size).Encode()));
        }
        var cosigned = new System.Collections.Concurrent.ConcurrentBag<(ulong Old, ulong Size)>();
        await Parallel.ForEachAsync(requests, async (request, _) =>
        {
            for (int attempt = 0; attempt < 5; attempt++)
            {
                var answer = await _witness.PostAsync("add-checkpoint", request.Body);
                if (answer.Status == HttpStatusCode.OK) cosigned.Add((request.Old, request.Size));
                else Assert.Equal(HttpStatusCode.Conflict, answer.Status);
            }
        });
        // Every head was cosigned on top of another that was: one line, without branches.
        ulong at = 0;
        foreach ((ulong old, ulong size) in cosigned.OrderBy(c => c.Size))
        {
            Assert.Equal(at, old);
            at = size;
        }
        Assert.Equal(at, _witness.Witness.Logs[TestLog.Origin].Head?.Checkpoint.Size ?? 0);
    }

    private async Task TeachAsync() =>
        Assert.Equal(
            HttpStatusCode.OK, (await _witness.TeachAsync(_log.Lesson(_log.Size))).Status);

    private static Uri CheckpointUri() =>
        new($"{WitnessedLog.NameOf(TestLog.Origin)}/checkpoint", UriKind.Relative);
}
