using System.Buffers.Binary;
using Sequencer.Attestation.Auditing;
using Sequencer.Attestation.Log;
using Rule = Sequencer.Attestation.Verification.VerificationRule;

namespace Sequencer.Attestation.Tests.Log;

/// <summary>A directory made to keep its auditor busy.</summary>
public sealed class ForgedFramesTests : IDisposable
{
    private const int MiB = 1024 * 1024;

    private readonly TestLog _log = TestLog.WithEntries(4);

    public void Dispose() => _log.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Headers_that_claim_the_rest_of_the_segment_are_read_in_vain_within_a_bound(
        bool betweenWholeFrames)
    {
        using var directory = new TestLogDirectory(_log);
        byte[] right = File.ReadAllBytes(directory.FirstSegment);
        byte[] forged = Forged(2 * MiB, betweenWholeFrames);
        File.WriteAllBytes(directory.FirstSegment, [.. right, .. forged]);

        var scan = new CommitFrameScan(SegmentFiles.List(directory.Folder, "log"));
        ScannedFrame last = default;
        await foreach (ScannedFrame frame in scan.ReadAsync(default)) last = frame;

        ulong length = (ulong)(right.Length + forged.Length);
        ulong bound = CommitFrameScan.VainBytesPerByteMax * length;
        Assert.InRange(scan.VainBytes, bound, bound + 3 * length);
        // Never the torn write of a crash, which is nobody's fault.
        Assert.Equal((FrameStatus.Damaged, true), (last.Status, last.IsGivenUp));
    }

    [Fact]
    public async Task What_was_not_searched_is_a_fault_and_what_stood_before_it_is_read()
    {
        using var directory = new TestLogDirectory(_log);
        byte[] right = File.ReadAllBytes(directory.FirstSegment);
        File.WriteAllBytes(directory.FirstSegment, [.. right, .. Forged(MiB, false)]);

        AuditReport report = await new LogAuditor(_log.Policy).AuditAsync(
            new DirectoryAuditSource(directory.Folder));

        AuditFault fault = Assert.Single(report.Faults);
        Assert.Equal((Rule.Frame, _log.Size), (fault.Rule, fault.Number));
        Assert.Contains("not searched", fault.Sentence, StringComparison.Ordinal);
        Assert.Contains($"at byte {right.Length}", fault.Place, StringComparison.Ordinal);
        Assert.Equal(_log.Size, report.Records);
    }

    [Theory]
    [InlineData(4 * 1024)]
    [InlineData(12 * 1024)]
    [InlineData(3 * MiB)]
    public async Task A_frame_is_found_wherever_its_mark_lies_in_the_search(int distance)
    {
        for (int shift = -8; shift <= 8; shift++)
        {
            using var directory = new TestLogDirectory(_log);
            byte[] right = File.ReadAllBytes(directory.FirstSegment);
            int at = directory.FrameOffsets[2];
            byte[] noise = new byte[distance + shift];
            File.WriteAllBytes(directory.FirstSegment, [.. right[..at], .. noise, .. right[at..]]);
            var frames = new List<ScannedFrame>();
            var scan = new CommitFrameScan(SegmentFiles.List(directory.Folder, "log"));
            await foreach (ScannedFrame frame in scan.ReadAsync(default)) frames.Add(frame);
            ScannedFrame gap = Assert.Single(frames, f => f.Status != FrameStatus.Whole);
            Assert.Equal(((ulong)at, (ulong)noise.Length), (gap.Offset, gap.Length));
            Assert.Equal(directory.FrameOffsets.Count, frames.Count - 1);
            Assert.Equal(0ul, scan.VainBytes);
        }
    }

    /// <summary>Headers that each claim what follows, with a wrong checksum.</summary>
    private static byte[] Forged(int length, bool betweenWholeFrames)
    {
        var whole = new byte[CommitFrame.Length(0, 1, 1)];
        CommitFrame.Write(whole, 0, [], [CommitFrame.NoPayload], "x"u8);
        byte[] bytes = new byte[length];
        int step = CommitFrame.HeaderBytes + (betweenWholeFrames ? whole.Length : 0);
        for (int at = 0; at + step < length; at += step)
        {
            Span<byte> header = bytes.AsSpan(at);
            CommitFrame.Magic.CopyTo(header);
            // One byte is left, so that no boundary behind it vouches for the length.
            int records = length - at - CommitFrame.Length(0, 1, 1) - 1;
            if (records < 0) break;
            BinaryPrimitives.WriteUInt32BigEndian(header[4..], (uint)records);
            BinaryPrimitives.WriteUInt32BigEndian(header[16..], 1);
            BinaryPrimitives.WriteUInt32BigEndian(header[20..], 1);
            if (betweenWholeFrames) whole.CopyTo(header[CommitFrame.HeaderBytes..]);
        }
        return bytes;
    }
}
