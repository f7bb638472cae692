using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Sequencer.Attestation;

namespace Sequencer.Simulation.Tests;

/// <summary>
/// Puts a seeded generator in the place of libcrypto's, from which this process draws all keys,
/// nonces and identities: so a seed repeats to the last byte. Such a process holds no secret.
/// </summary>
internal static unsafe partial class SeededRandomness
{
    private const string Library = "libcrypto.so.3";

    private static readonly RandMethod* Method = MakeMethod();
    private static Random _random = new(0);

    /// <summary>From now on, randomness is this seed's.</summary>
    public static void Use(int seed)
    {
        if (RandSetMethod(Method) != 1) throw new InvalidOperationException("RAND_set_rand_method");
        // What a process draws once, here its hash codes' secret, is no part of its first seed.
        _ = Digest.Zero.GetHashCode();
        _random = new Random(seed);
    }

    private static RandMethod* MakeMethod()
    {
        var method = (RandMethod*)NativeMemory.AllocZeroed((nuint)sizeof(RandMethod));
        method->Seed = &Seed;
        method->Bytes = &Bytes;
        method->Cleanup = &Cleanup;
        method->Add = &Add;
        method->PseudoBytes = &Bytes;
        method->Status = &Status;
        return method;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Bytes(byte* destination, int length)
    {
        _random.NextBytes(new Span<byte>(destination, length));
        return 1;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Seed(byte* bytes, int length) => 1;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Add(byte* bytes, int length, double entropy) => 1;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Cleanup()
    {
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Status() => 1;

    [LibraryImport(Library, EntryPoint = "RAND_set_rand_method")]
    private static partial int RandSetMethod(RandMethod* method);

    /// <summary>RAND_METHOD of openssl/rand.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct RandMethod
    {
        public delegate* unmanaged[Cdecl]<byte*, int, int> Seed;
        public delegate* unmanaged[Cdecl]<byte*, int, int> Bytes;
        public delegate* unmanaged[Cdecl]<void> Cleanup;
        public delegate* unmanaged[Cdecl]<byte*, int, double, int> Add;
        public delegate* unmanaged[Cdecl]<byte*, int, int> PseudoBytes;
        public delegate* unmanaged[Cdecl]<int> Status;
    }
}
