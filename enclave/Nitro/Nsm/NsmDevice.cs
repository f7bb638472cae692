using System.Security.Cryptography;
using Sequencer.Enclave.Host;

namespace Sequencer.Enclave.Nitro.Nsm;

/// <summary>An NSM behind a transport. Called by one thread at a time.</summary>
internal sealed class NsmDevice(INsmTransport transport) : INsm
{
    private readonly byte[] _response = new byte[NsmResponse.BytesMax];

    /// <inheritdoc/>
    public byte[] Attest(NsmOptions options) =>
        NsmResponse.Document(Exchange(NsmRequest.Attestation(options)));

    /// <inheritdoc/>
    public void GetRandom(Span<byte> destination)
    {
        byte[] request = NsmRequest.GetRandom();
        try
        {
            // The device gives at most 256 bytes a call, and never none.
            while (!destination.IsEmpty)
            {
                int got = NsmResponse.Random(Exchange(request), destination);
                destination = destination[got..];
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(_response);
        }
    }

    /// <summary>What the device is.</summary>
    /// <exception cref="NsmException">The device refused or failed.</exception>
    public NsmDescription Describe() =>
        NsmResponse.Description(Exchange(NsmRequest.DescribeNsm()));

    /// <summary>Reads a PCR.</summary>
    /// <exception cref="NsmException">The device refused or failed.</exception>
    public NsmPcr DescribePcr(ushort index) =>
        NsmResponse.Pcr(Exchange(NsmRequest.DescribePcr(index)));

    /// <summary>Extends a PCR that is not locked; returns its new value, 48 bytes.</summary>
    /// <exception cref="NsmException">The device refused or failed.</exception>
    public byte[] ExtendPcr(ushort index, ReadOnlySpan<byte> data) =>
        NsmResponse.Extended(Exchange(NsmRequest.ExtendPcr(index, data)));

    /// <summary>Locks a PCR; ReadOnlyIndex where it is locked already.</summary>
    /// <exception cref="NsmException">The device refused or failed.</exception>
    public void LockPcr(ushort index) =>
        NsmResponse.Locked(Exchange(NsmRequest.LockPcr(index)), NsmRequest.LockPcrName);

    /// <summary>Locks the PCRs below a count, whichever of them are locked already.</summary>
    /// <exception cref="NsmException">The device refused or failed.</exception>
    public void LockPcrs(ushort count) =>
        NsmResponse.Locked(Exchange(NsmRequest.LockPcrs(count)), NsmRequest.LockPcrsName);

    /// <summary>The answer, which holds until the next call.</summary>
    private ReadOnlySpan<byte> Exchange(byte[] request)
    {
        if (request.Length > NsmRequest.BytesMax)
        {
            throw new NsmException(
                NsmError.InputTooLarge, $"A request of {request.Length} bytes is too long");
        }
        int length = transport.Exchange(request, _response);
        return _response.AsSpan(0, length);
    }
}
