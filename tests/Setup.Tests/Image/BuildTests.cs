namespace Sequencer.Setup.Tests.Image;

/// <summary>When <c>setup/image/build</c> builds, and when there is nothing to do.</summary>
public sealed class BuildTests : IDisposable
{
    private readonly FakeTree _tree = new();

    public void Dispose() => _tree.Dispose();

    [Fact]
    public async Task A_second_build_of_the_same_does_nothing()
    {
        await Builds();
        await IsUpToDate();
        _tree.Write("enclave/Image/obj/left-by-a-build", "1");
        await IsUpToDate();
    }

    [Fact]
    public async Task Another_source_or_a_changed_output_is_built_anew()
    {
        await Builds();
        _tree.Write("program", "other bytes");
        await Builds();
        _tree.Write("image/measurements.json", "of somebody else");
        await Builds();
        File.Delete(_tree["image/sbom.json"]);
        await Builds();
        await IsUpToDate();
    }

    [Fact]
    public async Task The_image_that_seals_is_another()
    {
        const string option = "-p:EnclaveSealing=true";
        Assert.Equal(0, (await _tree.Build(hasProgram: false)).Code);
        Assert.DoesNotContain(option, _tree.Published, StringComparison.Ordinal);
        ScriptResult built = await _tree.Build(hasProgram: false, seals: true);
        Assert.EndsWith("built\n", built.Output, StringComparison.Ordinal);
        Assert.Contains(option, _tree.Published, StringComparison.Ordinal);
        built = await _tree.Build(hasProgram: false, seals: true);
        Assert.EndsWith("is up to date\n", built.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_build_that_broke_off_is_never_up_to_date()
    {
        await Builds();
        _tree.Write("program", "other bytes");
        _tree.Write("fail", "");
        Assert.NotEqual(0, (await _tree.Build()).Code);
        // The same inputs as before, whose output the broken one has half overwritten.
        _tree.Write("program", "its bytes");
        Assert.NotEqual(0, (await _tree.Build()).Code);
        File.Delete(_tree["fail"]);
        await Builds();
        await IsUpToDate();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Every_source_is_among_the_inputs(bool hasProgram)
    {
        var digests = new HashSet<string> { await _tree.InputsDigest(hasProgram) };
        foreach (string path in FakeTree.Sources)
        {
            _tree.Write(path, "2");
            Assert.True(digests.Add(await _tree.InputsDigest(hasProgram)), path);
        }
        foreach (string path in FakeTree.ProgramSources)
        {
            _tree.Write(path, "2");
            Assert.Equal(!hasProgram, digests.Add(await _tree.InputsDigest(hasProgram)));
        }
        File.Move(_tree["enclave/Image/Image.csproj"], _tree["enclave/Image/Other.csproj"]);
        Assert.True(digests.Add(await _tree.InputsDigest(hasProgram)));
        _tree.Write("setup/image/predecessors", "2");
        Assert.True(digests.Add(await _tree.InputsDigest(hasProgram)));
        Assert.True(digests.Add(await _tree.InputsDigest(hasProgram, "10.0.2")));
    }

    [Fact]
    public async Task Another_SDK_than_the_pinned_one_is_said_each_time_and_builds_another_image()
    {
        ScriptResult pinned = await _tree.Build(hasProgram: false);
        Assert.Equal((0, "built\n"), (pinned.Code, pinned.Output));
        Assert.DoesNotContain("NOTICE", pinned.Error, StringComparison.Ordinal);
        foreach (string expected in (string[])["built\n", $"{_tree["image"]} is up to date\n"])
        {
            ScriptResult other = await _tree.Build("10.0.2", hasProgram: false);
            Assert.Equal((0, expected), (other.Code, other.Output));
            Assert.Contains(
                "NOTICE: the .NET SDK is 10.0.2 here, not 10.0.1. The image will have another PCR2",
                other.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_pinned_SDK_is_one_that_the_tree_takes()
    {
        string[] pinned = Checkout.Read("setup/image/dotnet.lock").Split('\n')
            .Single(line => line.StartsWith("sdk ", StringComparison.Ordinal))["sdk ".Length..]
            .Split('.');
        string[] least = Checkout.Read("global.json").Split('"')
            .Single(part => part.Length > 0 && char.IsAsciiDigit(part[0])).Split('.');
        Assert.Equal(least[..2], pinned[..2]);
        Assert.InRange(Patch(pinned), Patch(least), int.MaxValue);

        static int Patch(string[] version) =>
            int.Parse(version[2], System.Globalization.CultureInfo.InvariantCulture);
    }

    private async Task Builds()
    {
        ScriptResult result = await _tree.Build();
        Assert.True(result.Code == 0, result.Error);
        Assert.Equal("built\n", result.Output);
    }

    private async Task IsUpToDate()
    {
        ScriptResult result = await _tree.Build();
        Assert.True(result.Code == 0, result.Error);
        Assert.Equal($"{_tree["image"]} is up to date\n", result.Output);
    }
}
