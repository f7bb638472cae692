using System.Diagnostics.CodeAnalysis;

namespace Sequencer.Gateway.Link;

/// <summary>Where an enclave listens, and how to get a stream to it.</summary>
public abstract class EnclaveEndpoint
{
    /// <summary>The forms of the setting, for people who wrote another.</summary>
    public const string Forms =
        "vsock:CID:PORT (an enclave of this EC2 instance), unix:PATH (a simulated enclave) or "
        + "hybrid:PATH:PORT (an enclave in a virtual machine whose monitor listens at PATH)";

    private protected EnclaveEndpoint()
    {
    }

    /// <summary>Reads the text of a setting.</summary>
    /// <param name="text">One of <see cref="Forms"/>.</param>
    /// <param name="endpoint">What it names.</param>
    /// <param name="fault">What is wrong with it otherwise, as the end of a sentence.</param>
    public static bool TryParse(
        string text, [NotNullWhen(true)] out EnclaveEndpoint? endpoint, out string fault)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        string rest = text[(colon + 1)..];
        fault = $"it begins with none of vsock:, unix: and hybrid:; it is {Forms}";
        endpoint = (colon < 0 ? "" : text[..colon]) switch
        {
            UnixEndpoint.Scheme => UnixEndpoint.Parse(rest, out fault),
            VsockEndpoint.Scheme => VsockEndpoint.Parse(rest, out fault),
            HybridEndpoint.Scheme => HybridEndpoint.Parse(rest, out fault),
            _ => null,
        };
        return endpoint is not null;
    }

    /// <summary>The CID that this enclave's own connections come from; null where a monitor's files
    /// stand for vsock.</summary>
    public virtual uint? Cid => null;

    /// <summary>One attempt to connect, with a stream of its own that the caller then owns.
    /// </summary>
    /// <exception cref="EnclaveLostException">Why there is no stream, for the operator.</exception>
    /// <exception cref="OperationCanceledException">The token gave up.</exception>
    public abstract Task<ILinkStream> ConnectAsync(CancellationToken cancellationToken);
}
