using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Sequencer.Enclave.Host;

/// <summary>
/// What the platform does not offer, from the same libcrypto 3 that it loads itself: Ed25519 keys,
/// and feeding the random generator.
/// </summary>
internal static unsafe partial class Libcrypto
{
    private const string Library = "libcrypto.so.3";

    /// <summary>EVP_PKEY_ED25519.</summary>
    private const int Ed25519KeyType = 1087;

    /// <summary>
    /// Mixes bytes into the process's random generator; see <see cref="EpochSigningKeys"/>.
    /// </summary>
    public static void AddRandom(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* b = bytes) RandAdd(b, bytes.Length, bytes.Length);
        if (RandStatus() != 1) throw new CryptographicException("The generator is not seeded.");
    }

    /// <summary>A new Ed25519 key whose private half stays in native memory.</summary>
    public static KeyHandle GenerateEd25519()
    {
        nint context = KeyContextNew(Ed25519KeyType, 0);
        try
        {
            nint key = 0;
            bool made = context != 0 && KeyGenerateInit(context) == 1
                && KeyGenerate(context, &key) == 1;
            return made ? new KeyHandle(key) : throw Failure("EVP_PKEY_keygen");
        }
        finally
        {
            KeyContextFree(context);
        }
    }

    /// <summary>The Ed25519 key of a seed (RFC 8032), which the caller clears.</summary>
    public static KeyHandle ImportEd25519(ReadOnlySpan<byte> seed)
    {
        fixed (byte* s = seed)
        {
            nint key = NewRawPrivateKey(Ed25519KeyType, 0, s, seed.Length);
            return key != 0
                ? new KeyHandle(key)
                : throw Failure("EVP_PKEY_new_raw_private_key");
        }
    }

    /// <summary>Writes the 32 bytes of an Ed25519 public key.</summary>
    public static void ReadEd25519PublicKey(KeyHandle key, Span<byte> destination)
    {
        nint length = destination.Length;
        fixed (byte* d = destination)
        {
            if (GetRawPublicKey(key, d, &length) != 1 || length != destination.Length)
            {
                throw Failure("EVP_PKEY_get_raw_public_key");
            }
        }
    }

    /// <summary>Writes the 64 bytes of an Ed25519 signature (RFC 8032, pure).</summary>
    public static void SignEd25519(KeyHandle key, ReadOnlySpan<byte> message, Span<byte> signature)
    {
        nint context = DigestContextNew();
        try
        {
            nint length = signature.Length;
            fixed (byte* m = message, s = signature)
            {
                bool signed = context != 0 && DigestSignInit(context, 0, 0, 0, key) == 1
                    && DigestSign(context, s, &length, m, message.Length) == 1;
                if (!signed || length != signature.Length) throw Failure("EVP_DigestSign");
            }
        }
        finally
        {
            DigestContextFree(context);
        }
    }

    private static CryptographicException Failure(string function)
    {
        // The platform's own calls would find the entry in the thread's queue.
        ClearErrors();
        return new CryptographicException($"{function} failed.");
    }

    [LibraryImport(Library, EntryPoint = "RAND_add")]
    private static partial void RandAdd(byte* bytes, int length, double entropyBytes);

    [LibraryImport(Library, EntryPoint = "RAND_status")]
    private static partial int RandStatus();

    [LibraryImport(Library, EntryPoint = "ERR_clear_error")]
    private static partial void ClearErrors();

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_CTX_new_id")]
    private static partial nint KeyContextNew(int type, nint engine);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_CTX_free")]
    private static partial void KeyContextFree(nint context);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_keygen_init")]
    private static partial int KeyGenerateInit(nint context);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_keygen")]
    private static partial int KeyGenerate(nint context, nint* key);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_new_raw_private_key")]
    private static partial nint NewRawPrivateKey(int type, nint engine, byte* seed, nint length);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_free")]
    private static partial void KeyFree(nint key);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_get_raw_public_key")]
    private static partial int GetRawPublicKey(KeyHandle key, byte* destination, nint* length);

    [LibraryImport(Library, EntryPoint = "EVP_MD_CTX_new")]
    private static partial nint DigestContextNew();

    [LibraryImport(Library, EntryPoint = "EVP_MD_CTX_free")]
    private static partial void DigestContextFree(nint context);

    [LibraryImport(Library, EntryPoint = "EVP_DigestSignInit")]
    private static partial int DigestSignInit(
        nint context, nint keyContext, nint digest, nint engine, KeyHandle key);

    [LibraryImport(Library, EntryPoint = "EVP_DigestSign")]
    private static partial int DigestSign(
        nint context, byte* signature, nint* signatureLength, byte* message, nint messageLength);

    /// <summary>
    /// An EVP_PKEY. Freeing it clears the private key (OPENSSL_secure_clear_free).
    /// </summary>
    internal sealed class KeyHandle : SafeHandle
    {
        public KeyHandle(nint key)
            : base(0, ownsHandle: true) => SetHandle(key);

        public override bool IsInvalid => handle == 0;

        protected override bool ReleaseHandle()
        {
            KeyFree(handle);
            return true;
        }
    }
}
