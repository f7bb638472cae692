using System.Text.Json;
using System.Text.Json.Nodes;
using Sequencer.Attestation.Cryptography;
using Sequencer.Attestation.Nitro;
using Sequencer.Attestation.Verification;
using Sequencer.Enclave.Image;
using Sequencer.Enclave.Image.Building;
using Sequencer.Enclave.Image.Measuring;
using Sequencer.Enclave.Image.Ramdisks;
using Sequencer.Enclave.Image.Signing;

namespace Sequencer.Image.Tests;

public sealed class BuildTests : IDisposable
{
    private readonly TestRecipe _recipe = new();

    public void Dispose() => _recipe.Dispose();

    [Fact]
    public async Task Two_builds_in_two_folders_are_the_same_bytes()
    {
        using var other = new TestRecipe();
        BuiltImage one = await _recipe.BuildAsync();
        BuiltImage two = await other.BuildAsync();

        Assert.Equal(one.File.ToArray(), two.File.ToArray());
        Assert.Equal(one.Bom.ToArray(), two.Bom.ToArray());
        Assert.Equal(one.Measurements.ToJson(), two.Measurements.ToJson());
    }

    [Fact]
    public async Task A_byte_in_the_second_ramdisk_is_in_PCR0_and_PCR2_only()
    {
        ImagePcrs before = (await _recipe.BuildAsync()).Image.Measure();
        _recipe.Write("files/program", "a prograM");
        ImagePcrs after = (await _recipe.BuildAsync()).Image.Measure();

        Assert.NotEqual(TestImage.Hex(before.Pcr0), TestImage.Hex(after.Pcr0));
        Assert.Equal(TestImage.Hex(before.Pcr1), TestImage.Hex(after.Pcr1));
        Assert.NotEqual(TestImage.Hex(before.Pcr2), TestImage.Hex(after.Pcr2));
    }

    [Fact]
    public async Task A_byte_of_the_kernel_is_in_PCR0_and_PCR1_only()
    {
        ImagePcrs before = (await _recipe.BuildAsync()).Image.Measure();
        _recipe.Write("bzImage", "a kerneL");
        ImagePcrs after = (await _recipe.BuildAsync()).Image.Measure();

        Assert.NotEqual(TestImage.Hex(before.Pcr0), TestImage.Hex(after.Pcr0));
        Assert.NotEqual(TestImage.Hex(before.Pcr1), TestImage.Hex(after.Pcr1));
        Assert.Equal(TestImage.Hex(before.Pcr2), TestImage.Hex(after.Pcr2));
    }

    [Fact]
    public async Task The_ramdisks_hold_what_the_recipe_says()
    {
        BuiltImage built = await _recipe.BuildAsync();

        Assert.True(CpioReader.TryRead(built.Image.Ramdisks[0], out var entries, out _));
        Assert.Equal(
            ["init", "proc", "dev", "dev/console", "lib", "usr", "usr/lib", "usr/lib/libc.so.6"],
            entries.Select(e => e.Path));
        Assert.Equal("a library"u8, entries[^1].Data.Span);
        Assert.Equal("usr/lib"u8, entries[4].Data.Span);
    }

    [Fact]
    public async Task Measurements_are_a_policy_and_name_the_image()
    {
        var signer = new TestSigner();
        BuiltImage built = await _recipe.BuildAsync(signer: signer);

        Assert.True(TrustedImages.TryParse(built.Measurements.ToJson(), out var read, out _));
        MeasurementSet set = read.Measurements.Single().Measurements;
        Assert.Equal("sequencer 0.1.0 x86_64", set.Name);
        Assert.Equal(TestImage.Hex(built.Image.Measure().Pcr0), TestImage.Hex(set.Pcrs[0]));
        Assert.Equal(PcrRegister.OfSigningCertificate(signer.Der), set.Pcrs[8].ToArray());
        Assert.Equal(TrustedRootKind.AwsNitroEnclavesG1, read.Roots.Single().Kind);
        Assert.Null(SignatureSection.Verify(
            built.Image.Signature!.Value.Span, set.Pcrs[0].Span, out _));
    }

