using System.Text;
using System.Xml.Linq;
using Sequencer.Iac.Aws;

namespace Sequencer.Iac.Ec2;

/// <summary>The public half of a key pair, as EC2 keeps it.</summary>
/// <param name="Name">Name.</param>
/// <param name="Id">Id, <c>key-…</c>.</param>
/// <param name="Fingerprint">Fingerprint; of an imported RSA key MD5 of the public key.</param>
/// <param name="Tags">Tags.</param>
internal sealed record KeyPair(
    string Name, string Id, string Fingerprint, IReadOnlyDictionary<string, string> Tags);

internal sealed partial class Ec2Client
{
    /// <summary>All key pairs of the region.</summary>
    public async Task<IReadOnlyList<KeyPair>> ListKeysAsync(CancellationToken cancellationToken) =>
        KeysOf(await AskAsync(Call("DescribeKeyPairs"), cancellationToken));

    /// <summary>A key pair; null if there is none of the name.</summary>
    public async Task<KeyPair?> FindKeyAsync(string name, CancellationToken cancellationToken) =>
        KeysOf(await AskAsync(
            Call("DescribeKeyPairs").Filter("key-name", name), cancellationToken))
            .FirstOrDefault(key => key.Name == name);

    /// <summary>Gives EC2 the public half of a key pair.</summary>
    /// <param name="name">Name.</param>
    /// <param name="publicKey">One line as in <c>authorized_keys</c>.</param>
    /// <param name="cancellationToken">Gives up; the key may be there all the same.</param>
    public async Task<KeyPair> ImportKeyAsync(
        string name, string publicKey, CancellationToken cancellationToken)
    {
        string material = Convert.ToBase64String(Encoding.ASCII.GetBytes(publicKey));
        XElement answer = await DoAsync(
            Call("ImportKeyPair").Add("KeyName", name).Add("PublicKeyMaterial", material)
                .AddTags("key-pair"),
            cancellationToken);
        return new KeyPair(
            name, answer.Text("keyPairId") ?? "", answer.Text("keyFingerprint") ?? "",
            Tags.Read(answer));
    }

    /// <summary>Has EC2 forget a key pair; one that is not there is no fault.</summary>
    public Task DeleteKeyAsync(string name, CancellationToken cancellationToken) =>
        AskAsync(Call("DeleteKeyPair").Add("KeyName", name), cancellationToken);

    private static IReadOnlyList<KeyPair> KeysOf(XElement answer) =>
    [
        .. answer.Items("keySet").Select(item => new KeyPair(
            item.Require("keyName"), item.Text("keyPairId") ?? "",
            item.Text("keyFingerprint") ?? "", Tags.Read(item))),
    ];
}
