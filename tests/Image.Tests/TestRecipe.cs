using System.Text.Json.Nodes;
using Sequencer.Enclave.Image.Building;
using Sequencer.Enclave.Image.Ramdisks;
using Sequencer.Enclave.Image.Recipes;

namespace Sequencer.Image.Tests;

/// <summary>A folder with a recipe and the files that it names.</summary>
internal sealed class TestRecipe : IDisposable
{
    public const string Json =
        """
        {
          "format": "sequencer-image-recipe/v1",
          "name": "sequencer", "version": "0.1.0", "architecture": "x86_64",
          "memory_mib": 512, "cpus": 2,
          "kernel": {"file": "bzImage", "component": "linux"},
          "command_line": "reboot=t panic=1 console=ttyS0",
          "components": [
            {"id": "linux", "name": "linux", "version": "6.12.1", "supplier": "Debian",
             "license": "GPL-2.0-only", "purl": "pkg:deb/debian/linux-source-6.12@6.12.1",
             "sha256": "1111111111111111111111111111111111111111111111111111111111111111"},
            {"id": "libc6", "name": "libc6", "version": "2.36-9", "supplier": "Debian",
             "license": "LGPL-2.1-or-later", "source": "glibc", "purl": "pkg:deb/debian/libc6@2.36-9",
             "sha256": "2222222222222222222222222222222222222222222222222222222222222222"},
            {"id": "sequencer", "name": "sequencer", "version": "0.1.0", "supplier": "Sequencer",
             "license": "Apache-2.0", "purl": "pkg:generic/sequencer@0.1.0",
             "sha256": "3333333333333333333333333333333333333333333333333333333333333333"}
          ],
          "ramdisks": [
            {"name": "runtime", "compression": "none", "entries": [
              {"path": "init", "file": "files/init", "mode": "0755", "component": "sequencer"},
              {"path": "proc", "type": "directory", "mode": "0555"},
              {"path": "dev/console", "type": "character-device", "major": 5, "minor": 1, "mode": "0600"},
              {"path": "lib", "type": "symlink", "target": "usr/lib"},
              {"path": "usr/lib/libc.so.6", "file": "files/libc", "mode": "0755", "component": "libc6"}]},
            {"name": "sequencer", "compression": "none", "entries": [
              {"path": "sequencer-enclave", "file": "files/program", "mode": "0755", "component": "sequencer"}]}
          ]
        }
        """;

    public TestRecipe()
    {
        Directory.CreateDirectory(Path.Combine(Folder, "files"));
        Write("bzImage", "a kernel");
        Write("files/init", "an init");
        Write("files/libc", "a library");
        Write("files/program", "a program");
        Write("image.json", Json);
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("sequencer-image").FullName;

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    public void Write(string name, string content) =>
        File.WriteAllText(Path.Combine(Folder, name), content);

    /// <summary>The recipe with something else in it.</summary>
    public static string With(Action<JsonObject> edit)
    {
        JsonObject recipe = JsonNode.Parse(Json)!.AsObject();
        edit(recipe);
        return recipe.ToJsonString();
    }

    public async Task<BuiltImage> BuildAsync(
        string json = Json, TestSigner? signer = null, string zstd = "zstd")
    {
        bool isRead = ImageRecipe.TryParse(
            TestImage.Utf8(json), out ImageRecipe? recipe, out string? fault);
        Assert.True(isRead, fault);
        using var open = signer?.Open();
        return await new ImageBuilder
        {
            Folder = Folder,
            Signer = open,
            Zstd = new ZstdProgram(zstd),
        }.BuildAsync(recipe!, CancellationToken.None);
    }
}
