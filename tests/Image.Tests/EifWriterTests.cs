using System.Text;
using Sequencer.Attestation.Tests;
using Sequencer.Enclave.Image.Eif;

namespace Sequencer.Image.Tests;

public class EifWriterTests
{
    [Fact]
    public void What_is_written_is_read_back_and_written_again()
    {
        Random random = Seeded.Random(out int seed);
        for (int i = 0; i < 200; i++)
        {
            EifContent content = RandomContent(random);
            byte[] file = EifWriter.Write(content);
            EifImage image = TestImage.Read(file);

            Assert.True(image.Kernel.Span.SequenceEqual(content.Kernel.Span), $"seed {seed}");
            Assert.Equal(content.CommandLine, image.CommandLineText);
            Assert.Equal(content.Ramdisks.Count, image.Ramdisks.Length);
            Assert.Equal(content.Signature.HasValue, image.Signature.HasValue);
            byte[] again = EifWriter.Write(new EifContent
            {
                Architecture = image.Architecture,
                DefaultMemoryBytes = image.DefaultMemoryBytes,
                DefaultProcessors = image.DefaultProcessors,
                Kernel = image.Kernel,
                CommandLine = image.CommandLineText,
                Metadata = image.Metadata,
                Ramdisks = image.Ramdisks,
                Signature = image.Signature,
            });
            Assert.True(file.AsSpan().SequenceEqual(again), $"seed {seed}");
        }
    }

    [Fact]
    public void What_would_be_refused_is_not_written()
    {
        EifContent good = TestImage.Content;
        Refused(good with { Ramdisks = [] }, "SectionOrder");
        Refused(good with { CommandLine = "a\0b" }, "CommandLine");
        Refused(good with { CommandLine = "a\nb" }, "CommandLine");
        Refused(good with { CommandLine = new string('a', 2049) }, "CommandLine");
        Refused(good with { Metadata = new byte[(1 << 20) + 1] }, "SectionTooLong");
        Refused(good with { Signature = new byte[(1 << 16) + 1] }, "SectionTooLong");
        Refused(
            good with { Ramdisks = [.. Enumerable.Repeat(good.Kernel, 30)] }, "33 sections");
    }

    [Fact]
    public void A_change_of_the_kernel_is_in_PCR0_and_PCR1_only()
    {
        EifContent content = TestImage.Content;
        var before = TestImage.Read(EifWriter.Write(content)).Measure();
        var after = TestImage.Read(
            EifWriter.Write(content with { Kernel = TestImage.Utf8("b kernel") })).Measure();

        Assert.NotEqual(TestImage.Hex(before.Pcr0), TestImage.Hex(after.Pcr0));
        Assert.NotEqual(TestImage.Hex(before.Pcr1), TestImage.Hex(after.Pcr1));
        Assert.Equal(TestImage.Hex(before.Pcr2), TestImage.Hex(after.Pcr2));
    }

    [Fact]
    public void Where_kernel_and_command_line_part_is_in_no_PCR_and_where_the_ramdisks_part_is()
    {
        // Of the device's own making, and stated in docs/TRUST.md; an image must not rest on it.
        EifContent content = TestImage.Content;
        var before = TestImage.Read(EifWriter.Write(content)).Measure();
        var moved = TestImage.Read(EifWriter.Write(content with
        {
            Kernel = TestImage.Utf8("a kernelconsole="),
            CommandLine = "ttyS0",
        })).Measure();
        Assert.Equal(TestImage.Hex(before.Pcr0), TestImage.Hex(moved.Pcr0));
        Assert.Equal(TestImage.Hex(before.Pcr1), TestImage.Hex(moved.Pcr1));
        Assert.Equal(TestImage.Hex(before.Pcr2), TestImage.Hex(moved.Pcr2));

        var parted = TestImage.Read(EifWriter.Write(content with
        {
            Ramdisks = [TestImage.Utf8("first ramdisks"), TestImage.Utf8("econd ramdisk")],
        })).Measure();
        Assert.Equal(TestImage.Hex(before.Pcr0), TestImage.Hex(parted.Pcr0));
        Assert.NotEqual(TestImage.Hex(before.Pcr1), TestImage.Hex(parted.Pcr1));
        Assert.NotEqual(TestImage.Hex(before.Pcr2), TestImage.Hex(parted.Pcr2));
    }

    private static void Refused(EifContent content, string reason)
    {
        var e = Assert.Throws<ArgumentException>(() => EifWriter.Write(content));
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
    }

    private static EifContent RandomContent(Random random) => new()
    {
        Architecture = (EifArchitecture)random.Next(2),
        DefaultMemoryBytes = (ulong)random.NextInt64(),
        DefaultProcessors = (ulong)random.NextInt64(),
        Kernel = random.Bytes(random.Next(2000)),
        CommandLine = Encoding.ASCII.GetString(
            [.. random.Bytes(random.Next(100)).Select(b => (byte)(' ' + b % 90))]),
        Metadata = random.Bytes(random.Next(200)),
        Ramdisks =
        [
            .. Enumerable.Range(0, random.Next(1, 29))
                .Select(_ => (ReadOnlyMemory<byte>)random.Bytes(random.Next(500))),
        ],
        Signature = random.Next(2) == 0 ? null : (ReadOnlyMemory<byte>?)random.Bytes(random.Next(300)),
    };
}
