using System.Net.Sockets;
using Sequencer.Enclave.Host;
using Sequencer.Enclave.Host.Identity;
using Sequencer.Enclave.Nitro.Vsock;
using Sequencer.Enclave.Sealing.Kms;

namespace Sequencer.Enclave.Nitro.Boot;

/// <summary>The key service of the image that seals: AWS KMS, by the gateway's pipe.</summary>
internal static class KeyService
{
    /// <summary>Where the parent instance's gateway begins the pipe.</summary>
    private const uint Port = 5006;

    /// <summary>KMS, asked with this device's documents.</summary>
    public static IDataKeys? Of(INsm nsm) => new KmsDataKeys(nsm, OpenPipeAsync);

    private static async ValueTask<Stream> OpenPipeAsync(CancellationToken cancellation)
    {
        Socket socket = VsockSocket.Create();
        try
        {
            await socket.ConnectAsync(
                new VsockEndPoint(VsockEndPoint.ParentContext, Port), cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
