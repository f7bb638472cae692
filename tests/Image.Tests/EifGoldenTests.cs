using Sequencer.Enclave.Image.Eif;
using Sequencer.Enclave.Image.Measuring;
using Sequencer.Tests;

namespace Sequencer.Image.Tests;

/// <summary>
/// Bytes and measurements that other tools made: the file by a script that only packs integers and
/// takes zlib's checksum, the measurements by openssl, as in
/// <code>
/// { head -c 48 /dev/zero; printf 'a kernelconsole=ttyS0first ramdisk' | openssl dgst -sha384
///   -binary; } | openssl dgst -sha384
/// </code>
/// for PCR1.
/// </summary>
public class EifGoldenTests
{
    [Fact]
    public void The_writer_makes_the_golden_image() =>
        GoldenBytes.AssertEqual("image.hex", EifWriter.Write(TestImage.Content));

    [Fact]
    public void The_golden_image_is_read_and_measures_as_other_tools_say()
    {
        EifImage image = TestImage.Read(TestImage.Bytes);

        Assert.Equal(EifArchitecture.X64, image.Architecture);
        Assert.Equal(512u << 20, image.DefaultMemoryBytes);
        Assert.Equal(2u, image.DefaultProcessors);
        Assert.Equal("a kernel"u8, image.Kernel.Span);
        Assert.Equal("console=ttyS0", image.CommandLineText);
        Assert.Equal(2, image.Ramdisks.Length);
        Assert.Equal("second ramdisk"u8, image.Ramdisks[1].Span);
        Assert.Equal(548, image.Sections[0].Offset);
        Assert.Null(image.Signature);
        ImagePcrs pcrs = image.Measure();
        Assert.Equal(
            "c238fdedb4c33944eb414964a48e1bbb9b26f5b6a091007c7b34e9d6dff80cb6"
            + "80a4515db8977b50dc568fdc45e21d02",
            TestImage.Hex(pcrs.Pcr0));
        Assert.Equal(
            "4d65a2c5bbccc8c100e5f0acded7767cbee3690a1d01b25ee2e4fffc3028d993"
            + "9d296a91aa38c0aa6524ed80d5dd7846",
            TestImage.Hex(pcrs.Pcr1));
        Assert.Equal(
            "ce19d22a3254eb42d44040f172c0a45fac31aa7c61e10702f95a23228e9c2859"
            + "51752cf9a43889687fc1e7335d3ee594",
            TestImage.Hex(pcrs.Pcr2));
    }

    [Fact]
    public void Role_and_instance_are_measured_as_their_text()
    {
        Assert.Equal(
            "a30bd5880e171e4ca1f52847406ff7881d694f12dd27f6d4d4e2fd851684d5cd"
            + "b0779f6c5a58bfdaf6884b085cd185b4",
            TestImage.Hex(PcrRegister.OfRole("arn:aws:iam::123456789012:role/sequencer")));
        Assert.Equal(
            "d6432900ac1c343cb40286898792c55e962aef0cc35c4910c0c286145b51af19"
            + "e782cb21cc31a042671d7dfbd398251c",
            TestImage.Hex(PcrRegister.OfInstance("i-0123456789abcdef0")));
    }

    [Fact]
    public void An_image_of_one_ramdisk_has_a_PCR2_of_nothing()
    {
        EifContent one = TestImage.Content with { Ramdisks = [TestImage.Utf8("all")] };
        ImagePcrs pcrs = TestImage.Read(EifWriter.Write(one)).Measure();

        Assert.Equal(
            "21b9efbc184807662e966d34f390821309eeac6802309798826296bf3e8bec7c"
            + "10edb30948c90ba67310f7b964fc500a",
            TestImage.Hex(pcrs.Pcr2));
        Assert.Equal(TestImage.Hex(pcrs.Pcr0), TestImage.Hex(pcrs.Pcr1));
    }
}
