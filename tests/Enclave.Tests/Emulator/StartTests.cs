using Sequencer.Enclave.Emulator;

namespace Sequencer.Enclave.Tests.Emulator;

/// <summary>What cannot be started is said in one line, before anything is.</summary>
public sealed class StartTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sequencer-").FullName;

    [Fact]
    public async Task Missing_tools_are_named_with_what_makes_them()
    {
        EmulatorException e = await Assert.ThrowsAsync<EmulatorException>(
            () => StartAsync(Path.Combine(_folder, "no-tools"), "x.eif", _folder));
        Assert.Contains("make enclave-tools", e.Message);
    }

    [Fact]
    public async Task So_is_an_image_that_is_missing_or_is_none()
    {
        EmulatorException missing = await Assert.ThrowsAsync<EmulatorException>(
            () => StartAsync(FakeTools(), Path.Combine(_folder, "x.eif"), _folder));
        Assert.Contains("the image cannot be read", missing.Message);
        string file = Path.Combine(_folder, "y.eif");
        File.WriteAllText(file, "not an image");
        EmulatorException other = await Assert.ThrowsAsync<EmulatorException>(
            () => StartAsync(FakeTools(), file, _folder));
        Assert.StartsWith($"{file} is no enclave image: Magic", other.Message);
    }

    [Fact]
    public async Task And_a_directory_in_which_no_socket_fits()
    {
        await Assert.ThrowsAsync<EmulatorException>(
            () => SocketDirectory.TakeAsync("/tmp/" + new string('x', 100), CancellationToken.None));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static Task<EmulatedEnclave> StartAsync(string tools, string image, string directory) =>
        EmulatedEnclave.StartAsync(
            new EmulatorOptions
            {
                ImageFile = image,
                SocketDirectory = directory,
                ToolsDirectory = tools,
            },
            _ => { },
            CancellationToken.None);

    private string FakeTools()
    {
        foreach (string tool in (string[])["qemu/bin/qemu-system-x86_64", "bin/vhost-device-vsock"])
        {
            string path = Path.Combine(_folder, tool);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, "");
        }
        return _folder;
    }
}
