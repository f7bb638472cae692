using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Sequencer.Witness.Signing;

/// <summary>
/// An Ed25519 private key (RFC 8032, pure) in libcrypto 3, which the platform itself loads but does
/// not offer. Any thread may sign with it.
/// </summary>
internal sealed unsafe partial class Ed25519PrivateKey : SafeHandle
{
    /// <summary>Length of a seed, of a public key.</summary>
    public const int KeyBytes = 32;

    /// <summary>Length of a signature.</summary>
    public const int SignatureBytes = 64;

    private const string Library = "libcrypto.so.3";

    /// <summary>EVP_PKEY_ED25519.</summary>
    private const int KeyType = 1087;

    private Ed25519PrivateKey(nint key)
        : base(0, ownsHandle: true) => SetHandle(key);

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>The key of a seed of 32 bytes.</summary>
    public static Ed25519PrivateKey FromSeed(ReadOnlySpan<byte> seed)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(seed.Length, KeyBytes);
        fixed (byte* s = seed)
        {
            nint key = NewPrivateKey(KeyType, 0, s, seed.Length);
            return key != 0
                ? new Ed25519PrivateKey(key)
                : throw Failure("EVP_PKEY_new_raw_private_key");
        }
    }

    /// <summary>The public key, 32 bytes.</summary>
    public byte[] PublicKey()
    {
        var bytes = new byte[KeyBytes];
        nint length = bytes.Length;
        fixed (byte* b = bytes)
        {
            if (GetPublicKey(this, b, &length) != 1 || length != bytes.Length)
            {
                throw Failure("EVP_PKEY_get_raw_public_key");
            }
        }
        return bytes;
    }

    /// <summary>A signature of 64 bytes over a message that is not empty.</summary>
    public byte[] Sign(ReadOnlySpan<byte> message)
    {
        ArgumentOutOfRangeException.ThrowIfZero(message.Length);
        var signature = new byte[SignatureBytes];
        nint context = NewContext();
        try
        {
            nint length = signature.Length;
            fixed (byte* m = message, s = signature)
            {
                bool signed = context != 0 && SignInit(context, 0, 0, 0, this) == 1
                    && SignFinal(context, s, &length, m, message.Length) == 1;
                if (!signed || length != signature.Length) throw Failure("EVP_DigestSign");
            }
        }
        finally
        {
            FreeContext(context);
        }
        return signature;
    }

    // EVP_PKEY_free clears the private key (OPENSSL_secure_clear_free).
    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        FreeKey(handle);
        return true;
    }

    private static CryptographicException Failure(string function)
    {
        // The platform's own calls would find the entry in the thread's queue.
        ClearErrors();
        return new CryptographicException($"{function} failed.");
    }

    [LibraryImport(Library, EntryPoint = "ERR_clear_error")]
    private static partial void ClearErrors();

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_new_raw_private_key")]
    private static partial nint NewPrivateKey(int type, nint engine, byte* seed, nint length);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_get_raw_public_key")]
    private static partial int GetPublicKey(
        Ed25519PrivateKey key, byte* destination, nint* length);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_free")]
    private static partial void FreeKey(nint key);

    [LibraryImport(Library, EntryPoint = "EVP_MD_CTX_new")]
    private static partial nint NewContext();

    [LibraryImport(Library, EntryPoint = "EVP_MD_CTX_free")]
    private static partial void FreeContext(nint context);

    [LibraryImport(Library, EntryPoint = "EVP_DigestSignInit")]
    private static partial int SignInit(
        nint context, nint keyContext, nint digest, nint engine, Ed25519PrivateKey key);

    [LibraryImport(Library, EntryPoint = "EVP_DigestSign")]
    private static partial int SignFinal(
        nint context, byte* signature, nint* signatureLength, byte* message, nint messageLength);
}
