using System.Text.Json;
using Sequencer.Cli.Tests;

namespace Sequencer.Image.Tests;

public sealed class ImageCommandTests : IDisposable
{
    private readonly TestRecipe _recipe = new();
    private readonly CommandRun _run = new();
    private readonly TestSigner _signer = new();

    private string RecipePath => Path.Combine(_recipe.Folder, "image.json");

    public void Dispose()
    {
        _recipe.Dispose();
        _run.Dispose();
    }

    [Fact]
    public async Task An_image_is_built_and_described_with_the_same_measurements()
    {
        CommandResult built = await BuildAsync();
        built.IsGood();
        Assert.Contains("ramdisk runtime", built.Error, StringComparison.Ordinal);
        foreach (string name in new[] { "sequencer.eif", "measurements.json", "sbom.json" })
        {
            Assert.True(_run.Has($"out/{name}"), name);
        }
        CommandResult described = await _run.RunAsync("image", "describe", "out/sequencer.eif");
        described.IsGood();
        Assert.Contains("signature       none", described.Output, StringComparison.Ordinal);
        using JsonDocument measurements = JsonDocument.Parse(_run.Read("out/measurements.json"));
        JsonElement pcrs = measurements.RootElement.GetProperty("measurements")[0];
        foreach (string pcr in new[] { "pcr0", "pcr1", "pcr2" })
        {
            string value = pcrs.GetProperty(pcr).GetString()!;
            Assert.Contains(value, built.Output, StringComparison.Ordinal);
            Assert.Contains(value, described.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task What_is_there_is_replaced_on_demand_only()
    {
        (await BuildAsync()).IsGood();
        byte[] first = _run.Read("out/sequencer.eif");
        CommandResult again = await BuildAsync();
        again.IsUnusable();
        Assert.Contains("--force", again.Error, StringComparison.Ordinal);
        (await BuildAsync("--force")).IsGood();
        Assert.Equal(first, _run.Read("out/sequencer.eif"));
    }

    [Fact]
    public async Task The_build_time_comes_from_the_environment_and_changes_no_measurement()
    {
        CommandResult plain = await BuildAsync("--json");
        _run.Environment["SOURCE_DATE_EPOCH"] = "1767225600";
        CommandResult dated = await BuildAsync("--json", "--force");
        Assert.Equal(
            plain.Json.GetProperty("pcr0").GetString(), dated.Json.GetProperty("pcr0").GetString());
        CommandResult described =
            await _run.RunAsync("image", "describe", "out/sequencer.eif", "--json");
        Assert.Equal(
            "2026-01-01T00:00:00+00:00",
            described.Json.GetProperty("metadata").GetProperty("BuildMetadata")
                .GetProperty("BuildTime").GetString());
        _run.Environment["SOURCE_DATE_EPOCH"] = "yesterday";
        (await BuildAsync("--force")).IsUnusable();
    }

    [Fact]
    public async Task A_signed_image_names_its_signer_and_a_changed_signature_is_refused()
    {
        _run.Write("signer.pem", _signer.CertificatePem);
        _run.Write("signer.key", TestImage.Utf8(_signer.KeyPem));
        (await BuildAsync("--signing-certificate", "signer.pem")).IsUnusable();
        (await BuildAsync("--signing-certificate", "signer.pem", "--signing-key", "signer.key"))
            .IsGood();
        CommandResult good =
            await _run.RunAsync("image", "describe", "out/sequencer.eif", "--json");
        good.IsGood();
        JsonElement signature = good.Json.GetProperty("signature");
        Assert.Equal("CN=image signer", signature.GetProperty("subject").GetString());
        Assert.Equal(96, good.Json.GetProperty("pcr8").GetString()!.Length);

        byte[] image = _run.Read("out/sequencer.eif");
        image[^1] ^= 1;
        _run.Write("changed.eif", TestImage.WithChecksum(image));
        CommandResult changed = await _run.RunAsync("image", "describe", "changed.eif");
        changed.IsRefused();
        Assert.Contains("✗ refused: Signature", changed.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_are_listed_with_their_digests()
    {
        (await BuildAsync()).IsGood();
        CommandResult result = await _run.RunAsync(
            "image", "describe", "out/sequencer.eif", "--files", "--json");
        result.IsGood();
        JsonElement program = result.Json.GetProperty("ramdisks")[1].GetProperty("entries")[0];
        Assert.Equal("sequencer-enclave", program.GetProperty("path").GetString());
        Assert.Equal("0755", program.GetProperty("mode").GetString());
        Assert.Equal(
            Sequencer.Attestation.Cryptography.Sha256.Hash("a program"u8).ToHex(),
            program.GetProperty("sha256").GetString());
        CommandResult text =
            await _run.RunAsync("image", "describe", "out/sequencer.eif", "--files");
        Assert.Contains("lib -> usr/lib", text.Output, StringComparison.Ordinal);
        Assert.Contains("dev/console  5:1", text.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_image_is_refused_with_the_rule_and_its_place()
    {
        byte[] bad = TestImage.Bytes;
        bad[^1] ^= 1;
        _run.Write("bad.eif", bad);
        CommandResult text = await _run.RunAsync("image", "describe", "bad.eif");
        text.IsRefused();
        Assert.Contains("Checksum at byte 544", text.Output, StringComparison.Ordinal);
        CommandResult json = await _run.RunAsync("image", "describe", "bad.eif", "--json");
        json.IsRefused();
        Assert.Equal("checksum", json.Json.GetProperty("fault").GetString());
        _run.Write("noise.eif", [0, 27, 91, 50, 74]);
        (await _run.RunAsync("image", "describe", "noise.eif")).IsRefused();
        (await _run.RunAsync("image", "describe", "missing.eif")).IsUnusable();
    }

    [Fact]
    public async Task Recipes_that_make_no_image_are_one_line_and_2()
    {
        _recipe.Write("image.json", TestRecipe.Json.Replace("cpus", "cpu", StringComparison.Ordinal));
        CommandResult recipe = await BuildAsync();
        recipe.IsUnusable();
        Assert.Contains("is not a recipe: cpus: missing", recipe.Error, StringComparison.Ordinal);
        _recipe.Write("image.json", TestRecipe.With(r => r["kernel"]!["file"] = "gone"));
        CommandResult missing = await BuildAsync();
        missing.IsUnusable();
        Assert.Contains("Cannot read", missing.Error, StringComparison.Ordinal);
        Assert.False(_run.Has("out/sequencer.eif"));
    }

    [Fact]
    public async Task The_help_of_a_build_has_an_example_and_says_what_signing_costs()
    {
        CommandResult help = await _run.RunAsync("image", "build", "--help");
        help.IsGood();
        Assert.Contains("sequencer image build --recipe", help.Output, StringComparison.Ordinal);
        Assert.Contains("ECDSA signatures are random", help.Output, StringComparison.Ordinal);
        CommandResult wrong = await _run.RunAsync("image", "build");
        wrong.IsUnusable();
        Assert.Contains("sequencer image build --help", wrong.Error, StringComparison.Ordinal);
    }

    private Task<CommandResult> BuildAsync(params string[] more) =>
        _run.RunAsync(["image", "build", "--recipe", RecipePath, "--output", "out", .. more]);
}
