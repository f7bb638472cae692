using Sequencer.Attestation.Log;

namespace Sequencer.Attestation.Tests.Log;

/// <summary>Writes a <see cref="TestLog"/> as a data directory (docs/PROTOCOL.md section
/// 15).</summary>
internal sealed class TestLogDirectory : IDisposable
{
    public TestLogDirectory(TestLog log, int framesPerSegment = int.MaxValue)
    {
        Directory.CreateDirectory(Path.Combine(Folder, "log"));
        Directory.CreateDirectory(Path.Combine(Folder, "payload"));
        Directory.CreateDirectory(Path.Combine(Folder, "epochs"));
        File.WriteAllText(Path.Combine(Folder, "format"), "sequencer-store/v1\n");
        foreach (TestEpoch epoch in log.Epochs)
        {
            string name = $"{epoch.Statement.Fields.Epoch}.document";
            File.WriteAllBytes(Path.Combine(Folder, "epochs", name), epoch.Document);
        }
        ulong[] offsets = WritePayloads(log);
        WriteLog(log, offsets, framesPerSegment);
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("sequencer-test").FullName;

    public string Payloads => Path.Combine(Folder, "payload", $"{0:d20}.seg");

    public string FirstSegment => Path.Combine(Folder, "log", $"{0:d20}.seg");

    /// <summary>Where each frame begins in the log as a whole.</summary>
    public List<int> FrameOffsets { get; } = [];

    /// <summary>Where each record's payload frame begins.</summary>
    public List<ulong> PayloadOffsets { get; } = [];

    /// <summary>Overwrites the payload of a record, as its gateway does.</summary>
    public void ErasePayload(ulong number)
    {
        byte[] bytes = File.ReadAllBytes(Payloads);
        Span<byte> rest = bytes.AsSpan((int)PayloadOffsets[(int)number]);
        PayloadFrame.TryRead(rest, out _, out int length);
        PayloadFrame.Erase(rest[..length]);
        File.WriteAllBytes(Payloads, bytes);
    }

    /// <summary>Changes one byte of a file.</summary>
    public static void Flip(string path, long offset, byte mask = 1)
    {
        byte[] bytes = File.ReadAllBytes(path);
        bytes[offset] ^= mask;
        File.WriteAllBytes(path, bytes);
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private ulong[] WritePayloads(TestLog log)
    {
        var file = new MemoryStream();
        var offsets = new List<ulong>();
        foreach (TestEntry? entry in log.Entries)
        {
            offsets.Add(entry is null ? CommitFrame.NoPayload : (ulong)file.Length);
            if (entry is null) continue;
            var frame = new byte[PayloadFrame.Length(
                entry.Request.Length,
                entry.Metadata.Length,
                entry.Payload.Length,
                entry.Salt.Length)];
            PayloadFrame.Write(frame, entry.Request, entry.Metadata, entry.Payload, entry.Salt);
            file.Write(frame);
        }
        File.WriteAllBytes(Payloads, file.ToArray());
        PayloadOffsets.AddRange(offsets);
        return [.. offsets];
    }

    private void WriteLog(TestLog log, ulong[] offsets, int framesPerSegment)
    {
        var segment = new MemoryStream();
        int start = 0;
        ulong first = 0;
        foreach (ulong end in log.BatchEnds)
        {
            FrameOffsets.Add(start + (int)segment.Length);
            byte[] records = log.EntryBundle(first, end);
            byte[] note = log.Note(end);
            int count = (int)(end - first);
            var frame = new byte[CommitFrame.Length(records.Length, count, note.Length)];
            CommitFrame.Write(frame, first, records, offsets.AsSpan((int)first..(int)end), note);
            segment.Write(frame);
            first = end;
            if (FrameOffsets.Count % framesPerSegment == 0)
            {
                Write(start, segment);
                start += (int)segment.Length;
                segment = new MemoryStream();
            }
        }
        if (segment.Length > 0) Write(start, segment);
    }

    private void Write(int start, MemoryStream segment) =>
        File.WriteAllBytes(Path.Combine(Folder, "log", $"{start:d20}.seg"), segment.ToArray());
}
