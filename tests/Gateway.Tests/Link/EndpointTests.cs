using System.Net;
using System.Net.Sockets;
using Sequencer.Gateway.Link;

namespace Sequencer.Gateway.Tests.Link;

/// <summary>
/// What an endpoint's text means, and what of vsock can be seen without a vsock: no test opens one.
/// </summary>
public sealed class EndpointTests
{
    [Theory]
    [InlineData("unix:enclave.sock")]
    [InlineData("unix:/run/a:b")]
    [InlineData("vsock:1:1")]
    [InlineData("vsock:16:5005")]
    [InlineData("vsock:4294967294:4294967294")]
    [InlineData("hybrid:/run/vm.vsock:5005")]
    [InlineData("hybrid:a:b:1")]
    public void An_endpoint_is_written_as_it_was_read(string text)
    {
        Assert.True(
            EnclaveEndpoint.TryParse(text, out EnclaveEndpoint? endpoint, out string fault), fault);
        Assert.Equal(text, endpoint.ToString());
    }

    [Theory]
    [InlineData("", "it begins with none of")]
    [InlineData("/run/enclave", "it begins with none of")]
    [InlineData("UNIX:a", "it begins with none of")]
    [InlineData("tcp:localhost:1", "it begins with none of")]
    [InlineData("unix:", "a path of 1 to 107 bytes")]
    [InlineData("unix:a\0b", "a path of 1 to 107 bytes")]
    [InlineData("vsock:16", "such as vsock:16:5005")]
    [InlineData("vsock:16:5005:1", "such as vsock:16:5005")]
    [InlineData("vsock:0:5005", "the CID 0 is not")]
    [InlineData("vsock:2:5005", "the CID 2 is not")]
    [InlineData("vsock:4294967295:5005", "the CID 4294967295 is not")]
    [InlineData("vsock:4294967296:5005", "the CID 4294967296 is not")]
    [InlineData("vsock:016:5005", "the CID 016 is not")]
    [InlineData("vsock:+16:5005", "the CID +16 is not")]
    [InlineData("vsock:0x10:5005", "the CID 0x10 is not")]
    [InlineData("vsock::5005", "the CID  is not")]
    [InlineData("vsock:16:0", "the port 0 is not")]
    [InlineData("vsock:16:4294967295", "the port 4294967295 is not")]
    [InlineData("vsock:16: 5005", "the port  5005 is not")]
    [InlineData("hybrid:/run/vm.vsock", "then : and a port")]
    [InlineData("hybrid::5005", "then : and a port")]
    [InlineData("hybrid:a:", "the port  is not")]
    [InlineData("hybrid:a:0", "the port 0 is not")]
    [InlineData("hybrid:a:http", "the port http is not")]
    public void Another_text_is_refused_and_says_what_is_asked_for(string text, string part)
    {
        Assert.False(
            EnclaveEndpoint.TryParse(text, out EnclaveEndpoint? endpoint, out string fault));
        Assert.Null(endpoint);
        Assert.Contains(part, fault, StringComparison.Ordinal);
    }

    [Fact]
    public void A_path_may_have_as_many_bytes_as_the_system_takes()
    {
        Assert.True(EnclaveEndpoint.TryParse("unix:" + new string('a', 107), out _, out _));
        Assert.False(EnclaveEndpoint.TryParse("unix:" + new string('a', 108), out _, out _));
        Assert.False(EnclaveEndpoint.TryParse("unix:" + new string('ä', 54), out _, out _));
    }

    [Fact]
    public void A_vsock_address_is_the_kernel_s_sockaddr_vm()
    {
        Assert.True(BitConverter.IsLittleEndian, "The expected bytes are of such a machine.");
        var address = new VsockAddress(cid: 0x01020304, port: 0x0A0B0C0D);
        SocketAddress bytes = address.Serialize();
        Assert.Equal(16, bytes.Size);
        Assert.Equal(
            "2800" + "0000" + "0D0C0B0A" + "04030201" + "00000000",
            Convert.ToHexString(bytes.Buffer.Span[..16]));
        var read = (VsockAddress)address.Create(bytes);
        Assert.Equal((address.Cid, address.Port), (read.Cid, read.Port));
    }

    [Theory]
    [InlineData(SocketError.ConnectionReset, "nothing in it listens on port 5005")]
    [InlineData(SocketError.TimedOut, "CID 16 does not answer")]
    [InlineData(SocketError.SocketError, "no enclave with CID 16")]
    [InlineData(SocketError.NetworkUnreachable, "no enclave with CID 16")]
    [InlineData(SocketError.AccessDenied, "does not let this process")]
    [InlineData(SocketError.NoBufferSpaceAvailable, "NoBufferSpaceAvailable")]
    public void A_failed_vsock_connection_says_what_it_means(SocketError error, string part)
    {
        VsockEndpoint? endpoint = VsockEndpoint.Parse("16:5005", out _);
        Assert.Contains(part, endpoint!.Explain(error), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(97, "this machine has no vsock")]
    [InlineData(1, "a container's profile")]
    [InlineData(13, "a container's profile")]
    [InlineData(24, "no vsock socket: ")]
    public void A_machine_without_vsock_is_told_so(int errno, string part) =>
        Assert.Contains(part, VsockSocket.Explain(errno), StringComparison.Ordinal);
}
