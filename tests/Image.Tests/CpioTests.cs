using System.Collections.Immutable;
using System.Diagnostics;
using Sequencer.Attestation.Tests;
using Sequencer.Enclave.Image.Ramdisks;

namespace Sequencer.Image.Tests;

public class CpioTests
{
    private static CpioEntry File(string path, string content = "content") =>
        new(CpioKind.File, path, 0x1a4) { Data = TestImage.Utf8(content) };

    private static CpioArchive Sample()
    {
        var archive = new CpioArchive();
        Assert.Null(archive.Add(File("etc/sequencer/predecessors", "abc")));
        Assert.Null(archive.Add(new CpioEntry(CpioKind.Directory, "proc", 0x16d)));
        Assert.Null(archive.Add(
            new CpioEntry(CpioKind.SymbolicLink, "a", 0x1ff) { Data = TestImage.Utf8("proc") }));
        Assert.Null(archive.Add(
            new CpioEntry(CpioKind.CharacterDevice, "dev/console", 0x180)
            {
                DeviceMajor = 5,
                DeviceMinor = 1,
            }));
        return archive;
    }

    [Fact]
    public void Entries_are_as_listed_with_their_parents_before_them()
    {
        byte[] bytes = Sample().ToArray();
        Assert.Equal(0, bytes.Length % 512);

        Assert.True(CpioReader.TryRead(bytes, out ImmutableArray<CpioEntry> entries, out _));

        Assert.Equal(
            ["etc", "etc/sequencer", "etc/sequencer/predecessors", "proc", "a", "dev", "dev/console"],
            entries.Select(e => e.Path));
        Assert.Equal("abc"u8, entries[2].Data.Span);
        Assert.Equal((CpioKind.SymbolicLink, 0x1ff), (entries[4].Kind, entries[4].Permissions));
        Assert.Equal((5, 1), (entries[6].DeviceMajor, entries[6].DeviceMinor));
        Assert.Equal((CpioKind.Directory, 0x1ed), (entries[0].Kind, entries[0].Permissions));
    }

    [Fact]
    public void The_first_header_is_the_documented_one_without_time_or_owner()
    {
        var archive = new CpioArchive();
        archive.Add(File("f", "xyz"));
        Assert.StartsWith(
            // magic, inode, mode, owner, group, links, time, size, device, own device, name, check
            "070701" + "00000001" + "000081A4" + "00000000" + "00000000" + "00000001" + "00000000"
            + "00000003" + "00000000" + "00000000" + "00000000" + "00000000" + "00000002" + "00000000"
            + "f\0xyz\0" + "070701",
            System.Text.Encoding.ASCII.GetString(archive.ToArray()),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/etc/hosts")]
    [InlineData("etc/../hosts")]
    [InlineData("..")]
    [InlineData("./etc")]
    [InlineData("etc//hosts")]
    [InlineData("etc/")]
    [InlineData("a\nb")]
    [InlineData("TRAILER!!!")]
    public void Paths_that_lead_elsewhere_are_refused(string path) =>
        Assert.NotNull(new CpioArchive().Add(File(path)));

    [Fact]
    public void Long_names_duplicates_and_files_as_parents_are_refused()
    {
        var archive = Sample();
        Assert.NotNull(archive.Add(File(new string('n', 256))));
        Assert.Null(archive.Add(File(new string('n', 255))));
        Assert.NotNull(archive.Add(File(string.Join('/', Enumerable.Repeat("name", 820)))));
        Assert.Contains("already", archive.Add(File("a")), StringComparison.Ordinal);
        Assert.Contains(
            "already", archive.Add(new CpioEntry(CpioKind.Directory, "etc", 0x1ed)),
            StringComparison.Ordinal);
        Assert.Contains("no directory", archive.Add(File("a/b")), StringComparison.Ordinal);
        Assert.NotNull(archive.Add(new CpioEntry(CpioKind.File, "mode", 0x1000)));
    }

    [Fact]
    public void Refused_entries_leave_nothing_behind()
    {
        var archive = Sample();
        byte[] before = archive.ToArray();
        archive.Add(File("new/parents/../of"));
        archive.Add(File("a/b/c"));
        Assert.Equal(before, archive.ToArray());
    }

    [Fact]
    public void The_systems_cpio_reads_it_where_there_is_one()
    {
        if (!CommandOutput(["--version"], [], out _)) return;
        Assert.True(CommandOutput(["-it", "--quiet"], Sample().ToArray(), out string? listing));
        Assert.Equal(
            "etc\netc/sequencer\netc/sequencer/predecessors\nproc\na\ndev\ndev/console\n", listing);
    }

    [Fact]
    public void Damaged_archives_are_refused_or_read_and_never_throw()
    {
        Random random = Seeded.Random(out int seed);
        byte[] good = Sample().ToArray();
        for (int i = 0; i < 5000; i++)
        {
            byte[] bad = [.. good];
            for (int j = random.Next(1, 4); j > 0; j--)
            {
                bad[random.Next(bad.Length)] = (byte)random.Next(256);
            }
            bool isRead = CpioReader.TryRead(
                bad.AsMemory(0, random.Next(bad.Length + 1)), out var entries, out string? fault);
            Assert.True(isRead == fault is null && (isRead || entries.IsEmpty), $"seed {seed}");
        }
        for (int length = 0; length < good.Length - 512; length++)
        {
            Assert.False(CpioReader.TryRead(good.AsMemory(0, length), out _, out _));
        }
    }

    private static bool CommandOutput(string[] arguments, byte[] input, out string? output)
    {
        output = null;
        var start = new ProcessStartInfo("cpio", arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        try
        {
            using Process process = Process.Start(start)!;
            process.StandardInput.BaseStream.Write(input);
            process.StandardInput.Close();
            output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
