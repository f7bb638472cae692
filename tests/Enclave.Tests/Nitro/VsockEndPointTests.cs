using Sequencer.Enclave.Nitro.Vsock;

namespace Sequencer.Enclave.Tests.Nitro;

/// <summary>The address alone: no test opens a vsock socket.</summary>
public sealed class VsockEndPointTests
{
    [Fact]
    public void A_vsock_address_is_the_kernels_structure()
    {
        var address = new VsockEndPoint(3, 9000).Serialize();
        Assert.Equal(16, address.Size);
        // sockaddr_vm on a little-endian machine: family 40, reserved, port, context, zeros.
        Assert.Equal(
            "28000000" + "28230000" + "03000000" + "00000000",
            Convert.ToHexStringLower(address.Buffer.Span[..16]));
        var read = Assert.IsType<VsockEndPoint>(new VsockEndPoint(0, 0).Create(address));
        Assert.Equal((3u, 9000u), (read.ContextId, read.Port));
        Assert.Equal("vsock 3:9000", read.ToString());
    }
}
