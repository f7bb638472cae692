using System.Text;
using Sequencer.Attestation.Log;
using Sequencer.Enclave.Nitro.Boot;

namespace Sequencer.Enclave.Tests.Nitro;

public sealed class PredecessorFileTests
{
    private static readonly string Line = $"{Pcr("0a")} {Pcr("0b")} {Pcr("0c")}";

    [Fact]
    public void A_file_lists_images_and_comments()
    {
        string second = $"{Pcr("1a")} {Pcr("1b")} {Pcr("1c")}";
        var accepted = Parse($"# 1.0.0\n{Line}\n\n#\n{second}\n");
        Assert.Equal(2, accepted.Count);
        Assert.Equal(Enumerable.Repeat((byte)0x0a, 48), accepted[0].Pcr0.ToArray());
        Assert.Equal(Enumerable.Repeat((byte)0x0b, 48), accepted[0].Pcr1.ToArray());
        Assert.Equal(Enumerable.Repeat((byte)0x0c, 48), accepted[0].Pcr2.ToArray());
        Assert.Equal(Enumerable.Repeat((byte)0x1c, 48), accepted[1].Pcr2.ToArray());
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("# none yet\n")]
    public void A_file_may_list_none(string text) => Assert.Empty(Parse(text));

    public static TheoryData<string, string> Refused => new()
    {
        { Line, "cut off" },
        { "# comment", "cut off" },
        { $" {Line}\n", "line 1 " },
        { $"{Line} \n", "line 1 " },
        { $"{Line}\r\n", "line 1 " },
        { $"{Line} # name\n", "line 1 " },
        { " # indented comment\n", "line 1 " },
        { $"#\n{Line.ToUpperInvariant()}\n", "line 2 " },
        { $"{Line.Replace(' ', '\t')}\n", "line 1 " },
        { $"{Pcr("0a")} {Pcr("0b")}\n", "line 1 " },
        { $"{Pcr("00")} {Pcr("0b")} {Pcr("0c")}\n", "line 1 " },
        { $"{Pcr("0a")} {Pcr("00")} {Pcr("0c")}\n", "line 1 " },
        { $"{Pcr("0a")} {Pcr("0b")} {Pcr("00")}\n", "line 1 " },
        { $"{Pcr("0g")} {Pcr("0b")} {Pcr("0c")}\n", "line 1 " },
        { "\uFEFF#\n", "line 1 " },
        { $"{Line}\n{Line}\n", "line 2 repeats" },
        { Lines(65), "more than 64" },
        { "#" + new string('x', PredecessorFile.BytesMax) + "\n", "bytes" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void Anything_else_refuses_the_whole_file(string text, string said)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Assert.False(PredecessorFile.TryParse(bytes, out _, out string fault));
        Assert.Contains(said, fault, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault);
    }

    [Fact]
    public void As_many_as_a_statement_lists_are_taken() =>
        Assert.Equal(Limits.PredecessorsMax, Parse(Lines(64)).Count);

    [Fact]
    public void A_missing_file_is_not_an_empty_one()
    {
        string folder = Directory.CreateTempSubdirectory("sequencer-").FullName;
        try
        {
            string path = Path.Combine(folder, "predecessors");
            Assert.ThrowsAny<IOException>(() => PredecessorFile.Read(path));
            File.WriteAllText(path, $"{Line}\n");
            Assert.Single(PredecessorFile.Read(path));
            File.WriteAllText(path, "x\n");
            var refused = Assert.Throws<InvalidDataException>(() => PredecessorFile.Read(path));
            Assert.StartsWith(path, refused.Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static IReadOnlyList<PredecessorMeasurements> Parse(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Assert.True(PredecessorFile.TryParse(bytes, out var accepted, out string fault), fault);
        return accepted;
    }

    private static string Lines(int count) => string.Concat(
        Enumerable.Range(1, count).Select(i => $"{Pcr($"{i:x2}")} {Pcr("0b")} {Pcr("0c")}\n"));

    private static string Pcr(string octet) => string.Concat(Enumerable.Repeat(octet, 48));
}
