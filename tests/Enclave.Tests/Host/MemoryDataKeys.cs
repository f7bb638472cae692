using System.Security.Cryptography;
using Sequencer.Enclave.Host.Identity;

namespace Sequencer.Enclave.Tests.Host;

/// <summary>Data keys that are their own blobs.</summary>
internal sealed class MemoryDataKeys : IDataKeys
{
    public DataKeyRequest? Last { get; private set; }

    public string? Refusal { get; set; }

    /// <summary>Opens every blob to another key.</summary>
    public bool Forgets { get; init; }

    public bool OpensNothing { get; init; }

    public int BlobBytes { get; init; } = 32;

    /// <summary>The arrays that were given out, which callers clear.</summary>
    public List<byte[]> GivenOut { get; } = [];

    public DataKey Generate(DataKeyRequest request)
    {
        Last = request;
        if (Refusal is not null) throw new DataKeyException(Refusal);
        byte[] key = Give(RandomNumberGenerator.GetBytes(32));
        return new DataKey(key, [.. key, .. new byte[BlobBytes - key.Length]]);
    }

    public byte[] Decrypt(DataKeyRequest request, ReadOnlyMemory<byte> blob)
    {
        if (Refusal is not null) throw new DataKeyException(Refusal);
        if (OpensNothing) throw new DataKeyException("not opened");
        return Give(Forgets ? [.. Enumerable.Repeat((byte)7, 32)] : blob[..32].ToArray());
    }

    private byte[] Give(byte[] key)
    {
        GivenOut.Add(key);
        return key;
    }
}
