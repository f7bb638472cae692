using System.Text;
using Sequencer.Enclave.Host.Identity;

namespace Sequencer.Enclave.Tests.Host;

public class LogIdentityTests
{
    [Theory]
    [InlineData("AKID", "secret/+=", "", true)]
    [InlineData("AKID", "secret", "!token~", true)]
    [InlineData("AK ID", "secret", "token", false)]
    [InlineData("AKID", "secret\r\nhost: elsewhere", "token", false)]
    [InlineData("AKID", "secret", "token\0", false)]
    [InlineData("AKID", "secret", "token\u007f", false)]
    [InlineData("AKID", "secret", "tok\u00e9n", false)]
    [InlineData("", "secret", "token", false)]
    public void Credentials_are_visible_ASCII(
        string accessKeyId, string secretAccessKey, string sessionToken, bool isTaken)
    {
        using var identity = new LogIdentity(null);
        Assert.Equal(
            isTaken,
            identity.TryGive(
                Encoding.UTF8.GetBytes(accessKeyId), Encoding.UTF8.GetBytes(secretAccessKey),
                Encoding.UTF8.GetBytes(sessionToken), []));
    }
}
