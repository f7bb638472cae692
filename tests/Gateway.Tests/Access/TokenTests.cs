using System.Security.Cryptography;
using System.Text;
using Sequencer.Gateway.Access;
using Sequencer.Keys;

namespace Sequencer.Gateway.Tests.Access;

public sealed class TokenTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_000_000);

    private readonly TokenKeys _keys = ReadKeys(SignedToken.Pem);

    [Fact]
    public void The_subject_is_the_tenant()
    {
        foreach (string token in (string[])
            [
                SignedToken.OfEc("""{"sub":"acme","exp":1000001}"""),
                SignedToken.OfRsa("""{"sub":"acme","exp":1000000.5,"nbf":1000060,"iat":1,"x":{"y":[1]}}"""),
            ])
        {
            Assert.Equal(AccessRefusal.None, Judge(token, out Caller? caller));
            Assert.Equal(Caller.For("acme", Scopes.None).Tenant, caller!.Tenant);
            Assert.Equal(Scopes.Read | Scopes.Append, caller.Scopes);
        }
    }

    [Theory]
    [InlineData("read", Scopes.Read)]
    [InlineData("openid admin read", Scopes.Read | Scopes.Admin)]
    [InlineData("openid profile", Scopes.None)]
    [InlineData("", Scopes.None)]
    [InlineData("READ", Scopes.None)]
    public void The_scope_claim_narrows(string scope, Scopes expected)
    {
        Judge(SignedToken.OfEc($$"""{"sub":"a","exp":1000001,"scope":"{{scope}}"}"""), out Caller? caller);
        Assert.Equal(expected, caller!.Scopes);
    }

    [Theory]
    [InlineData("""{"sub":"a","exp":1000000}""", AccessRefusal.Expired)]
    [InlineData("""{"sub":"a","exp":-1}""", AccessRefusal.Expired)]
    [InlineData("""{"sub":"a"}""", AccessRefusal.Claims)]
    [InlineData("""{"sub":"a","exp":1000001,"nbf":1000061}""", AccessRefusal.Claims)]
    [InlineData("""{"exp":1000001}""", AccessRefusal.Claims)]
    [InlineData("""{"sub":"","exp":1000001}""", AccessRefusal.Claims)]
    [InlineData("""{"sub":"a\nb","exp":1000001}""", AccessRefusal.Claims)]
    [InlineData("""{"sub":"a","exp":1000001,"aud":"other"}""", AccessRefusal.Claims)]
    [InlineData("""{"sub":"a","exp":1000001,"aud":[]}""", AccessRefusal.Claims)]
    public void A_token_for_another_time_or_place_is_refused(string claims, object expected)
    {
        Assert.Equal((AccessRefusal)expected, Judge(SignedToken.OfEc(claims), out Caller? caller));
        Assert.Null(caller);
    }

    [Theory]
    [InlineData("""{"sub":"a","exp":1000001,"iss":"i","aud":"us"}""", AccessRefusal.None)]
    [InlineData("""{"sub":"a","exp":1000001,"iss":"i","aud":["x","us"]}""", AccessRefusal.None)]
    [InlineData("""{"sub":"a","exp":1000001,"iss":"i","aud":["x"]}""", AccessRefusal.Claims)]
    [InlineData("""{"sub":"a","exp":1000001,"iss":"i"}""", AccessRefusal.Claims)]
    [InlineData("""{"sub":"a","exp":1000001,"iss":"I","aud":"us"}""", AccessRefusal.Claims)]
    [InlineData("""{"sub":"a","exp":1000001,"aud":"us"}""", AccessRefusal.Claims)]
    public void Issuer_and_audience_are_as_chosen(string claims, object expected)
    {
        var rules = new TokenRules("i", "us");
        Assert.Equal((AccessRefusal)expected, Judge(SignedToken.OfRsa(claims), out _, rules));
    }

    [Theory]
    [InlineData("""{"alg":"none"}""")]
    [InlineData("""{"alg":"None"}""")]
    [InlineData("""{"alg":"HS256"}""")]
    [InlineData("""{"alg":"es256"}""")]
    [InlineData("""{"alg":"ES256","alg":"ES256"}""")]
    [InlineData("""{"alg":"ES256","\u0061lg":"none"}""")]
    [InlineData("""{"alg":"ES256","crit":["exp"]}""")]
    [InlineData("""{"alg":["ES256"]}""")]
    [InlineData("""{"alg":"ES256"} {}""")]
    [InlineData("""["alg","ES256"]""")]
    [InlineData("""{"typ":"JWT"}""")]
    [InlineData("{")]
    [InlineData("")]
    public void A_header_that_is_not_one_of_two_is_refused(string header) => AssertUnread(
        SignedToken.OfEc("""{"sub":"a","exp":1000001}""", header));

    [Theory]
    [InlineData("""{"sub":"a","sub":"b","exp":1000001}""")]
    [InlineData("""{"sub":"a","s\u0075b":"b","exp":1000001}""")]
    [InlineData("""{"sub":"a","exp":1000001,"exp":9000001}""")]
    [InlineData("""{"sub":7,"exp":1000001}""")]
    [InlineData("""{"sub":null,"exp":1000001}""")]
    [InlineData("""{"sub":"a","exp":"1000001"}""")]
    [InlineData("""{"sub":"a","exp":1e999}""")]
    [InlineData("""{"sub":"a","exp":1000001,"nbf":null}""")]
    [InlineData("""{"sub":"\ud800","exp":1000001}""")]
    [InlineData("""{"sub":"a","exp":1000001,"scope":["read"]}""")]
    [InlineData("""{"sub":"a","exp":1000001,"aud":[1]}""")]
    [InlineData("""{"sub":"a","exp":1000001,"x":[[[[[[[[1]]]]]]]]}""")]
    [InlineData("""{"sub":"a","exp":1000001}x""")]
    [InlineData("""{"sub":"a","exp":1000001,}""")]
    public void Claims_that_two_readers_might_read_differently_are_refused(string claims) =>
        AssertUnread(SignedToken.OfEc(claims));

    [Fact]
    public void The_algorithm_has_to_be_the_keys_own()
    {
        const string claims = """{"sub":"a","exp":1000001}""";
        // Signed with the one, named as the other; and a MAC with the public key as its secret.
        Assert.Equal(AccessRefusal.Signature, Judge(SignedToken.OfEc(claims, SignedToken.RsaHeader), out _));
        Assert.Equal(AccessRefusal.Signature, Judge(SignedToken.OfRsa(claims, SignedToken.EcHeader), out _));
        string forged = SignedToken.Make(
            SignedToken.RsaHeader, claims,
            bytes => HMACSHA256.HashData(Encoding.UTF8.GetBytes(SignedToken.Pem), bytes));
        Assert.Equal(AccessRefusal.Signature, Judge(forged, out _));
        string none = SignedToken.Make(SignedToken.EcHeader, claims, _ => []);
        Assert.Equal(AccessRefusal.Signature, Judge(none, out _));
        string der = SignedToken.Make(SignedToken.EcHeader, claims, bytes => SignedToken.Ec.SignData(
            bytes, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
        Assert.Equal(AccessRefusal.Signature, Judge(der, out _));
        string zero = SignedToken.Make(SignedToken.EcHeader, claims, _ => new byte[64]);
        Assert.Equal(AccessRefusal.Signature, Judge(zero, out _));
    }

    [Fact]
    public void No_changed_character_passes()
    {
        foreach (string good in (string[])
            [
                SignedToken.OfEc("""{"sub":"acme","exp":1000001}"""),
                SignedToken.OfRsa("""{"sub":"acme","exp":1000001}"""),
            ])
        {
            for (int i = 0; i < good.Length; i++)
            {
                foreach (char other in "A-_.=z")
                {
                    if (good[i] == other) continue;
                    string changed = good[..i] + other + good[(i + 1)..];
                    bool isKnown = JsonWebToken.TryParse(changed, out JsonWebToken? token)
                        && new TokenRules(null, null).Judge(token, _keys, Now, out _) == AccessRefusal.None;
                    Assert.False(isKnown, changed);
                }
            }
        }
    }

    [Fact]
    public void A_token_has_one_spelling()
    {
        string good = SignedToken.OfEc("""{"sub":"acme","exp":1000001}""");
        foreach (string other in (string[])
            [
                good + "=", good + ".", good + " ", " " + good, good.Replace(".", ". ", StringComparison.Ordinal),
                good.Replace(".", "=.", StringComparison.Ordinal), good[..good.LastIndexOf('.')], "..",
                good + new string('A', JsonWebToken.MaxChars),
            ])
        {
            AssertUnread(other);
        }
    }

    [Fact]
    public void Only_public_keys_of_two_kinds_are_taken()
    {
        using RSA small = RSA.Create(1024);
        using ECDsa other = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        foreach (string pem in (string[])
            [
                "", "nothing", small.ExportSubjectPublicKeyInfoPem(), other.ExportSubjectPublicKeyInfoPem(),
                SignedToken.Ec.ExportPkcs8PrivateKeyPem(),
                SignedToken.Pem + "\n" + SignedToken.Rsa.ExportRSAPrivateKeyPem(),
                "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
                string.Join('\n', Enumerable.Repeat(SignedToken.Pem, 9)),
            ])
        {
            Assert.False(TokenKeys.TryParse(pem, out _, out string? fault));
            Assert.DoesNotContain("AAAA", fault, StringComparison.Ordinal);
        }
    }

    private AccessRefusal Judge(string text, out Caller? caller, TokenRules? rules = null)
    {
        Assert.True(JsonWebToken.TryParse(text, out JsonWebToken? token), text);
        return (rules ?? new TokenRules(null, null)).Judge(token, _keys, Now, out caller);
    }

    private static void AssertUnread(string text) =>
        Assert.False(JsonWebToken.TryParse(text, out _), text);

    private static TokenKeys ReadKeys(string pem)
    {
        Assert.True(TokenKeys.TryParse(pem, out TokenKeys? keys, out string? fault), fault);
        return keys;
    }
}
