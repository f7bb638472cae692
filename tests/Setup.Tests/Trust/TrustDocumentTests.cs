using System.Globalization;
using System.Text.RegularExpressions;

namespace Sequencer.Setup.Tests.Trust;

/// <summary>docs/TRUST.md says what the tree says.</summary>
public partial class TrustDocumentTests
{
    // Folders of attestation/Attestation that setup/trusted-lines counts; the rest is not linked.
    private static readonly string[] Linked = ["Log", "Merkle", "Notes", "Nitro", "Cryptography"];

    [Theory]
    [InlineData("inputs", 13)]
    [InlineData("content", 18)]
    public async Task Tables_are_what_they_are_made_from(string block, int rowsMin)
    {
        string[] expected = Rows(block, await Made());
        Assert.True(expected.Length >= rowsMin, $"{expected.Length} rows of {block}");
        Assert.DoesNotContain(expected, row => row.Contains("unknown", StringComparison.Ordinal));
        Assert.Equal(expected, Rows(block, Checkout.Read("docs/TRUST.md")));
    }

    [Fact]
    public async Task Lines_of_trusted_code_are_within_a_tenth()
    {
        string[] counted = Rows("lines", await Made());
        string[] written = Rows("lines", Checkout.Read("docs/TRUST.md"));
        Assert.Equal(counted.Select(Part), written.Select(Part));
        Assert.All(counted.Zip(written), pair =>
        {
            int count = Lines(pair.First);
            Assert.InRange(Lines(pair.Second), count * 9 / 10, (count * 11 / 10) + 1);
        });
    }

    [Fact]
    public void The_recipe_puts_nothing_into_the_image_that_the_table_leaves_out()
    {
        string recipe = Checkout.Read("setup/image/recipe");
        string document = Checkout.Read("docs/TRUST.md");
        string[] paths =
        [
            .. EntryPath().Matches(recipe).Select(match => match.Groups[1].Value),
            .. LibraryPath().Matches(recipe).Select(match => match.Groups[1].Value
                .Replace("$libraries", "lib/x86_64-linux-gnu", StringComparison.Ordinal)),
        ];
        Assert.True(paths.Length >= 18, $"{paths.Length} paths");
        Assert.Equal(paths.Length, Rows("content", document).Length);
        Assert.All(
            paths, path => Assert.Contains($"`/{path}`", document, StringComparison.Ordinal));
    }

    [Fact]
    public void The_enclave_uses_the_counted_parts_of_the_attestation_library_alone()
    {
        string[] allowed =
        [
            "Sequencer.Attestation", .. Linked.Select(folder => $"Sequencer.Attestation.{folder}"),
        ];
        string[] used =
        [
            .. from path in Checkout.Files
               where path.EndsWith(".cs", StringComparison.Ordinal) && IsCounted(path)
               from match in AttestationNamespace().Matches(Checkout.Read(path)).Cast<Match>()
               select match.Value,
        ];
        Assert.NotEmpty(used);
        Assert.All(used.Distinct(), name => Assert.Contains(name, allowed));
    }

    private static bool IsCounted(string path) =>
        Linked.Select(folder => $"attestation/Attestation/{folder}/")
            .Concat(["enclave/Core/", "enclave/Host/", "enclave/Nitro/"])
            .Any(folder => path.StartsWith(folder, StringComparison.Ordinal));

    private static async Task<string> Made()
    {
        ScriptResult result = await Script.Run("setup/trust-tables", ["--print"]);
        Assert.Equal((0, ""), (result.Code, result.Error));
        return result.Output;
    }

    private static string[] Rows(string block, string document)
    {
        int begin = document.IndexOf($"<!-- begin {block}:", StringComparison.Ordinal);
        int end = document.IndexOf($"<!-- end {block} -->", StringComparison.Ordinal);
        Assert.InRange(begin, 0, end);
        return
        [
            .. document[begin..end].Split('\n')
                .Where(line => line.StartsWith("| ", StringComparison.Ordinal)).Skip(1),
        ];
    }

    private static string Part(string row) => row.Split('|')[1];

    private static int Lines(string row) =>
        int.Parse(row.Split('|')[3].Trim(), CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\{""path"": ""([^""%]+)""")]
    private static partial Regex EntryPath();

    [GeneratedRegex(@"^    ""(\S+) [a-z0-9+-]+""$", RegexOptions.Multiline)]
    private static partial Regex LibraryPath();

    [GeneratedRegex(@"(?<=^using )Sequencer\.Attestation[A-Za-z.]*(?=;)", RegexOptions.Multiline)]
    private static partial Regex AttestationNamespace();
}
