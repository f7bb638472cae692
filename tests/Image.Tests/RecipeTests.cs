using System.Text.Json.Nodes;
using Sequencer.Enclave.Image.Ramdisks;
using Sequencer.Enclave.Image.Recipes;

namespace Sequencer.Image.Tests;

public class RecipeTests
{
    [Fact]
    public void Every_member_is_read()
    {
        Assert.True(ImageRecipe.TryParse(TestImage.Utf8(TestRecipe.Json), out var recipe, out _));

        Assert.Equal(("sequencer", "0.1.0"), (recipe.Name, recipe.Version));
        Assert.Equal("x86_64", recipe.ArchitectureName);
        Assert.Equal((512, 2), (recipe.DefaultMemoryMib, recipe.DefaultProcessors));
        Assert.Equal(("bzImage", "linux"), (recipe.KernelFile, recipe.KernelComponent));
        Assert.Equal("glibc", recipe.Components[1].Source);
        RecipeEntry console = recipe.Ramdisks[0].Entries[2];
        Assert.Equal(CpioKind.CharacterDevice, console.Kind);
        Assert.Equal((5, 1, 0x180), (console.DeviceMajor, console.DeviceMinor, console.Permissions));
        Assert.Equal("usr/lib", recipe.Ramdisks[0].Entries[3].Target);
        Assert.Equal("libc6", recipe.Ramdisks[0].Entries[4].Component);
    }

    [Theory]
    [InlineData("\"cpus\"", "\"cpu\"", "cpus: missing")]
    [InlineData("\"cpus\": 2", "\"cpus\": 0", "cpus: not an integer from 1 to 1024")]
    [InlineData("\"cpus\": 2", "\"cpus\": 2, \"speed\": 1", "speed: unknown member")]
    [InlineData("\"cpus\": 2", "\"cpus\": 2, \"cpus\": 2", "cpus: stands twice")]
    [InlineData("recipe/v1", "recipe/v2", "format: not sequencer-image-recipe/v1")]
    [InlineData("\"x86_64\"", "\"riscv\"", "architecture: not known: riscv")]
    [InlineData("\"bzImage\"", "\"/boot/bzImage\"", "kernel.file: not relative")]
    [InlineData("\"component\": \"linux\"", "\"component\": \"l\"", "kernel.component: no component has the id l")]
    [InlineData("\"id\": \"libc6\"", "\"id\": \"linux\"", "components: the id linux stands twice")]
    [InlineData("222\"", "22X\"", "components[1].sha256: not 64")]
    [InlineData("\"source\"", "\"sauce\"", "components[1].sauce: unknown member")]
    [InlineData("\"mode\": \"0555\"", "\"mode\": \"555\"", "ramdisks[0].entries[1].mode: no mode such as 0755")]
    [InlineData("\"mode\": \"0555\"", "\"mode\": \"0555\", \"file\": \"a\"", "ramdisks[0].entries[1].file: unknown member")]
    [InlineData("\"symlink\"", "\"hardlink\"", "ramdisks[0].entries[3].type: not known: hardlink")]
    [InlineData("\"major\": 5", "\"major\": -1", "ramdisks[0].entries[2].major: not an integer")]
    [InlineData("\"target\": \"usr/lib\"", "\"target\": \"\"", "ramdisks[0].entries[3].target: empty")]
    [InlineData("console=ttyS0", "console\\u0000", "command_line: has a control character")]
    [InlineData("console=ttyS0", "\\ud800", "the recipe: not text")]
    [InlineData("\"name\": \"runtime\"", "\"name\": \"sequencer\"", "ramdisks: two have the same name")]
    [InlineData("\"name\": \"runtime\", \"compression\": \"none\"", "\"name\": \"runtime\", \"compression\": \"zstd\"", "ramdisks[1].compression: none cannot follow")]
    [InlineData("{\"name\": \"runtime\"", "[\"name\": \"runtime\"", "not JSON, line")]
    public void What_is_not_understood_is_refused_by_its_place(
        string part, string other, string expected)
    {
        string changed = TestRecipe.Json.Replace(part, other, StringComparison.Ordinal);
        Assert.NotEqual(TestRecipe.Json, changed);

        Assert.False(ImageRecipe.TryParse(TestImage.Utf8(changed), out _, out string? fault));

        Assert.Contains(expected, fault, StringComparison.Ordinal);
    }

    [Fact]
    public void A_recipe_without_ramdisks_and_one_cut_short_are_refused()
    {
        string none = TestRecipe.With(r => r["ramdisks"] = new JsonArray());
        Assert.False(ImageRecipe.TryParse(TestImage.Utf8(none), out _, out string? fault));
        Assert.Equal("ramdisks: none", fault);
        byte[] json = TestImage.Utf8(TestRecipe.Json);
        for (int length = 0; length < json.Length; length++)
        {
            Assert.False(ImageRecipe.TryParse(json.AsMemory(0, length), out _, out _));
        }
    }
}
