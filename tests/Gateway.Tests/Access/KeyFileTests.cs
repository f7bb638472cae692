using Sequencer.Keys;

namespace Sequencer.Gateway.Tests.Access;

public sealed class KeyFileTests
{
    private const string Digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    private const string Good =
        $"[key.a]\ntenant = \"acme\"\ndigest = \"{Digest}\"\nscopes = [\"read\"]\n";

    [Fact]
    public void Keys_and_limits_are_read()
    {
        KeyFile file = Read(
            "# mine\n" + Good + "not-after = \"2027-01-01T00:00:00Z\"\n"
            + "[tenant.acme]\nrequests-per-second = 5\n"
            + "[tenant.b]\nname = \"Bob & co\"\nbytes-per-second = 1_000\n");
        TenantKey key = Assert.Single(file.Keys);
        Assert.Equal(("a", "acme", Scopes.Read), (key.Id, key.Tenant, key.Scopes));
        Assert.Equal(KeySecret.DigestOf("test"), key.SecretDigest);
        Assert.Equal(new DateTimeOffset(2027, 1, 1, 0, 0, 0, TimeSpan.Zero), key.NotAfter);
        Assert.Equal(new OwnLimits(5, null), file.Limits["acme"]);
        Assert.Equal(new OwnLimits(null, 1000), file.Limits["Bob & co"]);
        Assert.Equal(new TenantLimits(7, 1000), file.Limits["Bob & co"].Over(new TenantLimits(7, 8)));
    }

    [Theory]
    [InlineData("seqk_marker", "line 1")]
    [InlineData("[key.a]\nsecret = \"marker\"\n", "line 2")]
    [InlineData("[key.a]\ntenant = \"acme\"\ndigest = \"marker\"\nscopes = [\"read\"]\n", "needs digest")]
    [InlineData($"[key.a]\ndigest = \"{Digest}\"\nscopes = [\"read\"]\n", "needs tenant")]
    [InlineData($"[key.a]\ntenant = \"\"\ndigest = \"{Digest}\"\nscopes = [\"read\"]\n", "needs tenant")]
    [InlineData($"[key.a]\ntenant = \"a\\n\"\ndigest = \"{Digest}\"\nscopes = [\"read\"]\n", "needs tenant")]
    [InlineData($"[key.a]\ntenant = 1\ndigest = \"{Digest}\"\nscopes = [\"read\"]\n", "needs tenant")]
    [InlineData($"[key.a]\ntenant = \"t\"\ndigest = \"{Digest}\"\n", "needs scopes")]
    [InlineData($"[key.a]\ntenant = \"t\"\ndigest = \"{Digest}\"\nscopes = []\n", "needs scopes")]
    [InlineData($"[key.a]\ntenant = \"t\"\ndigest = \"{Digest}\"\nscopes = [\"write\"]\n", "needs scopes")]
    [InlineData($"[key.a]\ntenant = \"t\"\ndigest = \"{Digest}\"\nscopes = \"read\"\n", "needs scopes")]
    [InlineData(Good + "not-after = \"2027-01-01\"\n", "not-after is")]
    [InlineData(Good + "not-after = 2027\n", "not-after is")]
    [InlineData(Good + "[key.b]\ntenant = \"t\"\n" + $"digest = \"{Digest}\"\nscopes = [\"read\"]\n", "same secret")]
    [InlineData(Good + Good, "line 5")]
    [InlineData("[tenant.a]\nrequests-per-second = -1\n", "integers from 0")]
    [InlineData("[tenant.a]\nstreams = 1\n", "line 2")]
    [InlineData("[tenant.a]\nname = \"b\"\n[tenant.b]\nbytes-per-second = 1\n", "another table")]
    [InlineData("[other.a]\nx = 1\n", "line 2")]
    [InlineData("x = 1\n", "line 1")]
    public void A_wrong_file_is_refused_by_its_line_and_never_quoted(string text, string part)
    {
        Assert.False(KeyFile.TryParse(text, out KeyFile? file, out string? fault));
        Assert.Null(file);
        Assert.Contains(part, fault, StringComparison.Ordinal);
        Assert.DoesNotContain("marker", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_that_is_added_is_read_again_and_one_that_is_removed_leaves_the_rest_alone()
    {
        string[] texts = ["", "# mine", Good, "# first\n" + Good + "\n# of acme\n[tenant.acme]\nname = \"x\"\n"];
        foreach (string before in texts)
        {
            var key = new TenantKey(
                "new-1", "a \"quoted\" \\ tenant", KeySecret.DigestOf("s"),
                Scopes.Read | Scopes.Append | Scopes.Admin, DateTimeOffset.UnixEpoch);
            string after = KeyFileText.With(before, key);
            Assert.Equal(key, Read(after).Keys[^1]);
            Assert.Equal(Read(before).Keys.Count + 1, Read(after).Keys.Count);
            string without = KeyFileText.Without(after, "new-1");
            Assert.Equal(before.TrimEnd('\n'), without.TrimEnd('\n'));
        }
        string shortened = KeyFileText.Without(texts[3], "a");
        Assert.Equal("# first\n\n# of acme\n[tenant.acme]\nname = \"x\"\n", shortened);
        Assert.Equal(texts[3], KeyFileText.Without(texts[3], "b"));
    }

    [Fact]
    public void A_table_is_found_however_its_header_is_spaced()
    {
        string text = Good.Replace("[key.a]", " [ key . a ] # mine", StringComparison.Ordinal);
        Assert.Single(Read(text).Keys);
        Assert.Equal("", KeyFileText.Without(text, "a"));
    }

    [Fact]
    public void Secrets_have_a_prefix_and_are_not_alike()
    {
        string secret = KeySecret.New();
        Assert.Matches("^seqk_[A-Za-z0-9_-]{43}$", secret);
        Assert.NotEqual(secret, KeySecret.New());
    }

    private static KeyFile Read(string text)
    {
        Assert.True(KeyFile.TryParse(text, out KeyFile? file, out string? fault), fault);
        return file;
    }
}
