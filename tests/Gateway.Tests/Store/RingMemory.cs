using System.Runtime.CompilerServices;
using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Tests.Store;

/// <summary>The very bytes that a store keeps in memory.</summary>
internal static class RingMemory
{
    public static byte[] Of(ByteRing ring) => BytesOf(ring);

    public static IEnumerable<byte[]> Of(LogStore store)
    {
        DerivedData derived = DerivedOf(store);
        yield return BytesOf(RingOf(derived.Newest));
        foreach (ByteRing? ring in RingsOf(derived.Texts))
        {
            if (ring is not null) yield return BytesOf(ring);
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_bytes")]
    private static extern ref byte[] BytesOf(ByteRing ring);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_derived")]
    private static extern ref DerivedData DerivedOf(LogStore store);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_ring")]
    private static extern ref ByteRing RingOf(NewestEntries newest);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_rings")]
    private static extern ref ByteRing?[] RingsOf(NewestTexts texts);
}