    [Fact]
    public async Task The_bill_of_materials_lists_every_file_under_its_component()
    {
        BuiltImage built = await _recipe.BuildAsync();
        JsonNode bill = JsonNode.Parse(built.Bom.Span)!;

        Assert.Equal("CycloneDX 1.6", $"{bill["bomFormat"]} {bill["specVersion"]}");
        Assert.Matches("^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$",
            bill["serialNumber"]!.ToString());
        JsonArray components = bill["components"]!.AsArray();
        Assert.Equal(["linux", "libc6", "sequencer"], components.Select(c => c!["name"]!.ToString()));
        var files = components.SelectMany(c => c!["components"]!.AsArray()
            .Select(f => (Component: c["name"]!.ToString(), File: f!["name"]!.ToString(),
                Sha256: f["hashes"]![0]!["content"]!.ToString()))).ToArray();
        Assert.Equal(
            [
                ("linux", "bzImage", Sha256.Hash("a kernel"u8).ToHex()),
                ("libc6", "/usr/lib/libc.so.6", Sha256.Hash("a library"u8).ToHex()),
                ("sequencer", "/init", Sha256.Hash("an init"u8).ToHex()),
                ("sequencer", "/sequencer-enclave", Sha256.Hash("a program"u8).ToHex()),
            ],
            files);
        JsonNode libc = components[1]!;
        Assert.Equal("Debian", libc["supplier"]!["name"]!.ToString());
        Assert.Equal("pkg:deb/debian/libc6@2.36-9", libc["purl"]!.ToString());
        Assert.Equal("LGPL-2.1-or-later", libc["licenses"]![0]!["expression"]!.ToString());
        Assert.Contains("\"0755\"", libc["components"]![0]!.ToJsonString(), StringComparison.Ordinal);
        string[] references =
            [.. AllReferences(JsonDocument.Parse(built.Bom).RootElement)];
        Assert.Equal(references.Length, references.Distinct().Count());
    }

    [Fact]
    public async Task The_serial_number_follows_the_content()
    {
        string before = Serial(await _recipe.BuildAsync());
        _recipe.Write("files/program", "a prograM");
        Assert.NotEqual(before, Serial(await _recipe.BuildAsync()));

        static string Serial(BuiltImage built) =>
            JsonNode.Parse(built.Bom.Span)!["serialNumber"]!.ToString();
    }

    [Fact]
    public async Task Metadata_are_in_the_shape_that_nitro_cli_shows_and_have_no_clock()
    {
        BuiltImage built = await _recipe.BuildAsync();
        Assert.Equal(
            """
            {"ImageName":"sequencer","ImageVersion":"0.1.0","BuildMetadata":{"BuildTime":"1970-01-01T00:00:00+00:00","BuildTool":"sequencer image build","BuildToolVersion":"0.1.0","OperatingSystem":"Linux","KernelVersion":"6.12.1"},"DockerInfo":{},"CustomMetadata":{}}
            """,
            System.Text.Encoding.UTF8.GetString(built.Image.Metadata.Span));
    }

    [Fact]
    public async Task What_keeps_an_image_from_being_built_is_said_in_a_sentence()
    {
        await Fails(TestRecipe.With(r => r["kernel"]!["file"] = "missing"), "missing");
        await Fails(
            TestRecipe.With(r => r["ramdisks"]![1]!["entries"]![0]!["path"] = "../etc"),
            "ramdisk sequencer, ../etc: '..' as a part of the path");
        await Fails(
            TestRecipe.With(r => r["ramdisks"]![0]!["entries"]![1]!["path"] = "init"),
            "ramdisk runtime, init: is there already");
        await Fails(
            TestRecipe.With(r => r["command_line"] = new string('c', 3000)), "at most 2048 bytes");
        string compressed = TestRecipe.With(r => r["ramdisks"]![1]!["compression"] = "zstd");
        await Fails(compressed, "--zstd", "/no/such/zstd");
        await Fails(compressed, "failed with exit code 1", "false");
    }

    [Fact]
    public async Task Compressed_ramdisks_come_out_as_they_went_in_where_there_is_zstd()
    {
        string compressed = TestRecipe.With(r => r["ramdisks"]![1]!["compression"] = "zstd");
        BuiltImage built;
        try
        {
            built = await _recipe.BuildAsync(compressed);
        }
        catch (ImageBuildException e) when (e.Message.StartsWith("Cannot run", StringComparison.Ordinal))
        {
            return;
        }
        Assert.True(built.Image.Ramdisks[1].Span.StartsWith(ZstdProgram.Magic));
        byte[] archive = await new ZstdProgram().DecompressAsync(
            built.Image.Ramdisks[1], CancellationToken.None);
        Assert.Equal((await _recipe.BuildAsync()).Image.Ramdisks[1].ToArray(), archive);
        Assert.Equal(
            built.File.ToArray(), (await _recipe.BuildAsync(compressed)).File.ToArray());
    }

    private async Task Fails(string json, string reason, string zstd = "zstd")
    {
        var e = await Assert.ThrowsAsync<ImageBuildException>(
            () => _recipe.BuildAsync(json, zstd: zstd));
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
    }

    private static IEnumerable<string> AllReferences(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(m =>
            m.NameEquals("bom-ref") ? [m.Value.GetString()!] : AllReferences(m.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(AllReferences),
        _ => [],
    };
}
