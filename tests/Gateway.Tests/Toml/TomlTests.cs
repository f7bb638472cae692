using Sequencer.Toml;

namespace Sequencer.Gateway.Tests.Toml;

public class TomlTests
{
    [Fact]
    public void Tables_and_every_kind_of_value_are_read()
    {
        TomlDocument document = Read(
            """
            top = 'literal \n' # comment
            [a]
            text = "a \"b\" \\ \u00e9\n"
            number = -1_000
            yes = true
            list = [ # one a line
              "x",
              'y', # with a comma at the end
            ]
            [a.b-2]
            _k = 0
            """);
        Assert.Equal(["top", "a.text", "a.number", "a.yes", "a.list", "a.b-2._k"], document.Keys);
        Assert.Equal(@"literal \n", Value(document, "top").Text);
        Assert.Equal("a \"b\" \\ é\n", Value(document, "a.text").Text);
        Assert.Equal(-1000, Value(document, "a.number").Number);
        Assert.True(Value(document, "a.yes").Boolean);
        Assert.Equal(["x", "y"], Value(document, "a.list").Items);
        Assert.Equal(11, Value(document, "a.b-2._k").Line);
    }

    [Theory]
    [InlineData("a = 1\na = 2", 2)]
    [InlineData("[t]\n[t]", 2)]
    [InlineData("a = 1\n[a]", 2)]
    [InlineData("[a.b]\nc = 1\n[a]\nb = 1", 4)]
    [InlineData("\n\na = 1.5", 3)]
    [InlineData("a = 01", 1)]
    [InlineData("a = 1_", 1)]
    [InlineData("a = 1__0", 1)]
    [InlineData("a = +-1", 1)]
    [InlineData("a = 9223372036854775808", 1)]
    [InlineData("a = 0x10", 1)]
    [InlineData("a = 2026-01-01", 1)]
    [InlineData("a = True", 1)]
    [InlineData("a = { b = 1 }", 1)]
    [InlineData("a.b = 1", 1)]
    [InlineData("\"a\" = 1", 1)]
    [InlineData("[[a]]", 1)]
    [InlineData("a = \"\"\"x\"\"\"", 1)]
    [InlineData("a = \"x", 1)]
    [InlineData("a = \"x\ny\"", 1)]
    [InlineData("a = \"\\x\"", 1)]
    [InlineData("a = \"\\ud800\"", 1)]
    [InlineData("a = \"\u0001\"", 1)]
    [InlineData("a = [1]", 1)]
    [InlineData("a = [\"x\" \"y\"]", 1)]
    [InlineData("a = [\n\"x\",\n", 3)]
    [InlineData("a = 1 b = 2", 1)]
    [InlineData("a", 1)]
    [InlineData("= 1", 1)]
    [InlineData("[a", 1)]
    [InlineData("[a] b = 1", 1)]
    [InlineData("a =", 1)]
    [InlineData("a = 1\r", 1)]
    public void Everything_else_is_refused_with_its_line(string text, int line)
    {
        Assert.False(
            TomlDocument.TryParse(text, out TomlDocument? document, out TomlRefusal? refusal));
        Assert.Null(document);
        Assert.Equal(line, refusal.Line);
    }

    [Fact]
    public void No_text_makes_the_reader_throw()
    {
        Random random = Seeded.Random(out _);
        const string alphabet = "ab=[]\"'\\\n\r\t #,.-_01{}u";
        for (int i = 0; i < 20_000; i++)
        {
            var text = new string([.. Enumerable.Range(0, random.Next(30))
                .Select(_ => alphabet[random.Next(alphabet.Length)])]);
            bool isRead = TomlDocument.TryParse(
                text, out TomlDocument? document, out TomlRefusal? refusal);
            Assert.Equal(isRead, document is not null);
            Assert.Equal(isRead, refusal is null);
        }
    }

    private static TomlDocument Read(string text)
    {
        Assert.True(TomlDocument.TryParse(text, out TomlDocument? document, out TomlRefusal? refusal), $"{refusal}");
        return document!;
    }

    private static TomlValue Value(TomlDocument document, string key)
    {
        Assert.True(document.TryGet(key, out TomlValue? value));
        return value!;
    }
}
