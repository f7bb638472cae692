using System.Runtime.InteropServices;

namespace Sequencer.Attestation.Cryptography;

/// <summary>
/// Functions of libcrypto 3 (OpenSSL), which the platform itself loads on Linux, for what it does
/// not offer or offers slowly.
/// </summary>
internal static class Libcrypto
{
    private static readonly nint Library =
        NativeLibrary.TryLoad("libcrypto.so.3", out nint library) ? library : 0;

    /// <summary>The address of a function; 0 without the library or without the function.</summary>
    public static nint Find(string function) =>
        Library != 0 && NativeLibrary.TryGetExport(Library, function, out nint address)
            ? address
            : 0;
}
